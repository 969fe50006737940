"""What a digest says: a subject, plain text, and the same as simple HTML. Pure; every value is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rcx_app.domain.notifications.schemas import WORDS, Frequency, Kind, NoticeView

_MOST_OF_A_KIND = 20
_ORDER = (Kind.APPROVAL, Kind.WRITE, Kind.ASSIGNED, Kind.MENTIONED, Kind.FINDINGS, Kind.HEALTH)
_HTML = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="margin:0;padding:24px;font:14px/1.5 Inter,Helvetica,Arial,sans-serif;color:#1c2024;background:#fff">'
    '<div style="max-width:600px">{body}</div></body></html>'
)
_MUTED = "color:#60646c"


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest's surroundings. Addresses are absolute; `unsubscribe` ends these mails."""

    name: str
    workspace: str
    public_url: str
    unsubscribe: str
    frequency: Frequency


def one_line(text: str) -> str:
    """`text` on one line: no name and no comment can begin a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def subject(letter: Letter, notices: Sequence[NoticeView]) -> str:
    """``Northbeam IT: 12 new findings``, or how many things there are."""
    said = notices[0].title if len(notices) == 1 else f"{len(notices):,} things are new"
    return one_line(f"{letter.workspace}: {said}")[:200]


def plain(letter: Letter, notices: Sequence[NoticeView]) -> str:
    """The whole mail as text."""
    parts = [f"Hello {one_line(letter.name)},"]
    for kind, items, rest in _grouped(notices):
        block = [WORDS[kind][0].upper()]
        for each in items:
            block.append(f"\n{one_line(each.title)}")
            block += [f"  {line}" for line in _said(each)]
            block.append(f"  {letter.public_url}{each.href}")
        if rest:
            block.append(f"\nand {rest:,} more: {letter.public_url}/notifications")
        parts.append("\n".join(block))
    parts.append(
        f"All of it: {letter.public_url}/notifications\n"
        f"Choose what you are told of and how often: {letter.public_url}/settings/notifications\n"
        f"No more digests of {one_line(letter.workspace)}: {letter.unsubscribe}"
    )
    return "\n\n".join(parts) + "\n"


def html(letter: Letter, notices: Sequence[NoticeView]) -> str:
    """The same as HTML: headings, paragraphs and links only."""
    body = [f"<p>Hello {escape(one_line(letter.name))},</p>"]
    for kind, items, rest in _grouped(notices):
        body.append(f'<h2 style="font-size:15px;margin:24px 0 8px">{escape(WORDS[kind][0])}</h2>')
        for each in items:
            lines = "".join(f'<br><span style="{_MUTED}">{escape(line)}</span>' for line in _said(each))
            address = _link(f"{letter.public_url}{each.href}", one_line(each.title))
            body.append(f'<p style="margin:0 0 12px">{address}{lines}</p>')
        if rest:
            body.append(f"<p>{_link(f'{letter.public_url}/notifications', f'and {rest:,} more')}</p>")
    settings = _link(f"{letter.public_url}/settings/notifications", "Choose what you are told of and how often")
    ended = _link(letter.unsubscribe, "Unsubscribe")
    how = "each morning" if letter.frequency is Frequency.DAILY else "each Monday"
    body.append(
        f'<p style="{_MUTED};margin-top:32px">You get this {how} as a member of {escape(one_line(letter.workspace))}, '
        f"if there is something new. {settings}. {ended}.</p>"
    )
    return _HTML.format(title=escape(subject(letter, notices)), body="".join(body))


def _said(notice: NoticeView) -> list[str]:
    """What belongs to a notice, each on one line."""
    return [text for text in map(one_line, (notice.detail, *notice.lines)) if text]


def _grouped(notices: Sequence[NoticeView]) -> list[tuple[Kind, list[NoticeView], int]]:
    """(kind, the first of it, how many more) in the order in which they matter."""
    found = []
    for kind in _ORDER:
        items = [each for each in notices if each.kind is kind]
        if items:
            found.append((kind, items[:_MOST_OF_A_KIND], max(len(items) - _MOST_OF_A_KIND, 0)))
    return found


def _link(address: str, words: str) -> str:
    return f'<a href="{escape(address)}" style="color:#3451b2">{escape(words)}</a>'
