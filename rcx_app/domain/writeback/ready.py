"""Approved findings that are in no change set yet, and the sets made of them: a PSA's, or a line by one click."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.money import format_quantity, per_month
from rcx_app.core.permissions import Permission
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Approved
from rcx_app.domain.sync import opening
from rcx_app.domain.writeback import access
from rcx_app.domain.writeback.listing_repository import ListingRepository
from rcx_app.domain.writeback.preparing import prepare, why_not
from rcx_app.domain.writeback.schemas import (
    COUNTED,
    OPEN_CHANGES,
    ChangeState,
    ReadyLine,
    ReadyPsa,
    Wanted,
)
from rcx_app.models import Connection, Line, LineChange

_ENDED_BADLY = (ChangeState.REFUSED, ChangeState.FAILED)


def ready(session: Session, context: Context, *, connection_id: int | None = None) -> tuple[ReadyPsa, ...]:
    """Every PSA, or one, with its approved lines that no change set holds or has written; by client and line."""
    context.require(Permission.READ)
    repository = ListingRepository(session, context)
    approved = review.approved(session, context, connection_id=connection_id)
    lines = repository.lines(sorted({each.line_id for each in approved}))
    changes: dict[int, list[LineChange]] = defaultdict(list)
    for change in repository.of_lines(sorted(lines), (*COUNTED, *_ENDED_BADLY)):
        changes[change.line_id].append(change)
    names = repository.names(each.approved_by for each in approved)
    waiting: dict[int, list[ReadyLine]] = defaultdict(list)
    for each in approved:
        if not _is_taken(each, changes[each.line_id]):
            found = _line(each, lines[each.line_id], changes[each.line_id], names)
            waiting[each.connection_id].append(found)
    return tuple(
        ReadyPsa(
            connection_id=row.id,
            connection=row.label,
            system=system_of(row),
            is_written=row.may_write and access.is_writable(row),
            lines=tuple(waiting[row.id]),
        )
        for row in repository.connections().values()
        if connection_id in (None, row.id)
    )


def prepare_approved(
    session: Session,
    context: Context,
    connection_id: int,
    *,
    line_ids: Collection[int] | None = None,
    is_one_click: bool = False,
    is_handoff: bool = False,
) -> int:
    """A change set of what is ready for a PSA, of all its lines or of these, from the dates of the approvals.

    `is_one_click` and `is_handoff` as in `preparing.prepare`. Returns the set's id. Raises NotFound for a foreign
    connection, Conflict where nothing (of it) is ready, and what `prepare` raises.
    """
    context.require(Permission.REVIEW)
    ListingRepository(session, context).get(Connection, connection_id)
    chosen = [
        line
        for psa in ready(session, context, connection_id=connection_id)
        for line in psa.lines
        if line_ids is None or line.line_id in line_ids
    ]
    if line_ids is not None and len({each.line_id for each in chosen}) != len(set(line_ids)):
        raise Conflict("Some of this is no longer ready to write.", remedy="Reload to see what became of it.")
    possible = [each for each in chosen if not each.why_not]
    if not possible or (line_ids is not None and len(possible) != len(chosen)):
        said = next((each.why_not for each in chosen if each.why_not), "No approved finding waits for this PSA.")
        raise Conflict("Nothing can be prepared." if not possible else "Not all of it can be prepared.", remedy=said)
    wanted = [
        Wanted(
            finding_id=each.finding_id,
            line_id=each.line_id,
            quantity=each.quantity,
            effective_date=each.effective_date,
        )
        for each in possible
    ]
    (made,) = prepare(session, context, wanted, is_one_click=is_one_click, is_handoff=is_handoff)
    return made


def write_at_once(session: Session, context: Context, finding_id: int) -> int:
    """Prepare, approve and send the one line of an approved finding: the set's id.

    What the PSA then warns of waits for approval all the same. Raises Conflict where nothing of the finding is ready,
    several lines are, or the workspace does not allow it.
    """
    context.require(Permission.APPROVE)
    lines = [each for psa in ready(session, context) for each in psa.lines if each.finding_id == finding_id]
    if len(lines) != 1:
        said = "It changes several lines." if lines else "It is not approved, or is in a change set already."
        raise Conflict("This can't be written by one click.", remedy=f"{said} Look under Change sets.")
    return prepare_approved(session, context, lines[0].connection_id, line_ids=[lines[0].line_id], is_one_click=True)


def system_of(row: Connection) -> str:
    """What a connection's PSA is called: ConnectWise PSA."""
    return row.vendor if row.connector == opening.FILE else opening.connector_of(row.connector).about.name


def _is_taken(approved: Approved, changes: Sequence[LineChange]) -> bool:
    """Whether the line has an open change, or this approval has been written already."""
    return any(
        each.state in OPEN_CHANGES
        or (
            each.state in COUNTED
            and each.finding_id == approved.finding_id
            and each.undoes_id is None
            and each.created_at >= approved.approved_at
        )
        for each in changes
    )


def _line(approved: Approved, line: Line, changes: Sequence[LineChange], names: Mapping[int, str]) -> ReadyLine:
    wanted = Wanted(
        finding_id=approved.finding_id,
        line_id=line.id,
        quantity=approved.new_quantity,
        effective_date=approved.effective_date,
    )
    month = None
    if line.unit_price is not None:
        month = per_month((approved.new_quantity - approved.old_quantity) * line.unit_price, line.billing_cycle)
    last = next(
        (each for each in reversed(changes) if each.state in _ENDED_BADLY and each.finding_id == approved.finding_id),
        None,
    )
    return ReadyLine(
        finding_id=approved.finding_id,
        line_id=line.id,
        connection_id=approved.connection_id,
        client_id=approved.client_id,
        client=approved.client,
        product=approved.product,
        old_quantity=approved.old_quantity,
        quantity=approved.new_quantity,
        effective_date=approved.effective_date,
        currency=line.currency,
        month=month,
        approver=names.get(approved.approved_by or 0, ""),
        approved_at=approved.approved_at,
        why_not=_moved(approved, line) or why_not(line, wanted)[1],
        last=last.message if last is not None else "",
    )


def _moved(approved: Approved, line: Line) -> str:
    if line.quantity == approved.old_quantity:
        return ""
    return (
        f"The line shows {format_quantity(line.quantity)} now, {format_quantity(approved.old_quantity)} when it was "
        "approved. The next reconciliation decides what comes of it."
    )
