"""Conditions: SQL on both databases takes the seats that the arithmetic says; wrong conditions are refused clearly."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import case, not_
from sqlmodel import select

from connectors.records import Account, Seat
from rcx_app.core.db import transaction
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import BadCondition, check, to_json
from rcx_app.domain.sync import direct
from rcx_app.models import Seat as SeatRow
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, connect
from tests.domain.service_rules.evaluator import start, takes

TEXTS = ["", "SPB", "spb ", "Straße", "STRASSE", "ÉCLAIR", "e\u0301clair", "50%_off", "50xx_off", "a'b\"c", "İstanbul"]
TEXTS += [
    "server",
    "Server ",
    "srv-01",
    "srv-1a",
    "x/y",
    "\\",
    "日本",
    "ΣΊΣΥΦΟΣ",
    "0",
    "12",
    "12.5",
    "-3",
    "+4.000001",
    "1e3",
]
TEXTS += ["12.", ".5", "1234567890123", "0.1234567", " 7 ", "٣"]
KINDS = ["user", "device", "agent", "other"]
STATUSES = ["active", "disabled", "suspended", "deleted"]
QUANTITIES = [None, Decimal(0), Decimal(1), Decimal("2.5"), Decimal(-1), Decimal("0.000001"), Decimal(10**9)]
DAYS = [0, 1, 29, 30, 31, 365]
NAMES = ["plan", "Plan Name", "größe", "empty"]


def moments() -> list[datetime | None]:
    """Both sides of every boundary that a condition may ask about."""
    found: list[datetime | None] = [None, start(DAY + timedelta(days=1)), start(DAY + timedelta(days=40))]
    for days in DAYS:
        edge = start(DAY - timedelta(days=days))
        found += [edge, edge - timedelta(microseconds=1), edge + timedelta(hours=13, microseconds=1)]
    return [
        *found,
        start(DAY + timedelta(days=1)) - timedelta(microseconds=1),
        datetime(1999, 12, 31, 23, 59, tzinfo=UTC),
    ]


def seats(number: int) -> list[Seat]:
    rng = random.Random(11)
    times = moments()
    return [
        Seat(
            external_id=f"S{at}" if at % 7 else f"s{at} x",
            account_external_id=rng.choice(["A1", "a2", "B"]),
            kind=rng.choice(KINDS),
            sku=rng.choice(TEXTS),
            sku_name=rng.choice(TEXTS),
            identity=rng.choice(TEXTS),
            display_name=rng.choice(TEXTS),
            status=rng.choice(STATUSES),
            device_class=rng.choice(["", "server", "workstation"]),
            quantity=rng.choice(QUANTITIES),
            created_at=rng.choice(times),
            last_seen_at=times[at % len(times)],
            attributes={name: rng.choice(TEXTS) for name in NAMES if rng.random() < 0.7},
        )
        for at in range(number)
    ]


class Estate:
    """A loaded workspace and its records, by integration and id. (No dataclass: its text would be too long to show.)"""

    def __init__(self, world: World, records: dict[str, dict[str, Seat]], labels: dict[int, str]) -> None:
        self.world = world
        self.records = records
        self.labels = labels


@pytest.fixture
def estate(world: World) -> Estate:
    """Two integrations of the same seats; the accounts have tricky names."""
    made, labels = {}, {}
    with transaction(world.ours) as session:
        for label in ("NinjaOne", "Größe"):
            connection = connect(session, world.ours, label, "usage")
            accounts = [Account(external_id=each, name=name) for each, name in ACCOUNTS.items()]
            direct.load(session, world.ours, connection.id, [*accounts, *seats(150)])
            labels[connection.id] = label
            made[label] = {seat.external_id: seat for seat in seats(150)}
    return Estate(world, made, labels)


ACCOUNTS = {"A1": "ACME GmbH & Co", "a2": "", "B": "Straße"}
text = st.sampled_from([each for each in TEXTS if each.strip()] + ["s", "ß", "%", "_", "SRV", "é"])
days = st.sampled_from([DAY - timedelta(days=each) for each in DAYS] + [DAY + timedelta(days=1), date(1999, 12, 31)])
texts_field = st.sampled_from(["sku", "sku_name", "identity", "display_name", "kind", "status", "device_class"])
attribute = st.sampled_from([f"attributes.{name}" for name in (*NAMES, "PLAN", "unknown")])
number = st.sampled_from([each for each in QUANTITIES if each is not None] + [Decimal(12), Decimal(3)])
pattern = st.sampled_from(
    ["^s", "\\d+", "^srv-\\d+$", "b|c", "[a-f0-9]{2}", "(?:ss|ß)", ".", "^$", "o.*f", "%_", "[^a-z]", "é"]
)


def leaf(field: Any, op: Any, value: Any) -> Any:
    return st.fixed_dictionaries({"field": field, "op": op, "value": value})


def leaves() -> Any:
    any_text = st.one_of(texts_field, attribute)
    ids = st.sampled_from(["account_id", "seat_id", "integration", "account_name"])
    id_text = st.sampled_from(
        ["A1", "a1", "A2", "s7 X", "S14 x", "NINJAONE", "grösse", "GRÖẞE", "acme", "strasse", "3"]
    )
    return st.one_of(
        leaf(any_text, st.sampled_from(["eq", "ne", "contains", "starts_with"]), text),
        leaf(ids, st.sampled_from(["eq", "ne", "contains", "starts_with"]), id_text),
        leaf(any_text, st.sampled_from(["in", "not_in"]), st.lists(text, min_size=1, max_size=4)),
        leaf(any_text, st.just("matches"), pattern),
        leaf(st.one_of(any_text, st.sampled_from(["quantity", "created_at"])), st.just("is_empty"), st.booleans()),
        leaf(st.just("quantity"), st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), number),
        leaf(st.just("quantity"), st.sampled_from(["in", "not_in"]), st.lists(number, min_size=1, max_size=3)),
        leaf(attribute, st.sampled_from(["lt", "le", "gt", "ge"]), number),
        leaf(
            st.sampled_from(["created_at", "last_seen_at"]), st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), days
        ),
        leaf(
            st.sampled_from(["created_at", "last_seen_at"]),
            st.sampled_from(["within_days", "older_than_days"]),
            st.sampled_from([*DAYS, 36_500]),
        ),
    )


def trees() -> Any:
    def group(parts: Any) -> Any:
        return st.builds(lambda how, each: {how: each}, st.sampled_from(["all", "any", "none"]), parts)

    return group(
        st.lists(
            st.recursive(leaves(), lambda inner: group(st.lists(inner, min_size=1, max_size=3)), max_leaves=6),
            min_size=1,
            max_size=3,
        )
    )


UNHURRIED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=250, deadline=None, suppress_health_check=UNHURRIED)
@given(tree=trees())
def test_sql_takes_what_the_arithmetic_takes(estate: Estate, tree: Any) -> None:
    context = estate.world.ours
    checked = check(tree)
    assert check(to_json(checked)) == checked
    with transaction(context, read_only=True) as session:
        conditions.prepare(session)
        dialect = session.get_bind().dialect.name
        compiled = conditions.Compiler(context.workspace_id, DAY, dialect).tree(checked)
        rows = session.exec(select(SeatRow.connection_id, SeatRow.external_id).where(compiled)).all()
        # Neither true nor false: `IS NULL` would bind closer than a NOT at the head of the condition.
        is_unsure = case((compiled, 0), (not_(compiled), 0), else_=1) == 1
        unsure = session.exec(select(SeatRow.id).where(is_unsure)).all()
    assert not unsure
    expected = sorted(
        (label, key)
        for label, own in estate.records.items()
        for key, seat in own.items()
        if takes(tree, seat, label, ACCOUNTS[seat.account_external_id], DAY)
    )
    assert sorted((estate.labels[connection], key) for connection, key in rows) == expected


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"al": []}, "'al' is not known here. Use all, any or none."),
        ({"all": {}}, "all: a list of comparisons is needed"),
        ({"any": []}, "any of nothing"),
        (
            {"all": [{"field": "statsu", "op": "eq", "value": "x"}]},
            "all[0].field: there is no field 'statsu' (did you mean status",
        ),
        ({"all": [{"field": "sku", "op": "equals", "value": "x"}]}, "there is no operator 'equals'"),
        ({"all": [{"field": "sku", "op": "eq"}]}, "eq on sku needs a value. Use is_empty"),
        ({"all": [{"field": "sku", "op": "eq", "value": " "}]}, "needs a value"),
        ({"all": [{"field": "sku", "op": "eq", "value": ["x"]}]}, "compared with text"),
        ({"all": [{"field": "sku", "op": "lt", "value": "x"}]}, "lt can't be used on sku"),
        ({"all": [{"field": "sku", "op": "in", "value": "x"}]}, "needs a list"),
        ({"all": [{"field": "quantity", "op": "lt", "value": "many"}]}, "compared with a number"),
        ({"all": [{"field": "quantity", "op": "lt", "value": 1.5}]}, "compared with a number"),
        ({"all": [{"field": "last_seen_at", "op": "within_days", "value": -1}]}, "whole number of days from 0"),
        ({"all": [{"field": "last_seen_at", "op": "within_days", "value": True}]}, "whole number of days from 0"),
        ({"all": [{"field": "last_seen_at", "op": "lt", "value": "soon"}]}, "compared with a date"),
        ({"all": [{"field": "sku", "op": "eq", "value": "x", "case": 1}]}, "'case' is not known here"),
        ({"all": [{"field": 'attributes.a"b', "op": "eq", "value": "x"}]}, "can't be the name of an attribute"),
        ({"all": [{"field": "sku", "op": "is_empty", "value": "yes"}]}, "takes true or false"),
        ([], "must be a mapping"),
    ],
)
def test_a_wrong_condition_says_where_and_what_to_do(tree: Any, says: str) -> None:
    with pytest.raises(BadCondition) as caught:
        check(tree)
    assert says in str(caught.value)


def test_depth_and_size_have_limits() -> None:
    tree: dict[str, Any] = {"all": [{"field": "sku", "op": "eq", "value": "x"}]}
    for _ in range(9):
        tree = {"all": [tree]}
    with pytest.raises(BadCondition, match="nested deeper"):
        check(tree)
    with pytest.raises(BadCondition, match="more than 200"):
        check({"all": [{"field": "sku", "op": "eq", "value": "x"}] * 201})


def test_bare_names_of_known_columns_are_attributes() -> None:
    tree = check({"all": [{"field": "Plan Name", "op": "eq", "value": "Gold"}]}, attributes={"plan name"})
    assert to_json(tree) == {"all": [{"field": "attributes.plan name", "op": "eq", "value": "Gold"}]}
