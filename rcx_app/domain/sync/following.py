"""What follows a sync that changed something: matching where there is something to match, and the clients it touched.

Both are asked for in the transaction of the switch, and requests that wait become one job each.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.reconcile import asking
from rcx_app.domain.sync.following_repository import FollowingRepository, Priced
from rcx_app.domain.sync.schemas import SyncResult
from rcx_app.domain.writeback import outside

_SIDES = frozenset({"accounts", "clients"})
"""Streams of the two sides that are matched with each other."""
_MOST_CLIENTS = 500
"""From so many on, a reconciliation of all is no more work than one of these."""


@dataclass(slots=True)
class Touched:
    """Whom a switch touches: usage accounts, and clients on the billing side, by id, or `everybody`.

    `prices`: what the lines that it is about to change cost so far, by line.
    """

    accounts: set[int] = field(default_factory=set)
    clients: set[int] = field(default_factory=set)
    everybody: bool = False
    prices: Mapping[int, Priced] = field(default_factory=dict)


def before(session: Session, context: Context, sync_run_id: int, connection_id: int) -> Touched:
    """To whom the rows belong that staged records are about to change: a row may move from one to another."""
    repository = FollowingRepository(session, context)
    return Touched(
        repository.staged_owners(sync_run_id, connection_id, "account_id"),
        repository.staged_owners(sync_run_id, connection_id, "client_id"),
        prices=repository.staged_prices(sync_run_id, connection_id),
    )


def request(
    session: Session, context: Context, connection_id: int, result: SyncResult, owned: Touched, *, is_full: bool
) -> None:
    """After a switch: ask for what follows it; nothing where it touched nobody. `owned`: what `before` said.

    Matching is asked for where one of its sides changed, or the seats of an account that nobody has decided. It says
    alarms of decided accounts too, for which a full sync is often enough. A reconciliation of all follows it.
    """
    written = {name for name, each in result.counts.items() if each.written}
    if not written or result.at is None:
        if owned.everybody:
            asking.request(session, context)
        return
    if "lines" in written:
        outside.note_read(session, context, connection_id)
    repository = FollowingRepository(session, context)
    accounts = owned.accounts | repository.changed_owners(connection_id, result.at, "account_id")
    if written & _SIDES or (is_full and accounts) or repository.is_open(accounts):
        jobs.enqueue(session, context, "mapping.match", {}, dedupe_key="match")
        return
    clients = owned.clients | repository.changed_owners(connection_id, result.at, "client_id")
    clients |= repository.clients_of(accounts) | _by_reference(repository, connection_id, result.at, written)
    if "lines" in written:
        clients |= _by_price(repository, connection_id, result.at, owned.prices)
    is_many = owned.everybody or len(clients) > _MOST_CLIENTS
    asking.request(session, context, None if is_many else clients)


def _by_price(
    repository: FollowingRepository, connection_id: int, at: datetime, before: Mapping[int, Priced]
) -> set[int]:
    """Clients whose own lines did not change, but the prices that theirs are compared with or inferred from."""
    after = repository.changed_prices(connection_id, at)
    moved = [(before.get(line_id), priced) for line_id, priced in after.items() if before.get(line_id) != priced]
    return repository.clients_with({priced[0] for pair in moved for priced in pair if priced is not None})


def _by_reference(repository: FollowingRepository, connection_id: int, at: datetime, written: Set[str]) -> set[int]:
    """Clients of changed rows that name none themselves."""
    found = set()
    if "invoice_lines" in written:
        found |= repository.clients_of_invoice_lines(connection_id, at)
    if "products" in written:
        found |= repository.clients_with(repository.changed_products(connection_id, at))
    return found
