"""Tickets as the pages draw them: words and colours of states, entries of a thread, files. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rcx_app.domain.support.schemas import CATEGORIES, PRIORITIES, EntryView, FileView, TicketLine, TicketView
from rcx_app.domain.support.states import LIVE, Deed, Status
from rcx_app.ui import words

# Status -> (word in a list, colour of its dot, badge over the thread, its icon), as the people read them.
PEOPLE: dict[Status, tuple[str, str, str, str]] = {
    Status.OPEN: ("With support", "acc", "With support", "clock"),
    Status.WAITING_US: ("With support", "acc", "With support", "clock"),
    Status.WAITING_YOU: ("Answered", "under", "Answered, your turn", "clock"),
    Status.SOLVED: ("Solved", "ok", "Solved", "ok"),
    Status.CLOSED: ("Closed", "hollow", "Closed", "lock"),
    Status.WITHDRAWN: ("Withdrawn", "hollow", "Withdrawn", "close"),
}
# The same as agents read them.
STAFF: dict[Status, tuple[str, str, str, str]] = {
    Status.OPEN: ("New", "under", "New, our turn", "clock"),
    Status.WAITING_US: ("Waits for us", "under", "Waits for us", "clock"),
    Status.WAITING_YOU: ("Waits for them", "acc", "Waits for them", "clock"),
    Status.SOLVED: ("Solved", "ok", "Solved", "ok"),
    Status.CLOSED: ("Closed", "hollow", "Closed", "lock"),
    Status.WITHDRAWN: ("Withdrawn", "hollow", "Withdrawn", "close"),
}
_DEEDS = {
    Deed.WITHDRAW: ("close", "withdrew the ticket"),
    Deed.REINSTATE: ("undo", "reinstated the ticket. Its place in the queue was kept"),
    Deed.SOLVE: ("ok", "said that it is solved"),
    Deed.REOPEN: ("undo", "reopened the ticket"),
    Deed.CLOSE: ("lock", "closed the ticket"),
    Deed.EXPIRE: ("lock", "closed the ticket, since nobody came back to it"),
    "assign": ("person", "gave the ticket to"),
    "prioritise": ("flag", "set the priority to"),
}


@dataclass
class FileRow:
    """A file with its address and size in words."""

    id: int
    name: str
    size: str
    href: str


@dataclass
class EntryRow:
    """A message (`paragraphs`, `files`), a note, or an event told in one sentence (`said`)."""

    key: str
    kind: str
    author: str
    initials: str
    is_staff: bool
    is_note: bool
    by_mail: bool
    icon: str
    said: str
    at: str
    at_words: str
    paragraphs: list[str] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)


@dataclass
class TicketRow:
    """A ticket in a list."""

    id: int
    name: str
    subject: str
    word: str
    tone: str
    priority: str
    is_pressing: bool
    at: str
    at_words: str
    href: str
    is_private: bool
    may_reinstate: bool
    version: int
    workspace: str = ""
    asker: str = ""
    assignee: str = ""
    category: str = ""


@dataclass
class Shown:
    """The open ticket. `may_*` are the deeds that its state and the person allow now."""

    id: int = 0
    name: str = ""
    subject: str = ""
    badge: str = ""
    tone: str = ""
    icon: str = "clock"
    word: str = ""
    turn: str = ""
    opened: str = ""
    category: str = ""
    priority: str = ""
    priority_words: str = ""
    first_answer: str = ""
    connection: str = ""
    connection_href: str = ""
    is_private: bool = False
    assignee: str = ""
    assignee_id: str = ""
    back_until: str = ""
    files_left: int = 0
    reply_to: str = ""
    may_write: bool = False
    may_solve: bool = False
    may_reopen: bool = False
    may_withdraw: bool = False
    may_reinstate: bool = False
    may_close: bool = False
    is_live: bool = False


def ticket_row(line: TicketLine, *, for_staff: bool = False) -> TicketRow:
    """A ticket for the list; agents see since when it has waited, people when it changed."""
    word, tone, _, _ = (STAFF if for_staff else PEOPLE)[line.status]
    at = line.queued_at if for_staff else line.changed_at
    return TicketRow(
        id=line.id,
        name=line.name,
        subject=line.subject,
        word=word,
        tone=tone,
        priority=PRIORITIES[line.priority].partition(":")[0],
        is_pressing=line.priority in ("high", "urgent"),
        at=at.isoformat(),
        at_words=words.day(at.date()),
        href=f"/staff/tickets/{line.id}" if for_staff else f"/support/tickets/{line.id}",
        is_private=line.is_private,
        may_reinstate=Deed.REINSTATE in line.may,
        version=line.version,
        workspace=line.workspace,
        asker=line.asker,
        assignee=line.assignee,
        category=CATEGORIES[line.category],
    )


def shown(ticket: TicketView, *, for_staff: bool = False) -> Shown:
    """The open ticket's head and what may be done to it."""
    line, may = ticket.line, ticket.line.may
    word, tone, badge, icon = (STAFF if for_staff else PEOPLE)[line.status]
    asked = f"{line.name}, opened {words.day(line.created_at.date())} by {line.asker}"
    return Shown(
        id=line.id,
        name=line.name,
        subject=line.subject,
        badge=badge,
        tone="" if tone == "hollow" else tone,
        icon=icon,
        word=word,
        turn=_turn(line.status, for_staff),
        opened=f"{asked}, with {line.assignee}" if line.assignee else asked,
        category=CATEGORIES[line.category],
        priority=line.priority,
        priority_words=PRIORITIES[line.priority].partition(":")[0],
        first_answer=_first_answer(line.created_at, ticket.first_answered_at),
        connection=ticket.connection,
        connection_href=f"/integrations?connection={ticket.connection_id}" if ticket.connection_id else "",
        is_private=line.is_private,
        assignee=line.assignee,
        assignee_id=str(ticket.assignee_id or ""),
        back_until=words.day(ticket.back_until.date()) if ticket.back_until else "",
        files_left=ticket.files_left,
        reply_to=_first_name(line.asker) if for_staff else _first_name(line.assignee),
        may_write=(Deed.ANSWER if for_staff else Deed.REPLY) in may,
        may_solve=Deed.SOLVE in may,
        may_reopen=Deed.REOPEN in may,
        may_withdraw=Deed.WITHDRAW in may,
        may_reinstate=Deed.REINSTATE in may,
        may_close=Deed.CLOSE in may,
        is_live=line.status in LIVE,
    )


