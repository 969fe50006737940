"""The match settings: what is known of the matching, what other thresholds would do, and changing them.

Permissions: looking needs membership, each change requires `settings:write`. Every change asks, in its own transaction,
for a new matching run, is kept with what was expected of it, and audited.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.learning import service as learning
from rcx_app.domain.match_settings import aim as aiming
from rcx_app.domain.match_settings import automatic, levels, measure, outcome, shipped
from rcx_app.domain.match_settings.aim import Evidence
from rcx_app.domain.match_settings.history import read as history_of
from rcx_app.domain.match_settings.measure import Judged
from rcx_app.domain.match_settings.repository import SettingsRepository
from rcx_app.domain.match_settings.schemas import (
    Aim,
    ChangeRow,
    Levels,
    Measured,
    Moved,
    Outlook,
    Reached,
    Settings,
)
from rcx_app.domain.match_settings.verdicts import judged as judged_of
from rcx_app.models import ThresholdChange, Workspace

MOVES = 50


def settings(session: Session, context: Context, *, connection_id: int | None = None) -> Settings:
    """All that is set and known. `connection_id`: the curves by the verdicts of one integration only.

    Raises NotFound where that integration is not ours.
    """
    context.require(Permission.READ)
    repository = SettingsRepository(session, context)
    workspace = repository.workspace()
    inforce = levels.of(workspace)
    judged = _judged(session, context)
    wanted = automatic.target(workspace)
    integrations = automatic.rows(repository, judged, inforce, wanted)
    if connection_id is not None and connection_id not in {row.connection_id for row in integrations}:
        raise NotFound(SettingsRepository.noun)
    return Settings(
        levels=inforce,
        aim=Aim(workspace.match_aim),
        aim_value=workspace.match_aim_value,
        seen=repository.newest_change(),
        target=wanted,
        own=_measured(measure.tally(_of(judged, connection_id))),
        shipped=_measured(shipped.tally()),
        shipped_is_current=shipped.model_measured() == learning.shipped_version(),
        integrations=integrations,
        waiting=len(repository.waiting(())),
        since_run=_since(judged, repository.last_run()),
    )


def evidence(session: Session, context: Context) -> Evidence:
    """What decisions stand on, read once where several outlooks follow each other."""
    context.require(Permission.READ)
    return Evidence(measure.tally(_judged(session, context)), shipped.tally())


def outlook(
    session: Session,
    context: Context,
    draft: Levels,
    *,
    known: Evidence | None = None,
    auto: int | None = None,
) -> Outlook:
    """What the present queue would become with `draft`, against the thresholds in force, by what the last matching run
    found. Verdicts given since then are no part of it.

    `auto`: as if this integration confirmed by itself too. `known`: from `evidence`. Raises Invalid naming each wrong
    threshold.
    """
    context.require(Permission.READ)
    levels.check(draft)
    repository = SettingsRepository(session, context)
    known = known or evidence(session, context)
    inforce = levels.of(repository.workspace())
    on = repository.auto_connections()
    before = outcome.waiting(repository.waiting(on))
    after = before if auto is None else outcome.waiting(repository.waiting(on | {auto}))
    now, then = outcome.fates(before, inforce), outcome.fates(after, draft)
    moving = outcome.moving(after, now, then)
    described = repository.described([account for account, _, _ in moving[:MOVES]])
    return Outlook(
        waiting=len(after),
        now=outcome.standing(now, inforce, known),
        then=outcome.standing(then, draft, known),
        moving=len(moving),
        moves=tuple(
            Moved(
                account_id=account,
                name=described[account][0],
                integration=described[account][1],
                client=described[account][2],
                confidence=described[account][3],
                before=was,
                after=becomes,
            )
            for account, was, becomes in moving[:MOVES]
        ),
        at_suggest=known.share(float(draft.suggest)),
        at_preselect=known.share(float(draft.preselect)),
        at_auto=known.share(float(draft.auto)),
    )


def reach(session: Session, context: Context, aim: Aim, value: Decimal, *, known: Evidence | None = None) -> Reached:
    """The thresholds that an aim leads to. Raises Invalid for an aim out of range."""
    context.require(Permission.READ)
    known = known or evidence(session, context)
    return aiming.reach(aim, value, levels.of(SettingsRepository(session, context).workspace()), known)


def history(session: Session, context: Context, limit: int = 20) -> tuple[ChangeRow, ...]:
    """The newest changes with what was expected and what came of them, newest first."""
    context.require(Permission.READ)
    repository = SettingsRepository(session, context)
    return history_of(repository.changes(limit + 1), _judged(session, context), levels.of(repository.workspace()))[
        :limit
    ]


def save(
    session: Session,
    context: Context,
    draft: Levels,
    *,
    seen: int,
    aim: Aim = Aim.NUMBERS,
    aim_value: Decimal | None = None,
    note: str = "",
) -> int:
    """Put thresholds in force and ask for a matching run; the id of the change.

    `seen`: the newest change that the person saw. With an aim, `draft` must be what it leads to now. Raises Invalid
    naming each wrong threshold, or where nothing would change; Conflict where somebody changed the settings since.
    """
    context.require(Permission.SETTINGS)
    levels.check(draft)
    repository = SettingsRepository(session, context)
    workspace = _locked(repository, seen)
    if aim is not Aim.NUMBERS:
        aim_value = _checked_aim(session, context, aim, aim_value, draft)
    return _put(repository, workspace, draft, aim, aim_value, note)


def put_back(session: Session, context: Context, change_id: int, *, seen: int) -> int:
    """Put the thresholds in force again that stood before a change; the id of the new change.

    Raises NotFound, Invalid where that change was none of thresholds or they are in force already, and Conflict as
    `save` does.
    """
    context.require(Permission.SETTINGS)
    repository = SettingsRepository(session, context)
    change = repository.change(change_id)
    if "suggest" not in change.before:
        raise Invalid("This change was none of thresholds.", remedy="Switch auto-confirm where it is shown.")
    workspace = _locked(repository, seen)
    draft, aim, aim_value = levels.read(change.before)
    return _put(repository, workspace, draft, aim, aim_value, "Put back")


def switch_auto(session: Session, context: Context, connection_id: int, on: bool, *, seen: int) -> int:
    """Let the model map an integration's sure suggestions by itself, or no longer; the id of the change.

    Raises NotFound; Invalid where it may not be switched on or stands so already; Conflict as `save` does (switching
    off is never refused for that).
    """
    context.require(Permission.SETTINGS)
    repository = SettingsRepository(session, context)
    workspace = _locked(repository, seen if on else None)
    connection = repository.connection(connection_id)
    if connection.auto_confirm == on:
        raise Invalid(f"Auto-confirm for {connection.label} is {'on' if on else 'off'} already.")
    expected: dict[str, object] = {}
    if on:
        judged, inforce = _judged(session, context), levels.of(workspace)
        why_not = automatic.why_not(
            measure.tally(judged).judged,
            Evidence(measure.tally(_of(judged, connection_id)), shipped.tally()),
            inforce.auto,
            automatic.target(workspace),
        )
        if why_not:
            raise Invalid(f"Auto-confirm can't be switched on for {connection.label}.", remedy=why_not)
        expected = dict(outcome.plain(outlook(session, context, inforce, auto=connection_id).then))
    connection.auto_confirm = on
    about = {"connection_id": connection.id, "label": connection.label}
    return _record(repository, about | {"auto_confirm": not on}, about | {"auto_confirm": on}, expected, "")


def _put(
    repository: SettingsRepository,
    workspace: Workspace,
    draft: Levels,
    aim: Aim,
    aim_value: Decimal | None,
    note: str,
) -> int:
    before = levels.plain(levels.of(workspace), Aim(workspace.match_aim), workspace.match_aim_value)
    after = levels.plain(draft, aim, aim_value)
    if before == after:
        raise Invalid("These thresholds are in force already.", remedy="Move one of them first.")
    expected = outlook(repository.session, repository.context, draft)
    workspace.suggest_threshold, workspace.preselect_threshold = draft.suggest, draft.preselect
    workspace.auto_confirm_threshold = draft.auto
    workspace.match_aim, workspace.match_aim_value = aim.value, aim_value
    return _record(repository, before, after, dict(outcome.plain(expected.then)), note)


def _record(
    repository: SettingsRepository,
    before: dict[str, object],
    after: dict[str, object],
    expected: dict[str, object],
    note: str,
) -> int:
    context, session = repository.context, repository.session
    change = repository.add(
        ThresholdChange(
            workspace_id=context.workspace_id,
            user_id=context.user_id,
            before=before,
            after=after,
            expected=expected,
            note=note,
        )
    )
    tag = "matching:auto_confirm" if "auto_confirm" in after else "matching:thresholds"
    detail = {"before": before, "after": after, "expected": expected}
    audit.record(session, context, tag, "threshold_change", change.id, detail)
    jobs.enqueue(session, context, "mapping.match", {}, dedupe_key="match")
    return change.id


def _locked(repository: SettingsRepository, seen: int | None) -> Workspace:
    """The workspace, locked. Raises Conflict where there is a newer change than `seen`."""
    workspace = repository.workspace(lock=True)
    newest = repository.newest_change()
    if seen is not None and newest != seen:
        change, who = repository.changes(1)[0]
        name = "You" if change.user_id == repository.context.user_id else who or "RCX"
        raise Conflict(
            f"{name} changed the match settings meanwhile; nothing of yours was saved.",
            remedy="What is in force now is shown in the history. Look at it, then save again.",
        )
    return workspace


def _checked_aim(session: Session, context: Context, aim: Aim, value: Decimal | None, draft: Levels) -> Decimal:
    if value is None:
        raise Invalid("The aim has no number.", remedy="Enter one.")
    found = reach(session, context, aim, value)
    if not found.is_met:
        raise Invalid("This aim can't be met with what is known.", remedy="Set the thresholds by hand until it can.")
    if found.levels != draft:
        raise Conflict(
            "New verdicts have moved the thresholds that this aim leads to.", remedy="Look at them, then save again."
        )
    return value


def _judged(session: Session, context: Context) -> list[Judged]:
    return judged_of(learning.labels(session, context))


def _since(judged: Sequence[Judged], at: datetime | None) -> int:
    return sum(at is not None and each.given_at is not None and each.given_at > at for each in judged)


def _of(judged: Sequence[Judged], connection_id: int | None) -> list[Judged]:
    return [each for each in judged if connection_id is None or each.connection_id == connection_id]


def _measured(found: measure.Tally) -> Measured:
    bands = measure.reliability(found)
    return Measured(
        judged=found.judged,
        ticked=round(found.ticked),
        points=measure.curve(found),
        bands=bands,
        calibration_error=measure.calibration_error(bands),
    )
