"""Saving an edit: new versions under a lock, suggestions accepted as changed, nothing edited in place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.service_rules import known, screens, service
from rcx_app.domain.service_rules.saving import save, undo
from rcx_app.domain.service_rules.schemas import RuleSpec
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat


def rule(**terms: Any) -> RuleSpec:
    return RuleSpec.model_validate({"name": "Servers", "products": ["S"], **terms})


def test_an_edit_is_a_new_version_and_says_what_differs(world: World) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        rule_id = save(session, world.ours, rule()).rule_id
        seen = screens.rule(session, world.ours, rule_id).version
        save(session, world.ours, rule(minimum=5, effective_from="2026-12-01"), rule_id, seen=seen)
        versions = screens.rule_detail(session, world.ours, rule_id).versions
        assert [(each.number, each.effective_from, each.differences) for each in versions] == [
            (2, date(2026, 12, 1), ("minimum 5 instead of 0",)),
            (1, None, ()),
        ]
        assert [each.spec.minimum for each in service.rules_in_force(session, world.ours, date(2026, 11, 30))] == [0]
        assert [each.spec.minimum for each in service.rules_in_force(session, world.ours, date(2026, 12, 1))] == [5]


def test_who_looked_at_an_older_state_is_refused(world: World) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        rule_id = save(session, world.ours, rule()).rule_id
        seen = screens.rule(session, world.ours, rule_id).version
        save(session, world.ours, rule(minimum=1), rule_id, seen=seen)
        with pytest.raises(Conflict, match="was changed since"):
            save(session, world.ours, rule(minimum=2), rule_id, seen=seen)
        service.retire(session, world.ours, rule_id)
        with pytest.raises(Conflict, match="was retired"):
            save(session, world.ours, rule(minimum=2), rule_id)


def test_a_changed_suggestion_counts_only_as_changed(world: World) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        rule_id = service.create(session, world.ours, rule(), state="suggested")
        save(session, world.ours, rule(minimum=5, effective_from="2026-12-01"), rule_id, seen=1)
        assert service.rules_in_force(session, world.ours, date(2026, 11, 30)) == ()
        assert [each.spec.minimum for each in service.rules_in_force(session, world.ours, date(2026, 12, 1))] == [5]


def minimums(session: Any, world: World, *days: date) -> list[list[int]]:
    return [[int(each.spec.minimum) for each in service.rules_in_force(session, world.ours, day)] for day in days]


def test_a_saved_change_is_taken_back_to_the_day(world: World) -> None:
    days = [date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 1)]
    with frozen(NOON), transaction(world.ours) as session:
        rule_id = save(session, world.ours, rule(minimum=1, effective_from="2026-06-01")).rule_id
        save(session, world.ours, rule(minimum=2, effective_from="2026-11-01"), rule_id)
        before = minimums(session, world, *days)
        assert before == [[], [1], [2]]
        changed = save(session, world.ours, rule(name="Machines", minimum=9), rule_id)
        assert minimums(session, world, *days) == [[9], [9], [9]]
        undo(session, world.ours, [changed])
        assert minimums(session, world, *days) == before
        assert screens.rule(session, world.ours, rule_id).name == "Servers"
        # What was taken back stays as history, and can't be taken back twice.
        assert [each.number for each in screens.rule_detail(session, world.ours, rule_id).versions] == [3, 2, 1]
        with pytest.raises(Conflict, match="was changed since"):
            undo(session, world.ours, [changed])


def test_a_new_rule_is_taken_back_by_retiring_it(world: World) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        made = save(session, world.ours, rule())
        undo(session, world.ours, [made])
        assert screens.rule(session, world.ours, made.rule_id).state == "retired"
        assert minimums(session, world, date(2026, 11, 30)) == [[]]


def test_a_changed_suggestion_is_one_again_and_stays_one(world: World) -> None:
    with frozen(NOON):
        build(
            world.ours,
            names={f"C{each}": f"Client {each}" for each in range(6)},
            lines=[line(f"C{each}", f"L{each}", "EDR", each + 2, product_name="Huntress EDR") for each in range(6)],
            seats={
                "Huntress": [
                    seat(f"A{each}", f"s{each}-{number}", kind="agent", sku="EDR", sku_name="Huntress EDR")
                    for each in range(6)
                    for number in range(each + 2)
                ]
            },
            mapping={("Huntress", f"A{each}"): f"C{each}" for each in range(6)},
        )
        with transaction(world.ours) as session:
            service.suggest(session, world.ours)
            (waiting,) = screens.rules(session, world.ours, ("suggested",))
            changed = waiting.spec.model_copy(update={"minimum": 5})
            undo(session, world.ours, [save(session, world.ours, changed, waiting.rule_id, seen=waiting.version)])
            service.suggest(session, world.ours)
            (again,) = screens.rules(session, world.ours)
            assert (again.rule_id, again.state, again.spec) == (waiting.rule_id, "suggested", waiting.spec)


def test_a_clash_is_refused(world: World) -> None:
    with frozen(NOON), transaction(world.ours) as session:
        save(session, world.ours, rule())
        with pytest.raises(Invalid, match="S is counted by the rule 'Servers'"):
            save(session, world.ours, rule(name="Other"))


def test_what_a_rule_can_be_made_of_is_this_workspaces_own(world: World) -> None:
    with frozen(NOON):
        seats = [
            seat("A1", f"s{each}", kind="device", device_class="server", sku="X", attributes={"Site Name": "HQ"})
            for each in range(2)
        ]
        build(
            world.ours,
            names={"C1": "Alder"},
            lines=[line("C1", "L1", "S", 2, product_name="Managed server")],
            seats={"RMM": seats, "M365": [seat("B1", "u", kind="user")]},
            mapping={("RMM", "A1"): "C1"},
        )
        with transaction(world.ours, read_only=True) as session:
            found = known.known(session, world.ours, "RMM")
            assert found.values["kind"] == ("device",)
            assert (found.values["sku"], found.attributes) == (("X",), ("site name",))
            assert found.integrations == ("M365", "RMM")
            assert set(known.known(session, world.ours).values["kind"]) == {"device", "user"}
            assert [each.code for each in known.products(session, world.ours, "MANAGED")] == ["S"]
            assert [(each.external_id, each.client) for each in known.lines_of(session, world.ours, ["s"])] == [
                ("L1", "Alder")
            ]
        with transaction(world.theirs, read_only=True) as session:
            assert known.known(session, world.theirs).integrations == ()
            assert known.products(session, world.theirs, "managed") == ()
