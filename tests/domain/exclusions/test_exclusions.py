"""What is excluded takes no part in findings and flags, is counted as hidden, and comes back when it is lifted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.exclusions import service as exclusions
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import AuditEvent, Connection, Exclusion, JobRun, ReconcileRun
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, flags, line, seat, standing

WS = RuleSpec(name="WS", products=("WS",), integration="NinjaOne", where={"all": [{"field": "sku", "op": "is_empty"}]})
SPB = RuleSpec(
    name="SPB", products=("MS",), integration="M365", where={"all": [{"field": "sku", "op": "eq", "value": "SPB"}]}
)


def load(context: Context) -> dict[str, int]:
    """One client with something wrong on each of its services; answers the ids of its connections."""
    with frozen(NOON):
        build(
            context,
            lines=[
                line("C1", "L1", "WS", 5, unit_price=Decimal(0)),
                line("C1", "L2", "MS", 3),
                line("C2", "L3", "ws", 1),
            ],
            seats={
                "NinjaOne": [seat("A", f"D{each}", last_seen_at=ago(90)) for each in range(2)],
                "M365": [
                    seat("T", "U1", kind="user", sku="SPB"),
                    seat("T", "U2", kind="user", sku="E5", last_seen_at=ago(90)),
                    seat("T", "U3", kind="user", sku="E5_TRIAL", sku_name="Trial of E5"),
                ],
            },
            mapping={("NinjaOne", "A"): "C1", ("M365", "T"): "C1"},
            rules=[WS, SPB],
        )
    with transaction(context, read_only=True) as session:
        return {
            each.label: each.id
            for each in session.scalars(select(Connection).where(Connection.workspace_id == context.workspace_id))
        }


def shown(context: Context) -> tuple[list[tuple[str, str]], list[str], dict[str, Any]]:
    """(kind, product or SKU) of findings, the kinds of flags, and the run's totals."""
    with frozen(NOON):
        with transaction(context) as session:
            reconcile.reconcile(session, context)
        with transaction(context, read_only=True) as session:
            runs = select(ReconcileRun).where(ReconcileRun.workspace_id == context.workspace_id)
            last = session.scalars(runs.order_by(col(ReconcileRun.id).desc())).first()
            assert last is not None
            found = [(each.kind, each.product_code or each.sku) for each in standing(session, context)]
            return sorted(found), sorted(each.kind for each in flags(session, context)), last.totals


def exclude(context: Context, scope: str, connection_id: int, key: str, reason: str = "Billed flat.") -> int:
    with transaction(context) as session:
        return exclusions.exclude(session, context, scope, connection_id, key, reason)


ALL = [("calculated", "MS"), ("calculated", "WS"), ("unaccounted", "E5"), ("unaccounted", "E5_TRIAL")]
FLAGS = ["ghost", "inactive_seat", "inactive_seat", "no_usage_source", "price_zero", "temporary_licence"]


