"""Rates by which amounts are shown: which holds, what is refused, what a total leaves out; choices about data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.views import currencies, settings
from rcx_app.domain.views.currency_schemas import Converted, Rate, Rates
from tests.conftest import World

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def choose(context: Context, currency: str = "USD", view: str = "all", days: int = 30) -> None:
    with transaction(context) as session:
        settings.save(session, context, display_currency=currency, contract_view=view, inactive_days=days)


def enter(context: Context, currency: str, day: str, rate: str) -> None:
    with transaction(context) as session:
        currencies.enter(session, context, currency, day, rate)


def held(context: Context) -> Rates:
    with frozen(NOON), transaction(context, read_only=True) as session:
        return currencies.rates(session, context)


def test_the_newest_rate_that_has_begun_holds(world: World) -> None:
    choose(world.ours)
    for day, rate in (("2026-10-01", "1.05"), ("2026-11-01", "1.0842"), ("2026-12-01", "1.2")):
        enter(world.ours, "eur", day, rate)
    rates = held(world.ours)
    assert (rates.by_currency["EUR"].rate, rates.by_currency["EUR"].day) == (Decimal("1.0842"), date(2026, 11, 1))
    assert rates.shown(Decimal("100"), "EUR") == Converted(Decimal("108.42"), date(2026, 11, 1))
    assert rates.shown(Decimal("100"), "USD") is None
    assert held(world.theirs) == Rates()


def test_a_second_rate_of_a_day_takes_the_place_of_the_first(world: World) -> None:
    choose(world.ours)
    enter(world.ours, "EUR", "2026-11-01", "1.05")
    enter(world.ours, "EUR", "2026-11-01", "1.06")
    with transaction(world.ours, read_only=True) as session:
        (only,) = currencies.listed(session, world.ours).items
    assert (only.rate, only.source) == (Decimal("1.06"), "by hand")
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        currencies.delete(session, world.theirs, only.rate_id)
    with transaction(world.ours) as session:
        currencies.delete(session, world.ours, only.rate_id)
    assert held(world.ours).by_currency == {}


def test_another_display_currency_has_rates_of_its_own(world: World) -> None:
    choose(world.ours, "USD")
    enter(world.ours, "GBP", "2026-11-01", "1.25")
    choose(world.ours, "EUR")
    assert held(world.ours) == Rates("EUR", {})
    choose(world.ours, "")
    assert held(world.ours) == Rates()
    with pytest.raises(Conflict):
        enter(world.ours, "GBP", "2026-11-01", "1.2")
    choose(world.ours, "USD")
    assert held(world.ours).by_currency["GBP"].rate == Decimal("1.25")


def test_a_total_names_what_it_leaves_out_and_its_oldest_rate() -> None:
    rates = Rates(
        "USD",
        {
            "EUR": Rate("EUR", date(2026, 11, 1), Decimal("1.1")),
            "GBP": Rate("GBP", date(2026, 10, 1), Decimal("1.25")),
        },
    )
    sums = [(Decimal(100), "EUR"), (Decimal(-8), "GBP"), (Decimal(5), "USD"), (Decimal(7), "JPY"), (Decimal(0), "SEK")]
    assert rates.total(sums) == Converted(Decimal("105"), date(2026, 10, 1), ("JPY",))


def test_a_file_is_kept_whole_or_not_at_all(world: World) -> None:
    choose(world.ours)
    with transaction(world.ours) as session:
        text = "\ufeffCurrency,Day,Rate\nEUR,2026-11-01,1.08\n\ngbp,2026-11-01,1.25\n"
        assert currencies.read_file(session, world.ours, text) == 2
    with pytest.raises(Invalid) as failed, transaction(world.ours) as session:
        currencies.read_file(session, world.ours, "CHF,2026-11-01,1.1\nEUR,11/01/2026,1.1\nSEK,2026-11-01,zero\n")
    assert [each.split(":")[0] for each in failed.value.problems] == ["Row 2", "Row 3"]
    assert sorted(held(world.ours).by_currency) == ["EUR", "GBP"]


@pytest.mark.parametrize(
    ("currency", "day", "rate"),
    [
        ("EURO", "2026-11-01", "1"), ("EUR", "tomorrow", "1"), ("EUR", "2026-11-01", "0"), ("EUR", "2026-11-01", "-1"),
        ("EUR", "2026-11-01", "NaN"), ("EUR", "2026-11-01", "1.1234567"), ("USD", "2026-11-01", "1"),
        ("EUR", "2026-11-01", "1e9"),
    ],
)  # fmt: skip
def test_what_is_no_rate_is_refused(world: World, currency: str, day: str, rate: str) -> None:
    choose(world.ours)
    with pytest.raises(Invalid):
        enter(world.ours, currency, day, rate)


def test_only_who_may_settle_changes_anything(world: World) -> None:
    operator = world.as_role(Role.OPERATOR)
    with pytest.raises(NotPermitted):
        choose(operator)
    with pytest.raises(NotPermitted):
        enter(operator, "EUR", "2026-11-01", "1.1")


@pytest.mark.parametrize(("currency", "view", "days"), [("usdollar", "all", 30), ("", "some", 30), ("", "all", 0)])
def test_choices_out_of_range_are_refused(world: World, currency: str, view: str, days: int) -> None:
    with pytest.raises(Invalid):
        choose(world.ours, currency, view, days)


def test_other_days_of_silence_ask_for_a_reconciliation(world: World) -> None:
    choose(world.ours, "EUR", "mapped", 30)
    with transaction(world.ours, read_only=True) as session:
        assert jobs.open_jobs(session, world.ours, ["reconcile.run"]) == []
        assert settings.contract_view(session, world.ours) == "mapped"
    choose(world.ours, "EUR", "mapped", 60)
    with transaction(world.ours, read_only=True) as session:
        assert [job.kind for job in jobs.open_jobs(session, world.ours, ["reconcile.run"])] == ["reconcile.run"]
        shown = settings.data_settings(session, world.ours)
    assert (shown.display_currency, shown.inactive_days) == ("EUR", 60)
