"""The job `matching.learn`: learn from the workspace's verdicts, compare with the model in use, adopt what is better.

Everything it finds is kept in one transaction at its end, with the job's own end: killed before, it leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from matching import learn
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.learning import service
from rcx_app.domain.learning.repository import KIND, LearningRepository
from rcx_app.domain.learning.schemas import InUse, Label, ModelState
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.matcher.evidence import enriched
from rcx_app.domain.mapping.matcher.reading import Comparison
from rcx_app.models import MatchModel

_STEPS = 100


def run(job: JobHandle) -> dict[str, Any]:
    """Learn, compare, and keep what came of it; the result says whether the new model is in use and why.

    With too few verdicts nothing is kept. Where another model was put into use meanwhile, the new one is not.
    """
    context = job.context
    job.progress(0, _STEPS, "Reading verdicts")
    with transaction(context, read_only=True) as session:
        comparison = suggest.read(session, context)
        found = service.labels(session, context)
        in_use = service.model_in_use(session, context)
        until = _until(session, context, in_use)
    try:
        learned = learn.learn(
            _sources(comparison, found),
            until=until.timestamp() if until is not None else None,
            thresholds=comparison.thresholds,
            own=comparison.own,
            progress=lambda note, share: job.progress(int(share * _STEPS), _STEPS, note),
        )
    except learn.TooFew as error:
        return _keep_nothing(job, str(error))
    job.progress(_STEPS - 1, _STEPS, "Keeping what came of it")
    with transaction(context) as session:
        result = _keep(session, context, learned, in_use, max(label.given_at for label in found))
        job.finish(session, result)
    return result


def _sources(comparison: Comparison, found: Iterable[Label]) -> list[learn.Source]:
    """Each connection's accounts against the clients as matching sees them, with the verdicts on these accounts.

    Verdicts on what is no longer there are left out.
    """
    known = {party.id for party in comparison.clients}
    by_connection: dict[int, list[learn.Verdict]] = {}
    for label in found:
        right = str(label.client_id) if label.client_id is not None else None
        if str(label.account_id) in comparison.connections and (right is None or right in known):
            by_connection.setdefault(comparison.connections[str(label.account_id)], []).append(_verdict(label, right))
    return [
        learn.Source(
            [party for party in comparison.accounts if comparison.connections[party.id] == connection_id],
            enriched(comparison.clients, comparison.given, connection_id),
            verdicts,
        )
        for connection_id, verdicts in sorted(by_connection.items())
    ]


def _verdict(label: Label, right: str | None) -> learn.Verdict:
    # What a file says was not read off the screen: nothing that was ticked there can have swayed it.
    swayed = label.was_preselected and label.how == "person"
    return learn.Verdict(
        str(label.account_id), right, label.told.value, label.given_at.timestamp(), was_preselected=swayed
    )


def _until(session: Session, context: Context, in_use: InUse) -> datetime | None:
    """When the newest verdict was given that the model in use knows; None where the shipped one is in use."""
    if in_use.number is None:
        return None
    about = LearningRepository(session, context).model(in_use.number).about
    return clock.parse(str(about["until"]))


def _keep_nothing(job: JobHandle, why: str) -> dict[str, Any]:
    result = {"number": None, "adopted": False, "reason": why}
    with transaction(job.context) as session:
        job.finish(session, result)
    return result


def _keep(
    session: Session, context: Context, learned: learn.Learned, in_use: InUse, newest: datetime
) -> dict[str, Any]:
    repository = LearningRepository(session, context)
    repository.lock()
    adopted, rows = repository.adopted(), repository.models()
    is_adopted, reason = learned.is_better, learned.reason
    if service.model_in_use(session, context).number != in_use.number:
        is_adopted, reason = False, "Another model was put into use while this one was learned, so it was not compared."
    row = MatchModel(
        workspace_id=context.workspace_id,
        kind=KIND,
        number=rows[0].number + 1 if rows else 1,
        state=ModelState.REJECTED.value,
        reason=reason,
        base=service.shipped_version(),
        parameters=learned.adjustment.plain(),
        about={
            "labels": learned.labels,
            "clients": learned.clients,
            "until": newest.isoformat(),
            "over": in_use.number,
            "held": [each.plain() for each in learned.held],
            "bench": {name: dict(figures) for name, figures in learned.bench.items()},
        },
        made_by=context.user_id,
    )
    repository.add(row)
    if is_adopted:
        service.put_into_use(session, context, row, clock.now())
    elif adopted is not None and adopted.base != row.base:
        adopted.state, adopted.retired_at = ModelState.RETIRED.value, clock.now()
    detail = {"number": row.number, "adopted": is_adopted, "labels": learned.labels}
    audit.record(session, context, "matching:model:train", "match_model", row.id, detail)
    return {"number": row.number, "adopted": is_adopted, "reason": reason}
