"""Queries behind the flags on seats. They look at live seats of mapped accounts, whatever the rules take.

What docs/arithmetic.md leaves open is decided so:
- `inactive_seat`: active, and last seen more than the workspace's `inactive_days` before D.
- `duplicate_seat`: another live seat of the client in this integration has the same identity, kind and SKU, in any
  account; of equal seats the one with the smallest (account, seat) id is the original. (`across` looks at vendors.)
- `recently_cancelled`: deleted or removed, and last seen (or removed) within 30 days: it may still be billable.
- `temporary_licence`: SKU or licence name speaks of a trial, a temporary or evaluation licence, or not for resale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, true
from sqlmodel import col

from rcx_app.core.text import fold
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.repository import Clients, ReconcileRepository, pick
from rcx_app.domain.reconcile.usage.repository import CHUNK
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.models import Account, AccountMapping, Connection, Seat, Workspace

CANCELLED_DAYS = 30
TEMPORARY = ("trial", "temporary", "evaluation", "not for resale", "viral")


class SeatFlagRepository(ReconcileRepository):
    """Flags on seats of one workspace."""

    def seat_flags(self, day: date, clients: Clients, *, each_seat: bool = False) -> Iterator[FlagDraft]:
        """All flags on seats of these clients (None: all). `each_seat`: inactive seats one by one, not gathered."""
        yield from self._inactive(day, clients, each_seat=each_seat)
        yield from self._duplicates(day, clients)
        yield from self._cancelled(day, clients)
        yield from self._temporary(day, clients)

    def inactive_days(self) -> int:
        """After how many days without a sign of life the workspace calls a seat inactive."""
        query = pick(Workspace.inactive_days).where(col(Workspace.id) == self.workspace_id)
        return int(self.session.execute(query).scalar_one())

    def _inactive(self, day: date, clients: Clients, *, each_seat: bool) -> Iterator[FlagDraft]:
        """One flag a client, integration and SKU with the number of its silent seats; one a seat where asked."""
        days = self.inactive_days()
        silent = and_(col(Seat.status) == "active", col(Seat.last_seen_at) < midnight(day - timedelta(days=days)))
        if each_seat:
            for row in self._rows((silent, *self.live(day)), clients, Seat.last_seen_at):
                yield _flag("inactive_seat", row, f"{_name(row)} was last seen on {row[8]:%d %b %Y}.")
            return
        labels = {connection.id: connection.label for connection in self.connections().values()}
        found: dict[tuple[int, int, str], tuple[str, int]] = {}
        values = (self.least(Seat.sku), func.count())
        for client_id, connection_id, sku_key, sku, seats in self._cells((silent, *self.live(day)), values, clients):
            one = found.get((client_id, connection_id, sku_key))
            found[client_id, connection_id, sku_key] = (min(one[0], sku), one[1] + seats) if one else (sku, seats)
        for (client_id, connection_id, _), (sku, seats) in found.items():
            what = f"{sku} in {labels[connection_id]}" if sku else labels[connection_id]
            many = "1 seat" if seats == 1 else f"{seats:,} seats"
            text = f"{many} of {what}: active, but not seen for more than {days} days."
            detail = {"connection_id": connection_id, "sku": sku, "seats": seats}
            yield FlagDraft(kind="inactive_seat", client_id=client_id, message=text, detail=detail)

    def _cancelled(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        since, end = midnight(day - timedelta(days=CANCELLED_DAYS)), midnight(day + timedelta(days=1))
        gone = and_(col(Seat.removed_at) >= since, col(Seat.removed_at) < end)
        deleted = and_(
            col(Seat.status) == "deleted",
            col(Seat.removed_at).is_(None),
            col(Seat.last_seen_at) >= since,
            col(Seat.last_seen_at) < end,
        )
        when = func.coalesce(Seat.removed_at, Seat.last_seen_at)
        for row in self._rows((or_(gone, deleted), *self.taking_part()), clients, when):
            yield _flag("recently_cancelled", row, f"{_name(row)} was cancelled within the last {CANCELLED_DAYS} days.")

    def _temporary(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        values = (self.least(Seat.sku_name), self.most(Seat.sku_name))
        # Most accounts hold the same SKUs under the same names.
        named_so = {row[2:] for row in self._cells(self.live(day), values, clients)}
        skus = {
            sku_key
            for sku_key, least, most in named_so
            if least != most or any(word in text for word in TEMPORARY for text in (sku_key, fold(least)))
        }
        if not skus:
            return
        names = [column.contains(word) for word in TEMPORARY for column in (col(Seat.sku_key), col(Seat.sku_name_key))]
        named = col(Seat.sku_key).in_(sorted(skus)) if len(skus) <= CHUNK else true()
        for row in self._rows((named, or_(*names), *self.live(day)), clients, Seat.sku_name):
            yield _flag("temporary_licence", row, f"{_name(row)} holds a temporary licence ({row[8] or row[6]}).")

    def _duplicates(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        owners = {account_id: client_id for client_id, account_id, _ in self._accounts_of(clients)}
        ids = self._repeated(day, clients)
        columns = (*_NAMED, Seat.identity_key, Seat.kind, Seat.sku_key)
        query = _named(pick(Seat.account_id, *columns).select_from(Seat))
        for start in range(0, len(ids), CHUNK):
            for account_id, *named in self.session.execute(query.where(col(Seat.id).in_(ids[start : start + CHUNK]))):
                if account_id in owners:
                    row = (owners[account_id], *named)
                    found[row[0], row[5], *row[8:11]].append(row)
        for rows in found.values():
            first, *others = sorted(rows, key=lambda row: (row[4], row[3], row[1]))
            for row in others:
                text = f"{_name(row)} ({row[5]}) is there twice: the same identity as {first[3]} in {first[5]}."
                yield _flag("duplicate_seat", row, text)

    def _repeated(self, day: date, clients: Clients) -> list[int]:
        """Ids of live seats whose identity stands at another one with the same SKU, wherever that belongs."""
        key = (col(Seat.identity_key), col(Seat.sku_key))
        same = func.aggregate_strings(cast(col(Seat.id), String), ",")
        query = pick(same).where(key[0] != "", *self.live(day)).group_by(*key).having(func.count() > 1)
        if clients is None:
            parts = [query.where(col(Seat.connection_id).in_(self._usage_connections()))]
        else:
            parts = [query.where(col(Seat.account_id).in_(accounts)) for accounts in self._parts_of(clients, None)]
        return sorted({int(each) for part in parts for (ids,) in self.session.execute(part) for each in ids.split(",")})

    def _rows(self, conditions: Sequence[ColumnElement[bool]], clients: Clients, *more: Any) -> Iterable[Any]:
        """Rows of (client, seat id, account id, seat's own id, account's own id, integration, SKU, name, *more)."""
        query = self._seats(pick(AccountMapping.client_id, *_NAMED, *more), conditions)
        return self._of_clients(_named(query), None, clients)


_NAMED: tuple[Any, ...] = (
    Seat.id,
    Seat.account_id,
    Seat.external_id,
    Account.external_id,
    Connection.label,
    Seat.sku,
    func.coalesce(func.nullif(Seat.display_name, ""), func.nullif(Seat.identity, ""), Seat.external_id),
)


def _named(query: Any) -> Any:
    query = query.join(Account, col(Account.id) == Seat.account_id)
    return query.join(Connection, col(Connection.id) == Seat.connection_id)


def _name(row: Any) -> str:
    return str(row[7])


def _flag(kind: str, row: Any, message: str) -> FlagDraft:
    return FlagDraft(kind=kind, client_id=row[0], seat_id=row[1], account_id=row[2], message=message)
