"""SQL of the configuration list: three kinds of things as one sorted list. Services are grouped when asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import String, and_, case, cast, func, literal, or_, tuple_, union_all
from sqlalchemy import select as pick
from sqlmodel import col, select

from rcx_app.core.pagination import PAGE_SIZE, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.configuration.schemas import ConfigQuery, Kind, Status
from rcx_app.models import Account, AccountMapping, Client, Connection, Exclusion, Finding, Line, Seat, User

_STATUS_OF = {
    Status.SET: ("mapped",),
    Status.REVIEW: ("suggested", "unsure", "client_gone", "snoozed"),
    Status.EXCLUDED: ("excluded",),
}


_COLUMNS = (
    "kind", "connection_id", "connection", "key", "name", "name_key", "code", "units", "status", "state", "target_id",
    "note", "version", "exclusion_id",
)  # fmt: skip


class ConfigRepository(Repository):
    """What can be set up in one workspace. `ruled`: folded product codes with an active rule, `offered`: suggested."""

    def rows(
        self, query: ConfigQuery, day: date, ruled: Collection[str], offered: Collection[str], cursor: str
    ) -> tuple[list[Any], str]:
        """One page of (kind, connection_id, connection, key, name, code, units, status, state, target_id, note,
        version, exclusion_id), and the cursor of the next."""
        whole = self._whole(query, day, ruled, offered)
        columns = _order(query.sort, whole)
        asked = pick(whole).where(*self._conditions(query, whole))
        if cursor:
            asked = asked.where(after(columns, decode_cursor(cursor, length=len(columns))))
        asked = asked.order_by(*(column.desc() if down else column.asc() for column, down in columns))
        found = list(self.session.execute(asked.limit(PAGE_SIZE + 1)))
        shown = found[:PAGE_SIZE]
        if len(found) <= PAGE_SIZE:
            return shown, ""
        last = shown[-1]._mapping
        return shown, encode_cursor([last[column.name] for column, _ in columns])

    def numbers(
        self, query: ConfigQuery, day: date, ruled: Collection[str], offered: Collection[str]
    ) -> dict[tuple[str, str], int]:
        """How many rows there are by kind and status."""
        whole = self._whole(query, day, ruled, offered)
        asked = pick(whole.c.kind, whole.c.status, func.count()).where(*self._conditions(query, whole))
        return {
            (kind, status): number for kind, status, number in self.session.execute(asked.group_by("kind", "status"))
        }

    def integrations(self) -> list[tuple[int, str]]:
        query = select(Connection.id, Connection.label).where(Connection.workspace_id == self.workspace_id)
        return [
            (key, label)
            for key, label in self.session.execute(query.order_by(col(Connection.label), col(Connection.id)))
        ]

    def seats(self, account_ids: Collection[int]) -> dict[int, int]:
        """Live seats by account, of accounts that are known to be ours."""
        query = (
            select(Seat.account_id, func.count())
            .where(col(Seat.account_id).in_(account_ids), col(Seat.removed_at).is_(None), col(Seat.status) != "deleted")
            .group_by(col(Seat.account_id))
        )
        return dict(self.session.execute(query).all())

    def client_names(self, client_ids: Collection[int]) -> Mapping[int, str]:
        query = select(Client.id, Client.name).where(
            Client.workspace_id == self.workspace_id, col(Client.id).in_(client_ids)
        )
        return dict(self.session.execute(query).all())

    def quantities(self, lines: Collection[tuple[int, str]]) -> dict[tuple[int, str], tuple[Decimal, str]]:
        """What lines bill, and their product's key, by connection and id."""
        columns = (col(Line.connection_id), col(Line.external_id), col(Line.quantity), col(Line.product_key))
        query = pick(*columns).where(
            col(Line.workspace_id) == self.workspace_id,
            self._one_of(col(Line.connection_id), col(Line.external_id), [*lines]),
        )
        return {
            (connection, key): (billed, product) for connection, key, billed, product in self.session.execute(query)
        }

    def left_out(
        self, exclusion_ids: Collection[int], account_ids: Collection[int]
    ) -> dict[tuple[str, int], tuple[str, datetime | None]]:
        """Who excluded services and accounts, and when, by ("service", exclusion id) or ("account", account id)."""
        services = (
            select(Exclusion.id, User.name, Exclusion.created_at)
            .outerjoin(User, col(User.id) == Exclusion.user_id)
            .where(Exclusion.workspace_id == self.workspace_id, col(Exclusion.id).in_(exclusion_ids))
        )
        accounts = (
            select(AccountMapping.account_id, User.name, AccountMapping.decided_at)
            .outerjoin(User, col(User.id) == AccountMapping.decided_by)
            .where(
                AccountMapping.workspace_id == self.workspace_id,
                col(AccountMapping.account_id).in_(account_ids),
                AccountMapping.state == "excluded",
            )
        )
        found = [("service", row) for row in self.session.execute(services)] if exclusion_ids else []
        found += [("account", row) for row in self.session.execute(accounts)] if account_ids else []
        return {(sort, row[0]): (row[1] or "", row[2]) for sort, row in found}

    def uncounted(self) -> list[tuple[int, str]]:
        """(connection, folded SKU) of usage that the last run found no rule for."""
        period = select(func.max(Finding.period)).where(Finding.workspace_id == self.workspace_id).scalar_subquery()
        query = (
            select(Finding.connection_id, Finding.sku)
            .where(
                Finding.workspace_id == self.workspace_id,
                col(Finding.period) == period,
                col(Finding.resolved_at).is_(None),
                Finding.kind == "unaccounted",
                col(Finding.connection_id).is_not(None),
            )
            .distinct()
        )
        return sorted({(connection_id or 0, fold(sku)) for connection_id, sku in self.session.execute(query)})

    def _conditions(self, query: ConfigQuery, whole: Any) -> list[Any]:
        conditions = []
        if query.status:
            conditions.append(whole.c.status == query.status)
        if query.integration:
            conditions.append(whole.c.connection_id == int(query.integration))
        if query.find:
            text = fold(query.find)
            conditions.append(
                or_(
                    whole.c.name_key.contains(text, autoescape=True),
                    func.lower(whole.c.key).contains(text, autoescape=True),
                )
            )
        return conditions

    def _whole(self, query: ConfigQuery, day: date, ruled: Collection[str], offered: Collection[str]) -> Any:
        parts = {
            Kind.ACCOUNT: self._accounts(with_units=query.sort.endswith("units")),
            Kind.USAGE: self._usage(),
            Kind.PRODUCT: self._products(day, ruled, offered),
            Kind.LINE: self._lines(day, ruled, offered, excluded_only=not query.kind),
        }
        return union_all(*(part for kind, part in parts.items() if query.kind in ("", kind))).subquery("things")

    def _accounts(self, *, with_units: bool) -> Any:
        state = col(AccountMapping.state)
        status = case(
            *((state.in_(states), literal(status.value)) for status, states in _STATUS_OF.items()),
            else_=literal(Status.OPEN.value),
        )
        units: Any = literal(0)
        if with_units:
            units = (
                select(func.count())
                .where(
                    col(Seat.account_id) == Account.id, col(Seat.removed_at).is_(None), col(Seat.status) != "deleted"
                )
                .correlate(Account)
                .scalar_subquery()
            )
        return (
            pick(
                *_named(
                    literal(Kind.ACCOUNT.value),
                    col(Account.connection_id),
                    col(Connection.label),
                    cast(Account.id, String),
                    col(Account.name),
                    col(Account.name_key),
                    col(Account.external_id),
                    units,
                    status,
                    state,
                    func.coalesce(AccountMapping.client_id, 0),
                    col(AccountMapping.note),
                    col(AccountMapping.version),
                    literal(0),
                )
            )
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .where(col(AccountMapping.workspace_id) == self.workspace_id, col(Account.removed_at).is_(None))
        )

    def _usage(self) -> Any:
        """SKUs of live seats, over all accounts of a connection."""
        by_account = (
            pick(
                col(Seat.connection_id).label("connection_id"),
                col(Seat.sku_key).label("sku_key"),
                col(Seat.account_id).label("account_id"),
                func.count().label("units"),
                func.min(Seat.sku).label("sku"),
                func.min(Seat.sku_name).label("sku_name"),
            )
            .where(
                col(Seat.connection_id).in_(self._connections()),
                col(Seat.removed_at).is_(None),
                col(Seat.status) != "deleted",
                col(Seat.sku_key) != "",
            )
            .group_by(col(Seat.connection_id), col(Seat.sku_key), col(Seat.account_id))
            .subquery()
        )
        mapped = func.sum(case((col(AccountMapping.state) == "mapped", by_account.c.units), else_=0))
        left_out = self._one_of(by_account.c.connection_id, by_account.c.sku_key, self.uncounted())
        excluded = func.max(func.coalesce(col(Exclusion.id), 0))
        name = func.min(func.coalesce(func.nullif(by_account.c.sku_name, ""), by_account.c.sku))
        state = case(
            (excluded > 0, literal("excluded")),
            (func.max(case((left_out, 1), else_=0)) == 1, literal("not_counted")),
            (mapped == 0, literal("waiting")),
            else_=literal("counted"),
        )
        status = case(
            (excluded > 0, literal(Status.EXCLUDED.value)),
            (state == "counted", literal(Status.SET.value)),
            else_=literal(Status.OPEN.value),
        )
        return (
            pick(
                *_named(
                    literal(Kind.USAGE.value),
                    by_account.c.connection_id,
                    func.min(Connection.label),
                    by_account.c.sku_key,
                    name,
                    func.lower(name),
                    func.min(by_account.c.sku),
                    func.sum(by_account.c.units),
                    status,
                    state,
                    literal(0),
                    func.max(func.coalesce(col(Exclusion.reason), "")),
                    literal(0),
                    excluded,
                )
            )
            .select_from(by_account)
            .join(Connection, col(Connection.id) == by_account.c.connection_id)
            .outerjoin(AccountMapping, col(AccountMapping.account_id) == by_account.c.account_id)
            .outerjoin(
                Exclusion,
                and_(
                    col(Exclusion.connection_id) == by_account.c.connection_id,
                    col(Exclusion.scope) == "sku",
                    col(Exclusion.key) == by_account.c.sku_key,
                ),
            )
            .group_by(by_account.c.connection_id, by_account.c.sku_key)
        )

    def _products(self, day: date, ruled: Collection[str], offered: Collection[str]) -> Any:
        """Products of lines that are active on `day`."""
        key = col(Line.product_key)
        excluded = func.max(func.coalesce(col(Exclusion.id), 0))
        status, state = _standing(excluded, key, ruled, offered)
        name = func.min(func.coalesce(func.nullif(col(Line.product_name), ""), col(Line.product_code)))
        return (
            pick(
                *_named(
                    literal(Kind.PRODUCT.value),
                    col(Line.connection_id),
                    func.min(Connection.label),
                    key,
                    name,
                    func.lower(name),
                    func.min(Line.product_code),
                    func.count(),
                    status,
                    state,
                    literal(0),
                    func.max(func.coalesce(col(Exclusion.reason), "")),
                    literal(0),
                    excluded,
                )
            )
            .join(Connection, col(Connection.id) == Line.connection_id)
            .outerjoin(
                Exclusion,
                and_(
                    col(Exclusion.connection_id) == Line.connection_id,
                    col(Exclusion.scope) == "product",
                    col(Exclusion.key) == key,
                ),
            )
            .where(
                col(Line.workspace_id) == self.workspace_id,
                key != "",
                *_active(day),
            )
            .group_by(col(Line.connection_id), key)
        )

    def _lines(self, day: date, ruled: Collection[str], offered: Collection[str], *, excluded_only: bool) -> Any:
        """Lines that are active on `day`, and those that are excluded whether they are or not."""
        excluded = func.coalesce(col(Exclusion.id), 0)
        status, state = _standing(excluded, col(Line.product_key), ruled, offered)
        product = func.coalesce(func.nullif(col(Line.product_name), ""), col(Line.product_code))
        shown = (excluded > 0) if excluded_only else or_(excluded > 0, and_(*_active(day)))
        return (
            pick(
                *_named(
                    literal(Kind.LINE.value),
                    col(Line.connection_id),
                    col(Connection.label),
                    col(Line.external_id),
                    product,
                    func.lower(product + literal(", ") + col(Client.name)),
                    col(Line.external_id),
                    literal(0),
                    status,
                    state,
                    col(Line.client_id),
                    func.coalesce(col(Exclusion.reason), ""),
                    literal(0),
                    excluded,
                )
            )
            .select_from(Line)
            .join(Connection, col(Connection.id) == Line.connection_id)
            .join(Client, col(Client.id) == Line.client_id)
            .outerjoin(
                Exclusion,
                and_(
                    col(Exclusion.connection_id) == Line.connection_id,
                    col(Exclusion.scope) == "line",
                    col(Exclusion.key) == Line.external_id,
                ),
            )
            .where(col(Line.workspace_id) == self.workspace_id, shown)
        )

    def _connections(self) -> Any:
        return select(Connection.id).where(Connection.workspace_id == self.workspace_id)

    def _one_of(self, connection_id: Any, key: Any, pairs: Collection[tuple[int, str]]) -> Any:
        return tuple_(connection_id, key).in_(pairs) if pairs else literal(1) == 0


