"""A workspace's subscription in both databases: tried, bought, changed, cancelled, resumed, and by whom."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role, Stage
from rcx_app.domain.subscription import desk, invoices, offers, service
from rcx_app.domain.subscription.life import State
from rcx_app.domain.subscription.schemas import Overview, Wanted
from rcx_app.models import AuditEvent, PlanChange, Workspace
from tests.conftest import World
from tests.domain.subscription.making import bought, choose, lines, november, on, plan, platform, run, wanted
from tests.domain.subscription.making import invoices as issued


def seen(context: Context) -> Overview:
    with transaction(context, read_only=True) as session:
        found = service.overview(session, context)
    assert found is not None
    return found


def test_a_trial_begins_by_itself_and_ends_without_a_bill(world: World) -> None:
    with transaction(world.ours, read_only=True) as session:
        assert service.overview(session, world.ours) is None
    with on(november(1)):
        run(world.ours)
        now = seen(world.ours)
    assert (now.state, now.due_on, now.limit.allowed, now.upcoming) == (State.TRIAL, date(2026, 12, 1), 75, None)
    with on(date(2027, 2, 3)):
        assert run(world.ours) == 1
        now = seen(world.ours)
    assert (now.state, now.ended_on, now.items, issued(world.ours)) == (State.ENDED, date(2026, 11, 30), (), [])


def test_what_is_chosen_in_the_trial_is_billed_from_its_end_on(world: World) -> None:
    with on(november(1)):
        run(world.ours)
    with on(november(20)):
        shown = choose(world.ours, "growth")
    assert (shown.bill, shown.due) == (None, 0)
    assert shown.upcoming is not None
    assert (shown.upcoming.on, shown.upcoming.due) == (date(2026, 12, 1), Decimal("549.00"))
    with on(date(2026, 12, 1)):
        run(world.ours)
        run(world.ours)
    (first,) = issued(world.ours)
    assert (first.number, first.issued_on, first.due_on, first.due) == (
        "RCX-000001", date(2026, 12, 1), date(2026, 12, 15), Decimal(549)
    )  # fmt: skip


def test_a_change_costs_what_was_shown_from_its_day_on(world: World) -> None:
    bought(world.ours, november(1))
    with on(november(15)):
        shown = choose(world.ours, "growth", more_clients=2)
    assert shown.bill is not None
    assert [(line.text, line.days, line.amount) for line in shown.bill.lines] == [
        ("Growth instead of Team", 16, Decimal("160.00")),
        ("2 × 10 more clients", 16, Decimal("41.60")),
    ]
    first, change = issued(world.ours)
    assert lines(world.ours, first) == [("Team", 30, Decimal(249))]
    assert lines(world.ours, change) == [(line.text, line.days, line.amount) for line in shown.bill.lines]
    assert (change.due, shown.due, change.period_from, change.period_to) == (
        shown.bill.total, Decimal("201.60"), november(15), november(30)
    )  # fmt: skip
    assert seen(world.ours).limit.allowed == 220


def test_less_is_credited_and_the_credit_pays_the_next_bills_first(world: World) -> None:
    bought(world.ours, november(1), "scale")
    with transaction(None) as session:
        desk.set_tax(session, platform(world.theirs), world.ours.workspace_id, "VAT", "19")
    with on(november(16)):
        shown = choose(world.ours, "starter")
        now = seen(world.ours)
    # (99 - 1149) * 15 / 30 = -525, and 19 % of it
    assert (shown.due, shown.credited, now.credit) == (0, Decimal("624.75"), Decimal("624.75"))
    note = issued(world.ours)[-1]
    assert (note.kind, note.net, note.tax, note.total, note.due) == (
        "credit_note", Decimal(-525), Decimal("-99.75"), Decimal("-624.75"), 0
    )  # fmt: skip
    assert shown.upcoming is not None
    assert (shown.upcoming.credit_used, shown.upcoming.due) == (Decimal("117.81"), 0)
    with on(date(2027, 5, 2)):
        run(world.ours)
        left = seen(world.ours).credit
    bills = issued(world.ours)[2:]
    assert [bill.cycle_on for bill in bills] == [date(2026, 12, 1), *(date(2027, month, 1) for month in range(1, 6))]
    assert [bill.due for bill in bills] == [0, 0, 0, 0, 0, Decimal("82.11")]
    assert (sum(bill.credit_used for bill in bills), left) == (Decimal("624.75"), 0)


def test_a_cancellation_ends_with_the_month_and_can_be_taken_back(world: World) -> None:
    bought(world.ours, november(3))
    with on(november(10)), transaction(world.ours) as session:
        assert service.cancel(session, world.ours, " too   dear ") == november(30)
    now = seen(world.ours)
    assert (now.state, now.renews, now.upcoming, now.cancel_reason) == (State.ACTIVE, False, None, "too   dear")
    with on(november(30)), transaction(world.ours) as session:
        service.resume(session, world.ours)
        with pytest.raises(Conflict):
            service.resume(session, world.ours)
    with on(date(2026, 12, 9)):
        run(world.ours)
    assert [each.total for each in issued(world.ours)] == [Decimal("232.40"), Decimal(249)]  # 28 of 30 days
    with on(date(2026, 12, 9)), transaction(world.ours) as session:
        service.cancel(session, world.ours, "")
    with on(date(2027, 1, 1)):
        run(world.ours)
        assert (seen(world.ours).state, seen(world.ours).limit.allowed) == (State.ENDED, 0)
        with transaction(world.ours) as session, pytest.raises(Conflict):
            service.cancel(session, world.ours, "")
    with on(date(2027, 1, 31)):
        choose(world.ours, "team")
    assert lines(world.ours, issued(world.ours)[-1]) == [("Team", 1, Decimal("8.03"))]


def test_what_is_held_keeps_its_price_until_it_changes(world: World) -> None:
    bought(world.ours, november(1), "team", guided_close=1)
    admin = platform(world.theirs)
    with on(november(2)), transaction(None) as session:
        for key, price in (("team", "300.00"), ("guided-close", "200.00")):
            offers.add_version(
                session, admin, plan(session, key), november(5), 75 if key == "team" else 0,
                1 if key == "team" else 4, {"USD": price},
            )  # fmt: skip
    with on(november(4)), transaction(world.ours, read_only=True) as session:
        before = next(each for each in service.offered(session, world.ours) if each.key == "team")
        assert before.prices["USD"] == 249
    with on(date(2026, 12, 1)):
        run(world.ours)
    assert issued(world.ours)[-1].total == Decimal("398.00")
    with on(date(2026, 12, 1)):
        # One more is a change: both are at the new price, the tier is not touched.
        shown = choose(world.ours, "team", guided_close=2)
    assert shown.due == Decimal("251.00")
    assert shown.upcoming is not None
    assert shown.upcoming.due == Decimal("649.00")


def test_nothing_is_changed_that_was_not_shown(world: World) -> None:
    bought(world.ours, november(1))
    with on(november(10)), transaction(world.ours) as session:
        asked = wanted(session, "growth")
        stale = service.preview(session, world.ours, asked).stamp
        today = service.preview(session, world.ours, wanted(session, "team")).stamp
    with on(november(11)), transaction(world.ours) as session, pytest.raises(Conflict):
        service.change(session, world.ours, asked, stale)
    with on(november(10)), transaction(world.ours) as session:
        with pytest.raises(Conflict):
            service.change(session, world.ours, asked, today)
        with pytest.raises(Invalid, match="what you have"):
            service.change(session, world.ours, wanted(session, "team"), today)
        service.change(session, world.ours, asked, stale)
    with on(november(10)), transaction(world.ours) as session, pytest.raises(Conflict):
        service.change(session, world.ours, asked, stale)
    assert len(issued(world.ours)) == 2


def test_what_can_not_be_chosen(world: World) -> None:
    bought(world.ours, november(1))
    with transaction(None) as session:
        offers.describe(session, platform(world.theirs), plan(session, "scale"), "Scale", "", False)
    with on(november(2)), transaction(world.ours) as session:
        tier, more = plan(session, "team"), plan(session, "more-clients")
        for asked, error in (
            (Wanted(plan(session, "scale")), NotFound),
            (Wanted(more), Invalid),
            (Wanted(tier, {plan(session, "growth"): 1}), Invalid),
            (Wanted(tier, {more: 51}), Invalid),
            (Wanted(tier, {more: -1}), Invalid),
            (Wanted(10**9), NotFound),
        ):
            with pytest.raises(error):
                service.preview(session, world.ours, asked)


def test_only_owners_change_and_see_money_others_see_plan_and_limit(world: World) -> None:
    bought(world.ours, november(1))
    for role in (Role.VIEWER, Role.OPERATOR, Role.APPROVER, Role.ADMIN):
        person = world.as_role(role)
        found = seen(person)
        assert (found.items[0].name, found.limit.allowed, found.upcoming, found.party.name) == ("Team", 75, None, "")
        with transaction(person) as session:
            asked = wanted(session, "growth")
            for deed, given in (
                (service.preview, (asked,)),
                (service.change, (asked, "x")),
                (service.cancel, ("",)),
                (service.resume, ()),
                (service.save_details, ("X", "", "")),
                (service.choose_currency, ("EUR",)),
                (invoices.listed, ()),
                (desk.customers, ()),
            ):
                with pytest.raises(NotPermitted):
                    deed(session, person, *given)  # type: ignore[operator]


def test_an_owner_may_pay_while_the_workspace_is_suspended(world: World) -> None:
    bought(world.ours, november(1))
    owner = Context(
        workspace_id=world.ours.workspace_id, user_id=world.ours.user_id, role=Role.OWNER, stage=Stage.SUSPENDED
    )
    with transaction(owner, read_only=True) as session:
        (row,) = invoices.listed(session, owner).items
    assert row.number == "RCX-000001"


def test_the_first_invoice_fixes_the_currency(world: World) -> None:
    with on(november(1)):
        run(world.ours)
    with on(november(2)), transaction(world.ours) as session:
        service.choose_currency(session, world.ours, "EUR")
        with pytest.raises(Invalid):
            service.choose_currency(session, world.ours, "CHF")
    with on(november(3)):
        choose(world.ours, "starter")
    with on(date(2026, 12, 1)):
        run(world.ours)
    (first,) = issued(world.ours)
    assert (first.currency, first.total) == ("EUR", Decimal(95))
    with transaction(world.ours) as session, pytest.raises(Conflict):
        service.choose_currency(session, world.ours, "USD")


def test_days_are_those_of_the_workspace(world: World) -> None:
    with transaction(None) as session:
        session.get_one(Workspace, world.ours.workspace_id).time_zone = "Pacific/Auckland"
    bought(world.ours, november(1))
    with on(november(30)):  # noon in UTC is the 1st of December there
        assert run(world.ours) == 1
    assert [each.period_from for each in issued(world.ours)] == [november(2), date(2026, 12, 1)]
    with transaction(None) as session:
        session.get_one(Workspace, world.ours.workspace_id).time_zone = "Pacific/Honolulu"
    with on(november(30)):
        # Moved west, it is November again; December is paid, so a change counts from its first day.
        shown = choose(world.ours, "growth")
    assert (shown.day, shown.due) == (date(2026, 12, 1), Decimal("300.00"))


def test_every_step_is_kept_and_recorded(world: World) -> None:
    bought(world.ours, november(1))
    with on(november(9)), transaction(world.ours) as session:
        service.save_details(session, world.ours, "Northbeam Ltd", "1 Road\nTown", "GB1")
        service.cancel(session, world.ours, "")
    with transaction(world.ours, read_only=True) as session:
        kinds = [each.kind for each in session.scalars(select(PlanChange).order_by(PlanChange.id))]  # type: ignore[arg-type]
        tags = {each.tag for each in session.scalars(select(AuditEvent)) if each.tag.startswith("subscription")}
    assert kinds == ["trial", "end", "start", "cancel"]
    assert tags == {
        "subscription:trial", "subscription:end", "subscription:start", "subscription:invoice",
        "subscription:details", "subscription:cancel",
    }  # fmt: skip
    with on(november(10)):
        choose(world.ours, "growth")
    assert issued(world.ours)[-1].customer == {"name": "Northbeam Ltd", "address": "1 Road\nTown", "tax_id": "GB1"}
