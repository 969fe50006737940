"""Which model a workspace's matching uses, what people's verdicts taught it so far, and asking for a training.

The training itself is the job in `training`. Every change of the model in use asks, in its own transaction, for a new
matching run. Permissions: looking needs membership, each change requires `settings:write`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from sqlmodel import Session

from matching import learn, score
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.learning.repository import AllLearning, LearningRepository
from rcx_app.domain.learning.schemas import InUse, Label, ModelState, ModelView, Standing
from rcx_app.domain.learning.verdicts import labels_of
from rcx_app.domain.learning.views import view
from rcx_app.models import MatchModel

KIND = "matching.learn"
DEDUPE = "learn"
NEW_LABELS = 25
"""By itself a training is asked for once so many verdicts came since the newest model."""
AT_MOST_EVERY = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)


@lru_cache(maxsize=1)
def shipped_version() -> str:
    """The shipped model's signature; another model has another."""
    # How a model was trained and what it reached on the frozen cases is written in it: unlike for any two models.
    about = json.dumps(dict(score.shipped().about), sort_keys=True, default=str)
    return f"org-match {hashlib.sha256(about.encode()).hexdigest()[:8]}"


def model_in_use(session: Session, context: Context) -> InUse:
    """The adopted model of the workspace, or the shipped one where there is none or its base is no longer shipped."""
    row = LearningRepository(session, context).adopted()
    if row is None or row.base != shipped_version():
        return InUse(model=None, version=shipped_version())
    try:
        model = learn.model(row.parameters)
    except score.ModelError:
        return InUse(model=None, version=shipped_version())
    return InUse(model=model, version=f"workspace {row.number} on {row.base}", number=row.number)


def labels(session: Session, context: Context) -> tuple[Label, ...]:
    """Every verdict of a person that stands, one an account at most, by account."""
    context.require(Permission.READ)
    return labels_of(LearningRepository(session, context).acts())


def standing(session: Session, context: Context) -> Standing:
    """How many verdicts there are to learn from, and whether they are enough."""
    context.require(Permission.READ)
    found = labels(session, context)
    rows = LearningRepository(session, context).models()
    clients = {label.client_id for label in found if label.client_id is not None}
    running = jobs.open_jobs(session, context, [KIND])
    why_not = learn.why_not(len(found), len(clients))
    return Standing(
        labels=len(found),
        clients=len(clients),
        newest_at=max((label.given_at for label in found), default=None),
        new_labels=_newer(found, rows[0].created_at if rows else None),
        running_job=running[0].id if running else None,
        is_enough=not why_not,
        why_not=why_not,
    )


def models(session: Session, context: Context) -> tuple[ModelView, ...]:
    """The workspace's models, newest first."""
    context.require(Permission.READ)
    repository = LearningRepository(session, context)
    rows = repository.models()
    in_use = model_in_use(session, context).number
    names = repository.user_names([row.made_by for row in rows if row.made_by is not None])
    return tuple(
        view(row, shipped_version(), names.get(row.made_by or 0, "RCX"), is_in_use=row.number == in_use) for row in rows
    )


def request(session: Session, context: Context) -> int:
    """Ask for a training; the job's id. Raises Invalid where there are too few verdicts."""
    context.require(Permission.SETTINGS)
    found = standing(session, context)
    if not found.is_enough:
        raise Invalid(found.why_not, remedy="Go on mapping; the shipped model serves until then.")
    audit.record(session, context, "matching:learn", detail={"labels": found.labels})
    return jobs.enqueue(session, context, KIND, {}, dedupe_key=DEDUPE)


def adopt(session: Session, context: Context, number: int) -> None:
    """Use a model again that was in use once.

    Raises NotFound, or Invalid where it never was in use or is no longer usable.
    """
    context.require(Permission.SETTINGS)
    repository = LearningRepository(session, context)
    repository.lock()
    row = repository.model(number)
    if row.state == ModelState.ADOPTED:
        return
    if row.state == ModelState.REJECTED:
        raise Invalid(f"Model {number} was measured no better than the one in use then, so it can't be used.")
    _check_base(row)
    put_into_use(session, context, row, clock.now())
    audit.record(session, context, "matching:model:adopt", "match_model", row.id, {"number": number})


def roll_back(session: Session, context: Context) -> InUse:
    """Go back to the model that the one in use replaced, or to the shipped one; what is in use then.

    Raises Conflict where the shipped model is in use already.
    """
    context.require(Permission.SETTINGS)
    repository = LearningRepository(session, context)
    repository.lock()
    row = repository.adopted()
    if row is None:
        raise Conflict("The shipped model is in use already; there is nothing to go back to.")
    over = row.about.get("over")
    before = next((each for each in repository.models() if each.number == over), None) if over else None
    if before is not None and before.base != shipped_version():
        before = None
    put_into_use(session, context, before, clock.now())
    to = before.number if before is not None else None
    audit.record(session, context, "matching:model:roll_back", "match_model", row.id, {"from": row.number, "to": to})
    return model_in_use(session, context)


def put_into_use(session: Session, context: Context, row: MatchModel | None, at: datetime) -> None:
    """Make `row` (None: the shipped model) the one in use, and ask for a matching run with it.

    For this slice; the caller holds the lock and has checked that it may.
    """
    now_in_use = LearningRepository(session, context).adopted()
    if now_in_use is not None:
        now_in_use.state, now_in_use.retired_at = ModelState.RETIRED.value, at
    session.flush()
    if row is not None:
        row.state, row.adopted_at, row.retired_at = ModelState.ADOPTED.value, at, None
        session.add(row)
    session.flush()
    jobs.enqueue(session, context, "mapping.match", {}, dedupe_key="match")


def workspaces_to_look_at(session: Session) -> list[int]:
    """Workspaces in which verdicts were given lately (needs a transaction without a workspace)."""
    return AllLearning(session).with_verdicts_since(clock.now() - 5 * AT_MOST_EVERY)


def is_due(session: Session, context: Context) -> bool:
    """Whether to train without being asked: enough verdicts came since the newest model, or its base is gone."""
    repository = LearningRepository(session, context)
    last = repository.newest_job(KIND)
    now = clock.now()
    if last is not None and now - last.created_at < AGAIN_AFTER:
        return False
    found = standing(session, context)
    if not found.is_enough or found.running_job is not None:
        return False
    adopted = repository.adopted()
    if adopted is not None and adopted.base != shipped_version():
        return True
    return found.new_labels >= NEW_LABELS and (last is None or now - last.created_at >= AT_MOST_EVERY)


def request_due(session: Session, context: Context) -> int | None:
    """Ask for a training where it is due; the job's id, or None."""
    context.require(Permission.SETTINGS)
    if not is_due(session, context):
        return None
    audit.record(session, context, "matching:learn", detail={"by_itself": True})
    return jobs.enqueue(session, context, KIND, {}, dedupe_key=DEDUPE)


def _newer(found: Sequence[Label], than: datetime | None) -> int:
    return sum(than is None or label.given_at > than for label in found)


def _check_base(row: MatchModel) -> None:
    if row.base != shipped_version():
        raise Invalid(
            f"Model {row.number} stands on a shipped model that was replaced since, so it can't be used.",
            remedy="Train again; it takes a minute.",
        )
