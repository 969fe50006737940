"""Turns wanted quantities into draft change sets, one a connection, after all checks that need no PSA.

What is malformed or would bill twice is turned down as a whole; a line that can't be written is kept in the set as
refused, with the reason. The PSA itself is asked by the job (see `planning`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.money import format_quantity, to_micros
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.writeback import access, money, sending_request
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import ChangeState, SetState, Wanted, WantedInvalid
from rcx_app.models import Agreement, ChangeSet, Finding, Line, LineChange

_MOST = Decimal(1_000_000)
_DAYS = timedelta(days=400)
_LARGE_FACTOR, _LARGE_FROM = 10, 50


def prepare(
    session: Session,
    context: Context,
    items: Sequence[Wanted],
    *,
    is_one_click: bool = False,
    is_handoff: bool = False,
) -> tuple[int, ...]:
    """Draft change sets of these quantities, one a connection; returns their ids. The PSA is read by a job after it.

    `is_one_click`: of a single line, approved by the same person with it where the workspace allows that.
    `is_handoff`: people type it themselves, also where RCX may write. Raises
    WantedInvalid for quantities or dates that make no sense and where lines of one finding together would get more
    than it found, NotFound for a foreign line or finding, Conflict where a line has an open change already.
    """
    context.require(Permission.REVIEW)
    if not items:
        raise Invalid("There is nothing to prepare.")
    if is_one_click:
        _check_one_click(session, context, items)
    repository = WritebackRepository(session, context)
    found = {line.id: (line, agreement) for line, agreement in repository.lines([each.line_id for each in items])}
    findings = repository.findings(sorted({each.finding_id for each in items if each.finding_id is not None}))
    problems = [*_malformed(items), *_doubled(repository, items, found, findings)]
    if problems:
        raise WantedInvalid("These quantities can't be written.", problems=problems)
    if taken := repository.open_lines([each.line_id for each in items]):
        raise _taken(found[min(taken)][0])
    groups: dict[int, list[Wanted]] = defaultdict(list)
    for each in items:
        groups[found[each.line_id][0].connection_id].append(each)
    return tuple(
        _draft(
            session, context, connection_id, group, found, findings, is_one_click=is_one_click, is_handoff=is_handoff
        )
        for connection_id, group in sorted(groups.items())
    )


def _check_one_click(session: Session, context: Context, items: Sequence[Wanted]) -> None:
    context.require(Permission.APPROVE)
    chosen = access.policy(session, context)
    if len(items) != 1:
        raise Invalid("One click is for a single line.", remedy="Prepare a change set.")
    if chosen.four_eyes or not chosen.one_click:
        raise Conflict("This workspace does not allow one click.", remedy="Prepare a change set.")


def _malformed(items: Sequence[Wanted]) -> list[str]:
    today, problems = clock.today(), []
    for number, count in Counter(each.line_id for each in items).items():
        if count > 1:
            problems.append(f"line {number}: named {count} times")
    for each in items:
        where = f"line {each.line_id}"
        if not each.quantity.is_finite() or each.quantity < 0 or each.quantity > _MOST:
            problems.append(f"{where}: {each.quantity} is no quantity between 0 and {_MOST:,}")
            continue
        try:
            to_micros(each.quantity)
        except ValueError as error:
            problems.append(f"{where}: {error}")
        day = each.effective_date
        if day is not None and not today - _DAYS <= day <= today + _DAYS:
            problems.append(f"{where}: {day} is too far from today")
    return problems


def _doubled(
    repository: WritebackRepository,
    items: Sequence[Wanted],
    found: dict[int, tuple[Line, Agreement]],
    findings: dict[int, Finding],
) -> list[str]:
    """A finding's difference is given out once over its lines, also where some were written before."""
    given: dict[int, Decimal] = defaultdict(Decimal)
    problems = []
    for each in items:
        if each.finding_id is None:
            continue
        finding, line = findings[each.finding_id], found[each.line_id][0]
        if line.id not in {finding.line_id, *finding.line_ids}:
            problems.append(f"line {line.id}: finding {finding.id} is not about it")
        given[finding.id] += each.quantity - line.quantity
    asked = dict(given)
    for done in repository.of_findings(sorted(given)):
        finding = findings[done.finding_id or 0]
        if done.undoes_id is None and done.created_at >= finding.changed_at:
            given[finding.id] += done.quantity - done.old_quantity
    for number, total in given.items():
        delta = findings[number].delta
        if delta is not None and (asked[number] * delta < 0 or total * delta < 0 or abs(total) > abs(delta)):
            problems.append(
                f"finding {number}: its lines together would change by {format_quantity(total, signed=True)}, "
                f"but the difference is {format_quantity(delta, signed=True)}"
            )
    return problems


