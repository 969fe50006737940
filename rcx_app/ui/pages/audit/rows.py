"""Events of the trail as the audit log shows them: pure functions over what the service hands out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rcx_app.core.log import hides
from rcx_app.domain.audit import tags
from rcx_app.domain.audit.schemas import AuditEntry, ChainState
from rcx_app.ui import words

_NOTHING = "(empty)"
_LONGEST = 300
# What machines tell each other by: it stands last, so that a line says first what people look for.
_MARKS = ("batch", "series", "fingerprint", "digest", "sha256")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


@dataclass
class EntryRow:
    """One line of the list."""

    id: str
    at: str
    iso: str
    who: str
    what: str
    about: str
    said: str


@dataclass
class ChangeLine:
    """One value that an event tells. `before` is empty where only one value is known."""

    name: str
    before: str
    after: str
    is_change: bool


@dataclass
class EntryDetail:
    """All of one event."""

    id: str = ""
    what: str = ""
    tag: str = ""
    who: str = ""
    at: str = ""
    iso: str = ""
    about: str = ""
    about_type: str = ""
    about_id: str = ""
    hash: str = ""
    lines: list[ChangeLine] = field(default_factory=list)


def entry_row(entry: AuditEntry) -> EntryRow:
    lines = change_lines(entry.detail)
    return EntryRow(
        id=str(entry.number),
        at=moment(entry.at),
        iso=entry.at.isoformat(),
        who=entry.user_name,
        what=tags.words(entry.tag),
        about=tags.about(entry.subject_type, entry.subject_id),
        said="; ".join(_in_line(line) for line in lines[:3]) + ("; …" if len(lines) > 3 else ""),
    )


def entry_detail(entry: AuditEntry) -> EntryDetail:
    return EntryDetail(
        id=str(entry.number),
        what=tags.words(entry.tag),
        tag=entry.tag,
        who=entry.user_name,
        at=moment(entry.at),
        iso=entry.at.isoformat(),
        about=tags.about(entry.subject_type, entry.subject_id),
        about_type=entry.subject_type if entry.subject_type in tags.SUBJECTS else "",
        about_id="" if entry.subject_id is None else str(entry.subject_id),
        hash=entry.hash,
        lines=change_lines(entry.detail),
    )


def change_lines(detail: dict[str, Any]) -> list[ChangeLine]:
    """What an event tells, line by line: pairs of before and after where both are known, then single values."""
    left = dict(detail)
    lines = []
    before, after = left.get("before"), left.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        del left["before"], left["after"]
        lines += [
            _changed(name, before.get(name), after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
    if "from" in left and "to" in left:
        lines.append(_changed("value", left.pop("from"), left.pop("to")))
    for name, value in sorted(left.items(), key=lambda each: each[0] in _MARKS):
        if isinstance(value, dict) and set(value) == {"from", "to"}:
            lines.append(_changed(name, value["from"], value["to"]))
        elif value not in ({}, [], None, ""):
            lines.append(ChangeLine(_name(name), "", _value(name, value), False))
    return lines


def chain_words(state: ChainState, now: datetime) -> tuple[str, bool]:
    """What is said of the newest page's check, and whether it holds."""
    if state.broken is not None:
        return f"{state.broken.said} Run rcx doctor --audit.", False
    if state.last_at is None:
        return "Nothing is recorded yet", True
    return (
        f"Newest {words.count(state.checked, 'entry', 'entries')} verified up to {_day_and_time(state.last_at, now)}",
        True,
    )


def moment(at: datetime) -> str:
    """``21 Nov 2026, 14:02:07`` in UTC."""
    utc = at.astimezone(UTC)
    return f"{words.day(utc.date())}, {utc:%H:%M:%S}"


def _day_and_time(at: datetime, now: datetime) -> str:
    utc = at.astimezone(UTC)
    day = "today" if utc.date() == now.astimezone(UTC).date() else words.day(utc.date())
    return f"{day} {utc:%H:%M} UTC"


def _changed(name: str, before: Any, after: Any) -> ChangeLine:
    return ChangeLine(_name(name), _value(name, before) or _NOTHING, _value(name, after) or _NOTHING, True)


def _in_line(line: ChangeLine) -> str:
    return f"{line.name}: {line.before} → {line.after}" if line.is_change else f"{line.name}: {line.after}"


def _time(text: str) -> str:
    """A moment as people write it, or nothing where the text is none: ``25 Nov 2026, 17:30 UTC``."""
    return words.moment(datetime.fromisoformat(text)) if _MOMENT.fullmatch(text) else ""


def _name(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _value(name: str, value: Any) -> str:
    if hides(name):
        return "(not shown)"
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        text = ", ".join(f"{_name(key).lower()} {_value(key, each) or _NOTHING}" for key, each in value.items())
    elif isinstance(value, list):
        text = ", ".join(_value(name, each) for each in value)
    else:
        text = _time(str(value)) or str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
