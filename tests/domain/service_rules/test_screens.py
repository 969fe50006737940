"""The products of the services page: their states, numbers and seats, and decisions on exactly what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from rcx_app.core import pagination
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, ago, build, line, seat

SERVERS = RuleSpec(
    name="Servers",
    products=("SRV",),
    integration="NinjaOne",
    where={"all": [{"field": "device_class", "op": "eq", "value": "server"}]},
)
AGENTS = RuleSpec(name="Agents", products=("EDR",), integration="Huntress")


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with frozen(NOON):
        yield


def _estate(world: World) -> None:
    """C1 and C2 are billed for servers, C2 has no account; EDR waits as a suggestion; FEE is flat, VOICE counted by
    nothing, GONE ended."""
    servers = [
        seat("N1", f"N1-{number}", kind="device", device_class="server", last_seen_at=ago(number))
        for number in range(3)
    ]
    servers.append(seat("N3", "N3-0", kind="device", device_class="server", display_name="DC01", last_seen_at=ago(9)))
    build(
        world.ours,
        names={"C1": "Alder", "C2": "Birch", "C3": "Cedar"},
        lines=[
            line("C1", "L1", "SRV", 2, unit_price=Decimal(60)),
            line("C2", "L2", "SRV", 5, unit_price=Decimal(50), currency="EUR"),
            line("C1", "L3", "EDR", 4),
            line("C1", "L4", "FEE", 1),
            line("C2", "L5", "FEE", 1),
            line("C1", "L6", "VOICE", 7),
            line("C1", "L7", "GONE", 7, cancelled_date=DAY),
        ],
        seats={"NinjaOne": servers, "Huntress": [seat("H1", f"H1-{n}", kind="agent") for n in range(4)]},
        mapping={("NinjaOne", "N1"): "C1", ("NinjaOne", "N3"): "C3", ("Huntress", "H1"): "C1"},
        rules=[SERVERS],
    )
    with transaction(world.ours) as session:
        service.create(session, world.ours, AGENTS, state="suggested", confidence=Decimal("0.93"))


def test_products_stand_by_name_with_their_states_and_money_by_currency(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        page = screens.list_products(session, world.ours)
        numbers = screens.product_numbers(session, world.ours)
        waiting = screens.count_waiting(session, world.ours)
    assert [(row.product_code, row.state) for row in page.items] == [
        ("EDR", "suggested"),
        ("FEE", "flat"),
        ("SRV", "partly"),
        ("VOICE", "not_counted"),
    ]
    servers = page.items[2]
    assert (servers.billed, servers.clients, servers.lines, servers.clients_without_source) == (Decimal(7), 2, 2, 1)
    assert [(each.currency, each.amount) for each in servers.money] == [("EUR", Decimal(250)), ("USD", Decimal(120))]
    assert numbers.states == {"suggested": 1, "flat": 1, "partly": 1, "not_counted": 1}
    assert numbers.integrations == (("Huntress", 1), ("NinjaOne", 1))
    assert numbers.total == page.total == 4
    assert waiting == 2


def test_products_are_narrowed_by_state_integration_and_words(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:

        def codes(search: str = "", **more: object) -> list[str]:
            return [row.product_code for row in screens.list_products(session, world.ours, search, **more).items]

        assert codes(states=("suggested", "flat")) == ["EDR", "FEE"]
        assert codes(integration="ninjaone") == ["SRV"]
        assert codes(" srv NAME ") == ["SRV"]
        assert codes("%") == []
        assert codes("srv", states=("flat",)) == []


def test_pages_of_products_follow_each_other_without_a_gap(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _estate(world)
    monkeypatch.setattr(screens, "PAGE_SIZE", 3)
    assert pagination.PAGE_SIZE != 3
    with transaction(world.ours, read_only=True) as session:
        first = screens.list_products(session, world.ours)
        second = screens.list_products(session, world.ours, cursor=first.next_cursor)
    assert [row.product_code for row in (*first.items, *second.items)] == ["EDR", "FEE", "SRV", "VOICE"]
    assert (len(first.items), first.total, second.next_cursor) == (3, 4, "")


def test_one_product_is_found_whatever_its_case_and_not_in_another_workspace(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        assert screens.product(session, world.ours, "Srv").product_code == "SRV"
        with pytest.raises(NotFound):
            screens.product(session, world.ours, "GONE")
    with transaction(world.theirs, read_only=True) as session:
        assert screens.list_products(session, world.theirs).items == ()
        with pytest.raises(NotFound):
            screens.product(session, world.theirs, "SRV")


def test_the_sample_shows_the_newest_seat_of_each_client_first(world: World) -> None:
    _estate(world)
    with transaction(world.ours, read_only=True) as session:
        seats = screens.sample_seats(session, world.ours, SERVERS, 3)
    assert [(each.name, each.client_name, each.what) for each in seats] == [
        ("N1-0", "Alder", "server"),
        ("DC01", "Cedar", "server"),
        ("N1-1", "Alder", "server"),
    ]
    assert seats[0].last_seen_at == ago(0)


def test_the_detail_of_a_rule_names_who_decided_and_lists_its_versions(world: World) -> None:
    _estate(world)
    with transaction(world.ours) as session:
        rule_id = screens.list_products(session, world.ours, "edr").items[0].rule.rule_id  # type: ignore[union-attr]
        service.accept(session, world.ours, rule_id)
        service.replace(session, world.ours, rule_id, AGENTS.model_copy(update={"effective_from": DAY}))
    with transaction(world.ours, read_only=True) as session:
        found = screens.rule_detail(session, world.ours, rule_id)
    assert found.view.state == "active"
    assert found.decided_at == NOON
    assert [(each.number, each.is_shown, each.effective_to) for each in found.versions] == [
        (2, True, None),
        (1, False, DAY),
    ]


def test_what_was_changed_since_it_was_seen_is_not_decided(world: World) -> None:
    _estate(world)
    with transaction(world.ours) as session:
        view = next(each for each in screens.rules(session, world.ours, ("suggested",)))
        service.reject(session, world.ours, view.rule_id, seen=view.version)
    with transaction(world.ours) as session:
        with pytest.raises(Conflict):
            service.accept(session, world.ours, view.rule_id, seen=view.version)
        with pytest.raises(Conflict):
            service.accept_listed(session, world.ours, [(view.rule_id, view.version)])
        assert screens.rule(session, world.ours, view.rule_id).state == "rejected"


def test_accepting_a_list_accepts_all_of_it_or_names_the_clash(world: World) -> None:
    _estate(world)
    with transaction(world.ours) as session:
        again = service.create(
            session, world.ours, SERVERS.model_copy(update={"name": "Servers again"}), state="suggested"
        )
        edr = next(each for each in screens.rules(session, world.ours, ("suggested",)) if each.name == "Agents")
    with pytest.raises(Invalid, match="Servers"), transaction(world.ours) as session:
        service.accept_listed(session, world.ours, [(edr.rule_id, edr.version), (again, 1)])
    with transaction(world.ours) as session:
        assert screens.rule(session, world.ours, edr.rule_id).state == "suggested"
        done = service.accept_listed(session, world.ours, [(edr.rule_id, edr.version)])
        assert [step.before for step in done.steps] == ["suggested"]
        service.undo(session, world.ours, done.steps)
        assert screens.rule(session, world.ours, edr.rule_id).state == "suggested"
