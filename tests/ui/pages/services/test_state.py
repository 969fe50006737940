"""The page's handlers over a real database, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from reflex.istate.data import RouterData
from reflex.state import State

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity.schemas import Identity
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.views import settings
from rcx_app.ui.caller import forget_caller, set_caller
from rcx_app.ui.pages.services.state import ServicesRowsState
from rcx_app.ui.shell import ShellState
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat

SURE = {"AAA": "0.99", "BBB": "0.95", "CCC": "0.60"}


class Desk:
    """A person at the page: opens an address, runs handlers to their end and keeps what the browser was told."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.told: list[Any] = []
        self.root = State(_reflex_internal_init=True)  # type: ignore[call-arg]
        self.state: Any = self.root.get_substate(ServicesRowsState.get_full_name().split(".")[1:])

    def open(self, query: str = "") -> Desk:
        self.root.router = RouterData.from_router_data(
            {"pathname": "/services", "asPath": f"/services{query}", "headers": {"origin": "http://localhost:3000"}}
        )
        return self.run(self.state.load)

    def run(self, handler: Callable[..., Any], *args: Any) -> Desk:
        asyncio.run(self._run(handler, args))
        return self

    async def _run(self, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.told = [step async for step in self.steps(handler, *args)]

    async def steps(self, handler: Callable[..., Any], *args: Any) -> AsyncIterator[Any]:
        """Each moment at which the browser would be told."""
        identity = Identity(
            session_id=1,
            session_key="k",
            user_id=self.context.user_id or 0,
            user_name="Dana Whitfield",
            email="dana@msp.example",
            workspace_id=self.context.workspace_id,
            workspace_name="Northbeam IT",
            role=self.context.role,
            rotation_due=False,
        )
        set_caller(identity, Permission.RULES)
        found = handler(*args)
        if hasattr(found, "__aiter__"):
            async for step in found:
                yield step
        else:
            yield await found

    def decide(self, verdict: str) -> Desk:
        return self.run(self.state.decide, self.state.hand.rule_id, verdict)

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.state.rows]

    def states(self) -> dict[str, str]:
        """The rules as they are stored."""
        with transaction(self.context, read_only=True) as session:
            found = screens.rules(session, self.context, ("suggested", "active", "rejected", "retired"))
            return {each.name: each.state for each in found}


@pytest.fixture(autouse=True)
def _noon_and_nobody_calls() -> Iterator[None]:
    with frozen(NOON):
        yield
    forget_caller()


@pytest.fixture
def ours(sqlite_world: World) -> Context:
    """Products AAA, BBB, CCC with suggestions, FEE without; two clients."""
    context = sqlite_world.ours
    build(
        context,
        names={"C1": "Alder", "C2": "Birch"},
        lines=[
            *(line(client, f"{client}-{code}", code, 2) for client in ("C1", "C2") for code in SURE),
            line("C1", "fee", "FEE", 1),
        ],
        seats={"Tool": [seat("T1", f"{code}-{n}", sku=code) for code in SURE for n in range(3)]},
        mapping={("Tool", "T1"): "C1"},
    )
    with transaction(context) as session:
        for code, confidence in SURE.items():
            where = {"all": [{"field": "sku", "op": "eq", "value": code}]}
            spec = RuleSpec(name=f"{code} name", products=(code,), integration="Tool", where=where)
            service.create(session, context, spec, state="suggested", confidence=Decimal(confidence))
    return context


def test_the_page_opens_on_what_waits_and_else_on_all(ours: Context, sqlite_world: World) -> None:
    state = Desk(ours).open().state
    assert (state.tab, [row.name for row in state.rows]) == ("review", ["AAA name", "BBB name", "CCC name"])
    assert (state.hand.id, state.place, state.sure, state.currency) == ("aaa", "1 of 3", 2, "USD")
    assert state.counts == {"review": 3, "all": 4, "unaccounted": 0, "aside": 0}
    assert state.summary == "3 suggested, 1 flat"
    empty = Desk(sqlite_world.theirs).open().state
    assert (empty.tab, empty.rows, empty.hand.id, empty.has_usage) == ("all", [], "", False)


def test_the_address_says_tab_filters_and_product(ours: Context) -> None:
    state = Desk(ours).open("?tab=all&state=flat&open=fee").state
    assert ([row.name for row in state.rows], state.hand.name, state.hand.rule_id) == (["FEE name"], "FEE name", 0)
    found = Desk(ours).open("?tab=review&q=bbb&integration=Tool").state
    assert ([row.name for row in found.rows], found.is_filtered) == (["BBB name"], True)


def test_the_workspace_s_contract_view_hides_what_nothing_counts_and_says_so(ours: Context) -> None:
    with transaction(ours) as session:
        settings.save(session, ours, display_currency="", contract_view="mapped", inactive_days=30)
    state = Desk(ours).open("?tab=all").state
    assert ([row.name for row in state.rows], state.hidden) == (["AAA name", "BBB name", "CCC name"], 1)
    for query in ("?tab=all&lines=all", "?tab=all&q=fee", "?tab=all&state=flat"):
        shown = Desk(ours).open(query).state
        assert ("FEE name" in [row.name for row in shown.rows], shown.hidden) == (True, 0)


@pytest.mark.parametrize(
    "query", ["?tab=zzz&state=zzz", "?open=zzz", "?tab=aside&open=abc", "?tab=unaccounted&open=x/y"]
)
def test_a_broken_address_still_opens_the_page(ours: Context, query: str) -> None:
    state = Desk(ours).open(query).state
    assert (state.is_loaded, state.problem) == (True, "")
    assert (state.said.tone == "fail") == ("open" in query)


