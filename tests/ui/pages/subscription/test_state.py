"""The page Subscription and those of plans, handler by handler: what is shown is what is charged, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Role, Staff
from rcx_app.domain.subscription import offers
from rcx_app.models import ReconcileRun
from rcx_app.ui import across
from rcx_app.ui.banners import BannersState
from rcx_app.ui.pages.plans.state import CustomersState, IssuerState, PlansState
from rcx_app.ui.pages.subscription.state import SubscriptionState
from tests.conftest import World
from tests.domain.subscription.making import bought, invoices, november, on, platform, psa, run
from tests.domain.subscription.test_limits import add
from tests.ui.pages.integrations.tab import Tab


def plan(state: Any, name: str) -> int:
    return next(each.plan_id for each in state.tiers if each.name == name)


def test_what_a_choice_costs_is_shown_before_it_is_made(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Tab(sqlite_world.ours)
    with on(november(16)):
        state = tab.opened(SubscriptionState, "/settings/subscription")
        assert (state.facts.plan, state.facts.monthly, state.facts.next_amount) == ("Team", "249.00", "249.00")
        assert (state.is_changed, state.has_begun, state.may_change) == (False, True, True)
        tab.call(state, "pick", plan_id=plan(state, "Growth"))
        more = next(each for each in state.addons if each.name == "10 more clients")
        tab.call(state, "set_units", plan_id=more.plan_id, text="2")
        assert [(line.text, line.why, line.amount) for line in state.today] == [
            ("Growth instead of Team", "15 of 30 days", "150.00"),
            ("2 × 10 more clients", "15 of 30 days", "39.00"),
            ("Due", "", "189.00"),
        ]
        assert state.act == "Change plan: 189.00 USD due today"
        assert state.next[-1].amount == "627.00"
        assert state.is_changed
        tab.call(state, "apply")
        assert (state.facts.plan, state.is_changed, state.bills[0].total) == (
            "Growth + 2 × 10 more clients", False, "189.00 USD"
        )  # fmt: skip


def test_a_change_of_prices_meanwhile_is_shown_again_not_charged(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Tab(sqlite_world.ours)
    with on(november(16)):
        state = tab.opened(SubscriptionState, "/settings/subscription")
        tab.call(state, "pick", plan_id=plan(state, "Growth"))
    with on(november(17)):
        tab.call(state, "apply")
        assert "not what you were shown" in state.wrong
        assert state.today[0].why == "14 of 30 days"
        assert len(invoices(sqlite_world.ours)) == 1
        tab.call(state, "apply")
    assert len(invoices(sqlite_world.ours)) == 2


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "999999", "²"])
def test_a_number_of_addons_that_is_none_is_said_so(sqlite_world: World, text: str) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Tab(sqlite_world.ours)
    with on(november(16)):
        state = tab.opened(SubscriptionState, "/settings/subscription")
        tab.call(state, "set_units", plan_id=state.addons[0].plan_id, text=text)
    assert (state.wrong, state.stamp) == ("The number of an add-on is 0 or more.", "")


def test_it_is_ended_and_taken_back(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Tab(sqlite_world.ours)
    with on(november(16)):
        state = tab.opened(SubscriptionState, "/settings/subscription")
        tab.call(state, "cancel", form={"reason": "dear"})
        assert (state.renews, state.facts.next_words) == (False, "Ends on 30 Nov 2026")
        tab.call(state, "resume")
        assert (state.renews, state.facts.next_words) == (True, "on 1 Dec 2026")


def test_before_the_trial_in_it_and_after_it(sqlite_world: World) -> None:
    tab = Tab(sqlite_world.ours)
    with on(november(1)):
        state = tab.opened(SubscriptionState, "/settings/subscription")
        assert (state.has_begun, state.trial_days, len(state.tiers)) == (False, 30, 4)
        run(sqlite_world.ours)
        tab.call(state, "load")
        assert (state.facts.state, state.is_untaken, state.facts.ends) == ("trial", True, "30 Nov 2026")
        tab.call(state, "pick", plan_id=state.picked)
        assert (state.act, state.today[0].why) == ("Choose for after the trial", "The trial goes on")
    with on(date(2026, 12, 4)):
        run(sqlite_world.ours)
        tab.call(state, "load")
        assert (state.facts.state, state.facts.next_words) == ("ended", "Ended on 30 Nov 2026")
        tab.call(state, "pick", plan_id=plan(state, "Starter"))
        assert state.act == "Start: 89.42 USD due today"


def test_others_see_the_plan_and_the_limit_and_no_bills(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    state = Tab(sqlite_world.as_role(Role.VIEWER)).opened(SubscriptionState, "/settings/subscription")
    assert (state.facts.plan, state.facts.allowed) == ("Team", "75")
    assert (state.bills, state.facts.next_amount, state.bill_name, state.may_change) == ([], "", "", False)


def test_who_is_not_compared_is_listed_and_gets_a_place(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    with on(november(1)), transaction(None) as session:
        tiny = offers.add_plan(session, platform(sqlite_world.theirs), "tiny", "tier", "Tiny", "One client.")
        offers.add_version(session, platform(sqlite_world.theirs), tiny, november(1), 1, 1, {"USD": "1.00"})
    bought(ours, november(2), "tiny")
    with transaction(ours) as session:
        source = psa(session, ours)
        kept, late = (add(session, ours, source, name) for name in ("Alder", "Birch"))
    tab = Tab(ours)
    state = tab.opened(SubscriptionState, "/settings/subscription")
    assert [each.label for each in state.left_out] == ["Birch"]
    assert state.facts.warning == "1 client is not compared"
    tab.call(state, "exchange", form={"client": str(late), "instead_of": "x"})
    assert state.wrong_place == "Choose both clients."
    tab.call(state, "exchange", form={"client": str(late), "instead_of": str(kept)})
    assert ([each.label for each in state.left_out], state.wrong_place) == (["Alder"], "")


def test_every_page_says_how_many_clients_the_last_run_left_out(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    with transaction(ours) as session:
        for beyond in (0, 3):
            session.add(
                ReconcileRun(
                    workspace_id=ours.workspace_id, as_of=november(2), scope="full", totals={"beyond_plan": beyond},
                    finished_at=clock.now(),
                )
            )  # fmt: skip
            session.flush()
    state = Tab(ours).opened(BannersState, "/")
    assert state.beyond == "3 clients are not compared: the plan has no room for more."
    assert Tab(sqlite_world.theirs).opened(BannersState, "/").beyond == ""


def test_details_are_kept_or_said_to_be_wrong(sqlite_world: World) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Tab(sqlite_world.ours)
    state = tab.opened(SubscriptionState, "/settings/subscription")
    tab.call(state, "save_details", form={"name": " ", "address": "", "tax_id": ""})
    assert state.wrong_details.startswith("An invoice needs a name")
    tab.call(state, "save_details", form={"name": "Northbeam Ltd", "address": "1 Road", "tax_id": "GB1"})
    assert (state.bill_name, state.wrong_details) == ("Northbeam Ltd", "")


class Desk(Tab):
    """The tab of a platform admin."""

    def __init__(self, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(context)
        admin = replace(context, staff=Staff.PLATFORM_ADMIN)

        async def who() -> Context:
            return admin

        monkeypatch.setattr(across, "current_context", who)


def test_platform_admins_keep_plans_tax_credit_and_issuer(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bought(sqlite_world.ours, november(1))
    tab = Desk(sqlite_world.theirs, monkeypatch)
    with on(november(5)):
        plans = tab.opened(PlansState, "/staff/plans")
        form = {
            "key": "tiny", "kind": "tier", "name": "Tiny", "about": "", "valid_from": "2026-11-06", "clients": "5",
            "most": "1", "prices": "USD 19.00\n18 EUR",
        }  # fmt: skip
        tab.call(plans, "add_plan", form={**form, "prices": "nineteen"})
        assert plans.wrong_plan.startswith("'nineteen' is no price")
        tab.call(plans, "add_plan", form=form)
        (tiny,) = [each for each in plans.versions if each.key == "tiny"]
        assert (tiny.prices, tiny.clients, tiny.valid_from) == ("18.00 EUR, 19.00 USD", "5", "6 Nov 2026")
        tab.call(plans, "add_version", form={**form, "plan_id": str(tiny.plan_id), "valid_from": "2026-11-01"})
        assert "past" in plans.wrong_price
        customers = tab.opened(CustomersState, "/staff/plans/subscriptions")
        assert customers.query == "?from=2026-10-01&to=2026-10-31"
        (row,) = customers.customers
        for dialog, given in (
            ("tax", {"name": "VAT", "percent": "20"}),
            ("credit", {"amount": "5", "reason": "Sorry"}),
        ):
            tab.call(customers, "open", dialog=dialog, acting=row.id, name=row.name)
            tab.call(customers, "act", form=given)
        (row,) = customers.customers
        assert (row.tax, row.credit, customers.dialog) == ("VAT 20 %", "5.00 USD", "")
        tab.call(customers, "open", dialog="note", acting=customers.bills[0].id, name="")
        tab.call(customers, "act", form={"reason": ""})
        assert customers.wrong
        tab.call(customers, "act", form={"reason": "Wrong plan"})
        assert [each.kind for each in customers.bills] == ["Credit note", "Taken back"]
        issuer = tab.opened(IssuerState, "/staff/plans/issuer")
        tab.call(issuer, "save", form={**issuer.values, "name": "RCX Ltd"})
        assert (issuer.values["name"], issuer.wrong) == ("RCX Ltd", "")
        tab.call(issuer, "save_webhook", form={"url": "http://10.0.0.1/", "secret": "x" * 20})
        assert issuer.wrong_webhook
        tab.call(issuer, "save_webhook", form={"url": "https://books.example/rcx", "secret": "x" * 20})
        assert (issuer.webhook_url, issuer.has_secret) == ("https://books.example/rcx", True)


def test_nobody_else_reaches_them(sqlite_world: World) -> None:
    tab = Tab(sqlite_world.ours)
    for kind in (PlansState, CustomersState, IssuerState):
        with pytest.raises(NotPermitted):
            tab.opened(kind, "/staff/plans")
