"""What is shown of change sets: the list, one set's head with its sums, and its changes in pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.money import per_month
from rcx_app.core.pagination import PAGE_SIZE, Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission
from rcx_app.domain.writeback import service
from rcx_app.domain.writeback.eyes import Eyes
from rcx_app.domain.writeback.listing_repository import ListingRepository, money
from rcx_app.domain.writeback.ready import system_of
from rcx_app.domain.writeback.schemas import COUNTED, OPEN_CHANGES, ChangeState, ChangeView, SetHead, SetState, Sum
from rcx_app.models import ChangeSet, Connection

Only = Literal["", "problems", "warned"]
BAD = (ChangeState.REFUSED, ChangeState.FAILED, ChangeState.UNCLEAR)


def listed(session: Session, context: Context, cursor: str = "") -> Page[SetHead]:
    """Change sets, newest first. Raises Invalid for a cursor that was tampered with."""
    context.require(Permission.READ)
    repository = ListingRepository(session, context)
    before = int(decode_cursor(cursor, length=1)[0]) if cursor else None
    found = repository.sets(PAGE_SIZE + 1, before)
    rows = found[:PAGE_SIZE]
    eyes = Eyes(session, context) if any(row.state == SetState.WAITING for row in rows) else None
    return Page(
        tuple(_heads(repository, rows, eyes)),
        encode_cursor([rows[-1].id]) if len(found) > PAGE_SIZE else "",
        repository.count_sets(),
    )


def count_waiting(session: Session, context: Context) -> int:
    """How many change sets wait for approval."""
    context.require(Permission.READ)
    return ListingRepository(session, context).count_sets(SetState.WAITING)


def head(session: Session, context: Context, change_set_id: int) -> SetHead:
    """One set. Raises NotFound."""
    context.require(Permission.READ)
    repository = ListingRepository(session, context)
    row = repository.get(ChangeSet, change_set_id)
    (found,) = _heads(repository, [row], Eyes(session, context))
    return found


def changes(
    session: Session, context: Context, change_set_id: int, *, only: Only = "", cursor: str = ""
) -> Page[ChangeView]:
    """The changes of a set in the order of sending, without those taken out.

    `only`: problems (refused, failed, unclear) or warned (that wait and have something to know before).
    """
    context.require(Permission.READ)
    repository = ListingRepository(session, context)
    repository.get(ChangeSet, change_set_id)
    after = int(decode_cursor(cursor, length=1)[0]) if cursor else 0
    every = tuple(each for each in ChangeState if each != ChangeState.DROPPED)
    states = {"problems": BAD, "warned": OPEN_CHANGES}.get(only, every)
    found = repository.page(change_set_id, states, after, PAGE_SIZE + 1, only_warned=only == "warned")
    rows = found[:PAGE_SIZE]
    return Page(
        tuple(service.change_view(*each) for each in rows),
        encode_cursor([rows[-1][0].id]) if len(found) > PAGE_SIZE else "",
    )


def _heads(repository: ListingRepository, rows: Sequence[ChangeSet], eyes: Eyes | None) -> list[SetHead]:
    """With warnings where it is one set: of many nobody reads them."""
    connections = repository.connections()
    names = repository.names(each for row in rows for each in (row.prepared_by, row.approved_by))
    sums: dict[int, list[Any]] = defaultdict(list)
    for each in repository.sums([row.id for row in rows]):
        sums[each[0]].append(each)
    return [
        _head(
            row,
            connections[row.connection_id],
            names,
            sums[row.id],
            repository.warnings(row.id, OPEN_CHANGES) if len(rows) == 1 else (),
            eyes if len(rows) == 1 or row.state == SetState.WAITING else None,
        )
        for row in rows
    ]


def _head(
    row: ChangeSet,
    connection: Connection,
    names: Mapping[int, str],
    sums: Sequence[Any],
    warnings: Sequence[Sequence[Mapping[str, str]]],
    eyes: Eyes | None,
) -> SetHead:
    counts: Counter[ChangeState] = Counter()
    months: dict[str, Decimal] = defaultdict(Decimal)
    this: dict[str, Decimal] = defaultdict(Decimal)
    for _, state, currency, cycle, count, now, following in sums:
        counts[ChangeState(state)] += count
        if state in COUNTED and following is not None:
            months[currency] += per_month(money(following), cycle)
            this[currency] += money(now)
    return SetHead(
        id=row.id,
        connection_id=row.connection_id,
        connection=connection.label,
        system=system_of(connection),
        state=SetState(row.state),
        revision=row.revision,
        is_handoff=row.is_handoff,
        is_one_click=row.is_one_click,
        note=row.note,
        error=row.error,
        prepared_by=row.prepared_by,
        preparer=names.get(row.prepared_by or 0, "RCX" if row.prepared_by is None else ""),
        approver=names.get(row.approved_by or 0, ""),
        created_at=row.created_at,
        approved_at=row.approved_at,
        finished_at=row.finished_at,
        counts=dict(counts),
        sums=tuple(Sum(currency, months[currency], this[currency]) for currency in sorted(months)),
        warned=len(warnings),
        warnings=dict(Counter(code for each in warnings for code in {one["code"] for one in each})),
        says_no=eyes.why_not(row) if eyes else "",
        approvers=eyes.approvers(row) if eyes else (),
    )
