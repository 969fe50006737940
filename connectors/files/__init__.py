"""The file connector: CSV and XLSX exports of PSAs and vendors -> canonical records, with a problem per bad cell.

`guess` proposes a `Profile` for a file, a person corrects it, `convert` streams the file through it. `read_lines`,
`read_seats`, `read_mapping` and `read_clients` read RCX's own formats for the command line. No database, no web.
"""

from connectors.errors import FileError, FileRefused, Problem, ProfileMismatch, RowsRefused, Severity
from connectors.files.build.base import Item, MappingRow
from connectors.files.convert import Conversion, convert
from connectors.files.fields import Field, FieldKind, Side
from connectors.files.guess import Alternative, ColumnGuess, Guess, guess
from connectors.files.header import fingerprint
from connectors.files.limits import DEFAULT_LIMITS, Limits
from connectors.files.profile import AccountFrom, Options, Profile
from connectors.files.read import Source, open_source
from connectors.files.shapes import SHAPES, Shape
from connectors.files.strict import LinesFile, SeatsFile, read_clients, read_lines, read_mapping, read_seats

__all__ = [
    "DEFAULT_LIMITS",
    "SHAPES",
    "AccountFrom",
    "Alternative",
    "ColumnGuess",
    "Conversion",
    "Field",
    "FieldKind",
    "FileError",
    "FileRefused",
    "Guess",
    "Item",
    "Limits",
    "LinesFile",
    "MappingRow",
    "Options",
    "Problem",
    "Profile",
    "ProfileMismatch",
    "RowsRefused",
    "SeatsFile",
    "Severity",
    "Shape",
    "Side",
    "Source",
    "convert",
    "fingerprint",
    "guess",
    "open_source",
    "read_clients",
    "read_lines",
    "read_mapping",
    "read_seats",
]
