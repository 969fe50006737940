"""The months before a finding and a client: how far back they go, and that a gap ends them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import col, select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.schemas import ClientFilters, FindingFilters, TrendPoint
from rcx_app.domain.reconcile.screens.trends import month_before
from rcx_app.models import ClientTotal, Finding
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat
from tests.domain.reconcile.test_screens import SERVERS

OPEN = FindingFilters(kinds=("calculated",))


def _estate(world: World) -> None:
    seats = [seat("N1", f"s{number}", device_class="server", last_seen_at=NOON) for number in range(4)]
    with frozen(NOON):
        build(
            world.ours,
            names={"C1": "Alder"},
            lines=[line("C1", "L1", "SRV", 1, unit_price=Decimal(60))],
            seats={"NinjaOne": seats},
            mapping={("NinjaOne", "N1"): "C1"},
            rules=[SERVERS],
        )
        with transaction(world.ours) as session:
            service.reconcile(session, world.ours)


def _months_before(world: World, *back: int, resolved: bool = False) -> None:
    """The same finding and client in earlier months; `back` of them before this one, counting as many as that."""
    with transaction(world.ours) as session:
        now = session.scalars(select(Finding).where(col(Finding.kind) == "calculated")).one()
        total = session.scalars(select(ClientTotal)).one()
        for months in back:
            period = month_before(now.period, months)
            values = now.model_dump(exclude={"id"}) | {
                "period": period, "expected_quantity": Decimal(10 + months),
                "resolved_at": now.changed_at if resolved else None,
            }  # fmt: skip
            session.add(Finding(**values))
            session.add(ClientTotal(**total.model_dump(exclude={"id"}) | {"period": period}))


def _trend(world: World) -> tuple[TrendPoint, ...]:
    with transaction(world.ours, read_only=True) as session:
        (row,) = screens.findings(session, world.ours, OPEN).items
    return row.trend


def test_a_trend_ends_with_what_is_shown_and_has_six_months_at_most(world: World) -> None:
    _estate(world)
    assert _trend(world) == (TrendPoint(date(2026, 11, 1), Decimal(1), Decimal(4)),)
    _months_before(world, 1, 2, 3, 4, 5, 6)
    trend = _trend(world)
    assert [each.expected for each in trend] == [15, 14, 13, 12, 11, 4]
    assert trend[0].period == date(2026, 6, 1)
    with transaction(world.ours, read_only=True) as session:
        (client,) = screens.client_table(session, world.ours, ClientFilters()).items
    assert [each.expected for each in client.trend] == [180] * 6


def test_a_month_without_it_ends_the_trend(world: World) -> None:
    _estate(world)
    _months_before(world, 1, 3, 4)
    assert [each.period.month for each in _trend(world)] == [10, 11]


def test_a_month_in_which_it_was_resolved_is_no_part_of_it(world: World) -> None:
    _estate(world)
    _months_before(world, 1, resolved=True)
    assert [each.period.month for each in _trend(world)] == [11]


@pytest.mark.parametrize(("back", "month"), [(0, date(2026, 1, 1)), (1, date(2025, 12, 1)), (13, date(2024, 12, 1))])
def test_months_are_counted_over_the_year(back: int, month: date) -> None:
    assert month_before(date(2026, 1, 1), back) == month
