"""The page's handlers over a real database, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from reflex.istate.data import RouterData
from reflex.state import State

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.identity.schemas import Identity
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.ui.caller import forget_caller, set_caller
from rcx_app.ui.pages.mapping.state import MappingRowsState
from tests.conftest import World
from tests.domain.mapping.making import Made, keep, make, mapping_of

OFFERS = {
    "a-1": [("c-1", 0.99, "preselect"), ("c-2", 0.1, "compare")],
    "a-2": [("c-2", 0.97, "preselect")],
    "a-3": [("c-3", 0.6, "suggest")],
}


class Desk:
    """A person at the page: opens an address, runs handlers to their end."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.root = State(_reflex_internal_init=True)  # type: ignore[call-arg]
        name = MappingRowsState.get_full_name().split(".")[1:]
        self.state: Any = self.root.get_substate(name)

    def open(self, query: str = "") -> Desk:
        self.root.router = RouterData.from_router_data(
            {"pathname": "/clients", "asPath": f"/clients{query}", "headers": {"origin": "http://localhost:3000"}}
        )
        return self.run(self.state.load)

    def run(self, handler: Callable[..., Any], *args: Any) -> Desk:
        asyncio.run(self._run(handler, args))
        return self

    async def _run(self, handler: Callable[..., Any], args: tuple[Any, ...]) -> None:
        async for _ in self.steps(handler, *args):
            pass

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
        set_caller(identity, Permission.MAP)
        found = handler(*args)
        if hasattr(found, "__aiter__"):
            async for step in found:
                yield step
        else:
            yield await found

    @property
    def names(self) -> list[str]:
        return [row.name for row in self.state.rows]


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


@pytest.fixture
def made(sqlite_world: World) -> Made:
    found = make(sqlite_world.ours)
    keep(sqlite_world.ours, found, OFFERS)
    return found


def test_the_page_opens_on_the_surest_account(sqlite_world: World, made: Made) -> None:
    state = Desk(sqlite_world.ours).open().state
    assert [row.name for row in state.rows] == ["Acme Ltd", "Birch Ltd", "Cedar Ltd"]
    assert (state.hand.name, state.chosen, state.place) == ("Acme Ltd", 1, "1 of 3")
    assert (state.counts["review"], state.confirmable, state.is_loaded) == (3, 2, True)
    assert [row.heading for row in state.rows] == ["0.95 and above", "", "0.50 to 0.80"]


def test_the_address_says_tab_filters_and_account(sqlite_world: World, made: Made) -> None:
    third = made.accounts["a-3"]
    state = Desk(sqlite_world.ours).open(f"?band=from-0.5&integration={made.usage}&account={third}").state
    assert [row.name for row in state.rows] == ["Cedar Ltd"]
    assert (state.hand.name, state.integration, state.band) == ("Cedar Ltd", str(made.usage), "from-0.5")
    nothing = Desk(sqlite_world.ours).open("?tab=mapped").state
    assert (nothing.rows, nothing.hand.id, nothing.tab) == ([], 0, "mapped")


@pytest.mark.parametrize("query", ["?tab=nonsense&account=x&integration=-1", "?account=99999999", "?band=zzz"])
def test_a_broken_address_opens_the_queue(sqlite_world: World, made: Made, query: str) -> None:
    state = Desk(sqlite_world.ours).open(query).state
    assert (state.tab, len(state.rows), state.hand.name) == ("review", 3, "Acme Ltd")
    assert (state.said.tone == "fail") == ("99999999" in query)


def test_another_workspaces_account_is_not_opened(sqlite_world: World, made: Made) -> None:
    theirs = make(sqlite_world.theirs)
    state = Desk(sqlite_world.ours).open(f"?account={theirs.accounts['a-1']}").state
    assert state.hand.name == "Acme Ltd"
    assert state.said.tone == "fail"


