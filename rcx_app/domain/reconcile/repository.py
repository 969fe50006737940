"""Queries of a run: lines, sources, counts by rule, what no rule takes. Each reads many clients in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal, not_, or_, select, type_coerce
from sqlmodel import Session, col

from rcx_app.core.clock import month_start
from rcx_app.core.context import Context
from rcx_app.core.money import MICROS
from rcx_app.core.repository import Repository
from rcx_app.domain.reconcile.facts import (
    HARD,
    CatalogueFact,
    ClientFact,
    ConnectionFact,
    Count,
    HeldFall,
    LineFact,
    UnaccountedGroup,
    UnmappedAccount,
)
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Leaf, Tree, any_of, midnight
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.domain.sync.freshness import fresh_for, synced_for
from rcx_app.models import Account, AccountMapping, Client, Connection, CountFall, Line, Product, Seat

_CHUNK = 500
_FALLS = 200
Clients = Sequence[int] | None
"""The clients to look at; None: all."""


def pick(*columns: Any) -> Any:
    """A select of `columns`. (The library's own types know no more than three of ours.)"""
    return select(*columns)


def micros(column: Any) -> Any:
    """The stored millionths of an exact column, past the conversion to Decimal."""
    return type_coerce(column, BigInteger)


class ReconcileRepository(Repository):
    """What one run reads."""

    def __init__(self, session: Session, context: Context) -> None:
        super().__init__(session, context)
        self._known_accounts: tuple[tuple[int, ...], list[tuple[int, int, int]]] | None = None

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def least(self, column: Any) -> Any:
        """The smallest text by code point, also where the database sorts by language."""
        return func.min(column.collate("C") if self.dialect == "postgresql" else column)

    def prepare(self) -> None:
        conditions.prepare(self.session)

    def condition(self, rule: RuleInForce, day: date) -> ColumnElement[bool]:
        """The one expression by which `rule` counts and shows its evidence."""
        return conditions.Compiler(self.workspace_id, day, self.dialect).tree(rule.condition)

    def clients(self, clients: Clients) -> dict[int, ClientFact]:
        query = pick(Client.id, Client.external_id, Client.name).where(col(Client.workspace_id) == self.workspace_id)
        return {row[0]: ClientFact(*row) for row in self._chunked(query, col(Client.id), clients)}

    def connections(self) -> dict[int, ConnectionFact]:
        query = pick(
            Connection.id,
            Connection.side,
            Connection.label,
            Connection.vendor,
            Connection.state,
            Connection.last_complete_at,
            Connection.connector,
        ).where(col(Connection.workspace_id) == self.workspace_id)
        synced = synced_for(self.session, self.context)
        found: Iterable[Any] = self.session.execute(query)
        return {
            row.id: ConnectionFact(
                id=row.id,
                side=row.side,
                label=row.label,
                vendor=row.vendor,
                state=row.state,
                last_complete_at=row.last_complete_at,
                fresh_for=fresh_for(row.connector, synced),
            )
            for row in found
        }

    def lines(self, clients: Clients = None, products: Collection[str] | None = None) -> list[LineFact]:
        """Lines of these clients, or all lines of these products."""
        query = pick(
            Line.id,
            Line.external_id,
            Line.connection_id,
            Line.client_id,
            Line.agreement_id,
            Line.product_key,
            Line.product_code,
            Line.product_name,
            micros(Line.quantity),
            micros(Line.included_quantity),
            micros(Line.unit_price),
            micros(Line.unit_cost),
            Line.currency,
            Line.billing_cycle,
            Line.effective_date,
            Line.cancelled_date,
            Line.is_calculated_by_psa,
            col(Line.removed_at).is_not(None),
        ).where(col(Line.workspace_id) == self.workspace_id)
        if products is not None:
            return [LineFact(*row) for row in self._chunked(query, col(Line.product_key), sorted(products))]
        return [LineFact(*row) for row in self._chunked(query, col(Line.client_id), clients)]

    def catalogue(self) -> dict[str, CatalogueFact]:
        query = pick(
            Product.code_key,
            Product.code,
            Product.name,
            micros(Product.unit_price),
            micros(Product.unit_cost),
            Product.currency,
        ).where(col(Product.workspace_id) == self.workspace_id, col(Product.removed_at).is_(None))
        return {row[0]: CatalogueFact(*row[1:]) for row in self.session.execute(query.order_by(col(Product.id).desc()))}

    def sources(self, clients: Clients) -> dict[int, dict[int, bool]]:
        """By client and usage connection, whether every account mapped there is mapped hard."""
        is_soft = case((col(AccountMapping.decided_how).in_(sorted(HARD)), 0), else_=1)
        query = (
            pick(AccountMapping.client_id, Account.connection_id, func.max(is_soft))
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(*self._mapped(), col(Account.removed_at).is_(None))
            .group_by(col(AccountMapping.client_id), col(Account.connection_id))
        )
        found: dict[int, dict[int, bool]] = defaultdict(dict)
        for client_id, connection_id, soft in self._chunked(query, col(AccountMapping.client_id), clients):
            found[client_id][connection_id] = not soft
        return dict(found)

    def unmapped_accounts(self, day: date) -> list[UnmappedAccount]:
        """Accounts mapped to no client and not excluded, with their seats that count."""
        live = and_(col(Seat.account_id) == Account.id, *self.live(day))
        seats = pick(func.count()).select_from(Seat).where(live).scalar_subquery()
        query = (
            pick(Account.id, Account.external_id, Account.name, Account.connection_id, seats)
            .outerjoin(AccountMapping, col(AccountMapping.account_id) == Account.id)
            .where(
                col(Account.workspace_id) == self.workspace_id,
                col(Account.removed_at).is_(None),
                or_(
                    col(AccountMapping.id).is_(None),
                    and_(col(AccountMapping.state) != "mapped", col(AccountMapping.state) != "excluded"),
                ),
            )
            .order_by(col(Account.id))
        )
        return [UnmappedAccount(*row) for row in self.session.execute(query)]

    def excluded_accounts(self) -> int:
        query = pick(func.count()).where(
            col(AccountMapping.workspace_id) == self.workspace_id, col(AccountMapping.state) == "excluded"
        )
        return int(self.session.execute(query).scalar_one())

    def counts(self, rule: RuleInForce, connection_ids: Sequence[int], day: date, clients: Clients) -> dict[int, Count]:
        """What `rule` takes on `day`, by client."""
        if not connection_ids:
            return {}
        if rule.spec.count == "peak":
            return self._peaks(rule, connection_ids, day, clients)
        values: tuple[Any, ...] = (func.count(), literal(0))
        if rule.spec.count == "distinct":
            values = (func.count(func.distinct(self._identity())) + self._nameless(), literal(0))
        elif rule.spec.count == "sum":
            quantity = micros(Seat.quantity)
            values = (func.sum(func.coalesce(quantity, MICROS)), func.sum(case((quantity.is_(None), 1), else_=0)))
        query = self._taken(rule, self.live(day), day, AccountMapping.client_id, func.count(), *values)
        unit = 1 if rule.spec.count == "sum" else MICROS
        found = {}
        for client_id, seats, value, missing in self._of_clients(
            query.group_by(col(AccountMapping.client_id)), connection_ids, clients
        ):
            found[client_id] = Count(int(value) * unit, int(seats), int(missing))
        return found

    def held_falls(self) -> list[HeldFall]:
        """Counts of mapped accounts that fell too far and wait for a person's word."""
        query = (
            pick(CountFall.account_id, CountFall.sku_key, CountFall.sku_name, Account.name)
            .add_columns(micros(CountFall.before), micros(CountFall.after), col(CountFall.fell_at))
            .join(Account, col(Account.id) == CountFall.account_id)
            .join(AccountMapping, col(AccountMapping.account_id) == CountFall.account_id)
            .where(col(CountFall.workspace_id) == self.workspace_id, col(CountFall.state) == "held", *self._mapped())
        )
        return [HeldFall(*row) for row in self.session.execute(query.order_by(col(CountFall.id)))]

    def fallen(
        self, rule: RuleInForce, falls: Sequence[HeldFall], connection_ids: Sequence[int], day: date, clients: Clients
    ) -> list[tuple[int, int, str]]:
        """(client, account, folded SKU) of the falls whose seats `rule` takes, or took before they were gone."""
        found: list[tuple[int, int, str]] = []
        for start in range(0, len(falls), _FALLS):
            part = [
                and_(
                    col(Seat.account_id) == fall.account_id,
                    col(Seat.sku_key) == fall.sku_key,
                    or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= fall.fell_at),
                )
                for fall in falls[start : start + _FALLS]
            ]
            columns = (AccountMapping.client_id, Seat.account_id, Seat.sku_key)
            query = self._taken(rule, [any_of(part)], day, *columns).distinct()
            found += [tuple(row) for row in self._of_clients(query, connection_ids, clients)]
        return found

    def unaccounted(
        self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], day: date, clients: Clients
    ) -> list[UnaccountedGroup]:
        """Seats of mapped accounts that none of the rules takes, by client and SKU."""
        query = pick(
            AccountMapping.client_id,
            Seat.sku_key,
            Seat.connection_id,
            self.least(Seat.sku),
            self.least(Seat.sku_name),
            func.count(),
        )
        query = self._seats(query, self.live(day)).where(self.untaken(rules, day))
        query = query.group_by(col(AccountMapping.client_id), col(Seat.sku_key), col(Seat.connection_id))
        groups: dict[tuple[int, str], list[Any]] = defaultdict(list)
        for row in self._of_clients(query, None, clients):
            groups[row[0], row[1]].append(row)
        return [
            UnaccountedGroup(
                client_id=client_id,
                sku_key=sku_key,
                sku=min(row[3] for row in rows),
                sku_name=min(row[4] for row in rows),
                seats=sum(row[5] for row in rows),
                connection_ids=tuple(sorted(row[2] for row in rows)),
            )
            for (client_id, sku_key), rows in groups.items()
        ]

    def untaken(self, rules: Iterable[tuple[RuleInForce, Sequence[int]]], day: date) -> ColumnElement[bool]:
        """True for seats that none of the rules takes."""
        by_connections: dict[tuple[int, ...], list[RuleInForce]] = defaultdict(list)
        for rule, connection_ids in rules:
            if connection_ids:
                by_connections[tuple(connection_ids)].append(rule)
        taken = [
            and_(col(Seat.connection_id).in_(ids), self._taken_by_any(own, day)) for ids, own in by_connections.items()
        ]
        return not_(any_of(taken))

    def _taken_by_any(self, rules: Sequence[RuleInForce], day: date) -> ColumnElement[bool]:
        """True where one of the rules takes a seat: rules about single SKUs are asked by one look-up, not in turn."""
        whole: set[str] = set()
        guarded: dict[tuple[str, ...], list[ColumnElement[bool]]] = defaultdict(list)
        others: list[ColumnElement[bool]] = []
        for rule in rules:
            skus = _skus(rule.condition)
            if skus and len(rule.condition.parts) == 1:
                whole.update(skus)
            elif skus:
                guarded[skus].append(self.condition(rule, day))
            else:
                others.append(self.condition(rule, day))
        parts: list[ColumnElement[bool]] = [col(Seat.sku_key).in_(sorted(whole))] if whole else []
        if guarded:
            named = col(Seat.sku_key).in_(sorted({sku for skus in guarded for sku in skus}))
            parts.append(and_(named, any_of([each for own in guarded.values() for each in own])))
        return any_of([*parts, *others])

    def live(self, day: date) -> tuple[ColumnElement[bool], ...]:
        """What makes a seat count on `day`: not deleted, not removed at the source by then."""
        end = midnight(day + timedelta(days=1))
        return (col(Seat.status) != "deleted", or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= end))

    def seats_by_client(self, day: date, clients: Clients) -> dict[int, int]:
        """How many live seats each client has in mapped accounts."""
        query = self._seats(pick(AccountMapping.client_id, func.count()), self.live(day))
        query = query.group_by(col(AccountMapping.client_id))
        return dict(tuple(row) for row in self._of_clients(query, None, clients))

    def _peaks(self, rule: RuleInForce, connection_ids: Sequence[int], day: date, clients: Clients) -> dict[int, Count]:
        start = midnight(month_start(day) + timedelta(days=1))
        present = (
            col(Seat.status) != "deleted",
            or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= start),
        )
        columns = (AccountMapping.client_id, Seat.first_seen_at, Seat.removed_at, micros(Seat.quantity))
        query = self._taken(rule, present, day, *columns)
        by_client: dict[int, list[Presence]] = defaultdict(list)
        for client_id, *presence in self._of_clients(query, connection_ids, clients):
            by_client[client_id].append(tuple(presence))
        peaks = {client_id: peak(presences, day) for client_id, presences in by_client.items()}
        return {client_id: count for client_id, count in peaks.items() if count.seats}

    def _taken(self, rule: RuleInForce, presence: Sequence[ColumnElement[bool]], day: date, *columns: Any) -> Any:
        return self._seats(pick(*columns), presence).where(self.condition(rule, day))

    def _seats(self, query: Any, presence: Sequence[ColumnElement[bool]]) -> Any:
        return (
            query.select_from(Seat)
            .join(AccountMapping, col(AccountMapping.account_id) == Seat.account_id)
            .where(self._own_seats(), *self._mapped(), *presence)
        )

    def _own_seats(self) -> ColumnElement[bool]:
        """The seats of this workspace; on SQLite, which has no statistics here, not by the index of the workspace."""
        workspace = col(Seat.workspace_id)
        return (workspace + 0 if self.dialect == "sqlite" else workspace) == self.workspace_id

    def _mapped(self) -> tuple[ColumnElement[bool], ...]:
        return (
            col(AccountMapping.workspace_id) == self.workspace_id,
            col(AccountMapping.state) == "mapped",
            col(AccountMapping.client_id).is_not(None),
        )

    def _identity(self) -> Any:
        return func.nullif(Seat.identity_key, "")

    def _nameless(self) -> Any:
        return func.sum(case((col(Seat.identity_key) == "", 1), else_=0))

    def _of_clients(
        self, query: Any, connection_ids: Sequence[int] | None, clients: Clients, *, has_mappings: bool = True
    ) -> Iterable[Any]:
        """Rows of a query over seats (joined with mappings), within connections (None: all) and clients (None: all).

        A few clients are reached by their accounts, all clients by the connection; the database is not left to guess.
        """
        if clients is None:
            if connection_ids is not None:
                query = query.where(col(Seat.connection_id).in_(list(connection_ids)))
            yield from self.session.execute(query)
            return
        for accounts in self._parts_of(clients, connection_ids):
            # Said of both tables, for the database may begin with either.
            among = [col(Seat.account_id).in_(accounts)]
            if has_mappings:
                among.append(col(AccountMapping.account_id).in_(accounts))
            yield from self.session.execute(query.where(*among))

    def _parts_of(self, clients: Sequence[int], connection_ids: Sequence[int] | None) -> Iterator[list[int]]:
        """The clients' accounts in parts for one query each; those of one client stay together: it is counted once."""
        part: list[int] = []
        last = None
        for client_id, account_id, connection_id in self._accounts_of(clients):
            if connection_ids is not None and connection_id not in connection_ids:
                continue
            if len(part) >= _CHUNK and client_id != last:
                yield part
                part = []
            part.append(account_id)
            last = client_id
        if part:
            yield part

    def _accounts_of(self, clients: Sequence[int]) -> list[tuple[int, int, int]]:
        """(client, account, connection) of these clients' mapped accounts, by client."""
        key = tuple(clients)
        if self._known_accounts is None or self._known_accounts[0] != key:
            query = (
                pick(AccountMapping.client_id, Account.id, Account.connection_id)
                .join(Account, col(AccountMapping.account_id) == Account.id)
                .where(*self._mapped())
                .order_by(col(AccountMapping.client_id), col(Account.id))
            )
            rows = self._chunked(query, col(AccountMapping.client_id), sorted(set(clients)))
            self._known_accounts = key, [(row[0], row[1], row[2]) for row in rows]
        return self._known_accounts[1]

    def _chunked(self, query: Any, column: Any, wanted: Sequence[Any] | None) -> Iterable[Any]:
        if wanted is None:
            yield from self.session.execute(query)
            return
        for start in range(0, len(wanted), _CHUNK):
            yield from self.session.execute(query.where(column.in_(list(wanted[start : start + _CHUNK]))))


