"""Asks the PSA, by a fresh read, what a wanted change would be there: operations, warnings, money, or a refusal.

No database transaction is open meanwhile; nothing is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.writing import Change, Operation, Writer, WriteRefused
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.writeback import money
from rcx_app.domain.writeback.operations import operation_in, operation_out, period_mark
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import ChangeState
from rcx_app.models import Line, LineChange

# What the writers' remarks are about (connectors/vendors/*/writing.py); "does not prorate" is none of it.
_PRORATES = re.compile(r"(?<!not )\bprorates?\b|pro rata|charges the days", re.IGNORECASE)
_POSTED = re.compile(r"invoiced already|approved and posted|is out and stays", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the PSA said: operations, none where it already is so, or why it is refused."""

    operations: tuple[Operation, ...] = ()
    reason: str = ""
    message: str = ""


def wanted_of(row: LineChange) -> Change:
    """The change as a writer takes it."""
    return Change(
        line_external_id=row.line_external_id,
        agreement_external_id=row.agreement_external_id,
        quantity=row.quantity,
        seen_quantity=row.old_quantity,
        seen_version=row.seen_version,
        effective_date=row.effective_date,
    )


def ask(writer: Writer, change: Change, before: Sequence[Operation] = ()) -> Planned:
    """Plan a change; `before`: the operations that it takes back. Raises ApiFailure."""
    try:
        operations = writer.plan(change)
    except WriteRefused as refused:
        return Planned(reason=refused.kind, message=str(refused))
    if before and operations and period_mark(before[0]) != period_mark(operations[0]):
        return Planned(
            reason="posted",
            message="An invoice was made since this was written: it can't be undone. Correct it by a new change.",
        )
    return Planned(operations)


def keep(context: Context, change_id: int, planned: Planned) -> None:
    """Write down what the PSA said of a wanted change; nothing where somebody dropped it meanwhile."""
    with transaction(context) as session:
        repository = WritebackRepository(session, context)
        row = repository.change(change_id, lock=True)
        if row.state != ChangeState.WANTED:
            return
        made = repository.fresh_set(row.change_set_id)
        made.revision += 1
        if planned.reason or not planned.operations:
            row.state, row.ended_at = ChangeState.REFUSED, clock.now()
            row.reason = planned.reason or "same"
            row.message = planned.message or "The PSA has this quantity already."
            session.flush()
            return
        row.state = ChangeState.PLANNED
        row.operations = [operation_out(each) for each in planned.operations]
        row.effective_date = planned.operations[0].effective_date or row.effective_date
        row.warnings = [*row.warnings, *_warnings(planned.operations)]
        line = repository.get(Line, row.line_id)
        row.money_this, row.money_next = money.of(line, row, planned.operations, clock.today())
        session.flush()


def taken_back(context: Context, change_id: int) -> tuple[Operation, ...]:
    """The operations of the change that this one undoes."""
    with transaction(context, read_only=True) as session:
        repository = WritebackRepository(session, context)
        row = repository.change(change_id)
        if row.undoes_id is None:
            return ()
        return tuple(operation_in(each) for each in repository.change(row.undoes_id).operations)


def _warnings(operations: Sequence[Operation]) -> list[dict[str, str]]:
    texts = dict.fromkeys(text for each in operations for text in each.warnings)
    return [{"code": _code(text), "text": text} for text in texts]


def _code(text: str) -> str:
    if _PRORATES.search(text):
        return "proration"
    return "posted" if _POSTED.search(text) else "psa"
