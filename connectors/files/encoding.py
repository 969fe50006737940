"""Which character encoding a text file uses, proved by decoding every byte; nothing about delimiters or columns."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from connectors.errors import FileRefused, Problem

_CHUNK = 1024 * 1024
_SAMPLE = 256 * 1024

# Longer marks first: the UTF-32-LE mark begins with the UTF-16-LE mark.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_SCRIPTS = frozenset(("cp1251", "koi8_r", "shift_jis", "cp932", "gb18030", "big5", "euc_kr", "euc_jp", "cp1253"))
_UNDEFINED_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over the bytes showed. `lines` counts line ends; `is_terminated` means the last line has one."""

    encoding: str
    lines: int
    is_terminated: bool


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _undecodable(path: Path, encoding: str, offset: int, line: int, byte: int) -> FileRefused:
    return FileRefused(
        [
            Problem(
                file=path.name,
                row=line,
                value=f"0x{byte:02X}",
                message=f"Byte {offset} (line {line}) is 0x{byte:02X}, which is not valid {encoding.upper()}.",
                remedy="Save the file again as CSV UTF-8, or choose the encoding it really has.",
            )
        ]
    )


def _verify(path: Path, encoding: str) -> TextFacts:
    """Decode the whole file strictly; raises FileRefused naming byte offset and line of the first bad byte."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line_feeds = carriage_returns = pairs = 0
    offset = 0
    last = ""

    def feed(chunk: bytes, final: bool) -> str:
        try:
            return decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            data = error.object
            # The decoder prefixes what it kept back from the chunk before, so its positions start earlier.
            start = offset + len(chunk) - len(data) + error.start
            good = data[: error.start].decode(encoding, "ignore")
            line = line_feeds + carriage_returns - pairs + good.count("\n") + 1
            raise _undecodable(path, encoding, start, line, data[error.start]) from None

    for chunk in _chunks(path):
        text = feed(chunk, False)
        offset += len(chunk)
        if text:
            line_feeds += text.count("\n")
            carriage_returns += text.count("\r")
            pairs += text.count("\r\n") + (last == "\r" and text[0] == "\n")
            last = text[-1]
    feed(b"", True)
    return TextFacts(encoding, line_feeds + carriage_returns - pairs, last in ("\n", "\r"))


def _looks_utf16(head: bytes) -> str:
    """Return the UTF-16 flavour of text without a mark (Latin text has a zero in every other byte), else empty."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.05:
        return "utf-16-be"
    return ""


def _is_broken_utf8(sample: bytes) -> bool:
    """True where at least half of what is not ASCII is good UTF-8: then a bad byte is damage, not another encoding.

    Accented letters of a one-byte encoding next to each other seldom form UTF-8 by chance.
    """
    good = sample.decode("utf-8", "replace")
    wide = sum(1 for char in good if ord(char) > 127 and char != "\ufffd")
    return wide >= max(good.count("\ufffd"), 1)


def _suspicious_sample(path: Path) -> bytes:
    """Return up to 256 KiB of the lines that are not plain ASCII: the only ones that tell encodings apart."""
    collected = bytearray()
    with path.open("rb") as stream:
        for line in stream:
            if not line.isascii():
                collected += line[:4096]
                if len(collected) > _SAMPLE:
                    break
    return bytes(collected)


def _legacy_encoding(sample: bytes, undecodable: FileRefused) -> str:
    """Choose an encoding for text that is not Unicode; raises `undecodable` where nothing fits."""
    if not _UNDEFINED_IN_CP1252.intersection(sample):
        # Exports that are not Unicode come from Western Windows; a statistical guess on a few accents is worse.
        best = from_bytes(sample).best()
        is_other_script = best is not None and best.encoding in _OTHER_SCRIPTS and best.coherence > 0.5
        return best.encoding if best is not None and is_other_script else "cp1252"
    best = from_bytes(sample).best()
    if best is None:
        raise undecodable
    return best.encoding


def detect_encoding(path: Path, forced: str = "") -> TextFacts:
    """Return encoding and line count of a text file after decoding all of it strictly.

    `forced` (a Python codec name) skips the detection. Order: byte order mark, UTF-16 without a mark, UTF-8, then
    Windows-1252 and the encodings charset-normalizer knows. Raises FileRefused naming byte offset and line.
    """
    if forced:
        try:
            codecs.lookup(forced)
        except LookupError:
            problem = Problem(path.name, f'"{forced}" is not an encoding.', "Choose UTF-8 or Windows-1252.")
            raise FileRefused([problem]) from None
        return _verify(path, forced)
    with path.open("rb") as stream:
        head = stream.read(4096)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _verify(path, encoding)
    if utf16 := _looks_utf16(head):
        return _verify(path, utf16)
    try:
        return _verify(path, "utf-8")
    except FileRefused as undecodable:
        sample = _suspicious_sample(path)
        if _is_broken_utf8(sample):
            raise
        legacy = _legacy_encoding(sample, undecodable)
    return _verify(path, legacy)
