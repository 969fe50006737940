"""Queries behind the flags on seats. They look at live seats of mapped accounts, whatever the rules take.

What docs/arithmetic.md leaves open is decided so:
- `inactive_seat`: active, and last seen more than the workspace's `inactive_days` before D.
- `duplicate_seat`: another live seat of the client in this integration has the same identity, kind and SKU, in any
  account; of equal seats the one with the smallest (account, seat) id is the original. (`across` looks at vendors.)
- `recently_cancelled`: deleted or removed, and last seen (or removed) within 30 days: it may still be billable.
- `temporary_licence`: SKU or licence name speaks of a trial, a temporary or evaluation licence, or not for resale.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, and_, cast, func, or_, true
from sqlmodel import col

from rcx_app.core.text import fold
from rcx_app.domain.reconcile.counting.census import Cell
from rcx_app.domain.reconcile.counting.plan import read_names
from rcx_app.domain.reconcile.engine import Outcome
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.repository import Clients, ReconcileRepository, pick
from rcx_app.domain.reconcile.usage.repository import CHUNK
from rcx_app.domain.service_rules.conditions import midnight
from rcx_app.models import Account, AccountMapping, Connection, Seat

CANCELLED_DAYS = 30
_MOST_NAMES = 5000
TEMPORARY = ("trial", "temporary", "evaluation", "not for resale", "viral")


class SeatFlagRepository(ReconcileRepository):
    """Flags on seats of one workspace."""

    def seat_flags(self, outcome: Outcome, clients: Clients, *, each_seat: bool = False) -> Iterator[FlagDraft]:
        """All flags on seats of these clients (None: all). `each_seat`: inactive seats one by one, not gathered."""
        day, census = outcome.facts.day, outcome.facts.census
        cells = census.cells if census else ()
        if each_seat:
            yield from self._each_inactive(day, clients)
        else:
            yield from self._inactive(cells, outcome, clients)
        yield from self._duplicates(cells, outcome)
        yield from self._cancelled(day, clients)
        yield from self._temporary(cells, day, clients)

    def _each_inactive(self, day: date, clients: Clients) -> Iterator[FlagDraft]:
        silent = (col(Seat.status) == "active", self.silent(day))
        for row in self._rows((*silent, *self.live(day)), clients, Seat.last_seen_at):
            yield _flag("inactive_seat", row, f"{_name(row)} was last seen on {row[8]:%d %b %Y}.")

    def _inactive(self, cells: Sequence[Cell], outcome: Outcome, clients: Clients) -> Iterator[FlagDraft]:
        """One flag a client, integration and SKU with the number of its silent seats."""
        day, days = outcome.facts.day, self.inactive_days()
        found: dict[tuple[int, int, str], tuple[str, int]] = {}

        def add(client_id: int, connection_id: int, sku_key: str, sku: str, seats: int) -> None:
            one = found.get((client_id, connection_id, sku_key))
            found[client_id, connection_id, sku_key] = (min(one[0], sku), one[1] + seats) if one else (sku, seats)

        # Where a SKU is written in several ways, that of the silent ones is not known from the cell.
        unsure = []
        for cell in cells:
            if cell.inactive and cell.inactive < cell.seats and cell.least_sku != cell.most_sku:
                unsure.append(cell)
            elif cell.inactive:
                add(*cell[:3], cell.least_sku, cell.inactive)
        presence = (col(Seat.status) == "active", self.silent(day), *self.live(day))
        least = (Seat.account_id, self.least(Seat.sku), func.count())
        again = self._of_cells(unsure, presence, least, clients) if unsure else ()
        for client_id, connection_id, sku_key, _, sku, seats in again:
            add(client_id, connection_id, sku_key, sku, seats)
        for (client_id, connection_id, _), (sku, seats) in found.items():
            label = outcome.facts.connections[connection_id].label
            what = f"{sku} in {label}" if sku else label
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
        owners = {account_id: client_id for client_id, account_id, _ in self._accounts_of(clients)}
        # First which, by the index that counts; then who they are.
        query = pick(Seat.id, Seat.account_id).where(or_(gone, deleted), *self.taking_part())
        ids = [row[0] for row in self._of_scope(query, clients) if row[1] in owners]
        for row in self._people(ids, owners):
            yield _flag("recently_cancelled", row, f"{_name(row)} was cancelled within the last {CANCELLED_DAYS} days.")

    def _temporary(self, cells: Sequence[Cell], day: date, clients: Clients) -> Iterator[FlagDraft]:
        # Most accounts hold the same SKUs under the same names.
        named_so = {(cell.sku_key, cell.least_name, cell.most_name) for cell in cells}
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

    def _duplicates(self, cells: Sequence[Cell], outcome: Outcome) -> Iterator[FlagDraft]:
        found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for row in self._repeated(cells, outcome):
            found[row[0], row[5], *row[8:11]].append(row)
        for rows in found.values():
            first, *others = sorted(rows, key=lambda row: (row[4], row[3], row[1])) if len(rows) > 1 else rows
            for row in others:
                text = f"{_name(row)} ({row[5]}) is there twice: the same identity as {first[3]} in {first[5]}."
                yield _flag("duplicate_seat", row, text)

    def _repeated(self, cells: Sequence[Cell], outcome: Outcome) -> Iterator[Any]:
        """Live seats whose identity stands at another one of the client with the same SKU in an integration.

        Rows as `_rows` gives them, and their identity, kind and folded SKU.
        """
        labels = {each.id: each.label for each in outcome.facts.connections.values()}
        together: dict[tuple[int, str, str], list[Cell]] = defaultdict(list)
        for cell in cells:
            together[cell.client_id, labels[cell.connection_id], cell.sku_key].append(cell)
        wanted: list[tuple[Cell, set[str]]] = []
        for own in together.values():
            if len(own) > 1 or own[0].has_someone_twice:
                twice = _twice(name for cell in own for name in read_names(cell.parts[0].names))
                wanted += [(cell, twice) for cell in own] if twice else []
        for start in range(0, len(wanted), CHUNK):
            part = {cell.key: (cell.client_id, twice) for cell, twice in wanted[start : start + CHUNK]}
            names = set().union(*(twice for _, twice in part.values()))
            presence = [*self.live(outcome.facts.day)]
            presence += [col(Seat.identity_key).in_(sorted(names))] if len(names) <= _MOST_NAMES else []
            more = (Seat.identity_key, Seat.kind, Seat.sku_key)
            for connection_id, *row in self._in_cells(list(part), presence, (Seat.connection_id, *_NAMED, *more)):
                client_id, twice = part[connection_id, row[9], row[1]]
                if row[7] in twice:
                    yield (client_id, *row)

    def _in_cells(
        self, keys: Sequence[tuple[int, str, int]], presence: Sequence[ColumnElement[bool]], columns: Sequence[Any]
    ) -> Iterable[Any]:
        """Rows of the seats in these cells, by (connection, folded SKU, account): from each to its part of an index."""
        first, second, third = self._as_table(keys)
        same = (col(Seat.connection_id) == first, col(Seat.sku_key) == second, col(Seat.account_id) == third)
        return self._read(_named(pick(*columns).select_from(Seat).where(*same, *presence)))

    def _as_table(self, keys: Sequence[tuple[int, str, int]]) -> tuple[Any, Any, Any]:
        """Cells' keys as columns to join with, in one parameter or three: a statement of its own for every number of
        keys would take longer to write than to run."""
        if self.dialect == "postgresql":
            connections, skus, accounts = (list(each) for each in zip(*keys, strict=True))
            listed = (
                cast(connections, ARRAY(BigInteger)),
                cast(skus, ARRAY(Text)),
                cast(accounts, ARRAY(BigInteger)),
            )
            names = ("connection_id", "sku_key", "account_id")
            table: Any = func.unnest(*listed).table_valued(*names).render_derived(name="cells")
            return table.c.connection_id, table.c.sku_key, table.c.account_id
        value = func.json_each(json.dumps(keys)).table_valued("value").c.value
        first, second, third = (func.json_extract(value, f"$[{number}]") for number in range(3))
        return first, second, third

    def _of_scope(self, query: Any, clients: Clients) -> Iterator[Any]:
        """Rows of a query over seats alone: of all that the workspace uses, or of some clients' accounts."""
        if clients is None:
            yield from self._read(query.where(col(Seat.connection_id).in_(self._usage_connections())))
            return
        for accounts in self._parts_of(clients, None):
            yield from self._read(query.where(col(Seat.account_id).in_(accounts)))

    def _people(self, ids: Sequence[int], owners: Mapping[int, int]) -> Iterator[Any]:
        """Rows as `_rows` gives them, of seats by id; `owners`: the client of each account."""
        query = _named(pick(Seat.account_id, *_NAMED).select_from(Seat))
        for start in range(0, len(ids), CHUNK):
            for account_id, *row in self._read(query.where(col(Seat.id).in_(ids[start : start + CHUNK]))):
                yield (owners[account_id], *row)

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


def _twice(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _name(row: Any) -> str:
    return str(row[7])


def _flag(kind: str, row: Any, message: str) -> FlagDraft:
    return FlagDraft(kind=kind, client_id=row[0], seat_id=row[1], account_id=row[2], message=message)
