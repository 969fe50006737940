"""What a subscription is charged over its whole life, held against a reference that pays day by day.

Reference: a day costs the sum of the month's prices in force at its end, divided by the days of its month; a trial and
the time after an end cost nothing. Every bill line is such days' cost (or difference), rounded half-up once.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rcx_app.domain.subscription import arithmetic, life
from rcx_app.domain.subscription.arithmetic import BillLine, Held
from rcx_app.domain.subscription.life import State, Step

ONE_DAY = timedelta(days=1)
CENT = Decimal("0.01")
# A machine that does much else at once is no fault of the arithmetic.
unhurried = settings(deadline=None)


def tier(name: str, price: str) -> Held:
    return Held(len(name), name.lower(), "tier", name, 1, 1, 10, 1, Decimal(price))


def addon(key: str, quantity: int, price: str) -> Held:
    return Held(100 + len(key), key, "addon", key, 1, 1, 5, quantity, Decimal(price))


prices = st.decimals(0, 5000, places=2).map(str)
tiers = st.builds(tier, st.sampled_from(["S", "Big", "Large"]), prices)
addons = st.dictionaries(st.sampled_from(["aa", "bbbb"]), st.tuples(st.integers(1, 7), prices), max_size=2)
baskets = st.builds(
    lambda one, more: (one, *(addon(key, count, price) for key, (count, price) in sorted(more.items()))), tiers, addons
)
days = st.dates(date(1999, 12, 1), date(2101, 3, 1))
# (days that pass first, what is done then); a negative number is a clock or a time zone that was set back.
deeds = st.lists(
    st.tuples(
        st.integers(-2, 40),
        st.one_of(baskets, st.sampled_from(["cancel", "resume", "wait"])),
    ),
    max_size=14,
)


@dataclass
class Lived:
    """A subscription that is looked after every day, or only when something is done."""

    standing: life.Standing
    steps: list[Step] = field(default_factory=list)

    def to(self, today: date) -> None:
        for step in life.due_steps(self.standing, today):
            self.take(step)

    def take(self, step: Step) -> None:
        self.steps.append(step)
        self.standing = step.after

    def do(self, deed: object, today: date) -> None:
        if isinstance(deed, tuple):
            self.take(life.change(self.standing, deed, today))
        elif deed == "cancel" and self.standing.renews:
            self.take(life.renewal(self.standing, False, today))
        elif deed == "resume" and self.standing.state is State.ACTIVE and not self.standing.renews:
            self.take(life.renewal(self.standing, True, today))

    @property
    def lines(self) -> list[BillLine]:
        return [line for step in self.steps for line in step.lines]


def live(first: date, trial: int, basket: tuple[Held, ...], done: list[tuple[int, object]]) -> tuple[Lived, date]:
    lived, today = Lived(life.begin(basket, "USD", first, trial)), first
    for later, deed in done:
        today += timedelta(days=later)
        lived.to(today)
        lived.do(deed, today)
    return lived, max(today, lived.standing.not_before)


def cost_by_days(lived: Lived, first: date, last: date) -> Fraction:
    """What the days from `first` to `last` cost, one after the other, as the steps say what was held at each end."""
    whole, day = Fraction(0), first
    while day <= last:
        past = [step for step in lived.steps if step.day <= day]
        held = past[-1].after if past else None
        if held is not None and held.state is State.ACTIVE:
            month = calendar.monthrange(day.year, day.month)[1]
            whole += sum((Fraction(each.unit_price) * each.quantity for each in held.items), Fraction(0)) / month
        day += ONE_DAY
    return whole


def exact(line: BillLine) -> Fraction:
    """The line before it is rounded, by counting its days."""
    day, count = line.day_from, 0
    while day <= line.day_to:
        day, count = day + ONE_DAY, count + 1
    return Fraction(line.unit_amount) * count / calendar.monthrange(line.day_from.year, line.day_from.month)[1]


def half_up(amount: Fraction) -> Decimal:
    """The nearest cent, of two the one further from zero."""
    cents = abs(amount) * 100
    whole = cents.numerator // cents.denominator
    whole += 1 if cents - whole >= Fraction(1, 2) else 0
    return Decimal(whole if amount >= 0 else -whole) / 100


@unhurried
@given(days, st.integers(0, 45), baskets, deeds)
@example(date(2024, 2, 28), 1, (tier("S", "99.99"),), [(0, (tier("S", "99.99"),)), (2, (tier("Big", "5.01"),))])
@example(
    date(2026, 12, 31), 0, (tier("S", "10"),), [(0, (tier("S", "31"),)), (1, "cancel"), (0, "resume"), (31, "wait")]
)
def test_every_day_is_paid_once_at_its_price(
    first: date, trial: int, basket: tuple[Held, ...], done: list[tuple[int, object]]
) -> None:
    lived, today = live(first, trial, basket, done)
    # What is paid in advance reaches to the end of the month that was billed last.
    paid_until = lived.standing.due_on - ONE_DAY if lived.standing.state is State.ACTIVE else today  # type: ignore[operator]
    assert sum((exact(line) for line in lived.lines), Fraction(0)) == cost_by_days(lived, first, paid_until)


@unhurried
@given(days, st.integers(0, 45), baskets, deeds)
def test_every_line_is_rounded_half_up_once(
    first: date, trial: int, basket: tuple[Held, ...], done: list[tuple[int, object]]
) -> None:
    lived, _ = live(first, trial, basket, done)
    for line in lived.lines:
        assert line.amount == half_up(exact(line))
        assert line.days == (line.day_to - line.day_from).days + 1
        assert line.day_to == arithmetic.month_end(line.day_from)


@unhurried
@given(days, st.integers(0, 45), baskets, deeds, st.integers(0, 400))
def test_after_downtime_the_same_bills_come_with_the_same_dates(
    first: date, trial: int, basket: tuple[Held, ...], done: list[tuple[int, object]], away: int
) -> None:
    down, today = live(first, trial, basket, done)
    up = replace(down, steps=list(down.steps))
    down.to(today + timedelta(days=away))
    for day in range(away + 1):
        up.to(today + timedelta(days=day))
    assert down == up
    cycles = [step.cycle_on for step in down.steps if step.cycle_on is not None]
    assert cycles == sorted(set(cycles))
    assert all(day.day == 1 for step in down.steps if step.kind == "bill" for day in [step.day])


@unhurried
@given(days, baskets, st.lists(st.tuples(st.integers(0, 30), baskets), max_size=6))
def test_lines_stay_within_half_a_cent_each_of_the_days(
    first: date, basket: tuple[Held, ...], changes: list[tuple[int, tuple[Held, ...]]]
) -> None:
    lived, _ = live(first, 0, basket, [(0, basket), *changes])
    charged = sum((line.amount for line in lived.lines), Decimal(0))
    until = lived.standing.due_on
    assert until is not None
    apart = abs(Fraction(charged) - cost_by_days(lived, first, until - ONE_DAY))
    assert apart <= Fraction(1, 200) * len(lived.lines)


def test_a_change_is_charged_from_its_own_day_on() -> None:
    small, large = (tier("S", "99.00"),), (tier("Big", "249.00"),)
    (line,) = arithmetic.change_lines(small, large, date(2026, 11, 15), "USD")
    assert (line.days, line.of_days, line.unit_amount, line.amount) == (16, 30, Decimal("150.00"), Decimal("80.00"))
    assert line.text == "Big instead of S"
    (back,) = arithmetic.change_lines(large, small, date(2026, 11, 30), "USD")
    assert back.amount == Decimal("-5.00")


@pytest.mark.parametrize(
    ("monthly", "day", "currency", "expected"),
    [
        ("0.01", date(2026, 11, 16), "USD", "0.01"),  # exactly half a cent goes up
        ("-0.01", date(2026, 11, 16), "USD", "-0.01"),  # and, owed, down
        ("29.00", date(2024, 2, 29), "USD", "1.00"),  # the last day of a leap month
        ("28.00", date(2026, 2, 28), "USD", "1.00"),
        ("100", date(2026, 12, 2), "JPY", "97"),  # a currency without cents
        ("1", date(2026, 12, 2), "KWD", "0.968"),
    ],
)
def test_rounding_at_the_edges(monthly: str, day: date, currency: str, expected: str) -> None:
    assert arithmetic.prorated(Decimal(monthly), day, currency) == Decimal(expected)


@unhurried
@given(st.decimals(-9999, 9999, places=2), st.decimals(0, 1, places=4), st.decimals(0, 9999, places=2))
def test_tax_and_credit_of_a_bill(net: Decimal, rate: Decimal, balance: Decimal) -> None:
    line = BillLine("x", date(2026, 11, 1), date(2026, 11, 30), 30, 30, net, net)
    made = arithmetic.bill([line], rate, "USD")
    assert made.tax == (net * rate).quantize(CENT, rounding=ROUND_HALF_UP)
    assert made.total == net + made.tax
    used = arithmetic.credit_used(made.total, balance)
    assert used == (min(balance, made.total) if made.total > 0 else 0)


def test_the_trial_costs_nothing_and_what_was_not_chosen_ends() -> None:
    begun = life.begin((tier("S", "99"),), "USD", date(2026, 1, 20), 30)
    (end,) = life.due_steps(begun, date(2026, 6, 1))
    assert (end.kind, end.day, end.after.state, end.after.ended_on) == (
        "end", date(2026, 2, 19), State.ENDED, date(2026, 2, 18)
    )  # fmt: skip
    assert end.lines == ()


def test_a_chosen_plan_is_billed_from_the_day_after_the_trial() -> None:
    begun = life.begin((tier("S", "99"),), "USD", date(2026, 1, 20), 30)
    chosen = life.change(begun, (tier("Big", "280"),), date(2026, 2, 1))
    assert chosen.lines == ()
    start, bill = life.due_steps(chosen.after, date(2026, 3, 31))
    assert [line.amount for line in start.lines] == [Decimal("100.00")]  # 10 of 28 days
    assert (start.day, bill.day, bill.cycle_on) == (date(2026, 2, 19), date(2026, 3, 1), date(2026, 3, 1))
