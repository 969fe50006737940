"""Checking what people type: of a sane length, without characters that nobody typed on purpose. Markup stays text."""

from __future__ import annotations

import unicodedata

from rcx_app.core.errors import Invalid
from rcx_app.domain.support.schemas import MAX_ONCE_KEY


class FieldInvalid(Invalid):
    """One field of a form is wrong; `field` names it."""

    def __init__(self, field: str, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


def line(field: str, value: str, longest: int, *, noun: str) -> str:
    """One line of text, its spaces made single. Raises FieldInvalid where it is empty or too long."""
    return _checked(field, " ".join(_plain(value, keep="").split()), longest, noun)


def passage(field: str, value: str, longest: int, *, noun: str, may_be_empty: bool = False) -> str:
    """Text of several lines. Raises FieldInvalid where it is empty (unless it may be) or too long."""
    plain = _plain(value.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t")
    lines = [each.rstrip() for each in plain.split("\n")]
    kept = "\n".join(lines).strip("\n")
    if may_be_empty and not kept.strip():
        return ""
    return _checked(field, kept, longest, noun)


def once_key(value: str) -> str:
    """The random name of a form. Raises Invalid where a page did not give one of a sane form."""
    if not value or len(value) > MAX_ONCE_KEY or not value.isascii() or not value.isprintable():
        raise Invalid("This form was not understood.", remedy="Reload the page; what you wrote is kept.")
    return value


def _checked(field: str, value: str, longest: int, noun: str) -> str:
    if not value.strip():
        raise FieldInvalid(field, f"{noun} is empty.", remedy="Write a few words.")
    if len(value) > longest:
        raise FieldInvalid(
            field,
            f"{noun} has {len(value):,} characters; {longest:,} fit.",
            remedy="Shorten it, or attach it as a text file." if longest > 1000 else "Shorten it.",
        )
    return value


def _plain(value: str, *, keep: str) -> str:
    """Without control characters, half surrogates, and what turns the direction of reading."""
    composed = unicodedata.normalize("NFC", value.replace("\t", " ") if "\t" not in keep else value)
    return "".join(
        " " if char in "\n\r\u2028\u2029" and char not in keep else char
        for char in composed
        if char in keep or char in "\n\r\u2028\u2029\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Cs")
    )
