"""The setup checklist: drawn from what is there, so nobody ticks it, and nothing stays ticked that is undone."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.onboarding.repository import OnboardingRepository
from rcx_app.domain.onboarding.schemas import Progress, Step, Task

# Of a hundred accounts so many are to be decided on; the rest are those that need a client who is asked.
_ENOUGH = 90
_SETTING_UP = (Stage.SETUP, Stage.ACTIVE, Stage.SUSPENDED)


def progress(session: Session, context: Context) -> Progress:
    """Where the workspace stands. Raises NotPermitted."""
    context.require(Permission.TEAM)
    repository = OnboardingRepository(session, context)
    workspace = repository.workspace()
    stage = Stage(workspace.stage)
    return Progress(
        stage=stage,
        since=workspace.stage_since or workspace.created_at,
        tasks=tasks(session, context) if stage in _SETTING_UP else (),
    )


def tasks(session: Session, context: Context) -> tuple[Task, ...]:
    """The checklist of the context's workspace, in the order of doing. Raises NotPermitted."""
    context.require(Permission.TEAM)
    repository = OnboardingRepository(session, context)
    connections = repository.connections()
    psas = sum(side == "psa" for side, _ in connections)
    read = sum(was_read for _, was_read in connections)
    sides_read = {side for side, was_read in connections if was_read}
    accounts, decided = repository.accounts()
    active, waiting = repository.rules()
    reviewed = repository.reviewed()
    return (
        Task(
            key="psa",
            title="Connect your PSA",
            detail="Connected" if psas else "What you bill is read from it",
            is_done=psas > 0,
            href="/integrations",
        ),
        Task(
            key="sync",
            title="Read your PSA and a vendor once, without faults",
            detail=f"{read} of {len(connections)} read" if connections else "Nothing is connected yet",
            is_done=sides_read == {"psa", "usage"},
            href="/integrations",
        ),
        Task(
            key="clients",
            title="Say which account is which client",
            detail=f"{decided:,} of {accounts:,} accounts decided" if accounts else "Accounts come with the first sync",
            is_done=accounts > 0 and decided * 100 >= accounts * _ENOUGH,
            href="/clients",
        ),
        Task(
            key="services",
            title="Say what counts for which service",
            detail=_rules_said(active, waiting),
            is_done=active > 0 and waiting == 0,
            href="/services",
        ),
        Task(
            key="review",
            title="Decide on your first finding",
            detail=f"{reviewed:,} decided" if reviewed else "Nothing decided yet",
            is_done=reviewed > 0,
            href="/billing/review",
        ),
    )


def steps(session: Session, context: Context) -> list[Step]:
    """How the workspace came to where it is, newest first. Raises NotPermitted."""
    context.require(Permission.TEAM)
    return [
        Step(
            at=row.created_at,
            stage_from=Stage(row.stage_from),
            stage_to=Stage(row.stage_to),
            who=name or ("RCX" if row.user_id is None else "somebody who left"),
            note=row.note,
        )
        for row, name in OnboardingRepository(session, context).steps()
    ]


def _rules_said(active: int, waiting: int) -> str:
    if not active and not waiting:
        return "Rules are suggested after the first sync"
    in_force = "1 rule in force" if active == 1 else f"{active:,} rules in force"
    return in_force if not waiting else f"{in_force}, {waiting:,} suggested"
