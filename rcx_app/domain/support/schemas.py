"""What the support slice takes in and hands out: tickets, threads, notes, files, and how a queue is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rcx_app.domain.support.states import Deed, Status

MAX_SUBJECT = 200
MAX_TEXT = 20_000
MAX_REASON = 500
MAX_ONCE_KEY = 80


class Category(StrEnum):
    """What a ticket is about."""

    QUESTION = "question"
    CONNECTION = "connection"
    MAPPING = "mapping"
    NUMBERS = "numbers"
    WRITING = "writing"
    PEOPLE = "people"
    SUBSCRIPTION = "subscription"
    OTHER = "other"


CATEGORIES: dict[Category, str] = {
    Category.QUESTION: "A question",
    Category.CONNECTION: "A connection or sync",
    Category.MAPPING: "Mapping and rules",
    Category.NUMBERS: "Numbers that look wrong",
    Category.WRITING: "Writing to the PSA",
    Category.PEOPLE: "People and signing in",
    Category.SUBSCRIPTION: "Our subscription",
    Category.OTHER: "Something else",
}


class Priority(StrEnum):
    """How much it hinders the people who ask."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


PRIORITIES: dict[Priority, str] = {
    Priority.LOW: "Low",
    Priority.NORMAL: "Normal",
    Priority.HIGH: "High: work is held up",
    Priority.URGENT: "Urgent: we can't bill",
}
RANKS = {Priority.URGENT: 0, Priority.HIGH: 1, Priority.NORMAL: 2, Priority.LOW: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What the form of a new ticket says. `once_key`: the form's own random name; sent twice it makes one ticket."""

    subject: str
    text: str
    once_key: str
    category: Category = Category.QUESTION
    priority: Priority = Priority.NORMAL
    is_private: bool = False
    connection_id: int | None = None
    files: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file of a ticket, or one that waits for its message."""

    id: int
    filename: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A step of the thread: a message with its files, or an event (`deed`, and in `text` a reason if there was one).

    `is_note`: agents' own; such entries are in no view of the people's side.
    """

    id: int
    kind: str
    deed: str
    author: str
    is_staff: bool
    is_note: bool
    text: str
    at: datetime
    by_mail: bool
    files: tuple[FileView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket as lists show it. `workspace` is told to agents only."""

    id: int
    number: int
    subject: str
    status: Status
    category: Category
    priority: Priority
    is_private: bool
    asker: str
    assignee: str
    created_at: datetime
    changed_at: datetime
    queued_at: datetime
    version: int
    workspace: str = ""
    may: frozenset[Deed] = frozenset()

    @property
    def name(self) -> str:
        """What people call it: ``T-12``."""
        return f"T-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket with its thread. `back_until`: until when people may come back to one that has ended.

    `seen` is the last entry's id, by which an answer knows what its writer had read.
    """

    line: TicketLine
    version: int
    entries: tuple[EntryView, ...]
    seen: int
    asker_id: int
    assignee_id: int | None
    first_answered_at: datetime | None
    back_until: datetime | None
    files_left: int
    connection_id: int | None
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Another agent who has the ticket open now."""

    name: str
    is_writing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """A ticket as agents see it: with notes among the entries, who else looks at it, and whose it is."""

    ticket: TicketView
    workspace_id: int
    workspace: str
    asker_email: str
    lookers: tuple[Looker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilters:
    """Which tickets of all workspaces. Empty: all. `waiting` is what waits for us; `older_than_days` since it waits."""

    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    category: Category | None = None
    unassigned: bool = False
    mine: bool = False
    older_than_days: int = 0
    workspace_id: int | None = None
    find: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A workspace or an agent, to choose from."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """A reply that agents keep at hand."""

    id: int
    name: str
    text: str
    version: int
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that lies in the folder of attachments under a random name and was looked into."""

    filename: str
    stored_as: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A mail, read: who sent it to which of our addresses, its own words, and its files."""

    sender: str
    tokens: tuple[str, ...]
    message_key: str
    text: str
    files: tuple[tuple[str, bytes], ...] = field(default=())
    refusal: str = ""
