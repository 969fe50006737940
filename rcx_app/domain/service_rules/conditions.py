"""Condition trees over seats: checked here, and compiled to one SQL expression that count and evidence share.

A tree is `{"all" | "any" | "none": [leaf or tree, ...]}`, a leaf `{"field": ..., "op": ..., "value": ...}`; an empty
tree takes every seat. The meaning is that of docs/arithmetic.md: text is compared folded; a missing value satisfies
only `is_empty`, `ne` and `not_in`. Each compiled leaf is true or false, never null, so `none` needs no special care.

Fields: FIELDS below, and `attributes.<name>` for a column of the source that has no place of its own (a bare name works
where the caller knows that such a column exists). Dates compare by the UTC day; attributes compare as text, and by
`lt le gt ge` as numbers where they are plain numbers (other text satisfies none of the four).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
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

from rcx_app.core.money import parse, to_micros
from rcx_app.core.text import fold
from rcx_app.domain.service_rules.patterns import BadPattern, compiled, sqlite_matches
from rcx_app.models import Account, Connection, Seat

Condition = ColumnElement[bool]
GROUPS = ("all", "any", "none")
TEXT_OPS = ("eq", "ne", "in", "not_in", "contains", "starts_with", "matches", "is_empty")
NUMBER_OPS = ("eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "is_empty")
DATE_OPS = ("eq", "ne", "lt", "le", "gt", "ge", "within_days", "older_than_days", "is_empty")
ATTRIBUTE_OPS = (*TEXT_OPS, "lt", "le", "gt", "ge")
OPS = tuple(dict.fromkeys((*TEXT_OPS[:-1], "lt", "le", "gt", "ge", *DATE_OPS)))

# What each field is. Text fields are compared in folded columns; ids as the source writes them, ASCII case ignored.
FIELDS: Mapping[str, str] = {
    "integration": "text",
    "account_id": "text",
    "account_name": "text",
    "seat_id": "text",
    "kind": "text",
    "sku": "text",
    "sku_name": "text",
    "identity": "text",
    "display_name": "text",
    "status": "text",
    "device_class": "text",
    "quantity": "number",
    "created_at": "date",
    "last_seen_at": "date",
}
ATTRIBUTE_PREFIX = "attributes."
MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_DAYS = 36_500
_OPS_BY_KIND = {"text": TEXT_OPS, "number": NUMBER_OPS, "date": DATE_OPS, "attribute": ATTRIBUTE_OPS}
_NUMBER_PATTERN = "^[+-]?[0-9]{1,12}(\\.[0-9]{1,6})?$"


class BadCondition(ValueError):
    """A tree that can't be used: where in it (`all[2].value`), what is wrong and what to do."""

    def __init__(self, where: tuple[str | int, ...], problem: str, remedy: str = "") -> None:
        super().__init__(where, problem, remedy)
        self.where = where
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.where).lstrip(".")
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One checked comparison. `kind`: text | number | date | attribute.

    `value` is what is compared: folded text, an exact number or a date; `shown` is the same as it was written.
    """

    field: str
    op: str
    value: Any
    kind: str
    shown: Any = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked group: `how` is all, any or none of `parts`."""

    how: str
    parts: tuple[Tree | Leaf, ...]


EVERYTHING = Tree("all", ())


def check(where: Mapping[str, Any], *, attributes: Collection[str] = ()) -> Tree:
    """The checked tree of `where`. `attributes` are the folded names of known source columns. Raises BadCondition."""
    tree = _tree(where, (), 0, frozenset(attributes))
    if sum(1 for _ in leaves(tree)) > MAX_LEAVES:
        raise BadCondition((), f"the condition has more than {MAX_LEAVES} comparisons.", "Split it into several rules.")
    return tree


def leaves(tree: Tree) -> list[Leaf]:
    """All comparisons of the tree, in order."""
    found: list[Leaf] = []
    for part in tree.parts:
        found += [part] if isinstance(part, Leaf) else leaves(part)
    return found


def _tree(where: Any, at: tuple[str | int, ...], depth: int, attributes: frozenset[str]) -> Tree:
    if depth > MAX_DEPTH:
        raise BadCondition(at, f"conditions are nested deeper than {MAX_DEPTH} levels.", "Flatten them.")
    if not isinstance(where, Mapping):
        raise BadCondition(at, "a condition must be a mapping.", "Write all:, any: or none: with a list under it.")
    unknown = [key for key in where if key not in GROUPS]
    if unknown:
        raise BadCondition((*at, str(unknown[0])), f"{unknown[0]!r} is not known here.", "Use all, any or none.")
    groups = [_group(str(how), where[how], (*at, str(how)), depth, attributes) for how in where]
    return groups[0] if len(groups) == 1 else Tree("all", tuple(groups))


def _group(how: str, parts: Any, at: tuple[str | int, ...], depth: int, attributes: frozenset[str]) -> Tree:
    if not isinstance(parts, list | tuple):
        raise BadCondition(at, "a list of comparisons is needed here.", "Start each with a dash.")
    if how == "any" and not parts:
        raise BadCondition(at, "any of nothing would take no seat.", "Add a comparison or remove the group.")
    made: list[Tree | Leaf] = []
    for index, part in enumerate(parts):
        place = (*at, index)
        if isinstance(part, Mapping) and ("field" in part or "op" in part):
            made.append(_leaf(part, place, attributes))
        else:
            made.append(_tree(part, place, depth + 1, attributes))
    return Tree(how, tuple(made))


