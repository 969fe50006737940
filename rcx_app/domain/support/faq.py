"""Answers to common questions: our own markdown files beside this one, read into plain pieces, and searched.

Pieces, not markup: whatever a file or a reader's search holds, pages draw it as text. A file begins with its question
as a heading, then a line ``Words: ...`` with what people may call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rapidfuzz import fuzz

from rcx_app.core.errors import NotFound
from rcx_app.core.text import fold

_FOLDER = Path(__file__).parent / "faq"
_ENOUGH = 62.0
_SHORT = 3
_LOOKS = {"strong_open": "bold", "em_open": "em"}
# Words of a question that say nothing of what it is about.
_EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "a an and are be can do does for from how i in is it my of on or our the there this to was we what when "
        "where who why will with you your",
    )
)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `look`: "" | bold | em | code | link (then `href` leads to a page of RCX)."""

    text: str
    look: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, or one entry of a list. `kind`: p | h | li | ol."""

    kind: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A question with its answer. `words`: what else people may look for it by."""

    slug: str
    question: str
    words: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The answer without its looks."""
        return " ".join(span.text for block in self.blocks for span in block.spans)


def article(slug: str) -> Article:
    """Raises NotFound."""
    found = next((each for each in articles() if each.slug == slug), None)
    if found is None:
        raise NotFound("This question")
    return found


@lru_cache(maxsize=1)
def articles() -> tuple[Article, ...]:
    """All of them, in the order of their files' names."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.md")))


def search(asked: str) -> tuple[Article, ...]:
    """Articles that `asked` fits, the best first; all where nothing is asked. Small slips of the pen don't matter."""
    said = re.findall(r"\w+(?:-\w+)*", fold(asked)[:200])
    if not asked.strip():
        return articles()
    wanted = [word for word in said if word not in _EVERYDAY] or said
    if not wanted:
        return ()
    scored = [(_score(each, wanted), number, each) for number, each in enumerate(articles())]
    return tuple(each for score, _, each in sorted(scored, key=lambda row: (-row[0], row[1])) if score >= _ENOUGH)


def _score(found: Article, wanted: Sequence[str]) -> float:
    """0 to 100: each word's best likeness to a word of the title (whole) or of the answer (four fifths), on average."""
    title = _words(f"{found.question} {found.words}")
    body = _words(found.text)
    return sum(max(_likeness(word, title), 0.8 * _likeness(word, body)) for word in wanted) / len(wanted)


def _likeness(word: str, among: frozenset[str]) -> float:
    if any(each.startswith(word) for each in among):
        return 100.0
    if len(word) <= _SHORT:
        return 0.0
    best = max((fuzz.ratio(word, each) for each in among), default=0.0)
    return best if best >= 75 else 0.0


def _words(text: str) -> frozenset[str]:
    """The words of a text; one with a hyphen is found whole, in its parts and without the hyphen."""
    found = re.findall(r"\w+(?:-\w+)*", fold(text))
    return frozenset(part for word in found for part in (word, word.replace("-", ""), *word.split("-")))


def _read(path: Path) -> Article:
    head, _, rest = path.read_text(encoding="utf-8").partition("\n")
    words, _, body = rest.lstrip("\n").partition("\n")
    if not head.startswith("# ") or not words.startswith("Words: "):
        raise ValueError(f"{path.name} must begin with a heading and a line of words")
    tokens = MarkdownIt("commonmark", {"html": False}).parse(body)
    slug = path.stem.partition("-")[2]
    return Article(
        slug=slug, question=head[2:].strip(), words=words.removeprefix("Words: "), blocks=tuple(_blocks(tokens))
    )


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[str] = []
    kind, number = "p", 0
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append("li" if token.type.startswith("bullet") else "ol")
            number = 0
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "heading_open":
            kind = "h"
        elif token.type == "paragraph_open":
            kind = lists[-1] if lists else "p"
        elif token.type == "inline":
            number += kind == "ol"
            lead = (Span(f"{number}. "),) if kind == "ol" else ()
            yield Block(kind, (*lead, *_spans(token.children or ())))


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    look = href = ""
    for token in tokens:
        if token.type in _LOOKS:
            look = _LOOKS[token.type]
        elif token.type == "link_open":
            target = str(token.attrGet("href") or "")
            # Only to pages of RCX itself.
            look, href = ("link", target) if re.fullmatch(r"/(?!/)[\w/?=&#.-]*", target) else ("", "")
        elif token.type in ("strong_close", "em_close", "link_close"):
            look = href = ""
        elif token.type == "code_inline":
            yield Span(token.content, "code")
        elif token.type in ("softbreak", "hardbreak"):
            yield Span(" ")
        elif token.content:
            yield Span(token.content, look, href)
