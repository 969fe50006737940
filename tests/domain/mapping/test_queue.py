"""The queue shows every account once, in one order, whatever the page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound
from rcx_app.domain.mapping import service
from rcx_app.domain.mapping.queue.bands import band_of, bands_of
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.schemas import QueueFilter, Tab, Verdict
from tests.conftest import World
from tests.domain.mapping.making import keep, make
from tests.domain.mapping.test_verdicts import decide


def walk(world: World, chosen: QueueFilter, size: int) -> list[str]:
    names: list[str] = []
    cursor = ""
    while True:
        with transaction(world.ours, read_only=True) as session:
            page = QueueRepository(session, world.ours).page(chosen, cursor, size)
        names += [row.name for row in page.items]
        if not page.next_cursor:
            assert page.total == len(names)
            return names
        cursor = page.next_cursor


def test_pages_together_are_the_list_surest_first(world: World) -> None:
    accounts = ["Zebra", "apple", "Émile", "Mango", "kiwi", "Banana", "fig"]
    made = make(world.ours, accounts=accounts)
    levels = {"a-1": 0.9, "a-2": 0.9, "a-3": 0.97, "a-4": 0.55, "a-5": 0.9, "a-6": 0.55}
    keep(world.ours, made, {key: [("c-1", level, "suggest")] for key, level in levels.items()})
    whole = walk(world, QueueFilter(), 50)
    assert whole[0] == "Émile"
    assert set(whole[1:4]) == {"Zebra", "apple", "kiwi"}
    assert set(whole[4:]) == {"Mango", "Banana"}
    assert walk(world, QueueFilter(), 1) == walk(world, QueueFilter(), 2) == whole
    assert walk(world, QueueFilter(tab=Tab.UNMAPPED), 2) == ["fig"]


@pytest.mark.parametrize("tab", [Tab.MAPPED, Tab.EXCLUDED, Tab.SNOOZED])
def test_decided_tabs_page_without_loss(world: World, tab: Tab) -> None:
    made = make(world.ours, accounts=[f"Account {n}" for n in range(5)])
    for account in made.accounts.values():
        verdict = {Tab.MAPPED: Verdict.CONFIRM, Tab.EXCLUDED: Verdict.EXCLUDE, Tab.SNOOZED: Verdict.SNOOZE}[tab]
        client = made.clients["c-1"] if verdict is Verdict.CONFIRM else None
        decide(world.ours, account, verdict, client_id=client, note="because")
    whole = walk(world, QueueFilter(tab=tab), 50)
    assert sorted(whole) == [f"Account {n}" for n in range(5)]
    assert walk(world, QueueFilter(tab=tab), 2) == whole
    if tab is not Tab.SNOOZED:
        assert whole == [f"Account {n}" for n in (4, 3, 2, 1, 0)]


def test_filters_narrow_and_other_workspaces_stay_outside(world: World) -> None:
    made = make(world.ours, seats={"a-1": 3})
    other = make(world.ours, clients=["Acme"], accounts=["Acme North"], label="Duo")
    theirs = make(world.theirs, accounts=["Acme theirs"])
    keep(world.ours, made, {"a-1": [("c-1", 0.97, "preselect")], "a-2": [("c-2", 0.6, "suggest")]})
    keep(world.ours, other, {"a-1": [("c-1", 0.8, "preselect")]})

    def names(**chosen: object) -> list[str]:
        return walk(world, QueueFilter(**chosen), 50)  # type: ignore[arg-type]

    assert names() == ["Acme North"], "the second run of the matcher offered nothing for the other integration"
    keep_all = {"a-1": [("c-1", 0.97, "preselect")], "a-2": [("c-2", 0.6, "suggest")]}
    keep(world.ours, made, keep_all)
    assert names(text="ACME") == ["Acme Ltd"]
    assert names(text="a-2") == ["Birch Ltd"]
    assert names(text="_") == []
    assert names(min_confidence=Decimal("0.95")) == ["Acme Ltd"]
    assert names(below_confidence=Decimal("0.95")) == ["Birch Ltd"]
    assert names(connection_id=made.usage) == ["Acme Ltd", "Birch Ltd"]
    assert names(connection_id=theirs.usage) == []
    with transaction(world.ours, read_only=True) as session:
        options = service.integrations(session, world.ours, Tab.UNMAPPED)
        assert [(each.label, each.accounts) for each in options] == [("Duo", 1), ("NinjaOne", 1)]
        counts = service.counts(session, world.ours)
        assert (counts[Tab.REVIEW], counts[Tab.UNMAPPED]) == (2, 2)
        bands = service.bands(session, world.ours, QueueFilter())
        assert {band.key: band.accounts for band in bands} == {
            "from-0.95": 1,
            "from-0.8": 0,
            "from-0.5": 1,
            "under": 0,
        }
        assert service.queue(session, world.ours, QueueFilter()).items[0].seats == 3


def test_detail_and_accounts_of_a_client_are_ours_only(world: World) -> None:
    made, theirs = make(world.ours, seats={"a-1": 2}), make(world.theirs)
    decide(world.ours, made.accounts["a-1"], Verdict.CONFIRM, client_id=made.clients["c-1"])
    with transaction(world.ours, read_only=True) as session:
        (row,) = service.client_accounts(session, world.ours, made.clients["c-1"])
        assert (row.name, row.integration, row.seats) == ("Acme Ltd", "NinjaOne", 2)
        assert service.client_accounts(session, world.ours, made.clients["c-2"]) == ()
        detail = service.detail(session, world.ours, made.accounts["a-1"])
        assert dict(detail.facts)["Seats"] == "2 agents"
        assert detail.history[0].what == "Mapped to Acme"
        assert detail.history[0].who == "Northbeam IT owner"
        with pytest.raises(NotFound):
            service.client_accounts(session, world.ours, theirs.clients["c-1"])
        with pytest.raises(NotFound):
            service.detail(session, world.ours, theirs.accounts["a-1"])
        with pytest.raises(Invalid):
            service.queue(session, world.ours, QueueFilter(), "broken")


def test_standing_says_what_there_is(world: World) -> None:
    with transaction(world.ours, read_only=True) as session:
        nothing = service.standing(session, world.ours)
    assert (nothing.usage_connections, nothing.psa_connections, nothing.accounts, nothing.clients) == (0, 0, 0, 0)
    make(world.ours)
    with transaction(world.ours, read_only=True) as session:
        something = service.standing(session, world.ours)
    assert (something.usage_connections, something.psa_connections, something.accounts, something.clients) == (
        1,
        1,
        3,
        3,
    )


_probability = st.decimals(min_value=0, max_value=1, places=4)


@given(_probability, _probability, st.one_of(st.none(), _probability))
def test_every_confidence_stands_in_exactly_one_band(suggest: Decimal, preselect: Decimal, at: Decimal | None) -> None:
    bands = bands_of(min(suggest, preselect), max(suggest, preselect))
    holding = [
        band
        for band in bands
        if (band.low is None or (at is not None and at >= band.low))
        and (band.high is None or at is None or at < band.high)
    ]
    assert band_of(at, bands) in holding
    assert at is None or len(holding) == 1
    assert len({band.key for band in bands}) == len(bands)
