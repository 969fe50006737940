r"""The regular expressions of the `matches` operator: a subset that means the same on both databases and never hangs.

Allowed: literals, `.`, `^`, `$`, `|`, `( )`, `(?: )`, `[...]`, `[^...]`, ranges, `\d \w \s \D \W \S`, escaped signs,
and the repeats `* + ? {m} {m,} {m,n}` (n at most 50, lazy forms mean the same). Not allowed: back-references,
look-around, named groups, `\b`, flags. A pattern is searched anywhere in the folded text; `\d`, `\w` and `\s`
are ASCII. PostgreSQL runs the normalised text of the pattern (`postgres`); SQLite calls `search`, which walks the text
once whatever the pattern (a set of states per position, remembered), so no pattern can take exponential time.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MAX_REPEAT = 50
MAX_STATES = 1000
MAX_LENGTH = 200
_REMEMBERED = 4096
_SPECIAL = frozenset("*+?{")
_DIGITS = (("0", "9"),)
_WORD = (("0", "9"), ("a", "z"), ("_", "_"))
_SPACE = ((" ", " "), ("\t", "\r"))
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _SPACE}


class BadPattern(ValueError):
    """The pattern is outside the subset; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters: ranges, perhaps turned around."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool = False

    def holds(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges) != self.is_negated

    def postgres(self) -> str:
        if not self.ranges:
            return "."
        inner = "".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in self.ranges)
        return f"[{'^' if self.is_negated else ''}{inner}]"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a pattern. `kind`: chars | start | end | seq | alt | repeat."""

    kind: str
    chars: Chars | None = None
    parts: tuple[Node, ...] = ()
    low: int = 1
    high: int | None = 1

    def postgres(self) -> str:
        if self.kind == "chars":
            assert self.chars is not None
            return self.chars.postgres()
        if self.kind in ("start", "end"):
            return "^" if self.kind == "start" else "$"
        if self.kind == "seq":
            return "".join(part.postgres() for part in self.parts)
        if self.kind == "alt":
            return "(?:" + "|".join(part.postgres() for part in self.parts) + ")"
        high = "" if self.high is None else str(self.high)
        return f"(?:{self.parts[0].postgres()}){{{self.low},{high}}}"


def _code(char: str) -> str:
    return char if char.isascii() and char.isalnum() else f"\\U{ord(char):08x}"


class _Reader:
    """Reads a pattern into nodes, folding its letters on the way."""

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0

    def read(self) -> Node:
        node = self._alternatives()
        if self.at < len(self.text):
            raise self._error("has a closing bracket without an opening one")
        return node

    def _error(self, problem: str) -> BadPattern:
        return BadPattern(f"the pattern {problem} (at character {self.at + 1})")

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise self._error("ends too early")
        self.at += 1
        return char

    def _alternatives(self) -> Node:
        branches = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else Node("alt", parts=tuple(branches))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            atom = self._atom()
            parts.append(self._repeated(atom))
        return Node("seq", parts=tuple(parts))

    def _atom(self) -> Node:
        char = self._take()
        if char == "(":
            return self._group()
        if char == "[":
            return Node("chars", self._bracket())
        if char == ".":
            return Node("chars", Chars((), is_negated=True))
        if char in "^$":
            return Node("start" if char == "^" else "end")
        if char == "\\":
            return self._escape()
        if char in _SPECIAL:
            self.at -= 1
            raise self._error(f"repeats nothing with {char!r}")
        return _literal(char)

    def _group(self) -> Node:
        if self._peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise self._error("uses a group of the form (?...), of which only (?:...) is known")
            self.at += 2
        inner = self._alternatives()
        if self._peek() != ")":
            raise self._error("lacks a closing bracket")
        self.at += 1
        return inner if inner.kind == "alt" else Node("seq", parts=(inner,))

    def _escape(self) -> Node:
        char = self._take()
        if char.lower() in _CLASSES:
            return Node("chars", Chars(_CLASSES[char.lower()], is_negated=char.isupper()))
        if char.isalnum():
            self.at -= 1
            raise self._error(f"uses \\{char}; known are only \\d \\w \\s \\D \\W \\S and escaped signs")
        return _literal(char)

    def _bracket(self) -> Chars:
        negated = self._peek() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        first = True
        while self._peek() != "]" or first:
            first = False
            ranges += self._member()
        self.at += 1
        return Chars(tuple(ranges), negated)

    def _member(self) -> Iterable[tuple[str, str]]:
        char = self._take()
        if char == "\\":
            char = self._take()
            if char in _CLASSES:
                return _CLASSES[char]
            if char.isalnum():
                raise self._error(f"uses \\{char} inside [ ], where only \\d \\w \\s and escaped signs are known")
        elif char == "[":
            raise self._error("has an unescaped [ inside [ ]")
        low = _one(char, self)
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return ((low, low),)
        self.at += 1
        high = self._take()
        if high in "[\\":
            raise self._error("has a range that ends in a sign which must be escaped")
        high = _one(high, self)
        if high < low:
            raise self._error(f"has a range that runs backwards ({low}-{high})")
        return ((low, high),)

    def _repeated(self, atom: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return atom
        if atom.kind in ("start", "end"):
            raise self._error("repeats ^ or $")
        if self._peek() == "?":
            self.at += 1
        if self._peek() and self._peek() in _SPECIAL:
            raise self._error("repeats a repeat")
        return Node("repeat", parts=(atom,), low=bounds[0], high=bounds[1])

    def _bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self._peek() in simple:
            return simple[self._take()]
        if self._peek() != "{":
            return None
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end if end > 0 else None].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise self._error("has a { that is no repeat; write \\{ for the sign itself")
        least, most = int(low), int(high) if high else (None if comma else int(low))
        if least > MAX_REPEAT or (most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise self._error(f"has a repeat outside 0 to {MAX_REPEAT}, or one that runs backwards")
        self.at = end + 1
        return least, most


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _one(char: str, reader: _Reader) -> str:
    folded = unicodedata.normalize("NFC", char.casefold())
    if len(folded) != 1:
        raise reader._error(f"has {char!r} inside [ ], which is several letters when case is ignored")
    return folded


def _literal(char: str) -> Node:
    folded = unicodedata.normalize("NFC", char.casefold())
    singles = tuple(Node("chars", Chars(((one, one),))) for one in folded)
    return singles[0] if len(singles) == 1 else Node("seq", parts=(Node("seq", parts=singles),))


class Pattern:
    """A checked pattern: `postgres` is its text for PostgreSQL's `~`, `search` says whether it occurs in a text."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_LENGTH:
            raise BadPattern(f"the pattern is longer than {MAX_LENGTH} characters")
        if any(unicodedata.category(char) == "Cc" for char in pattern):
            raise BadPattern("the pattern holds a control character")
        node = _Reader(unicodedata.normalize("NFC", pattern)).read()
        self.postgres = "***:" + node.postgres()
        self._moves: list[tuple[str, Chars | None, tuple[int, ...]]] = []
        final = self._state("match", None, ())
        self._start = self._build(node, final)
        self._memory: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern occurs anywhere in `text` (already folded). Takes time linear in the text."""
        states = self._closure({self._start}, at_start=True)
        for char in text:
            if 0 in states:
                return True
            states = self._step(states, char)
        return 0 in states or 0 in self._closure(states, at_start=not text, at_end=True)

    def _step(self, states: frozenset[int], char: str) -> frozenset[int]:
        key = (states, char)
        found = self._memory.get(key)
        if found is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            reached = {self._start}
            for state in states:
                kind, chars, following = self._moves[state]
                if kind == "chars" and chars is not None and chars.holds(char):
                    reached.add(following[0])
            found = self._memory[key] = self._closure(reached)
        return found

    def _closure(self, states: Iterable[int], *, at_start: bool = False, at_end: bool = False) -> frozenset[int]:
        seen: set[int] = set()
        open_states = list(states)
        while open_states:
            state = open_states.pop()
            if state in seen:
                continue
            seen.add(state)
            kind, _, following = self._moves[state]
            if kind == "split" or (kind == "start" and at_start) or (kind == "end" and at_end):
                open_states += following
        return frozenset(seen)

    def _state(self, kind: str, chars: Chars | None, following: tuple[int, ...]) -> int:
        if len(self._moves) >= MAX_STATES:
            raise BadPattern("the pattern is too large once its repeats are written out")
        self._moves.append((kind, chars, following))
        return len(self._moves) - 1

    def _build(self, node: Node, then: int) -> int:
        """The state from which `node` and then the state `then` is matched. State 0 is the match."""
        if node.kind in ("chars", "start", "end"):
            return self._state(node.kind, node.chars, (then,))
        if node.kind == "seq":
            for part in reversed(node.parts):
                then = self._build(part, then)
            return then
        if node.kind == "alt":
            return self._state("split", None, tuple(self._build(part, then) for part in node.parts))
        return self._build_repeat(node, then)

    def _build_repeat(self, node: Node, then: int) -> int:
        inner = node.parts[0]
        if node.high is None:
            loop = self._state("split", None, ())
            self._moves[loop] = ("split", None, (self._build(inner, loop), then))
            then = loop
        else:
            for _ in range(node.high - node.low):
                # Each optional copy is matched, or stepped over.
                then = self._state("split", None, (self._build(inner, then), then))
        for _ in range(node.low):
            then = self._build(inner, then)
        return then


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """The checked pattern. Raises BadPattern."""
    return Pattern(pattern)


def sqlite_matches(text: str | None, pattern: str) -> int:
    """What SQLite calls for `matches`: 1 where the pattern occurs in the text."""
    return int(text is not None and compiled(pattern).search(text))