def _draft(
    session: Session,
    context: Context,
    connection_id: int,
    items: Sequence[Wanted],
    found: dict[int, tuple[Line, Agreement]],
    findings: dict[int, Finding],
    *,
    is_one_click: bool,
    is_handoff: bool,
) -> int:
    repository = WritebackRepository(session, context)
    connection = repository.connection(connection_id)
    if connection.side != "psa":
        raise Conflict(f"{connection.label} is no PSA.")
    made = ChangeSet(
        workspace_id=context.workspace_id,
        connection_id=connection_id,
        is_handoff=is_handoff or not (connection.may_write and access.is_writable(connection)),
        is_one_click=is_one_click,
        prepared_by=context.user_id,
    )
    if is_one_click and made.is_handoff:
        raise Conflict(f"Writing is not enabled for {connection.label}.", remedy="Prepare a set and export it.")
    if is_one_click:
        made.state, made.approved_by, made.approved_at = SetState.APPROVED, context.user_id, clock.now()
    repository.add(made)
    rows = [_change(repository, made, each, *found[each.line_id], findings.get(each.finding_id or 0)) for each in items]
    if not repository.add_changes(rows):
        raise _taken(found[items[0].line_id][0])
    detail = {"connection_id": connection_id, "changes": len(rows), "one_click": is_one_click}
    audit.record(session, context, "writeback:prepare", "change_set", made.id, detail)
    if is_one_click:
        approved = {"revision": made.revision, "changes": [row.id for row in rows], "prepared_by": made.prepared_by}
        audit.record(session, context, "writeback:approve", "change_set", made.id, approved)
    if not made.is_handoff:
        sending_request.request(session, context, connection_id)
    return made.id


def _change(
    repository: WritebackRepository,
    made: ChangeSet,
    wanted: Wanted,
    line: Line,
    agreement: Agreement,
    finding: Finding | None,
) -> LineChange:
    row = LineChange(
        workspace_id=made.workspace_id,
        change_set_id=made.id,
        finding_id=wanted.finding_id,
        line_id=line.id,
        line_external_id=line.external_id,
        agreement_external_id=agreement.external_id,
        old_quantity=line.quantity,
        quantity=wanted.quantity,
        effective_date=wanted.effective_date,
        seen_version=str(line.attributes.get("version", "")),
        currency=line.currency,
        warnings=_warnings(repository, wanted, line, finding),
    )
    row.reason, row.message = why_not(line, wanted)
    if row.reason:
        row.state, row.ended_at = ChangeState.REFUSED, clock.now()
    elif made.is_handoff:
        row.state = ChangeState.PLANNED
        row.money_this, row.money_next = money.of(line, row, (), clock.today())
    return row


def why_not(line: Line, wanted: Wanted) -> tuple[str, str]:
    """(reason, words) where a line is never written, as it was last read."""
    today = clock.today()
    day = wanted.effective_date or today
    if line.is_calculated_by_psa:
        return "calculated", "The PSA calculates this quantity and would set it back. Correct what it counts."
    if line.removed_at is not None:
        return "not_found", "The PSA no longer has this line."
    if line.cancelled_date is not None and line.cancelled_date <= max(day, today):
        return "ended", f"The line ended on {line.cancelled_date}. Choose the one that bills now."
    if line.quantity == wanted.quantity:
        return "same", "The line has this quantity already."
    return "", ""


def _warnings(
    repository: WritebackRepository, wanted: Wanted, line: Line, finding: Finding | None
) -> list[dict[str, str]]:
    said = []
    if finding is not None and not finding.is_ready:
        said.append(("not_ready", finding.not_ready_reason or "What was counted is not up to date."))
    if wanted.quantity > max(line.quantity * _LARGE_FACTOR, Decimal(_LARGE_FROM)):
        said.append(("large", f"{format_quantity(line.quantity)} would become {format_quantity(wanted.quantity)}."))
    if wanted.quantity < line.quantity:
        said += [("commitment", text) for text in _committed(repository, wanted, line, finding)]
    return [{"code": code, "text": text} for code, text in said]


def _committed(repository: WritebackRepository, wanted: Wanted, line: Line, finding: Finding | None) -> list[str]:
    day: date = wanted.effective_date or clock.today()
    keys = [fold(finding.sku)] if finding is not None and finding.sku else []
    return [
        f"{format_quantity(quantity)} of {name} are committed until {ends}: the MSP goes on paying for them."
        for name, quantity, ends in repository.commitments(line, keys, day)
        if quantity > wanted.quantity
    ]


def _taken(line: Line) -> Conflict:
    return Conflict(
        f"“{line.product_name or line.product_code}” has an open change already.",
        remedy="Send or cancel that one first.",
    )
