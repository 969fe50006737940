"""From stage to stage: by what the workspace does itself, and by agents. Every change is kept and recorded.

Agents' deeds work on any workspace: run them in `transaction(None)`.
"""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission, Stage
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.onboarding.repository import OnboardingRepository
from rcx_app.domain.subscription import cycle
from rcx_app.domain.subscription.cycle import TRIED
from rcx_app.models import StageChange

LONGEST_NOTE = 2000
_BACK = {Stage.ACTIVE: Stage.SETUP, Stage.SETUP: Stage.BOOKING, Stage.BOOKING: Stage.QUESTIONNAIRE}


def first_stage() -> Stage:
    """Where new workspaces begin, by the setting RCX_ONBOARDING."""
    return Stage.QUESTIONNAIRE if settings().onboarding == "guided" else Stage.ACTIVE


def answers_sent(session: Session, context: Context) -> Stage:
    """The questionnaire is done: a session comes next. Where there are no agents to hold one, all opens at once."""
    repository = OnboardingRepository(session, context)
    if Stage(repository.workspace(lock=True).stage) is not Stage.QUESTIONNAIRE:
        return Stage(repository.workspace().stage)
    to = Stage.BOOKING if repository.has_agents() else Stage.ACTIVE
    _go(session, context, repository, to, "" if to is Stage.BOOKING else "There are no agents in this installation.")
    return to


def session_booked(session: Session, context: Context) -> None:
    """The onboarding session of the context's workspace is settled, so guided setup opens. Elsewhere does nothing.

    Called by booking, whoever acts: `context` names the workspace whose session it is.
    """
    repository = OnboardingRepository(session, context)
    if Stage(repository.workspace(lock=True).stage) is Stage.BOOKING:
        _go(session, context, repository, Stage.SETUP, "")


def skip_booking(session: Session, context: Context, workspace_id: int, note: str) -> None:
    """An agent opens guided setup without a session. Raises NotPermitted, NotFound, Conflict, Invalid."""
    _by_agent(session, context, workspace_id, {Stage.BOOKING}, Stage.SETUP, note, needs_note=False)


def finalise(session: Session, context: Context, workspace_id: int, note: str) -> None:
    """An agent opens everything. Raises NotPermitted, NotFound, Conflict, Invalid."""
    _by_agent(session, context, workspace_id, {Stage.SETUP}, Stage.ACTIVE, note, needs_note=True)


def step_back(session: Session, context: Context, workspace_id: int, note: str) -> None:
    """An agent takes a workspace one stage back. Raises NotPermitted, NotFound, Conflict, Invalid."""
    guest = context.visiting(workspace_id)
    now = Stage(OnboardingRepository(session, guest).workspace(lock=True).stage)
    if now not in _BACK:
        raise Conflict("There is no stage before this one.", remedy="Reload the page.")
    _by_agent(session, context, workspace_id, {now}, _BACK[now], note, needs_note=True)


def suspend(session: Session, context: Context, workspace_id: int, note: str) -> None:
    """An agent lets a workspace be read only. Raises NotPermitted, NotFound, Conflict, Invalid."""
    open_stages = set(Stage) - {Stage.SUSPENDED}
    _by_agent(session, context, workspace_id, open_stages, Stage.SUSPENDED, note, needs_note=True)


def resume(session: Session, context: Context, workspace_id: int, note: str) -> None:
    """An agent lets a suspended workspace go on where it stood. Raises NotPermitted, NotFound, Conflict, Invalid."""
    guest = context.visiting(workspace_id)
    before = OnboardingRepository(session, guest).stage_before_suspension()
    to = Stage(before) if before in {each.value for each in Stage} else Stage.ACTIVE
    _by_agent(session, context, workspace_id, {Stage.SUSPENDED}, to, note, needs_note=False)


def _by_agent(
    session: Session, context: Context, workspace_id: int, of: set[Stage], to: Stage, note: str, *, needs_note: bool
) -> None:
    context.require(Permission.AGENT)
    said = note.strip()
    if needs_note and not said:
        raise Invalid("Say why in a note.", remedy="It is kept with the change and read by your colleagues.")
    if len(said) > LONGEST_NOTE:
        raise Invalid(f"Use at most {LONGEST_NOTE:,} characters for the note.")
    guest = context.visiting(workspace_id)
    repository = OnboardingRepository(session, guest)
    workspace = repository.workspace(lock=True)
    if workspace.is_house:
        raise Conflict("This is where RCX's own people are at home; it has no stages.")
    if Stage(workspace.stage) not in of:
        raise Conflict("The workspace has moved on meanwhile.", remedy="Reload the page and look again.")
    _go(session, guest, repository, to, said)


def _go(session: Session, context: Context, repository: OnboardingRepository, to: Stage, note: str) -> None:
    workspace = repository.workspace()
    before = workspace.stage
    workspace.stage, workspace.stage_since = to.value, clock.now()
    session.add(workspace)
    here = context.workspace_id
    repository.add(
        StageChange(workspace_id=here, user_id=context.user_id, stage_from=before, stage_to=to.value, note=note)
    )
    if to in TRIED:
        # With the stage that opens it, so that nobody reads of a trial that is still to begin.
        cycle.run(session, system_context(here))
    detail = {"before": before, "after": to.value, "note": note}
    audit.record(session, context, "onboarding:stage", "workspace", here, detail)
