"""Random estates: the engine finds what the slow reference finds, on both databases, however it is run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from connectors.records import Line, Product, Seat
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Account, Client, Connection, Finding, Flag
from rcx_app.models import Line as LineRow
from tests.conftest import World, make_workspace
from tests.domain.reconcile import reference
from tests.domain.reconcile.estates import DAY, NOON, ago, build, flags, line, map_accounts, seat, standing
from tests.domain.reconcile.reference import Estate
from tests.domain.service_rules.evaluator import same

CLIENTS = ["C1", "C2", "C3", "C4"]
PRODUCTS = ["WS", "SRV", "M365", "Bkp", "FLAT"]
INTEGRATIONS = ["NinjaOne", "Microsoft 365"]
ACCOUNTS = ["A1", "A2", "A3", "A4"]
DATES = [None, DAY, DAY - timedelta(days=1), DAY + timedelta(days=1), date(2025, 1, 1)]

quantities = st.sampled_from([Decimal(each) for each in ("0", "1", "2", "3", "5", "2.5", "10", "0.000001")])
prices = st.sampled_from([None, Decimal(0), Decimal("4"), Decimal("4.05"), Decimal("0.0375"), Decimal("119.99")])


@st.composite
def lines(draw: Any) -> list[Line]:
    return [
        line(
            draw(st.sampled_from(CLIENTS)),
            f"L{number}",
            draw(st.sampled_from([*PRODUCTS, " ws", "m365 "])),
            draw(quantities),
            included_quantity=draw(st.sampled_from([Decimal(0), Decimal(0), Decimal(1), Decimal(4)])),
            unit_price=draw(prices),
            currency=draw(st.sampled_from(["USD", "USD", "EUR", ""])),
            effective_date=draw(st.sampled_from(DATES)),
            cancelled_date=draw(st.sampled_from([None, None, *DATES])),
            billing_cycle=draw(st.sampled_from(["monthly", "monthly", "annual", "quarterly", "one_time"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]


@st.composite
def seats(draw: Any) -> list[Seat]:
    return [
        seat(
            draw(st.sampled_from(ACCOUNTS)),
            f"S{number}",
            kind=draw(st.sampled_from(["user", "device"])),
            sku=draw(st.sampled_from(["", "SPB", "spb ", "E3"])),
            identity=draw(st.sampled_from(["", "ann@x", "Ann@X", "bob@x"])),
            status=draw(st.sampled_from(["active", "active", "disabled", "deleted"])),
            device_class=draw(st.sampled_from(["", "workstation", "server"])),
            quantity=draw(st.sampled_from([None, Decimal(1), Decimal(3), Decimal("1.5")])),
            last_seen_at=draw(st.sampled_from([None, ago(0), ago(30), ago(31), ago(90)])),
        )
        for number in range(draw(st.integers(0, 18)))
    ]


CONDITIONS = [
    {},
    {"all": [{"field": "sku", "op": "eq", "value": "SPB"}]},
    {
        "all": [
            {"field": "sku", "op": "eq", "value": " spb"},
            {"field": "last_seen_at", "op": "within_days", "value": 30},
        ]
    },
    {"all": [{"field": "device_class", "op": "eq", "value": "Workstation"}]},
    {
        "all": [
            {"field": "sku", "op": "in", "value": ["SPB", "E5"]},
            {"field": "status", "op": "ne", "value": "disabled"},
        ]
    },
    {"none": [{"field": "last_seen_at", "op": "older_than_days", "value": 30}]},
    {
        "any": [
            {"field": "last_seen_at", "op": "within_days", "value": 30},
            {"field": "quantity", "op": "gt", "value": 1},
        ]
    },
    {"all": [{"field": "kind", "op": "eq", "value": "user"}, {"none": [{"field": "identity", "op": "is_empty"}]}]},
]


TIERS = [{"up_to": 2, "price": "5"}, {"up_to": "4.5", "price": "0.000003"}, {"price": 3}]
ALLOWANCES = [
    {"quantity": 2, "integration": "NinjaOne", "where": CONDITIONS[1]},
    {"quantity": "0.5", "count": "sum", "integration": "Unknown"},
    {"quantity": 1, "count": "seats", "where": {"all": [{"field": "kind", "op": "eq", "value": "user"}]}},
]
MEMBERS = [
    {"name": "Mail", "integration": "Microsoft 365", "where": CONDITIONS[1]},
    {"name": "Any", "count": "seats", "per_unit": "1.5", "where": CONDITIONS[4]},
]


@st.composite
def rules(draw: Any) -> list[RuleSpec]:
    free = draw(st.permutations(PRODUCTS[:-1]))
    made = []
    for number in range(draw(st.integers(0, 3))):
        codes, free = free[: draw(st.integers(1, 2))], free[2:]
        if codes:
            made.append(
                RuleSpec(
                    name=f"Rule {number}",
                    products=tuple(codes),
                    integration=draw(st.sampled_from([*INTEGRATIONS, " ninjaone", "Unknown", ""])),
                    count=draw(st.sampled_from(["seats", "distinct", "sum", "peak"])),
                    where=draw(st.sampled_from(CONDITIONS)),
                    included=draw(st.sampled_from([Decimal(0), Decimal(1), Decimal("0.5")])),
                    minimum=draw(st.sampled_from([Decimal(0), Decimal(2), Decimal(5)])),
                    lines=draw(st.sampled_from([(), (), (), ("L0", "L3"), ("L1",)])),
                    tiers=draw(st.sampled_from([(), (), TIERS])),
                    tier_mode=draw(st.sampled_from(["graduated", "volume"])),
                    allowance=draw(st.sampled_from([None, None, None, *ALLOWANCES])),
                    members=draw(st.sampled_from([(), (), MEMBERS])),
                    pack_size=draw(st.sampled_from([Decimal(1), Decimal(5), Decimal("2.5"), Decimal("0.3")])),
                    multiplier=draw(st.sampled_from([Decimal(1), Decimal(2), Decimal("0.333333")])),
                    effective_from=draw(st.sampled_from([None, None, DAY, DAY + timedelta(days=1)])),
                )
            )
    if made and not made[0].lines and draw(st.booleans()):
        special = {
            "name": "Special",
            "lines": ("L0", "L2"),
            "count": "seats",
            "where": draw(st.sampled_from(CONDITIONS)),
        }
        made.append(made[0].model_copy(update=special))
    return made


@st.composite
def estates(draw: Any) -> Estate:
    owners = st.sampled_from([*CLIENTS, *CLIENTS, None, ""])
    made_lines = draw(lines())
    return Estate(
        lines=made_lines,
        products=draw(
            st.sampled_from(
                [[], [Product(external_id="P", code="ws", name="Workstation", unit_price=Decimal("7"), currency="USD")]]
            )
        ),
        seats={each: draw(seats()) for each in INTEGRATIONS},
        accounts=dict.fromkeys(INTEGRATIONS, ACCOUNTS),
        mapping={(label, account): draw(owners) for label in INTEGRATIONS for account in ACCOUNTS},
        rules=draw(rules()),
    )


def load(context: Context, estate: Estate) -> None:
    build(
        context,
        lines=estate.lines,
        products=estate.products,
        seats=estate.seats,
        accounts=estate.accounts,
        mapping=estate.mapping,
        rules=estate.rules,
        names=dict.fromkeys(CLIENTS, "Client"),
    )


def shown(session: Session, context: Context) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    """What stands in the database, in the reference's terms."""
    clients = {row.id: row.external_id for row in session.exec(select(Client))}
    own_lines = {row.id: row.external_id for row in session.exec(select(LineRow))}
    accounts = {
        account.id: f"{connection.label}/{account.external_id}"
        for account, connection in session.exec(
            select(Account, Connection).where(col(Connection.id) == Account.connection_id)
        )
    }
    found = [
        {
            "client": clients.get(each.client_id, ""),
            "line": own_lines.get(each.line_id, ""),
            "product": same(each.product_code),
            "kind": each.kind,
            "about": accounts.get(each.account_id, "") or (same(each.sku) if each.kind == "unaccounted" else ""),
            "billed": each.billed_quantity,
            "count": each.system_count,
            "expected": each.expected_quantity,
            "price": each.unit_price,
            "amount": each.amount,
        }
        for each in standing(session, context)
    ]
    unknown = [
        (clients.get(each.client_id, ""), own_lines.get(each.line_id, ""))
        for each in flags(session, context)
        if each.kind == "no_usage_source"
    ]
    return sorted((normal(each) for each in found), key=repr), sorted(unknown)


