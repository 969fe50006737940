"""Which parts of two raw values differ: pure text, no markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+")


@dataclass
class Piece:
    """A stretch of a value; `differs` where the other side has nothing equal."""

    text: str
    differs: bool = False


def marked(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Both values in pieces that together are the value, with what differs marked.

    Words are compared ignoring case and in order. Where one side is silent, or the two share no word at all and so are
    of different kinds or wholly different, nothing is marked: everything would be. Codes with digits (postcodes,
    numbers) are marked from the first different character on.
    """
    ours, theirs = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    if not ours or not theirs:
        return plain(left), plain(right)
    codes = len(ours) <= 2 and len(theirs) <= 2 and _has_digit(left) and _has_digit(right)
    if codes:
        return _codes(left, right)
    matcher = SequenceMatcher(
        None, [each[0].casefold() for each in ours], [each[0].casefold() for each in theirs], autojunk=False
    )
    same_left: set[int] = set()
    same_right: set[int] = set()
    for block in matcher.get_matching_blocks():
        same_left |= set(range(block.a, block.a + block.size))
        same_right |= set(range(block.b, block.b + block.size))
    if not same_left:
        return plain(left), plain(right)
    return _pieces(left, ours, same_left), _pieces(right, theirs, same_right)


def plain(value: str) -> list[Piece]:
    """The value as it is, nothing marked."""
    return [Piece(value)] if value else []


def _has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)


def _codes(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    if left.casefold() == right.casefold():
        return plain(left), plain(right)
    shared = 0
    for one, other in zip(left, right, strict=False):
        if one.casefold() != other.casefold():
            break
        shared += 1
    return _split(left, shared), _split(right, shared)


def _split(value: str, at: int) -> list[Piece]:
    return [piece for piece in (Piece(value[:at]), Piece(value[at:], True)) if piece.text]


def _pieces(value: str, words: Sequence[re.Match[str]], same: set[int]) -> list[Piece]:
    """Words with what stands between them; that differs only where both its neighbours do."""
    found: list[Piece] = []
    end = 0
    for index, word in enumerate(words):
        differs = index not in same
        before = index - 1 not in same if index else differs
        _append(found, value[end : word.start()], differs and before)
        _append(found, word[0], differs)
        end = word.end()
    _append(found, value[end:], len(words) - 1 not in same)
    return found


def _append(found: list[Piece], text: str, differs: bool) -> None:
    if not text:
        return
    if found and found[-1].differs == differs:
        found[-1] = Piece(found[-1].text + text, differs)
    else:
        found.append(Piece(text, differs))
