"""Presets: offered where usage of that kind exists, previewed, applied as one batch, undone as one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from connectors.registry import abouts
from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound, NotPermitted
from rcx_app.core.money import MICROS
from rcx_app.core.permissions import Role
from rcx_app.domain.service_rules import offers, presets, screens, service
from rcx_app.domain.service_rules.offers import PresetChoice
from rcx_app.domain.service_rules.units import UsageFact
from rcx_app.models import AuditEvent, Connection
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, build, line, seat

STATIONS = {"C1": 4, "C2": 7, "C3": 5, "C4": 9}
SERVERS = {"C1": 3, "C2": 3, "C3": 4, "C4": 5}


def _estate(world: World) -> int:
    """NinjaOne with servers and workstations, both billed; returns the connection."""
    build(
        world.ours,
        lines=[
            line(client, f"{code}-{client}", code, many, product_name=name)
            for code, name, counts in (
                ("NINJA-WS", "Managed workstation", STATIONS),
                ("NINJA-SRV", "Managed server", SERVERS),
                ("FW", "Managed firewall", {"C1": 1}),
            )
            for client, many in counts.items()
        ],
        seats={
            "NinjaOne": [
                seat(f"N-{client}", f"{client}-{kind}-{number}", kind="device", device_class=kind)
                for kind, counts in (("workstation", STATIONS), ("server", SERVERS))
                for client, many in counts.items()
                for number in range(many)
            ]
        },
        mapping={("NinjaOne", f"N-{client}"): client for client in STATIONS},
    )
    with transaction(world.ours) as session:
        found = session.scalars(select(Connection).where(col(Connection.label) == "NinjaOne")).one()
        found.vendor = "ninjaone"
        return found.id


def _choices(session: Session, world: World, connection_id: int) -> list[PresetChoice]:
    found = offers.offers(session, world.ours, connection_id)
    return [PresetChoice(each.key, each.product.code) for each in found if each.product is not None]


def test_what_is_used_is_offered_with_the_product_that_bills_it(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours, read_only=True) as session:
            found = {each.key: each for each in offers.offers(session, world.ours, connection_id)}
    assert {key: (each.seats, each.clients) for key, each in found.items()} == {
        "class:device:server": (15, 4),
        "class:device:workstation": (25, 4),
        "kind:device:": (40, 4),
        "flat:device:": (40, 4),
    }
    proposed = {key: each.product.code for key, each in found.items() if each.product is not None}
    assert proposed == {"class:device:server": "NINJA-SRV", "class:device:workstation": "NINJA-WS"}
    assert [each.rule for each in found.values()] == ["", "", "", ""]


def test_a_preview_stores_nothing_and_adds_up(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            choices = _choices(session, world, connection_id)
            shown = offers.preview_presets(session, world.ours, connection_id, choices)
            assert (shown.seats, shown.newly_accounted, shown.problems) == (40, 40, ())
            assert sorted(each.takes.seats for each in shown.rules) == [15, 25]
            assert screens.rules(session, world.ours) == ()


def test_a_batch_is_applied_audited_and_undone_as_one(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            done = offers.apply_presets(session, world.ours, connection_id, _choices(session, world, connection_id))
        with transaction(world.ours) as session:
            assert len(service.rules_in_force(session, world.ours, DAY)) == 2
            after = {each.key: (each.rule, each.product) for each in offers.offers(session, world.ours, connection_id)}
            assert after["class:device:server"] == ("Managed server", None)
            (event,) = session.scalars(select(AuditEvent).where(col(AuditEvent.tag) == "rules:presets"))
            assert sorted(event.detail["rules"]) == sorted(step.rule_id for step in done.steps)
            service.undo(session, world.ours, done.steps)
            assert service.rules_in_force(session, world.ours, DAY) == ()


def test_a_waiting_suggestion_is_accepted_and_not_doubled(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            service.suggest(session, world.ours)
            waiting = {view.name for view in screens.rules(session, world.ours)}
            offers.apply_presets(session, world.ours, connection_id, _choices(session, world, connection_id))
            active = {view.name: view.state for view in screens.rules(session, world.ours)}
    assert {"Managed workstation", "Managed server"} <= waiting
    assert active == {"Managed server": "active", "Managed workstation": "active"}


@pytest.mark.parametrize(
    "choices",
    [
        [PresetChoice("class:device:printer", "NINJA-SRV")],
        [PresetChoice("class:device:server", "NOPE")],
        [PresetChoice("class:device:server", "NINJA-SRV"), PresetChoice("kind:device:", "ninja-srv")],
    ],
)
def test_what_is_not_offered_or_not_billed_is_refused_whole(world: World, choices: list[PresetChoice]) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            with pytest.raises(Invalid):
                offers.apply_presets(session, world.ours, connection_id, choices)
            assert screens.rules(session, world.ours) == ()


def test_a_product_that_a_rule_counts_already_is_a_problem_in_the_preview(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            choices = _choices(session, world, connection_id)
            offers.apply_presets(session, world.ours, connection_id, choices[:1])
            other = [PresetChoice("kind:device:", choices[0].product)]
            shown = offers.preview_presets(session, world.ours, connection_id, other)
            assert shown.rules == ()
            assert "is counted by the rule" in shown.problems[0]


def test_a_flat_preset_comes_to_one_per_client(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            offers.apply_presets(session, world.ours, connection_id, [PresetChoice("flat:device:", "FW")])
            (rule,) = service.rules_in_force(session, world.ours, DAY)
    assert (rule.spec.products, rule.spec.pack_size) == (("FW",), presets.FLAT_PACK)


def test_who_may_not_and_other_workspaces(world: World) -> None:
    with frozen(NOON):
        connection_id = _estate(world)
        with transaction(world.ours) as session:
            choices = _choices(session, world, connection_id)
            with pytest.raises(NotPermitted):
                offers.apply_presets(session, world.as_role(Role.VIEWER), connection_id, choices)
        with transaction(world.theirs) as session, pytest.raises(NotFound):
            offers.offers(session, world.theirs, connection_id)


def _fact(kind: str, sku: str = "", device_class: str = "", client: int | None = 1, seats: int = 3) -> UsageFact:
    return UsageFact("X", kind, sku, sku, device_class, client, seats, seats, seats * MICROS)


def test_every_usage_connector_is_in_the_table() -> None:
    assert {each.id for each in abouts() if each.side == "usage"} == set(presets.TABLE)


def test_people_with_several_licences_are_counted_once_per_user() -> None:
    found = {each.key: each for each in presets.expand("microsoft365", [_fact("user", "SPB"), _fact("user", "VISIO")])}
    assert found["kind:user:"].unit.count == "distinct"
    assert [key for key in found if key.startswith("sku:")] == ["sku:user:spb", "sku:user:visio"]


def test_licences_are_summed_and_unknown_sources_get_all_that_they_tell() -> None:
    bought = UsageFact("X", "licence", "A", "A", "", 1, 1, 1, 12 * MICROS)
    (found,) = presets.expand("pax8", [bought])
    assert (found.unit.count, found.unit.by_client, found.pack_size) == ("sum", {1: 12 * MICROS}, Decimal(1))
    custom = presets.expand("a file", [_fact("device", device_class="server"), _fact("mailbox")])
    assert [each.key for each in custom] == ["class:device:server", "kind:device:", "kind:mailbox:"]
    assert presets.expand("ninjaone", [_fact("mailbox")]) == []