def _active(day: date) -> tuple[Any, ...]:
    """Whether a line is active on `day`."""
    return (
        col(Line.removed_at).is_(None),
        or_(col(Line.effective_date).is_(None), col(Line.effective_date) <= day),
        or_(col(Line.cancelled_date).is_(None), col(Line.cancelled_date) > day),
    )


def _standing(excluded: Any, product_key: Any, ruled: Collection[str], offered: Collection[str]) -> tuple[Any, Any]:
    """(status, state) of what is billed."""
    status = case(
        (excluded > 0, literal(Status.EXCLUDED.value)),
        (product_key.in_(ruled), literal(Status.SET.value)),
        (product_key.in_(offered), literal(Status.REVIEW.value)),
        else_=literal(Status.OPEN.value),
    )
    state = case(
        (excluded > 0, literal("excluded")),
        (product_key.in_(ruled), literal("counted")),
        (product_key.in_(offered), literal("suggested")),
        else_=literal("not_counted"),
    )
    return status, state


def _named(*values: Any) -> list[Any]:
    """The columns of one kind under the names that all kinds share."""
    return [value.label(name) for name, value in zip(_COLUMNS, values, strict=True)]


def _order(sort: str, whole: Any) -> list[tuple[Any, bool]]:
    down = sort.startswith("-")
    first = {"name": [], "integration": [whole.c.connection], "units": [whole.c.units]}[sort.lstrip("-")]
    rest = (whole.c.name_key, whole.c.kind, whole.c.connection_id, whole.c.key)
    return [*((each, down) for each in first), *((each, down and sort == "-name") for each in rest)]