def test_a_verdict_shows_the_next_account_before_it_is_written(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    first = made.accounts["a-1"]

    async def confirm() -> None:
        steps = desk.steps(desk.state.confirm, first, made.clients["c-1"])
        await anext(steps)
        assert desk.state.hand.name == "Birch Ltd"
        assert desk.state.hand.candidates[0].name == "Birch"
        assert desk.names == ["Birch Ltd", "Cedar Ltd"]
        assert desk.state.said.tone == "wait"
        assert mapping_of(sqlite_world.ours, first).state == "suggested"
        async for _ in steps:
            pass

    asyncio.run(confirm())
    assert mapping_of(sqlite_world.ours, first).state == "mapped"
    assert (desk.state.said.whole, desk.state.said.tone) == ("Acme Ltd mapped to Acme", "ok")
    assert (desk.state.counts["mapped"], desk.state.place) == (1, "1 of 2")


def test_undo_brings_the_account_back_into_the_hand(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.confirm, made.accounts["a-1"], made.clients["c-1"]).run(desk.state.undo)
    assert desk.names == ["Acme Ltd", "Birch Ltd", "Cedar Ltd"]
    assert (desk.state.hand.name, desk.state.said.whole) == ("Acme Ltd", "Acme Ltd: taken back")
    assert mapping_of(sqlite_world.ours, made.accounts["a-1"]).state == "suggested"
    desk.run(desk.state.undo)
    assert (desk.state.said.subject, desk.state.said.tone) == ("There is nothing to undo.", "fail")


def test_a_refused_verdict_is_put_right_and_explained(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    first = made.accounts["a-1"]
    with transaction(sqlite_world.ours) as session:
        version = mapping_of(sqlite_world.ours, first).version
        mapping.decide(session, sqlite_world.ours, first, Verdict.EXCLUDE, version=version, note="ours")
    desk.run(desk.state.give, first, "no_match")
    assert desk.state.said.tone == "fail"
    assert "excluded it meanwhile" in desk.state.said.subject
    assert desk.state.hand.state == "excluded"
    assert mapping_of(sqlite_world.ours, first).state == "excluded"


def test_what_was_drawn_is_what_is_meant(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    other = made.accounts["a-2"]
    desk.run(desk.state.confirm, other, made.clients["c-2"]).run(desk.state.give, other, "no_match")
    desk.run(desk.state.confirm, made.accounts["a-1"], made.clients["c-3"])
    assert {mapping_of(sqlite_world.ours, each).state for each in made.accounts.values()} == {"suggested"}


def test_unsure_stays_in_the_queue_and_moves_on(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.give, made.accounts["a-1"], "unsure")
    assert desk.names == ["Acme Ltd", "Birch Ltd", "Cedar Ltd"]
    assert desk.state.hand.name == "Birch Ltd"
    assert [row.badge for row in desk.state.rows] == ["Unsure", "", ""]


def test_the_last_account_leaves_an_empty_hand(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    for account in ("a-1", "a-2", "a-3"):
        desk.run(desk.state.give, made.accounts[account], "snooze")
    assert (desk.names, desk.state.hand.id, desk.state.counts["snoozed"]) == ([], 0, 3)


def test_an_exclusion_asks_for_its_reason(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.ask_reason).run(desk.state.exclude, {"reason": " "})
    assert (desk.state.dialog, bool(desk.state.dialog_wrong)) == ("exclude", True)
    desk.run(desk.state.exclude, {"reason": "Our own tenant"})
    assert desk.state.dialog == ""
    assert mapping_of(sqlite_world.ours, made.accounts["a-1"]).note == "Our own tenant"


def test_another_client_is_found_and_taken(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.start_search).run(desk.state.find, "ced")
    assert [hit.name for hit in desk.state.hits] == ["Cedar"]
    desk.run(desk.state.map_to_first, {"client": "birch"})
    assert mapping_of(sqlite_world.ours, made.accounts["a-1"]).client_id == made.clients["c-2"]
    desk.run(desk.state.map_to, 12345)
    assert mapping_of(sqlite_world.ours, made.accounts["a-2"]).state == "suggested"


def test_many_are_confirmed_exactly_as_previewed(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.preview)
    assert (desk.state.bulk_act, [row.name for row in desk.state.bulk]) == (
        "Confirm 2 matches",
        ["Acme Ltd", "Birch Ltd"],
    )
    keep(sqlite_world.ours, made, {**OFFERS, "a-2": [("c-1", 0.98, "preselect")]})
    desk.run(desk.state.confirm_bulk)
    assert (desk.state.dialog, desk.state.is_busy) == ("bulk", False)
    assert "Nothing was confirmed" in desk.state.dialog_wrong
    desk.run(desk.state.preview).run(desk.state.confirm_bulk)
    assert (desk.state.dialog, desk.names) == ("", ["Cedar Ltd"])
    assert desk.state.said.whole == "2 accounts mapped"
    desk.run(desk.state.undo)
    assert len(desk.names) == 3


def test_a_selection_confirms_its_preselected(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    for account in ("a-2", "a-3", "a-1", "a-1"):
        desk.run(desk.state.toggle, str(made.accounts[account]))
    desk.run(desk.state.preview_selection)
    assert [row.name for row in desk.state.bulk] == ["Birch Ltd"]
    assert desk.state.bulk_note.startswith("1 other is left")
    desk.run(desk.state.confirm_bulk)
    assert desk.state.selected == []
    assert mapping_of(sqlite_world.ours, made.accounts["a-3"]).state == "suggested"


def test_the_list_goes_on_and_the_place_is_kept(sqlite_world: World) -> None:
    found = make(sqlite_world.ours, accounts=[f"Account {n:03}" for n in range(120)])
    keep(sqlite_world.ours, found, {key: [("c-1", 0.7, "suggest")] for key in found.accounts})
    desk = Desk(sqlite_world.ours).open()
    assert len(desk.names) == 50
    desk.run(desk.state.more).run(desk.state.more).run(desk.state.more)
    assert desk.names == [f"Account {n:03}" for n in range(120)]
    assert [row.heading for row in desk.state.rows if row.heading] == ["0.50 to 0.80"]
    far = int(desk.state.rows[100].id)
    desk.run(desk.state.open_account, far).run(desk.state.reload)
    assert (len(desk.names), desk.state.hand.id, desk.state.place) == (120, far, "101 of 120")
    desk.run(desk.state.filter_text, "account 11")
    assert (len(desk.names), desk.state.total) == (10, 10)


def test_nothing_there_says_so(sqlite_world: World) -> None:
    state = Desk(sqlite_world.ours).open().state
    assert (state.rows, state.accounts, state.clients, state.is_loaded, state.hand.id) == ([], 0, 0, True, 0)


def test_a_viewer_reads_all(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.as_role(Role.VIEWER)).open()
    assert len(desk.names) == 3
    desk.run(desk.state.give, made.accounts["a-1"], "no_match")
    assert desk.state.said.tone == "fail"
    assert mapping_of(sqlite_world.ours, made.accounts["a-1"]).state == "suggested"


def test_what_looks_like_nobodys_is_excluded_by_one_key(sqlite_world: World, made: Made) -> None:
    account = made.accounts["a-1"]
    with transaction(sqlite_world.ours) as session:
        session.merge(mapping_of(sqlite_world.ours, account)).no_client = "own"
    desk = Desk(sqlite_world.ours).open()
    assert (desk.state.hand.looks, desk.state.chosen) == ("Looks like your own tenant", 0)
    assert desk.state.rows[0].badge == "Your own?"
    assert desk.open("?mark=no_client").names == ["Acme Ltd"]
    desk.run(desk.state.exclude_as, made.accounts["a-2"]).run(desk.state.exclude_as, account)
    found = mapping_of(sqlite_world.ours, account)
    assert (found.state, found.note) == ("excluded", "Our own tenant")
    assert mapping_of(sqlite_world.ours, made.accounts["a-2"]).state == "suggested"


def test_an_alarm_is_kept_or_taken_back(sqlite_world: World, made: Made) -> None:
    account = made.accounts["a-1"]
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.confirm, account, made.clients["c-1"])
    alarm = {"code": "account_renamed", "text": "The account was renamed", "left": "Zebra", "right": "was Acme Ltd"}
    with transaction(sqlite_world.ours) as session:
        row = session.merge(mapping_of(sqlite_world.ours, account))
        row.alarms, row.has_alarm = [alarm], True
    desk.open()
    first = desk.state.rows[0]
    assert (first.name, first.heading, first.badge) == (
        "Acme Ltd",
        "Mapped, but makes no sense any more",
        "Alarm",
    )
    assert ([each.text for each in desk.state.hand.alarms], desk.state.chosen) == ([alarm["text"]], 0)
    desk.run(desk.state.give, account, "keep")
    assert (desk.state.said.whole, desk.names) == ("Acme Ltd kept as mapped", ["Birch Ltd", "Cedar Ltd"])
    desk.run(desk.state.undo)
    assert desk.state.hand.alarms


def test_an_account_is_put_off_until_a_day(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.ask_day)
    assert (desk.state.dialog, len(desk.state.snooze_days)) == ("snooze", 4)
    desk.run(desk.state.snooze, {"until": "", "day": "x"})
    assert desk.state.dialog_wrong
    desk.run(desk.state.snooze, {"until": desk.state.snooze_days[2].value, "day": ""})
    found = mapping_of(sqlite_world.ours, made.accounts["a-1"])
    assert found.state == "snoozed"
    assert found.snoozed_until is not None
    assert found.snoozed_until.date().isoformat() == desk.state.snooze_days[2].value


def test_many_are_excluded_and_put_off_with_one_undo(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.select_shown).run(desk.state.ask_reason_for_many)
    desk.run(desk.state.exclude, {"reason": "Left us"})
    assert (desk.state.dialog, desk.names, desk.state.selected) == ("", [], [])
    assert desk.state.said.whole == "3 accounts excluded"
    desk.run(desk.state.undo)
    assert len(desk.names) == 3
    desk.run(desk.state.select_shown).run(desk.state.ask_day_for_many)
    desk.run(desk.state.snooze, {"until": desk.state.snooze_days[0].value})
    assert desk.state.counts["snoozed"] == 3
    desk.open("?tab=snoozed").run(desk.state.select_shown).run(desk.state.take_back_many)
    assert desk.state.counts["snoozed"] == 0


def test_many_are_refused_as_a_whole_when_one_has_moved(sqlite_world: World, made: Made) -> None:
    desk = Desk(sqlite_world.ours).open()
    desk.run(desk.state.select_shown).run(desk.state.ask_reason_for_many)
    keep(sqlite_world.ours, made, {**OFFERS, "a-2": [("c-1", 0.98, "preselect")]})
    desk.run(desk.state.exclude, {"reason": "Left us"})
    assert "Nothing was decided" in desk.state.dialog_wrong
    assert mapping_of(sqlite_world.ours, made.accounts["a-1"]).state == "suggested"


def test_the_export_follows_the_filters(sqlite_world: World, made: Made) -> None:
    state = Desk(sqlite_world.ours).open("?band=from-0.5&q=cedar&tab=review").state
    assert state.export_csv == "/exports/accounts.csv?band=from-0.5&q=cedar"
    assert state.export_xlsx.startswith("/exports/accounts.xlsx?")
