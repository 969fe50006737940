"""Folding of text for comparison: one definition, so that Python, SQLite and PostgreSQL agree.

Databases lower-case differently (SQLite only ASCII), so folded text is made here and stored beside the original.
"""

from __future__ import annotations

import unicodedata


def fold(value: str) -> str:
    """`value` without surrounding space and case, in composed Unicode form (arithmetic: "ignores case and space")."""
    if value.isascii():
        return value.strip().lower()  # the same, in a fraction of the time: most text is plain
    return unicodedata.normalize("NFC", value.strip().casefold())