def normal(found: dict[str, Any]) -> dict[str, Any]:
    """Decimals of equal value look alike, to a millionth, rounded as money is."""
    millionth = Decimal("0.000001")
    return {
        key: f"{value.quantize(millionth, ROUND_HALF_UP) + 0:f}" if isinstance(value, Decimal) else value
        for key, value in found.items()
    }


RANDOM = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)


@RANDOM
@given(estate=estates())
def test_the_engine_finds_what_the_reference_finds(world: World, estate: Estate) -> None:
    with frozen(NOON):
        context = make_workspace_again()
        load(context, estate)
        expected, unknown = reference.reconcile(estate, DAY)
        with transaction(context) as session:
            service.reconcile(session, context)
        with transaction(context, read_only=True) as session:
            assert shown(session, context) == (sorted((normal(each) for each in expected), key=repr), unknown)


@RANDOM
@given(estate=estates(), moved=st.sampled_from(ACCOUNTS), to=st.sampled_from([*CLIENTS, None, ""]))
def test_touched_clients_come_out_as_in_a_full_run(
    sqlite_world: World, estate: Estate, moved: str, to: str | None
) -> None:
    key = ("NinjaOne", moved)
    with frozen(NOON):
        context = make_workspace_again()
        load(context, estate)
        with transaction(context) as session:
            service.reconcile(session, context)
        with transaction(context) as session:
            map_accounts(session, context, {key: to})
            ids = {
                row.external_id: row.id
                for row in session.exec(select(Client))
                if row.workspace_id == context.workspace_id
            }
            touched = [ids[each] for each in {estate.mapping[key], to} if each]
        with transaction(context) as session:
            service.reconcile(session, context, clients=touched)
        with transaction(context, read_only=True) as session:
            by_clients = everything(session, context)
        with transaction(context) as session:
            done = service.reconcile(session, context)
        with transaction(context, read_only=True) as session:
            assert everything(session, context) == by_clients
    assert (done["new"], done["changed"], done["gone"]) == (0, 0, 0)


def everything(session: Session, context: Context) -> Sequence[Any]:
    """All that stands, ids included."""
    found = session.exec(select(Finding).where(Finding.workspace_id == context.workspace_id))
    raised = session.exec(select(Flag).where(Flag.workspace_id == context.workspace_id))
    rows = sorted((each.id, each.fingerprint, each.content_hash, each.resolved_at is None) for each in found)
    return rows, sorted((each.id, each.fingerprint) for each in raised)


_made = iter(range(1_000_000))


def make_workspace_again() -> Context:
    """A workspace of its own for each example."""
    return make_workspace(f"W{next(_made)} MSP")
