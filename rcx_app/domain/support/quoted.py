"""Finding in the text of a mail what its writer wrote himself: without the mail he answers, and without a signature.

Careful means: what can't be told apart stays. A reply between quoted lines keeps them, a reply below a quote is found,
and a mail that would become empty stays whole. Pure.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from rcx_app.domain.support.mail_text import ABOVE

_RULE = re.compile(
    r"\s*(-{2,}\s*(original message|urspr\S+ nachricht|message d'origine)\s*-{2,}|_{20,})\s*", re.IGNORECASE
)
# The head of a quoted mail as Outlook writes it: "From:", then within a few lines "Sent:" or "Date:", and "To:".
_FROM = re.compile(r"\s*\*?(from|von|de|da|van)\s?:\*?\s+\S", re.IGNORECASE)
_SENT = re.compile(r"\s*\*?(sent|date|gesendet|datum|envoy\S+|inviato|verzonden)\s?:", re.IGNORECASE)
_TO = re.compile(r"\s*\*?(to|an|\xe0|para|a|aan)\s?:", re.IGNORECASE)
# "On Friday, 20 Nov 2026 at 09:27, Elin <...> wrote:", on one line or folded onto up to three.
_WROTE = re.compile(
    r"\s*(on|am|le|el|il|op)\b.{0,400}(wrote|schrieb|a \S+crit|escribi\S+|ha scritto|schreef)\b.{0,120}:\s*",
    re.IGNORECASE | re.DOTALL,
)


def own_words(text: str) -> str:
    """What the writer of a mail wrote himself; the whole text where nothing would be left."""
    lines = [each.rstrip() for each in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept = _without_signature(_above(lines))
    found = "\n".join(kept).strip("\n")
    if found.strip():
        return found
    below = "\n".join(_without_signature([each for each in lines if not _is_quote(each)])).strip("\n")
    return below if below.strip() and not _only_frame(below) else text.strip()


def text_of_html(markup: str) -> str:
    """The text of an HTML mail; what it quotes in a block is left out, scripts and styles too."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = (" ".join(each.split()) for each in "".join(reader.found).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _above(lines: list[str]) -> list[str]:
    """The lines above the mail that is answered; a reply between quoted lines is left whole."""
    cut, is_mixed = len(lines), False
    for at, line in enumerate(lines):
        if ABOVE in line or _RULE.fullmatch(line) or _is_head(lines, at):
            cut = at
            break
        if not is_mixed and _wrote_to(lines, at):
            is_mixed = _answers_between(lines, at)
            if not is_mixed:
                cut = at
                break
    if is_mixed and cut == len(lines):
        return lines
    above = lines[:cut]
    # The frame in which a program put our line: the words that introduce the quote, and its marks.
    while above and (not above[-1].strip() or _is_quote(above[-1])):
        above.pop()
    for height in (1, 2, 3):
        if len(above) >= height and _WROTE.fullmatch("\n".join(above[-height:])):
            above = above[:-height]
            break
    return above


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">")


def _is_head(lines: list[str], at: int) -> bool:
    following = lines[at + 1 : at + 5]
    return bool(_FROM.match(lines[at])) and all(any(map(part.match, following)) for part in (_SENT, _TO))


def _wrote_to(lines: list[str], at: int) -> int:
    """How many lines from here introduce a quote that follows; 0 where none does."""
    for height in (1, 2, 3):
        rest = lines[at + height :]
        following = next((each for each in rest if each.strip()), "")
        if _WROTE.fullmatch("\n".join(lines[at : at + height])) and _is_quote(following):
            return height
    return 0


def _answers_between(lines: list[str], at: int) -> bool:
    """Whether something own stands below the quote that begins here: then its context is needed."""
    rest = lines[at + _wrote_to(lines, at) :]
    quoted = [number for number, line in enumerate(rest) if _is_quote(line)]
    last = quoted[-1] if quoted else -1
    own = [line for line in rest[: last + 1] if line.strip() and not _is_quote(line)]
    below = [line for line in _without_signature(rest[last + 1 :]) if line.strip()]
    return bool(own or below)


def _without_signature(lines: list[str]) -> list[str]:
    """Up to the line that begins a signature: two dashes and a space (RFC 3676 4.3), whose space mailers often drop."""
    for at, line in enumerate(lines):
        if line in ("--", "-- ") and any(each.strip() for each in lines[:at]):
            return lines[:at]
    return lines


def _only_frame(text: str) -> bool:
    return bool(_WROTE.fullmatch(text)) or ABOVE in text


class _Reader(HTMLParser):
    """Collects text; block elements end a line."""

    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table", "hr", "pre"})
    _LEFT_OUT = frozenset({"script", "style", "head", "title", "template", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in self._LEFT_OUT:
            self._hidden.append(tag)
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            # What was opened within and not closed ends with it.
            while self._hidden.pop() != tag:
                pass
        if tag in self._BLOCKS:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data.replace("\n", " "))