def test_accepting_shows_the_next_at_once_then_counts_and_asks_for_a_run(ours: Context) -> None:
    desk = Desk(ours).open()

    async def accept() -> None:
        steps = desk.steps(desk.state.decide, desk.state.hand.rule_id, "accept")
        await anext(steps)
        assert (desk.state.hand.id, desk.names, desk.state.said.tone) == ("bbb", ["BBB name", "CCC name"], "wait")
        assert desk.states()["AAA name"] == "suggested"
        desk.told = [step async for step in steps]

    asyncio.run(accept())
    assert desk.states()["AAA name"] == "active"
    assert (desk.state.said.whole, desk.state.can_undo, desk.state.place) == ("AAA name accepted", True, "1 of 2")
    assert desk.state.counts["review"] == 2
    assert desk.told[-1] == ShellState.watch
    with transaction(ours, read_only=True) as session:
        assert [each.kind for each in jobs.open_jobs(session, ours, ["reconcile.run"])] == ["reconcile.run"]


def test_undo_takes_back_one_decision_after_the_other(ours: Context) -> None:
    desk = Desk(ours).open().decide("accept").decide("reject")
    assert (desk.states(), desk.state.counts["aside"]) == (
        {"AAA name": "active", "BBB name": "rejected", "CCC name": "suggested"},
        1,
    )
    desk.run(desk.state.undo)
    assert (desk.state.hand.id, desk.states()["BBB name"], desk.state.can_undo) == ("bbb", "suggested", True)
    desk.run(desk.state.undo)
    assert (desk.state.hand.id, desk.state.can_undo, len(desk.names)) == ("aaa", False, 3)
    desk.run(desk.state.undo)
    assert set(desk.states().values()) == {"suggested"}


def test_a_rule_that_somebody_else_decided_is_refused_and_the_list_put_right(ours: Context) -> None:
    desk = Desk(ours).open()
    with transaction(ours) as session:
        service.reject(session, ours, desk.state.hand.rule_id)
    desk.decide("accept")
    assert desk.states()["AAA name"] == "rejected"
    assert (desk.state.said.tone, desk.state.can_undo, len(desk.names)) == ("fail", False, 3)


def test_the_id_of_another_rule_decides_nothing(ours: Context) -> None:
    desk = Desk(ours).open()
    desk.run(desk.state.decide, desk.state.hand.rule_id + 1, "accept")
    assert set(desk.states().values()) == {"suggested"}


def test_retiring_among_all_products_keeps_the_product_in_hand(ours: Context) -> None:
    desk = Desk(ours).open("?tab=all&open=aaa").decide("accept")
    assert (desk.state.hand.rule_state, desk.state.rows[0].state) == ("active", "Partly")
    desk.decide("retire")
    assert (desk.state.hand.id, desk.state.rows[0].state, desk.state.counts["aside"]) == ("aaa", "Not counted", 1)
    assert [each.word for each in desk.state.hand.aside] == ["Retired"]
    aside = Desk(ours).open("?tab=aside")
    assert (aside.names, aside.state.hand.rule_state) == (["AAA name"], "retired")
    aside.decide("accept")
    assert (aside.names, aside.states()["AAA name"]) == ([], "active")


def test_many_are_accepted_exactly_as_shown(ours: Context) -> None:
    desk = Desk(ours).open()
    desk.run(desk.state.preview)
    assert [row.name for row in desk.state.bulk] == ["AAA name", "BBB name"]
    assert desk.state.bulk_act == "Accept 2 rules"
    desk.run(desk.state.accept_bulk)
    assert desk.states() == {"AAA name": "active", "BBB name": "active", "CCC name": "suggested"}
    assert (desk.state.dialog, desk.state.said.whole, desk.names) == ("", "2 rules accepted", ["CCC name"])
    desk.run(desk.state.undo)
    assert set(desk.states().values()) == {"suggested"}


def test_many_are_refused_together_where_one_was_changed_since(ours: Context) -> None:
    desk = Desk(ours).open()
    desk.run(desk.state.preview)
    with transaction(ours) as session:
        service.reject(session, ours, int(desk.state.bulk[1].id))
    desk.run(desk.state.accept_bulk)
    assert desk.states() == {"AAA name": "suggested", "BBB name": "rejected", "CCC name": "suggested"}
    assert (desk.state.dialog, "changed since" in desk.state.dialog_wrong, desk.state.is_busy) == ("bulk", True, False)


def test_all_clients_are_shown_on_demand(ours: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(ours).open()
    assert [(each.name, each.verdict) for each in desk.state.hand.at_clients] == [
        ("Alder", "Under-billed"),
        ("Birch", "No account"),
    ]
    desk.state.hand.at_clients = []
    desk.run(desk.state.all_clients)
    assert (len(desk.state.hand.at_clients), desk.state.hand.more_clients) == (2, 0)


def test_usage_that_no_rule_takes_comes_page_by_page(sqlite_world: World) -> None:
    context = sqlite_world.ours
    build(
        context,
        names={"C1": "Alder"},
        lines=[line("C1", "L1", "X", 1)],
        seats={"Tool": [seat("T1", f"s{each}", sku=f"SKU{each:03d}") for each in range(70)]},
        mapping={("Tool", "T1"): "C1"},
    )
    with transaction(context) as session:
        reconcile.reconcile(session, context)
    desk = Desk(context).open("?tab=unaccounted")
    assert (len(desk.state.rows), desk.state.foot, desk.state.place) == (50, "50 of 70", "1 of 70")
    desk.run(desk.state.more)
    assert (len({row.id for row in desk.state.rows}), desk.state.foot) == (70, "70 of 70")
    desk.run(desk.state.more)
    assert len(desk.state.rows) == 70
