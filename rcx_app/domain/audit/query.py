"""Which part of the trail an address asks for: the page and its exports read it the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta

from rcx_app.domain.audit.schemas import Chosen
from rcx_app.domain.audit.tags import GROUPS, SUBJECTS, WORDS

BY_SYSTEM = "rcx"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Each part as the address has it, empty where nothing is asked; what is no value of its kind filters nothing.

    `who`: a person's id or "rcx"; `what`: a group of `tags.GROUPS` or a tag; `about` and `about_id`: the subject;
    `since` and `until`: days (UTC), both included.
    """

    who: str = ""
    what: str = ""
    about: str = ""
    about_id: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> AuditQuery:
        who, what, about = params.get("who", ""), params.get("what", ""), params.get("about", "")
        known = about in SUBJECTS
        return cls(
            who=who if who == BY_SYSTEM or _is_id(who) else "",
            what=what if what in GROUPS or what in WORDS else "",
            about=about if known else "",
            about_id=params.get("about_id", "") if known and _is_id(params.get("about_id", "")) else "",
            since=_day(params.get("since", "")),
            until=_day(params.get("until", "")),
        )

    def params(self) -> dict[str, str]:
        return {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}

    @property
    def is_filtered(self) -> bool:
        return bool(self.params())

    def chosen(self) -> Chosen:
        tags = () if not self.what else GROUPS[self.what][1] if self.what in GROUPS else (self.what,)
        return Chosen(
            tags=tags,
            user_id=int(self.who) if _is_id(self.who) else None,
            by_system=self.who == BY_SYSTEM,
            subject_type=self.about,
            subject_id=int(self.about_id) if self.about_id else None,
            since=_start(self.since) if self.since else None,
            before=_start(self.until) + timedelta(days=1) if self.until else None,
        )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 18


def _day(text: str) -> str:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return ""
    # Days at the ends of the calendar have no day after them.
    return found.isoformat() if 1970 <= found.year <= 9000 else ""


def _start(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