def _skus(tree: Tree) -> tuple[str, ...]:
    """The SKUs (folded) outside which a condition takes nothing; empty where it names none."""
    if tree.how != "all":
        return ()
    for part in tree.parts:
        if isinstance(part, Leaf) and part.field == "sku" and part.op in ("eq", "in"):
            return part.value if part.op == "in" else (part.value,)
    return ()


Presence = tuple[Any, ...]
"""When a seat was there, and how much: (first_seen_at, removed_at, quantity in millionths or None)."""


def peak(presences: Sequence[Presence], day: date) -> Count:
    """The highest daily sum from the period's first day to `day`, and the last day on which it was reached.

    A day's seats are those there at its end. On `day` itself first_seen_at does not matter: what is there counts, also
    where it was read later.
    """
    best = Count(-1, 0)
    for offset in range((day - month_start(day)).days + 1):
        on = month_start(day) + timedelta(days=offset)
        end = midnight(on + timedelta(days=1))
        there = [item for item in presences if _was_there(item, end, is_last=on == day)]
        total = sum(MICROS if quantity is None else quantity for _, _, quantity in there)
        if total >= best.value:
            best = Count(total, len(there), sum(quantity is None for _, _, quantity in there), on)
    return best


def _was_there(presence: Presence, end: datetime, *, is_last: bool) -> bool:
    first_seen, removed, _ = presence
    return (is_last or first_seen < end) and (removed is None or removed >= end)
