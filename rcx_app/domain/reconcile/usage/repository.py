"""How a run reaches the live seats of mapped accounts: of all clients in one pass, of a few by their accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, func, not_, or_, select, type_coerce
from sqlmodel import Session, col

from rcx_app.core.context import Context
from rcx_app.core.repository import Repository
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Tree, midnight
from rcx_app.domain.service_rules.schemas import RuleInForce
from rcx_app.models import Account, AccountMapping, Connection, Exclusion, Seat, Workspace

CHUNK = 500
_WORK_MEM = "32MB"
"""What a sort of one worker may take; the 4 MB that PostgreSQL gives by itself send 200,000 seats to the disk."""
Clients = Sequence[int] | None
"""The clients to look at; None: all."""


def pick(*columns: Any) -> Any:
    """A select of `columns`. (The library's own types know no more than three of ours.)"""
    return select(*columns)


def micros(column: Any) -> Any:
    """The stored millionths of an exact column, past the conversion to Decimal."""
    return type_coerce(column, BigInteger)


class UsageRepository(Repository):
    """Live seats of one workspace's mapped accounts."""

    def __init__(self, session: Session, context: Context) -> None:
        super().__init__(session, context)
        self._known_accounts: dict[int, list[tuple[int, int, int]]] = {}
        self._knows_all_accounts = False
        self._excluded: dict[str, dict[int, list[str]]] | None = None
        self._inactive_days: int | None = None

    @property
    def dialect(self) -> str:
        return self.session.get_bind().dialect.name

    def least(self, column: Any) -> Any:
        """The smallest text by code point, also where the database sorts by language."""
        return func.min(column.collate("C") if self.dialect == "postgresql" else column)

    def most(self, column: Any) -> Any:
        """The greatest text by code point."""
        return func.max(column.collate("C") if self.dialect == "postgresql" else column)

    def prepare(self) -> None:
        """Make this transaction ready to count: compiled conditions run, and PostgreSQL sorts seats in memory."""
        conditions.prepare(self.session)
        if self.dialect == "postgresql":
            self.session.execute(select(func.set_config("work_mem", _WORK_MEM, True)))

    def condition(self, rule: RuleInForce, day: date) -> ColumnElement[bool]:
        """The one expression by which `rule` counts and shows its evidence."""
        return self.condition_of(rule.condition, day)

    def condition_of(self, tree: Tree, day: date) -> ColumnElement[bool]:
        """A condition over seats, compiled for this workspace and database."""
        return conditions.Compiler(self.workspace_id, day, self.dialect).tree(tree)

    def live(self, day: date) -> tuple[ColumnElement[bool], ...]:
        """What makes a seat count on `day`: it is present, and its SKU is not excluded."""
        return (*self.present(day), *self.taking_part())

    def present(self, day: date) -> tuple[ColumnElement[bool], ...]:
        """That a seat is there on `day`: not deleted, not removed at the source by then."""
        end = midnight(day + timedelta(days=1))
        return (col(Seat.status) != "deleted", or_(col(Seat.removed_at).is_(None), col(Seat.removed_at) >= end))

    def taking_part(self) -> tuple[ColumnElement[bool], ...]:
        """That a seat's SKU is not excluded; no condition where none is."""
        hidden = self.excluded("sku")
        return (not_(is_one(hidden, Seat.connection_id, Seat.sku_key)),) if hidden else ()

    def excluded(self, scope: str) -> dict[int, list[str]]:
        """Connection -> the keys of one scope (product, sku, line) that take no part."""
        if self._excluded is None:
            query = pick(Exclusion.scope, Exclusion.connection_id, Exclusion.key)
            self._excluded = {}
            for each, connection_id, key in self.session.execute(
                query.where(col(Exclusion.workspace_id) == self.workspace_id).order_by(col(Exclusion.id))
            ):
                self._excluded.setdefault(each, {}).setdefault(connection_id, []).append(key)
        return self._excluded.get(scope, {})

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

    def inactive_days(self) -> int:
        """After how many days without a sign of life the workspace calls a seat inactive."""
        query = pick(Workspace.inactive_days).where(col(Workspace.id) == self.workspace_id)
        return int(self.session.execute(query).scalar_one())

    def silent(self, day: date) -> ColumnElement[bool]:
        """That a seat was last seen too long before `day`."""
        if self._inactive_days is None:
            self._inactive_days = self.inactive_days()
        return col(Seat.last_seen_at) < midnight(day - timedelta(days=self._inactive_days))

    def _identity(self) -> Any:
        return func.nullif(Seat.identity_key, "")

    def _cells(
        self,
        presence: Sequence[ColumnElement[bool]],
        values: Sequence[Any],
        clients: Clients,
        connection_ids: Sequence[int] | None = None,
    ) -> Iterator[Sequence[Any]]:
        """(client, connection, folded SKU, *values) of seats of mapped accounts, one row an account.

        Grouped in the order of an index that covers what most conditions ask, so that all seats are read in one go;
        the connections are the workspace's own, so that nobody else's are. Accounts find their client here.
        """
        owners = {account_id: client_id for client_id, account_id, _ in self._accounts_of(clients)}
        keys = (col(Seat.connection_id), col(Seat.sku_key), col(Seat.account_id))
        query = pick(*keys, *values).where(*presence).group_by(*keys)
        if clients is None:
            ids = self._usage_connections() if connection_ids is None else connection_ids
            parts = [query.where(keys[0].in_(list(ids)))]
        else:
            parts = [query.where(keys[2].in_(accounts)) for accounts in self._parts_of(clients, connection_ids)]
        for part in parts:
            for connection_id, sku_key, account_id, *found in self._read(part):
                client_id = owners.get(account_id)
                if client_id is not None:
                    yield (client_id, connection_id, sku_key, *found)

    def _read(self, query: Any) -> Iterable[Any]:
        """Plain rows, past the mapper of the session, which costs as much again for each."""
        self.session.flush()
        return self.session.connection().execute(query).all()

    def _usage_connections(self) -> list[int]:
        query = pick(Connection.id).where(
            col(Connection.workspace_id) == self.workspace_id, col(Connection.side) == "usage"
        )
        return sorted(self.session.scalars(query))

    def _of_clients(self, query: Any, connection_ids: Sequence[int] | None, clients: Clients) -> Iterable[Any]:
        """Rows of a query over seats (joined with mappings), within connections (None: all) and clients (None: all).

        A few clients are reached by their accounts, all clients by the connection; the database is not left to guess.
        """
        if clients is None:
            if connection_ids is not None:
                query = query.where(col(Seat.connection_id).in_(list(connection_ids)))
            yield from self._read(query)
            return
        for accounts in self._parts_of(clients, connection_ids):
            # Said of both tables, for the database may begin with either.
            among = (col(Seat.account_id).in_(accounts), col(AccountMapping.account_id).in_(accounts))
            yield from self._read(query.where(*among))

    def _parts_of(self, clients: Sequence[int], connection_ids: Sequence[int] | None) -> Iterator[list[int]]:
        """The clients' accounts in parts for one query each; those of one client stay together: it is counted once."""
        part: list[int] = []
        last = None
        for client_id, account_id, connection_id in self._accounts_of(clients):
            if connection_ids is not None and connection_id not in connection_ids:
                continue
            if len(part) >= CHUNK and client_id != last:
                yield part
                part = []
            part.append(account_id)
            last = client_id
        if part:
            yield part

    def _accounts_of(self, clients: Clients) -> list[tuple[int, int, int]]:
        """(client, account, connection) of these clients' mapped accounts (None: of all), by client."""
        unknown = None if clients is None else sorted({each for each in clients if each not in self._known_accounts})
        if not self._knows_all_accounts and unknown != []:
            query = (
                pick(AccountMapping.client_id, Account.id, Account.connection_id)
                .join(Account, col(AccountMapping.account_id) == Account.id)
                .where(*self._mapped())
                .order_by(col(AccountMapping.client_id), col(Account.id))
            )
            # Those that were asked for and have none are known then, too.
            found: dict[int, list[tuple[int, int, int]]] = {each: [] for each in unknown or ()}
            for row in self._chunked(query, col(AccountMapping.client_id), unknown):
                found.setdefault(row[0], []).append((row[0], row[1], row[2]))
            self._known_accounts |= found
            self._knows_all_accounts = unknown is None
        wanted = sorted(self._known_accounts if clients is None else set(clients))
        return [row for each in wanted for row in self._known_accounts.get(each, ())]

    def _chunked(self, query: Any, column: Any, wanted: Sequence[Any] | None) -> Iterable[Any]:
        if wanted is None:
            yield from self._read(query)
            return
        for start in range(0, len(wanted), CHUNK):
            yield from self._read(query.where(column.in_(list(wanted[start : start + CHUNK]))))


def is_one(keys: Mapping[int, Sequence[str]], connection: Any, column: Any) -> ColumnElement[bool]:
    """That a row is of one of these keys, each of its connection."""
    return or_(*(and_(col(connection) == each, col(column).in_(own)) for each, own in sorted(keys.items())))
