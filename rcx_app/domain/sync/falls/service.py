"""Recognise counts that fell too far in one sync, show them, and let a person say that they are right.

A fall is held from the sync that brought it until somebody confirms it or most of the seats are back; further syncs
that show the same do not make it true. What is held keeps its findings not ready (see `reconcile.engine`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.money import from_micros, to_micros
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile import asking
from rcx_app.domain.reconcile.arithmetic import fell_suspiciously
from rcx_app.domain.sync.falls.repository import Counted, FallRepository
from rcx_app.domain.sync.falls.schemas import FallView
from rcx_app.models import SyncRun


def counts(session: Session, context: Context, connection_id: int) -> Counted:
    """What a connection's seats count now, by account and SKU; taken before a switch, handed to `note` after it."""
    return FallRepository(session, context).counts(connection_id)


def note(session: Session, context: Context, run: SyncRun, before: Counted) -> int:
    """After a switch: hold what fell too far, follow what is held, let go of what is back. Returns how many are new."""
    repository = FallRepository(session, context)
    after = repository.counts(run.connection_id)
    held = {(each.account_id, each.sku_key): each for each in repository.held(run.connection_id)}
    for key, fall in held.items():
        count = after.get(key, (0, ""))[0]
        fall.after = from_micros(count)
        if not fell_suspiciously(to_micros(fall.before), count):
            fall.state, fall.decided_at = "recovered", clock.now()
    new = 0
    for key, (count, name) in before.items():
        left = after.get(key, (0, ""))[0]
        if key not in held and fell_suspiciously(count, left):
            pair = from_micros(count), from_micros(left)
            repository.hold(run.id, run.connection_id, key, name, *pair, run.created_at)
            new += 1
    session.flush()
    return new


def held(session: Session, context: Context, connection_id: int | None = None) -> tuple[FallView, ...]:
    """Counts that wait for a person's word, the largest fall first; of one connection or of all."""
    context.require(Permission.READ)
    return tuple(
        FallView(
            id=fall.id,
            connection_id=fall.connection_id,
            connection=connection,
            account_id=fall.account_id,
            account=account,
            client_id=client_id,
            client_name=client or "",
            sku_name=fall.sku_name,
            before=fall.before,
            after=fall.after,
            fell_at=fall.fell_at,
        )
        for fall, connection, account, client_id, client in FallRepository(session, context).shown(connection_id)
    )


def count(session: Session, context: Context) -> int:
    """How many counts wait for a person's word."""
    context.require(Permission.READ)
    return FallRepository(session, context).how_many()


def confirm(
    session: Session, context: Context, fall_ids: Collection[int], seen: Mapping[int, Decimal] | None = None
) -> int:
    """Say that these counts are right as they are now; their findings become ready with the next reconciliation.

    `seen`: what each counted when the person looked, by id; a sync may have brought another number since.
    Returns how many were confirmed. Raises NotFound for a foreign id, Conflict where one is no longer held or moved.
    """
    context.require(Permission.IMPORT)
    repository = FallRepository(session, context)
    falls = repository.of_ids(set(fall_ids))
    gone = [fall for fall in falls if fall.state != "held"]
    if gone:
        raise Conflict("One of these counts is no longer held back.", remedy="Look at the list again.")
    if seen is not None and any(seen.get(fall.id) != fall.after for fall in falls):
        raise Conflict("A sync has just brought another number.", remedy="Look at the list again.")
    for fall in falls:
        fall.state, fall.decided_by, fall.decided_at = "confirmed", context.user_id, clock.now()
        detail = {"account_id": fall.account_id, "sku": fall.sku_key, "from": str(fall.before), "to": str(fall.after)}
        audit.record(session, context, "sync:fall:confirm", "count_fall", fall.id, detail)
    session.flush()
    if falls:
        asking.request(session, context, repository.clients_of({fall.account_id for fall in falls}))
    return len(falls)
