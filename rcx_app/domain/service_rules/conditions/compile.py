"""Compiles checked trees to one SQL expression, which count and evidence share: true or false, never null."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from rcx_app.core.money import to_micros
from rcx_app.domain.service_rules.conditions.fields import ATTRIBUTE_PREFIX, Leaf, Tree
from rcx_app.domain.service_rules.patterns import compiled, sqlite_matches
from rcx_app.models import Account, Connection, Seat

Condition = ColumnElement[bool]
_NUMBER_PATTERN = "^[+-]?[0-9]{1,12}(\\.[0-9]{1,6})?$"


def prepare(session: Session) -> None:
    """Teach a SQLite connection the two functions that compiled conditions call there. Call before running them."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.create_function("rcx_matches", 2, sqlite_matches, deterministic=True)
        raw.create_function("rcx_micros", 1, _sqlite_micros, deterministic=True)


def _sqlite_micros(text: str | None) -> int | None:
    """Millionths of a plain number (up to 12 digits and 6 decimals), else None: as PostgreSQL does it by pattern."""
    if not text or not text.isascii():
        return None
    whole, _, decimals = text.lstrip("+-").partition(".")
    is_plain = whole.isdigit() and len(whole) <= 12 and (decimals.isdigit() or "." not in text) and len(decimals) <= 6
    return to_micros(Decimal(text)) if is_plain and len(text) - len(text.lstrip("+-")) <= 1 else None


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles checked trees for one workspace, one day and one dialect ("sqlite" or "postgresql").

    The result is a condition on `seat` alone; accounts and connections are reached by sub-queries, so any query that
    has `seat` in its FROM may use it.
    """

    workspace_id: int
    day: date
    dialect: str

    def tree(self, tree: Tree) -> Condition:
        """True for the seats that `tree` takes; never null."""
        parts = [self.leaf(part) if isinstance(part, Leaf) else self.tree(part) for part in tree.parts]
        if tree.how == "all":
            return and_(true(), *parts)
        found = or_(false(), *parts)
        return found if tree.how == "any" else not_(found)

    def leaf(self, leaf: Leaf) -> Condition:
        """True for the seats that satisfy one comparison; never null."""
        if leaf.kind == "date":
            return self._date(leaf)
        if leaf.kind == "number":
            return self._number(leaf)
        if leaf.kind == "attribute":
            return self._attribute(leaf)
        if leaf.field == "integration":
            return _among(Seat.connection_id, self._ids(Connection, self._text(Connection.label_key, leaf)))
        if leaf.field in ("account_id", "account_name"):
            is_name = leaf.field == "account_name"
            column = Account.name_key if is_name else _ascii_folded(Account.external_id, self.dialect)
            return _among(Seat.account_id, self._ids(Account, self._text(column, leaf)))
        if leaf.field == "seat_id":
            return self._text(_ascii_folded(Seat.external_id, self.dialect), leaf)
        folded = leaf.field if leaf.field in ("kind", "status", "device_class") else f"{leaf.field}_key"
        return self._text(getattr(Seat, folded), leaf)

    def _ids(self, table: Any, condition: Condition) -> Any:
        return select(table.id).where(table.workspace_id == self.workspace_id, condition)

    def _text(self, column: Any, leaf: Leaf) -> Condition:
        """A comparison of folded text; '' means missing."""
        value = leaf.value
        found: Condition
        if leaf.op == "is_empty":
            found = (column == "") if value else (column != "")
        elif leaf.op in ("eq", "ne"):
            found = (column == value) if leaf.op == "eq" else (column != value)
        elif leaf.op in ("in", "not_in"):
            found = column.in_(value) if leaf.op == "in" else column.not_in(value)
        elif leaf.op in ("contains", "starts_with"):
            build = column.contains if leaf.op == "contains" else column.startswith
            found = build(value, autoescape=True)
        elif self.dialect == "postgresql":
            found = and_(column != "", column.op("~", is_comparison=True)(compiled(value).postgres))
        else:
            found = and_(column != "", func.rcx_matches(column, literal(value)) == 1)
        return found

    def _attribute(self, leaf: Leaf) -> Condition:
        attributes: Any = Seat.attributes_key
        column = func.coalesce(attributes[leaf.field[len(ATTRIBUTE_PREFIX) :]].as_string(), "")
        if leaf.op in ("lt", "le", "gt", "ge"):
            return self._compare(self._micros(column), leaf.op, to_micros(leaf.value))
        return self._text(column, leaf)

    def _micros(self, column: Any) -> Any:
        if self.dialect == "postgresql":
            exact = cast(cast(column, Numeric) * 1_000_000, BigInteger)
            return case((column.op("~", is_comparison=True)(_NUMBER_PATTERN), exact), else_=None)
        return func.rcx_micros(column)

    def _number(self, leaf: Leaf) -> Condition:
        column: Any = getattr(Seat, leaf.field)
        if leaf.op == "is_empty":
            return _empty(column, leaf)
        if leaf.op in ("in", "not_in"):
            found = and_(column.is_not(None), column.in_(leaf.value))
            return found if leaf.op == "in" else not_(found)
        if leaf.op == "ne":
            return or_(column.is_(None), column != leaf.value)
        return self._compare(column, leaf.op, leaf.value)

    def _compare(self, column: Any, op: str, value: Any) -> Condition:
        compared = {
            "eq": column == value,
            "lt": column < value,
            "le": column <= value,
            "gt": column > value,
            "ge": column >= value,
        }
        return and_(column.is_not(None), compared[op])

    def _date(self, leaf: Leaf) -> Condition:
        column: Any = Seat.source_created_at if leaf.field == "created_at" else Seat.last_seen_at
        if leaf.op == "is_empty":
            return _empty(column, leaf)
        if leaf.op == "within_days":
            first = midnight(_days_before(self.day, leaf.value))
            return and_(column.is_not(None), column >= first, column < midnight(self.day + timedelta(days=1)))
        if leaf.op == "older_than_days":
            return and_(column.is_not(None), column < midnight(_days_before(self.day, leaf.value)))
        start, end = midnight(leaf.value), midnight(leaf.value + timedelta(days=1))
        if leaf.op == "ne":
            return or_(column.is_(None), column < start, column >= end)
        compared = {
            "eq": and_(column >= start, column < end),
            "lt": column < start,
            "le": column < end,
            "gt": column >= end,
            "ge": column >= start,
        }
        return and_(column.is_not(None), compared[leaf.op])


def _empty(column: Any, leaf: Leaf) -> Condition:
    found: Condition = column.is_(None) if leaf.value else column.is_not(None)
    return found


def _among(column: Any, ids: Any) -> Condition:
    found: Condition = column.in_(ids)
    return found


def _days_before(day: date, days: int) -> date:
    return date.min if days >= day.toordinal() else day - timedelta(days=days)


def midnight(day: date) -> datetime:
    """The first moment of `day`, in UTC."""
    return datetime.combine(day, time(), UTC)


def _ascii_folded(column: Any, dialect: str) -> Any:
    # Ids are compared as written but for ASCII case: SQLite's lower() knows no other letters, the C collation neither.
    return func.lower(func.trim(column)) if dialect == "sqlite" else func.lower(func.trim(column).collate("C"))


def any_of(conditions: Collection[Condition]) -> Condition:
    """True where at least one holds; a balanced tree, since SQLite limits how deep an expression may be."""
    parts = list(conditions)
    while len(parts) > 1:
        parts = [or_(*parts[start : start + 30]) for start in range(0, len(parts), 30)]
    return reduce(or_, parts, false())
