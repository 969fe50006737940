"""What kind of file lies at a path, judged by content before any parsing; refuses what cannot be an export."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from connectors.errors import FileRefused, Problem
from connectors.files.limits import DEFAULT_LIMITS, MIB, Limits

FileFormat = Literal["csv", "xlsx"]

_TEXT_SUFFIXES = frozenset((".csv", ".tsv", ".tab", ".txt"))
_WORKBOOK_SUFFIXES = frozenset((".xlsx", ".xlsm", ".xltx"))
_ALLOWED_CONTROL = frozenset(b"\t\n\r\f\x1a\x1b")
_SAVE_AS = "Open it in Excel or the program it came from and save it as CSV UTF-8 or XLSX."

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"PAR1", "a Parquet file"),
)
_MARKUP = (
    (b"<!doctype html", "a web page (HTML), perhaps a sign-in page saved instead of the export"),
    (b"<html", "a web page (HTML), perhaps a sign-in page saved instead of the export"),
    (b"<table", "an HTML table"),
    (b"<?xml", "an XML file"),
)


def _refuse(path: Path, message: str, remedy: str = _SAVE_AS) -> FileRefused:
    return FileRefused([Problem(file=path.name, message=message, remedy=remedy)])


def sniff(path: Path, limits: Limits = DEFAULT_LIMITS) -> FileFormat:
    """Return "csv" or "xlsx" from the content; raises FileRefused with the reason and the remedy for anything else."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(64 * 1024)
    except OSError as error:
        raise _refuse(path, f"The file cannot be read: {error.strerror}.", "Check the path and permissions.") from None
    if size > limits.max_bytes:
        message = f"The file has {size / MIB:,.0f} MiB; the limit is {limits.max_bytes // MIB:,} MiB."
        raise _refuse(path, message, "Split it, or leave out columns that are not needed.")
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise _refuse(path, "The file is empty.", "Export it again; an export without rows still has a header.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _workbook(path, head)
    _refuse_known_formats(path, head)
    if path.suffix.lower() in _WORKBOOK_SUFFIXES:
        raise _refuse(
            path,
            f"The name ends in {path.suffix} but the content is not an Excel workbook.",
            "Rename it to .csv if it is text, or export it again.",
        )
    return "csv"


def _workbook(path: Path, head: bytes) -> FileFormat:
    if b"application/vnd.oasis.opendocument" in head[:200]:
        raise _refuse(path, "This is an OpenDocument spreadsheet (.ods).")
    if path.suffix.lower() in _TEXT_SUFFIXES:
        raise _refuse(
            path,
            f"The name ends in {path.suffix} but the content is an Excel workbook or another zip archive.",
            "Rename it to .xlsx, or save it as CSV UTF-8.",
        )
    if path.suffix.lower() in (".xlsb", ".zip"):
        raise _refuse(path, f"{path.suffix} files are not supported.", "Unpack it, or save the sheet as XLSX or CSV.")
    return "xlsx"


def _refuse_known_formats(path: Path, head: bytes) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in head:
            raise _refuse(path, "The workbook is protected with a password.", "Save it without a password.")
        raise _refuse(path, "This is the old Excel format (.xls, before 2007).", "Save it as .xlsx or CSV UTF-8.")
    for magic, name in _MAGIC:
        if head.startswith(magic) and not (magic == b"MZ" and 0 not in head):
            raise _refuse(path, f"This is {name}, not an export of rows.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    for markup, name in _MARKUP:
        if start.startswith(markup):
            raise _refuse(path, f"This is {name}.")
    if start.startswith((b"{", b"[{", b"[ {")):
        raise _refuse(path, "This is a JSON file.", "Export the data as CSV or XLSX.")
    if _is_binary(head):
        raise _refuse(path, "This is a binary file, not text.")


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    zeros = head.count(0)
    if zeros:
        # Latin text in UTF-16 has a zero in every second byte and almost none in the other.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        return min(even, odd) > len(head) * 0.02 or max(even, odd) < len(head) * 0.3
    control = sum(1 for byte in head if byte < 32 and byte not in _ALLOWED_CONTROL)
    return control > len(head) * 0.01
