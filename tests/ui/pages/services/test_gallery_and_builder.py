"""Presets with a picked product, rules from a file, and a saved change that is taken back or restored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.services.builder_state import BuilderState
from rcx_app.ui.pages.services.gallery_state import MOST_TEXT, GalleryState
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat
from tests.ui.pages.services.test_state import Desk


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with frozen(NOON):
        yield
    forget_caller()


@pytest.fixture
def desk(sqlite_world: World) -> Desk:
    """Servers are billed as SRV and as CARE; a rule counts CARE."""
    context = sqlite_world.ours
    build(
        context,
        names={"C1": "Alder"},
        lines=[line("C1", "L1", "SRV", 3, product_name="Server care"), line("C1", "L2", "CARE", 2)],
        seats={"RMM": [seat("A1", f"s{each}", kind="device", device_class="server") for each in range(4)]},
        mapping={("RMM", "A1"): "C1"},
        rules=[RuleSpec(name="Care", products=("CARE",), integration="RMM")],
    )
    return Desk(context).open("?tab=all")


def part(desk: Desk, kind: Any) -> Any:
    return desk.root.get_substate(kind.get_full_name().split(".")[1:])


def active(context: Context) -> dict[str, RuleSpec]:
    with transaction(context, read_only=True) as session:
        return {each.name: each.spec for each in screens.rules(session, context, ("active",))}


def test_a_preset_bills_a_product_that_was_found_and_that_no_rule_counts(desk: Desk) -> None:
    gallery = part(desk, GalleryState)
    desk.run(gallery.open_presets)
    offer = next(row.key for row in gallery.offered if row.title == "Per server")
    desk.run(gallery.find, offer, "care")
    assert [each.value for each in gallery.found] == ["SRV"]
    desk.run(gallery.bill, offer, "CARE")  # not among what was found
    assert not next(row for row in gallery.offered if row.key == offer).chosen
    desk.run(gallery.bill, offer, "SRV")
    assert [(row.name, row.numbers) for row in gallery.taken] == [("Server care", "4 seats at 1 client")]
    desk.run(gallery.apply)
    assert active(desk.context)["Server care"].products == ("SRV",)
    desk.run(desk.state.undo)
    assert set(active(desk.context)) == {"Care"}


def test_a_file_is_read_like_its_text(desk: Desk) -> None:
    gallery = part(desk, GalleryState)
    desk.run(gallery.open_import)
    wrong = "- name: Servers\n  products: [SRV]\n  where: {all: [{field: colour, op: eq, value: red}]}\n"
    desk.run(gallery.take_file, ["../my rules.yaml", wrong, ""])
    (problem,) = gallery.problems
    assert "my rules.yaml, line 3, where.all[0].field" in problem
    assert not gallery.can_apply
    for why, said in (("large", "Split it"), ("encoding", "Save it as UTF-8")):
        desk.run(gallery.take_file, ["big.yaml", "", why])
        assert said in gallery.problems[0]
        assert not gallery.can_apply
    desk.run(gallery.try_import, "#" * (MOST_TEXT + 1))
    assert "Split it" in gallery.problems[0]
    desk.run(gallery.take_file, ["rules.yaml", "- {name: Servers, products: [SRV], integration: RMM}", ""])
    assert (gallery.plan_said, gallery.problems) == ("1 created", [])
    desk.run(gallery.import_rules)
    assert set(active(desk.context)) == {"Care", "Servers"}
    # Each takes the other's product: both change together, and are taken back together.
    both = "[{name: Servers, products: [CARE], integration: RMM}, {name: Care, products: [SRV], integration: RMM}]"
    desk.run(gallery.try_import, both)
    assert gallery.plan_said == "2 new version"
    before = active(desk.context)
    desk.run(gallery.import_rules)
    assert {name: each.products for name, each in active(desk.context).items()} == {
        "Care": ("SRV",),
        "Servers": ("CARE",),
    }
    desk.run(desk.state.undo)
    assert active(desk.context) == before


def test_a_saved_change_is_undone_and_an_older_version_is_restored(desk: Desk) -> None:
    builder = part(desk, BuilderState)
    with transaction(desk.context, read_only=True) as session:
        (rule,) = service.rules_in_force(session, desk.context, NOON.date())
    desk.run(builder.edit, rule.rule_id)
    desk.run(builder.enter, "minimum", "9")
    desk.run(builder.save)
    assert active(desk.context)["Care"].minimum == 9
    assert desk.state.can_undo
    desk.run(desk.state.undo)
    assert (active(desk.context)["Care"].minimum, desk.state.said.text) == (0, "taken back")

    undone = next(each for each in desk.state.hand.versions if each.number == "v2")
    desk.run(builder.restore, rule.rule_id, undone.version_id)
    assert (builder.form.texts["minimum"], builder.form.texts["effective_from"]) == ("9", NOON.date().isoformat())
    desk.run(builder.save)
    assert active(desk.context)["Care"].minimum == 9
