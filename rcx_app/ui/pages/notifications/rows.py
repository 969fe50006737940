"""Notices as text for the bell and the list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rcx_app.domain.notifications.schemas import WORDS, Kind, NoticeView
from rcx_app.ui import words

_ICONS = {
    Kind.FINDINGS: "under",
    Kind.ASSIGNED: "person",
    Kind.MENTIONED: "help",
    Kind.APPROVAL: "check",
    Kind.WRITE: "alert",
    Kind.HEALTH: "plug",
}


@dataclass
class NoticeRow:
    """One notice. `lines` are what else belongs to it."""

    id: int
    icon: str
    kind: str
    title: str
    detail: str
    lines: list[str]
    href: str
    at: str
    at_text: str
    is_read: bool


def rows(found: Iterable[NoticeView]) -> list[NoticeRow]:
    return [
        NoticeRow(
            id=each.notice_id,
            icon=_ICONS[each.kind],
            kind=WORDS[each.kind][0],
            title=each.title,
            detail=each.detail,
            lines=list(each.lines),
            href=each.href,
            at=each.at.isoformat(),
            at_text=words.moment(each.at),
            is_read=each.is_read,
        )
        for each in found
    ]
