"""What agents see of workspaces: the board by stage, the list, and one workspace's file. Never credentials.

These work across workspaces: run them in `transaction(None)`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission, Role, Stage
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.onboarding import service as onboarding
from rcx_app.domain.onboarding.questions import PSAS
from rcx_app.domain.staff.access import leave_of
from rcx_app.domain.staff.repository import StaffRepository
from rcx_app.domain.staff.schemas import Card, Column, Meeting, Member, Note, WorkspaceFile, WorkspaceRow
from rcx_app.models import Booking, Workspace

# Cards a column shows at most; of those at work only the newest.
_CARDS, _NEWEST = 50, 10
_PSA_WORDS = dict(PSAS)


def board(session: Session, context: Context) -> tuple[Column, ...]:
    """All stages in order, each with its workspaces, those that wait longest first. Raises NotPermitted."""
    context.require(Permission.AGENT)
    repository = StaffRepository(session, context)
    found = {stage: repository.at_stage(stage.value, _NEWEST if stage is Stage.ACTIVE else _CARDS) for stage in Stage}
    ids = [row.id for _, rows in found.values() for row in rows]
    owners, psas = repository.owners(ids), repository.psas(ids)
    coming: dict[int, Meeting] = {}
    for row, agent, person in repository.meetings(ids, since=clock.now()):
        coming.setdefault(row.workspace_id, _meeting(row, agent, person))

    def card(row: Workspace) -> Card:
        stage = Stage(row.stage)
        ticked = onboarding.tasks(session, context.visiting(row.id)) if stage is Stage.SETUP else ()
        return Card(
            workspace_id=row.id,
            name=row.name,
            stage=stage,
            since=row.stage_since or row.created_at,
            owner=owners.get(row.id, ""),
            psa=_PSA_WORDS.get(psas.get(row.id, ""), ""),
            done=sum(task.is_done for task in ticked),
            tasks=len(ticked),
            next_session=coming.get(row.id),
        )

    return tuple(
        Column(stage=stage, count=count, cards=tuple(card(row) for row in rows))
        for stage, (count, rows) in found.items()
    )


def workspaces(
    session: Session, context: Context, text: str = "", stage: str = "", cursor: str = ""
) -> Page[WorkspaceRow]:
    """A page of workspaces, the newest first; `text` is looked for in names and people's addresses.

    Raises NotPermitted.
    """
    context.require(Permission.AGENT)
    repository = StaffRepository(session, context)
    before = int(decode_cursor(cursor, length=1)[0]) if cursor else None
    rows = repository.found(text.strip()[:100], stage, before, PAGE_SIZE + 1)
    shown, more = rows[:PAGE_SIZE], len(rows) > PAGE_SIZE
    listed = _rows(repository, shown)
    return Page(listed, encode_cursor([shown[-1].id]) if more else "")


def _rows(repository: StaffRepository, shown: Sequence[Workspace]) -> tuple[WorkspaceRow, ...]:
    ids = [row.id for row in shown]
    people, connections, clients = repository.sizes(ids)
    open_to_us = repository.with_access(ids, clock.now())
    return tuple(
        WorkspaceRow(
            workspace_id=row.id,
            name=row.name,
            stage=Stage(row.stage),
            since=row.stage_since or row.created_at,
            joined=row.created_at,
            people=people.get(row.id, 0),
            connections=connections.get(row.id, 0),
            clients=clients.get(row.id, 0),
            has_access=row.id in open_to_us,
        )
        for row in shown
    )


def workspace(session: Session, context: Context, workspace_id: int) -> WorkspaceFile:
    """One workspace's file. Raises NotPermitted, NotFound."""
    context.require(Permission.AGENT)
    repository = StaffRepository(session, context)
    row = repository.workspace(workspace_id)
    guest = context.visiting(workspace_id)
    return WorkspaceFile(
        workspace_id=row.id,
        name=row.name,
        currency=row.currency,
        time_zone=row.time_zone,
        joined=row.created_at,
        is_house=row.is_house,
        progress=onboarding.progress(session, guest),
        draft=onboarding.current(session, guest),
        editions=tuple(onboarding.editions(session, guest)),
        steps=tuple(onboarding.steps(session, guest)),
        health=integrations.health(session, guest),
        people=tuple(
            Member(name=user.name, email=user.email, role=Role(role)) for user, role in repository.members(workspace_id)
        ),
        meetings=tuple(_meeting(*each) for each in repository.meetings([workspace_id])),
        notes=tuple(
            Note(note_id=note.id, at=note.created_at, who=name, text=note.text)
            for note, name in repository.notes(workspace_id)
        ),
        leave=leave_of(session, guest),
    )


def _meeting(row: Booking, agent: str, person: str) -> Meeting:
    return Meeting(starts_at=row.starts_at, kind=row.kind, state=row.state, agent=agent, person=person, topic=row.topic)