def test_nothing_is_hidden_where_nothing_is_excluded(world: World) -> None:
    load(world.ours)
    found, raised, totals = shown(world.ours)
    assert (found, raised) == (ALL, FLAGS)
    assert (totals["hidden_lines"], totals["hidden_seats"], totals["hidden_accounts"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("scope", "of", "key", "findings", "raised", "hidden"),
    [
        ("product", "PSA", " Ws", ALL[:1] + ALL[2:], ["inactive_seat", "inactive_seat", "temporary_licence"], (2, 0)),
        (
            "line",
            "PSA",
            "L1",
            ALL[:1] + ALL[2:],
            ["inactive_seat"] * 2 + ["no_usage_source", "temporary_licence"],
            (1, 0),
        ),
        ("sku", "M365", "e5", [*ALL[:2], ALL[3]], ["ghost", "inactive_seat", *FLAGS[3:]], (0, 1)),
        ("sku", "M365", "E5_TRIAL", ALL[:3], FLAGS[:-1], (0, 1)),
    ],
)
def test_what_is_excluded_takes_no_part(
    world: World, scope: str, of: str, key: str, findings: list[Any], raised: list[str], hidden: tuple[int, int]
) -> None:
    ids = load(world.ours)
    shown(world.ours)
    made = exclude(world.ours, scope, ids[of], key)
    found, told, totals = shown(world.ours)
    assert (found, told) == (findings, raised)
    assert (totals["hidden_lines"], totals["hidden_seats"]) == hidden
    with transaction(world.ours) as session:
        exclusions.lift(session, world.ours, made)
    assert shown(world.ours)[:2] == (ALL, FLAGS)


def test_a_sku_that_a_rule_counts_counts_no_more(sqlite_world: World) -> None:
    ids = load(sqlite_world.ours)
    exclude(sqlite_world.ours, "sku", ids["M365"], "SPB")
    shown(sqlite_world.ours)
    with transaction(sqlite_world.ours, read_only=True) as session:
        counts = {each.product_code: each.system_count for each in standing(session, sqlite_world.ours)}
    assert counts["MS"] == 0


def test_touched_clients_come_out_as_in_a_full_run(world: World) -> None:
    ids = load(world.ours)
    exclude(world.ours, "product", ids["PSA"], "WS")
    exclude(world.ours, "sku", ids["M365"], "E5")
    shown(world.ours)
    with frozen(NOON), transaction(world.ours) as session:
        clients = [each.client_id for each in standing(session, world.ours) if each.client_id]
        done = reconcile.reconcile(session, world.ours, clients=sorted(set(clients)))
    assert (done["new"], done["changed"], done["gone"]) == (0, 0, 0)


def test_who_excluded_what_and_why_is_listed_and_audited(world: World) -> None:
    ids = load(world.ours)
    made = exclude(world.ours, "product", ids["PSA"], "WS", "  Flat fee. ")
    with transaction(world.ours) as session:
        (row,) = exclusions.exclusions(session, world.ours)
        assert (row.exclusion_id, row.scope, row.key, row.label) == (made, "product", "ws", "WS name")
        assert (row.connection, row.reason, row.made_by) == ("PSA", "Flat fee.", world.ours.user_name)
        exclusions.lift(session, world.ours, made)
        assert exclusions.exclusions(session, world.ours) == ()
    with transaction(world.ours, read_only=True) as session:
        deeds = session.scalars(select(AuditEvent).where(AuditEvent.subject_type == "exclusion"))
        told = [(each.tag, each.subject_id, each.detail["reason"]) for each in deeds.all()]
        assert told == [("exclusions:exclude", made, "Flat fee."), ("exclusions:lift", made, "Flat fee.")]
        jobs = session.scalars(select(JobRun.kind).where(JobRun.workspace_id == world.ours.workspace_id))
        assert "reconcile.run" in set(jobs)


@pytest.mark.parametrize(
    ("scope", "of", "key", "reason"),
    [
        ("client", "PSA", "C1", "x"),
        ("product", "PSA", "WS", "  "),
        ("product", "PSA", "WS", "x" * 501),
        ("product", "PSA", "NOPE", "x"),
        ("product", "PSA", "", "x"),
        ("product", "M365", "WS", "x"),
        ("sku", "NinjaOne", "SPB", "x"),
        ("sku", "NinjaOne", "", "x"),
        ("sku", "PSA", "WS", "x"),
        ("line", "PSA", "L9", "x"),
    ],
)
def test_what_can_not_be_excluded_is_refused(sqlite_world: World, scope: str, of: str, key: str, reason: str) -> None:
    ids = load(sqlite_world.ours)
    with pytest.raises(Invalid):
        exclude(sqlite_world.ours, scope, ids[of], key, reason)


def test_twice_is_refused(world: World) -> None:
    ids = load(world.ours)
    exclude(world.ours, "sku", ids["M365"], "E5")
    with pytest.raises(Conflict):
        exclude(world.ours, "sku", ids["M365"], "e5 ")


def test_another_workspace_neither_sees_nor_touches_it(world: World) -> None:
    ids = load(world.ours)
    load(world.theirs)
    made = exclude(world.ours, "product", ids["PSA"], "WS")
    with pytest.raises(NotFound):
        exclude(world.theirs, "product", ids["PSA"], "WS")
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        exclusions.lift(session, world.theirs, made)
    with transaction(world.theirs, read_only=True) as session:
        assert exclusions.exclusions(session, world.theirs) == ()
    assert shown(world.theirs)[:2] == (ALL, FLAGS)


def test_a_viewer_only_looks(world: World) -> None:
    ids = load(world.ours)
    made = exclude(world.ours, "product", ids["PSA"], "WS")
    viewer = world.as_role(Role.VIEWER)
    with pytest.raises(NotPermitted):
        exclude(viewer, "sku", ids["M365"], "E5")
    with pytest.raises(NotPermitted), transaction(viewer) as session:
        exclusions.lift(session, viewer, made)
    with transaction(viewer, read_only=True) as session:
        assert len(exclusions.exclusions(session, viewer)) == 1
        assert session.scalars(select(Exclusion.id)).all() == [made]
