"""Rules are suggested from lines and usage, decided on by people, replaced by versions; clashes are refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.service_rules import screens, service
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import plain
from rcx_app.models import JobRun
from tests.conftest import World
from tests.domain.reconcile.estates import DAY, NOON, build, line, seat

COUNTS = {"C1": 4, "C2": 7, "C3": 5, "C4": 9}


def _estate(world: World) -> None:
    seats = [
        seat(f"T-{client}", f"{client}-{number}", kind="user", sku="SPB", sku_name="Microsoft 365 Business Premium")
        for client, many in COUNTS.items()
        for number in range(many)
    ]
    build(
        world.ours,
        lines=[
            line(client, f"L-{client}", "MS-BP", many, product_name="M365 Business Premium")
            for client, many in COUNTS.items()
        ]
        + [line("C1", "F1", "FW", 1, product_name="Managed firewall"), line("C1", "H1", "HELP", 12)],
        seats={"Microsoft 365": seats},
        mapping={("Microsoft 365", f"T-{client}"): client for client in COUNTS},
    )


def test_a_licence_is_suggested_and_counts_only_once_accepted(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours) as session:
            assert service.suggest(session, world.ours) == 1
            assert service.suggest(session, world.ours) == 0
        with transaction(world.ours) as session:
            (view,) = screens.rules(session, world.ours)
            assert plain(view.sentence) == "Count people of Microsoft 365 where kind is user and SKU is SPB."
            assert (view.confidence or 0) > Decimal("0.9")
            assert {reason["code"] for reason in view.reasons} >= {"catalogue", "quantity"}
            assert service.rules_in_force(session, world.ours, DAY) == ()
            service.accept(session, world.ours, view.rule_id)
            assert [rule.name for rule in service.rules_in_force(session, world.ours, DAY)] == [view.name]
            assert service.suggest(session, world.ours) == 0


def test_products_say_how_they_are_counted(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours) as session:
            service.suggest(session, world.ours)
            states = {row.product_code: row.state for row in screens.list_products(session, world.ours).items}
            assert states == {"MS-BP": "suggested", "FW": "flat", "HELP": "not_counted"}
            service.accept_many(session, world.ours, Decimal("0.9"))
            (row,) = screens.list_products(session, world.ours, search="premium").items
    assert (row.state, row.billed, row.clients, row.lines) == ("counted", 25, 4, 4)
    assert [(each.currency, each.amount) for each in row.money] == [("USD", Decimal(100))]


def test_a_rejected_suggestion_does_not_come_back_and_can_be_undone(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours) as session:
            service.suggest(session, world.ours)
            (view,) = screens.rules(session, world.ours)
            done = service.reject(session, world.ours, view.rule_id)
            assert service.suggest(session, world.ours) == 0
            assert screens.rules(session, world.ours) == ()
            service.undo(session, world.ours, done.steps)
            assert screens.rules(session, world.ours)[0].state == "suggested"
            with pytest.raises(Conflict, match="was changed since"):
                service.undo(session, world.ours, done.steps)


SPEC = RuleSpec(name="A", products=("P",), integration="Microsoft 365")


def test_two_rules_for_a_product_on_one_day_are_refused(world: World) -> None:
    with transaction(world.ours) as session:
        first = service.create(session, world.ours, SPEC)
        with pytest.raises(Invalid, match="counted by the rule 'A' on the same days"):
            service.create(session, world.ours, SPEC.model_copy(update={"name": "B", "products": (" p",)}))
        waiting = service.create(session, world.ours, SPEC.model_copy(update={"name": "C"}), state="suggested")
        with pytest.raises(Invalid, match="on the same days"):
            service.accept(session, world.ours, waiting)
        service.retire(session, world.ours, first)
        service.accept(session, world.ours, waiting)


def test_a_new_version_ends_the_one_before(world: World) -> None:
    later = date(2026, 12, 1)
    with frozen(NOON), transaction(world.ours) as session:
        rule_id = service.create(session, world.ours, SPEC)
        service.replace(
            session, world.ours, rule_id, SPEC.model_copy(update={"minimum": Decimal(5), "effective_from": later})
        )
        (now,) = service.rules_in_force(session, world.ours, DAY)
        (then,) = service.rules_in_force(session, world.ours, later)
        assert (now.number, now.spec.minimum, then.number, then.spec.minimum) == (1, 0, 2, 5)
        service.replace(session, world.ours, rule_id, SPEC.model_copy(update={"effective_from": later}))
        (then,) = service.rules_in_force(session, world.ours, later)
        assert (then.number, then.spec.minimum) == (3, 0)
        with pytest.raises(Conflict, match="starts on 2026-12-01"):
            service.replace(session, world.ours, rule_id, SPEC.model_copy(update={"effective_from": DAY}))


def test_decisions_ask_for_one_reconciliation(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours) as session:
            service.suggest(session, world.ours)
            service.accept_many(session, world.ours, Decimal(0))
            service.create(session, world.ours, SPEC)
            jobs = session.exec(select(JobRun)).all()
    assert [(job.kind, job.args) for job in jobs] == [("reconcile.run", {"clients": None})]


def test_who_may_and_who_may_not(world: World) -> None:
    with transaction(world.ours) as session:
        rule_id = service.create(session, world.ours, SPEC)
        viewer = world.as_role(Role.VIEWER)
        with pytest.raises(NotPermitted):
            service.retire(session, viewer, rule_id)
        with pytest.raises(NotPermitted):
            service.create(session, viewer, SPEC.model_copy(update={"name": "B", "products": ("Q",)}))
    with transaction(world.theirs) as session:
        with pytest.raises(NotFound):
            service.accept(session, world.theirs, rule_id)
        assert screens.rules(session, world.theirs) == ()


def test_a_preview_counts_before_anything_is_saved(world: World) -> None:
    with frozen(NOON):
        _estate(world)
        with transaction(world.ours, read_only=True) as session:
            shown = screens.preview(session, world.ours, SPEC)
    assert (shown.seats, shown.clients, shown.newly_accounted) == (25, 4, 25)