def entry_row(entry: EntryView) -> EntryRow:
    """A step of the thread."""
    icon, said = _DEEDS.get(entry.deed, ("", ""))
    if entry.is_note and entry.kind == "event":
        told = f"{entry.author} {said} {entry.text or 'nobody'}."
    elif entry.kind == "event":
        reason = f", “{' '.join(entry.text.split())}”" if entry.text else ""
        told = f"{entry.author} {said}{reason}."
    else:
        told = ""
    return EntryRow(
        key=f"{'n' if entry.is_note else 'e'}{entry.id}",
        kind=entry.kind,
        author=entry.author,
        initials=_initials(entry.author),
        is_staff=entry.is_staff,
        is_note=entry.is_note,
        by_mail=entry.by_mail,
        icon=icon,
        said=told,
        at=entry.at.isoformat(),
        at_words=words.moment(entry.at),
        paragraphs=[each.strip("\n") for each in entry.text.split("\n\n") if each.strip()] if not told else [],
        files=[file_row(each) for each in entry.files],
    )


def file_row(file: FileView) -> FileRow:
    """A file with its download."""
    return FileRow(id=file.id, name=file.filename, size=_size(file.size_bytes), href=f"/attachments/{file.id}")


def _turn(status: Status, for_staff: bool) -> str:
    if status not in LIVE:
        return "Nobody's"
    theirs = status is Status.WAITING_YOU
    if for_staff:
        return "Theirs" if theirs else "Ours"
    return "Yours" if theirs else "Support's"


def _first_answer(opened: datetime, answered: datetime | None) -> str:
    if answered is None:
        return "not yet"
    took: timedelta = answered - opened
    if took < timedelta(hours=1):
        return f"in {words.count(max(1, int(took.total_seconds() // 60)), 'minute')}"
    if took < timedelta(days=1):
        return f"in {words.count(int(took.total_seconds() // 3600), 'hour')}"
    return f"in {words.count(took.days, 'day')}"


def _size(size: int) -> str:
    if size < 1000:
        return words.count(size, "byte")
    return f"{max(1, round(size / 1000)):,} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


def _first_name(name: str) -> str:
    return (name.split() or [""])[0]


def _initials(name: str) -> str:
    parts = name.split() or ["?"]
    return "".join(part[0].upper() for part in (parts[0], *parts[1:][-1:]))
