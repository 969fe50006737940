"""Queries behind the flags on seats. They look at live seats of mapped accounts, whatever the rules take.

What docs/arithmetic.md leaves open is decided so:
- `inactive_seat`: active, and last seen more than 30 days before D.
- `duplicate_seat`: another live seat of the client has the same identity, kind and SKU, in any account or integration;
  of equal seats the one with the smallest (integration, account, seat) id is the original.
- `recently_cancelled`: deleted or removed, and last seen (or removed) within 30 days: it may still be billable.
- `temporary_licence`: SKU or licence name speaks of a trial, a temporary or evaluation licence, or not for resale.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import col

from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.repository import Clients, ReconcileRepository, pick
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.models import Account, AccountMapping, Connection, Seat

SILENT_DAYS = 30
TEMPORARY = ("trial", "temporary", "evaluation", "not for resale", "viral")


class SeatFlagRepository(ReconcileRepository):
    """Flags on seats of one workspace."""

    def seat_flags(self, day: date, clients: Clients, *, each_seat: bool = False) -> Iterator[FlagDraft]:
        """All flags on seats of these clients (None: all). `each_seat`: inactive seats one by one, not gathered."""
        yield from self._inactive(day, clients, each_seat=each_seat)
        yield from self._duplicates(day, clients)
        yield from self._cancelled(day, clients)
        yield from self._temporary(day, clients)

    def _inactive(self, day: date, clients: Clients, *, each_seat: bool) -> Iterator[FlagDraft]:
        """One flag a client, integration and SKU with the number of its silent seats; one a seat where asked."""
        silent = and_(
            col(Seat.status) == "active", col(Seat.last_seen_at) < midnight(day - timedelta(days=SILENT_DAYS))
        )
        if each_seat:
            for row in self._rows((silent, *self.live(day)), clients, Seat.last_seen_at):
                yield _flag("inactive_seat", row, f"{_name(row)} was last seen on {row[8]:%d %b %Y}.")
            return
        keys = (AccountMapping.client_id, Seat.connection_id, Seat.sku_key)
        query = self._seats(pick(*keys, self.least(Seat.sku), func.count()), (silent, *self.live(day)))
        labels = {connection.id: connection.label for connection in self.connections().values()}
        for client_id, connection_id, _, sku, seats in self._of_clients(
            query.group_by(*(col(key) for key in keys)), None, clients
        ):
            what = f"{sku} in {labels[connection_id]}" if sku else labels[connection_id]
            many = "1 seat" if seats == 1 else f"{seats:,} seats"
            text = f"{many} of {what}: active, but not seen for more than {SILENT_DAYS} days."
            detail = {"connection_id": connection_id, "sku": sku, "seats": seats}
            yield FlagDraft(kind="inactive_seat", client_id=client_id, message=text, detail=detail)

    def _cancelled(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        since, end = midnight(day - timedelta(days=SILENT_DAYS)), midnight(day + timedelta(days=1))
        gone = and_(col(Seat.removed_at) >= since, col(Seat.removed_at) < end)
        deleted = and_(
            col(Seat.status) == "deleted",
            col(Seat.removed_at).is_(None),
            col(Seat.last_seen_at) >= since,
            col(Seat.last_seen_at) < end,
        )
        when = func.coalesce(Seat.removed_at, Seat.last_seen_at)
        for row in self._rows((or_(gone, deleted),), clients, when):
            yield _flag("recently_cancelled", row, f"{_name(row)} was cancelled within the last {SILENT_DAYS} days.")

    def _temporary(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        names = [column.contains(word) for word in TEMPORARY for column in (col(Seat.sku_key), col(Seat.sku_name_key))]
        for row in self._rows((or_(*names), *self.live(day)), clients, Seat.sku_name):
            yield _flag("temporary_licence", row, f"{_name(row)} holds a temporary licence ({row[8] or row[6]}).")

    def _duplicates(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        key = (Seat.identity_key, Seat.kind, Seat.sku_key)
        own = (self._own_seats(), col(Seat.identity_key) != "", *self.live(day))
        repeated = pick(Seat.identity_key).where(*own).group_by(*key).having(func.count() > 1)
        found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for among in self._repeated(repeated, clients):
            for row in self._rows((among, *self.live(day)), clients, Seat.identity_key, Seat.kind, Seat.sku_key):
                found[row[0], *row[8:11]].append(row)
        for rows in found.values():
            first, *others = sorted(rows, key=lambda row: (row[5], row[4], row[3], row[1]))
            for row in others:
                text = f"{_name(row)} ({row[5]}) is there twice: the same identity as {first[3]} in {first[5]}."
                yield _flag("duplicate_seat", row, text)

    def _repeated(self, repeated: Any, clients: Clients) -> Iterator[ColumnElement[bool]]:
        """Conditions that together take the seats of repeated identities: of all clients in one pass over the seats,
        of a few by the identities themselves."""
        identity = col(Seat.identity_key)
        if clients is None:
            yield identity.in_(repeated)
            return
        found = sorted({each for (each,) in self._of_clients(repeated, None, clients, has_mappings=False)})
        for start in range(0, len(found), 500):
            yield identity.in_(found[start : start + 500])

    def _rows(self, conditions: Sequence[ColumnElement[bool]], clients: Clients, *more: Any) -> Iterable[Any]:
        """Rows of (client, seat id, account id, seat's own id, account's own id, integration, SKU, name, *more)."""
        columns = (
            AccountMapping.client_id,
            Seat.id,
            Seat.account_id,
            Seat.external_id,
            Account.external_id,
            Connection.label,
            Seat.sku,
            func.coalesce(func.nullif(Seat.display_name, ""), func.nullif(Seat.identity, ""), Seat.external_id),
            *more,
        )
        query = self._seats(pick(*columns), conditions)
        query = query.join(Account, col(Account.id) == Seat.account_id)
        query = query.join(Connection, col(Connection.id) == Seat.connection_id)
        return self._of_clients(query, None, clients)


def _name(row: Any) -> str:
    return str(row[7])


def _flag(kind: str, row: Any, message: str) -> FlagDraft:
    return FlagDraft(kind=kind, client_id=row[0], seat_id=row[1], account_id=row[2], message=message)
