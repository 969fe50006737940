"""Which files a ticket may have: an allow-list of endings, each held against what the file really is.

The first bytes and the structure decide, never the type that a browser or a mail names. Sources: the PNG, GIF and JFIF
specifications, RFC 9649 (WebP), ISO 32000-1 7.5.2 (PDF), ECMA-376 part 2 (Office files are ZIP packages).
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rcx_app.core.errors import Invalid

_HEAD = 4096
_BLOCK = 1024 * 1024
_MARKUP = re.compile(rb"\s*(<\?xml|<!doctype|<html|<head|<body|<script|<svg|<iframe)", re.IGNORECASE)
# Beginnings of what is no text, also where it has no zero byte early on.
_BINARY = (
    b"MZ",
    b"\x7fELF",
    b"PK\x03\x04",
    b"%PDF-",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\xca\xfe\xba\xbe",
    b"{\\rtf",
)
# Control characters that no log, table or note holds (tab, line ends, form feed and escape do).
_CONTROL = bytes(each for each in range(32) if each not in b"\t\n\r\x0c\x1b")
_WORKBOOK, _DOCUMENT = "xl/workbook.xml", "word/document.xml"
_MAX_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the type it is served as, and whether a file is one."""

    media_type: str
    is_one: Callable[[Path, bytes], bool]


class FileRefused(Invalid):
    """A file may not be attached: its kind, or it is not what its name says."""


def media_type(filename: str, path: Path) -> str:
    """The type of the file at `path`. Raises FileRefused where its kind is not allowed or its content is another's."""
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    kind = _KINDS.get(ending)
    if kind is None:
        raise FileRefused(f"Files of this kind can't be attached: {filename}.", remedy=f"Allowed are {ALLOWED}.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not kind.is_one(path, head):
        raise FileRefused(
            f"{filename} is not what its name says: its content is no {ending.upper()} file.",
            remedy="Save it anew from the program that made it, or attach a picture of it.",
        )
    return kind.media_type


def _begins(*marks: bytes) -> Callable[[Path, bytes], bool]:
    return lambda _path, head: head.startswith(marks)


def _is_webp(_path: Path, head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _office(part: str) -> Callable[[Path, bytes], bool]:
    def is_one(path: Path, head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(path) as package:
                names = package.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return False
        # Macros and other programs inside are as bad as a program outside.
        programs = any(each.lower().endswith((".exe", ".js", ".vbs", "vbaproject.bin")) for each in names)
        return len(names) <= _MAX_PARTS and "[Content_Types].xml" in names and part in names and not programs

    return is_one


def _is_text(path: Path, head: bytes) -> bool:
    """UTF-8, UTF-16 with its mark, or a Western code page; no markup that a browser would run, no binary."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(path, "utf-16") and not _MARKUP.match(head[2:].replace(b"\0", b""))
    plain = head.removeprefix(codecs.BOM_UTF8)
    if plain.startswith(_BINARY) or _MARKUP.match(plain):
        return False
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if len(block.translate(None, _CONTROL)) != len(block):
                return False
    return True


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_TEXT = Kind("text/plain", _is_text)
_JPEG = Kind("image/jpeg", _begins(b"\xff\xd8\xff"))
_OFFICE = "application/vnd.openxmlformats-officedocument"
_KINDS: dict[str, Kind] = {
    "png": Kind("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": Kind("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": Kind("image/webp", _is_webp),
    "pdf": Kind("application/pdf", _begins(b"%PDF-")),
    "txt": _TEXT,
    "log": _TEXT,
    "csv": _TEXT,
    "json": _TEXT,
    "xlsx": Kind(f"{_OFFICE}.spreadsheetml.sheet", _office(_WORKBOOK)),
    "docx": Kind(f"{_OFFICE}.wordprocessingml.document", _office(_DOCUMENT)),
}
ALLOWED = "pictures (PNG, JPEG, GIF, WebP), PDF, text (TXT, LOG, CSV, JSON), XLSX and DOCX without macros"
ACCEPT = ",".join(f".{ending}" for ending in _KINDS)
"""What a file chooser offers."""
