"""What agents' pages show, drawn from what the staff slice hands out. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rcx_app.core import clock
from rcx_app.core.permissions import Staff, Stage
from rcx_app.domain.integrations.schemas import ConnectionHealth
from rcx_app.domain.onboarding.answers import in_words, is_asked
from rcx_app.domain.onboarding.questions import GROUPS
from rcx_app.domain.onboarding.schemas import Edition, IntakeView, Step
from rcx_app.domain.staff.schemas import (
    Address,
    Agent,
    Card,
    Column,
    Leave,
    Meeting,
    NoticeView,
    WorkspaceFile,
    WorkspaceRow,
)
from rcx_app.ui import words

STAGES = {
    Stage.QUESTIONNAIRE: "Questions",
    Stage.BOOKING: "Booking",
    Stage.SETUP: "Setup",
    Stage.ACTIVE: "Active",
    Stage.SUSPENDED: "Suspended",
}
TONES = {Stage.ACTIVE: "ok", Stage.SUSPENDED: "fail", Stage.SETUP: "acc"}
STAFF = {Staff.AGENT: "Agent", Staff.PLATFORM_ADMIN: "Platform admin"}
_KINDS = {"onboarding": "Onboarding", "meeting": "Meeting"}
_STATES = {"booked": "Booked", "kept": "Kept", "no_show": "Nobody came", "cancelled": "Cancelled"}
# So many days in a stage before active call for a look.
_LONG_DAYS = 7


@dataclass
class CardRow:
    """A workspace on the board."""

    id: int
    name: str
    href: str
    about: str
    days: str
    is_late: bool
    session: str
    done: int
    tasks: int
    percent: str


@dataclass
class ColumnRow:
    """A stage of the board. `more`: those that have no card."""

    title: str
    count: int
    more: str
    cards: list[CardRow] = field(default_factory=list)


@dataclass
class ListRow:
    """A workspace in the list."""

    id: int
    name: str
    href: str
    stage: str
    tone: str
    days: str
    joined: str
    people: str
    connections: str
    clients: str
    has_access: bool


@dataclass
class PairRow:
    """A name, a value, and what the value was before."""

    name: str
    value: str
    before: str = ""
    is_changed: bool = False


@dataclass
class GroupRow:
    """A page of the intake."""

    title: str
    pairs: list[PairRow]


@dataclass
class EventRow:
    """Something that happened: when, a title, who and what he said."""

    key: str
    at: str
    at_iso: str
    title: str
    who: str
    text: str
    tone: str = ""


@dataclass
class HealthRow:
    """How a connection does."""

    key: str
    label: str
    tone: str
    word: str
    why: str


@dataclass
class NoticeLine:
    """A notice in the list of all."""

    id: int
    title: str
    body: str
    at: str
    who: str
    readers: str
    is_out: bool


@dataclass
class AgentLine:
    """Somebody of the company that runs RCX."""

    id: int
    name: str
    email: str
    staff: str
    two_factor: str


@dataclass
class AddressLine:
    """An address that RCX calls from."""

    id: int
    network: str
    note: str
    since: str


def workspace_at(workspace_id: int) -> str:
    return f"/staff/workspaces/{workspace_id}"


def days_said(since: datetime) -> str:
    """How long a workspace has been at its stage: ``today``, ``1 day``, ``12 days``."""
    days = (clock.now() - since).days
    return words.count(days, "day") if days > 0 else "today"


def since_said(since: datetime) -> str:
    """``since today``, ``for 12 days``."""
    said = days_said(since)
    return "since today" if said == "today" else f"for {said}"


def column_row(column: Column, zone: str) -> ColumnRow:
    hidden = column.count - len(column.cards)
    return ColumnRow(
        title=STAGES[column.stage],
        count=column.count,
        more=f"and {hidden:,} more" if hidden else "",
        cards=[card_row(card, zone) for card in column.cards],
    )


def card_row(card: Card, zone: str) -> CardRow:
    late = card.stage in (Stage.QUESTIONNAIRE, Stage.BOOKING, Stage.SETUP)
    coming = card.next_session
    return CardRow(
        id=card.workspace_id,
        name=card.name,
        href=workspace_at(card.workspace_id),
        about=", ".join(each for each in (card.owner, card.psa) if each),
        days=days_said(card.since),
        is_late=late and (clock.now() - card.since).days >= _LONG_DAYS,
        session=f"{words.moment(coming.starts_at, zone)}, {coming.agent}" if coming else "",
        done=card.done,
        tasks=card.tasks,
        percent=f"{round(100 * card.done / card.tasks)}%" if card.tasks else "0%",
    )


def list_row(row: WorkspaceRow) -> ListRow:
    return ListRow(
        id=row.workspace_id,
        name=row.name,
        href=workspace_at(row.workspace_id),
        stage=STAGES[row.stage],
        tone=TONES.get(row.stage, ""),
        days=days_said(row.since),
        joined=words.day(row.joined.date()),
        people=f"{row.people:,}",
        connections=f"{row.connections:,}",
        clients=f"{row.clients:,}",
        has_access=row.has_access,
    )


def answers_of(draft: IntakeView, editions: Sequence[Edition]) -> list[GroupRow]:
    """What was answered; beside what was changed since the first edition stands what it was before."""
    if not editions and draft.saved_at is None:
        return []
    answers = editions[0].answers if editions else draft.answers
    before = {each.key: each.before for each in editions[0].changes} if editions else {}
    found = []
    for group in GROUPS:
        pairs = [
            PairRow(each.text, in_words(each, answers.get(each.key)) or "No answer", before.get(each.key, ""),
                    each.key in before)
            for each in group.questions
            if is_asked(each, answers) or each.key in before
        ]  # fmt: skip
        found.append(GroupRow(group.title, pairs))
    return found


def intake_said(file: WorkspaceFile, zone: str) -> str:
    """How far the answers are."""
    if not file.editions:
        begun = file.draft.saved_at
        return f"Not sent yet, last saved {words.moment(begun, zone)}" if begun else "Nothing answered yet"
    newest = file.editions[0]
    said = f"Edition {newest.number}, sent {words.moment(newest.sent_at, zone)} by {newest.sent_by}"
    return f"{said}. Changes are being made" if file.draft.is_open else said


def step_rows(steps: Sequence[Step], zone: str) -> list[EventRow]:
    return [
        EventRow(
            key=str(number),
            at=words.moment(each.at, zone),
            at_iso=each.at.isoformat(),
            title=f"{STAGES[each.stage_from]} → {STAGES[each.stage_to]}",
            who=each.who,
            text=each.note,
            tone=TONES.get(each.stage_to, ""),
        )
        for number, each in enumerate(steps)
    ]


def meeting_rows(meetings: Sequence[Meeting], zone: str) -> list[EventRow]:
    tones = {"booked": "acc", "kept": "ok", "no_show": "under"}
    return [
        EventRow(
            key=str(number),
            at=words.moment(each.starts_at, zone),
            at_iso=each.starts_at.isoformat(),
            title=f"{_KINDS.get(each.kind, each.kind)}: {_STATES.get(each.state, each.state).lower()}",
            who=f"{each.agent} with {each.person}",
            text=each.topic,
            tone=tones.get(each.state, ""),
        )
        for number, each in enumerate(meetings)
    ]


def note_rows(file: WorkspaceFile, zone: str) -> list[EventRow]:
    return [
        EventRow(str(each.note_id), words.moment(each.at, zone), each.at.isoformat(), each.who, "", each.text)
        for each in file.notes
    ]


def health_rows(found: Sequence[ConnectionHealth]) -> list[HealthRow]:
    return [
        HealthRow(
            key=str(each.id),
            label=each.label,
            tone=words.HEALTH.get(each.health.value, ""),
            word=each.word or each.health.value.capitalize(),
            why=" ".join(part for part in (each.reason, each.remedy) if part),
        )
        for each in found
    ]


def leave_said(leave: Leave | None, zone: str) -> str:
    if leave is None:
        return ""
    return f"As {leave.role.value} until {words.moment(leave.until, zone)}, given by {leave.granted_by}."


def notice_line(each: NoticeView, zone: str) -> NoticeLine:
    return NoticeLine(
        id=each.notice_id,
        title=each.title,
        body=each.body,
        at=words.moment(each.at, zone),
        who=each.who,
        readers=words.count(each.readers or 0, "person has", "people have") + " read it",
        is_out=each.withdrawn_at is None,
    )


def agent_line(each: Agent) -> AgentLine:
    return AgentLine(each.user_id, each.name, each.email, STAFF[each.staff], "On" if each.has_two_factor else "Off")


def address_line(each: Address) -> AddressLine:
    return AddressLine(each.address_id, each.network, each.note, words.day(each.added_at.date()))
