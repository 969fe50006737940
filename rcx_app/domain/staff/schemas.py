"""What the staff slice hands out: workspaces as agents see them, leave to work in one, notices, agents, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.domain.integrations.schemas import ConnectionHealth
from rcx_app.domain.onboarding.schemas import Edition, IntakeView, Progress, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A booked session of a workspace. `kind`: onboarding | meeting; `state`: booked | kept | no_show | cancelled."""

    starts_at: datetime
    kind: str
    state: str
    agent: str
    person: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A workspace on the board. `since`: when its stage began; `done` of `tasks` are ticked off the checklist."""

    workspace_id: int
    name: str
    stage: Stage
    since: datetime
    owner: str
    psa: str
    done: int
    tasks: int
    next_session: Meeting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One stage of the board. `count` may be more than the cards shown."""

    stage: Stage
    count: int
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRow:
    """A workspace in the list."""

    workspace_id: int
    name: str
    stage: Stage
    since: datetime
    joined: datetime
    people: int
    connections: int
    clients: int
    has_access: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of a workspace."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an agent noted."""

    note_id: int
    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A workspace's leave for agents to work in it. `ended_at`: ended before its time by `ended_by`."""

    access_id: int
    role: Role
    reason: str
    granted_at: datetime
    granted_by: str
    until: datetime
    ended_at: datetime | None
    ended_by: str
    is_in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFile:
    """All that an agent sees of a workspace without entering it; nothing of its credentials or numbers."""

    workspace_id: int
    name: str
    currency: str
    time_zone: str
    joined: datetime
    is_house: bool
    progress: Progress
    draft: IntakeView
    editions: tuple[Edition, ...]
    steps: tuple[Step, ...]
    health: tuple[ConnectionHealth, ...]
    people: tuple[Member, ...]
    meetings: tuple[Meeting, ...]
    notes: tuple[Note, ...]
    leave: Leave | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice to all workspaces' admins. `readers`: how many have read it; None where that is not shown."""

    notice_id: int
    title: str
    body: str
    at: datetime
    who: str
    withdrawn_at: datetime | None
    readers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody of the company that runs RCX."""

    user_id: int
    name: str
    email: str
    staff: Staff
    has_two_factor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address or network that RCX calls from, since `added_at`, until `removed_at`."""

    address_id: int
    network: str
    note: str
    added_at: datetime
    removed_at: datetime | None