def _leaf(part: Mapping[str, Any], at: tuple[str | int, ...], attributes: frozenset[str]) -> Leaf:
    for key in part:
        if key not in ("field", "op", "value"):
            raise BadCondition((*at, str(key)), f"{key!r} is not known here.", "A comparison has field, op and value.")
    field, kind = _field(part.get("field"), (*at, "field"), attributes)
    op = part.get("op")
    if op not in OPS:
        problem = f"there is no operator {op!r}{_closest(op, OPS)}."
        raise BadCondition((*at, "op"), problem, f"Use one of {', '.join(OPS)}.")
    if op not in _OPS_BY_KIND[kind]:
        allowed = ", ".join(_OPS_BY_KIND[kind])
        raise BadCondition((*at, "op"), f"{op} can't be used on {field}.", f"Use one of {allowed}.")
    value = _value(field, str(op), kind, part.get("value"), (*at, "value"), given="value" in part)
    shown = value if op == "matches" else _shown(part.get("value"), value)
    return Leaf(field, str(op), value, kind, shown)


def _shown(written: Any, value: Any) -> Any:
    """A checked value as it was written: only folded text looks different."""
    if isinstance(value, tuple):
        by_value = {fold(str(item)) if isinstance(value[0], str) else item: item for item in reversed(written)}
        return tuple(_shown(by_value.get(item, item), item) for item in value)
    return str(written).strip() if isinstance(value, str) else value


def _field(name: Any, at: tuple[str | int, ...], attributes: frozenset[str]) -> tuple[str, str]:
    if not isinstance(name, str) or not name.strip():
        raise BadCondition(at, "a comparison needs a field.", f"Use one of {', '.join(FIELDS)} or attributes.<name>.")
    if name.strip().lower() in FIELDS:
        return name.strip().lower(), FIELDS[name.strip().lower()]
    is_prefixed = name.lower().startswith(ATTRIBUTE_PREFIX)
    key = fold(name[len(ATTRIBUTE_PREFIX) :] if is_prefixed else name)
    if not (is_prefixed or key in attributes):
        known = [*FIELDS, *(ATTRIBUTE_PREFIX + each for each in sorted(attributes))]
        raise BadCondition(
            at,
            f"there is no field {name!r}{_closest(name, known)}.",
            f"Use one of {', '.join(FIELDS)}, or attributes.<name> for another column of the source.",
        )
    if not key or any(char in '"\\' or ord(char) < 32 for char in key):
        raise BadCondition(at, f"{name!r} can't be the name of an attribute.", "Leave out quotes and backslashes.")
    return ATTRIBUTE_PREFIX + key, "attribute"


def _closest(word: Any, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(word), known, n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def _value(field: str, op: str, kind: str, value: Any, at: tuple[str | int, ...], *, given: bool) -> Any:
    if op == "is_empty":
        if not given or value is None:
            return True
        if not isinstance(value, bool):
            raise BadCondition(at, "is_empty takes true or false.", "Leave the value out for true.")
        return value
    if value is None:
        raise BadCondition(at, f"{op} on {field} needs a value.", "Use is_empty to ask for missing values.")
    if op in ("in", "not_in"):
        if not isinstance(value, list | tuple) or not value:
            raise BadCondition(at, f"{op} needs a list with at least one value.", "Write it as [a, b].")
        each = [_single(field, op, kind, item, (*at, index)) for index, item in enumerate(value)]
        return tuple(dict.fromkeys(each))
    return _single(field, op, kind, value, at)


def _single(field: str, op: str, kind: str, value: Any, at: tuple[str | int, ...]) -> Any:
    if op in ("within_days", "older_than_days"):
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DAYS:
            raise BadCondition(at, f"{op} needs a whole number of days from 0 to {MAX_DAYS}, not {value!r}.")
        return value
    if kind == "date":
        return _date(field, value, at)
    if kind == "number" or (kind == "attribute" and op in ("lt", "le", "gt", "ge")):
        return _number(field, value, at)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadCondition(at, f"{field} is compared with text, not with {value!r}.", "Put the text in quotes.")
    text = str(value)
    if op == "matches":
        try:
            compiled(text)
        except BadPattern as error:
            raise BadCondition(at, f"{error}.", "docs/rules.md lists what a pattern may hold.") from error
        return text
    if not fold(text):
        raise BadCondition(at, f"{op} on {field} needs a value.", "Use is_empty to ask for missing values.")
    return fold(text)


def _number(field: str, value: Any, at: tuple[str | int, ...]) -> Decimal:
    problem = BadCondition(at, f"{field} is compared with a number of at most six decimals, not with {value!r}.")
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise problem
    try:
        return parse(str(value))
    except ValueError as error:
        raise problem from error


def _date(field: str, value: Any, at: tuple[str | int, ...]) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError) as error:
        remedy = "Write it as YYYY-MM-DD, or use within_days or older_than_days."
        raise BadCondition(at, f"{field} is compared with a date, not with {value!r}.", remedy) from error


def to_json(tree: Tree) -> dict[str, Any]:
    """The tree as plain data, in its canonical form (stored, dumped to YAML)."""
    parts = [_leaf_json(part) if isinstance(part, Leaf) else to_json(part) for part in tree.parts]
    return {tree.how: parts} if parts or tree.how != "all" else {}


def _leaf_json(leaf: Leaf) -> dict[str, Any]:
    made: dict[str, Any] = {"field": leaf.field, "op": leaf.op}
    if leaf.op == "is_empty" and leaf.value is True:
        return made
    value = [_plain(item) for item in leaf.shown] if isinstance(leaf.shown, tuple) else _plain(leaf.shown)
    return {**made, "value": value}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value.isoformat() if isinstance(value, date) else value


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
