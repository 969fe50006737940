"""Clients that RCX's own plan has no room for are not compared: at once gone, and at once back, with their history."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.reconcile.screens import client as screens
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.subscription import offers, places
from rcx_app.models import Client, ClientTotal, Finding, JobRun
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, build, line, seat
from tests.domain.subscription.making import bought, platform

WS = RuleSpec(name="WS", products=("WS",), integration="NinjaOne", where={"all": [{"field": "sku", "op": "is_empty"}]})


def load(context: Context) -> dict[str, int]:
    """Two clients, each with one seat more than is billed; their ids by name."""
    with frozen(NOON):
        build(
            context,
            lines=[line("C1", "L1", "WS", 1), line("C2", "L2", "WS", 1)],
            seats={"NinjaOne": [seat(name, f"{name}{each}") for name in ("A", "B") for each in range(2)]},
            mapping={("NinjaOne", "A"): "C1", ("NinjaOne", "B"): "C2"},
            rules=[WS],
        )
    with transaction(context, read_only=True) as session:
        rows = session.scalars(select(Client).where(Client.workspace_id == context.workspace_id))
        return {row.external_id: row.id for row in rows}


def run(context: Context, clients: list[int] | None = None) -> tuple[set[int | None], set[int], int]:
    """Clients with a standing finding, clients in the table, how many the plan left out."""
    with frozen(NOON), transaction(context) as session:
        totals = reconcile.reconcile(session, context, clients=clients)
        standing = select(Finding.client_id).where(
            Finding.workspace_id == context.workspace_id, col(Finding.resolved_at).is_(None)
        )
        listed = select(ClientTotal.client_id).where(ClientTotal.workspace_id == context.workspace_id)
        return set(session.scalars(standing)), set(session.scalars(listed)), int(totals["beyond_plan"])


def test_a_client_beyond_the_plan_is_not_compared_until_it_has_a_place(world: World) -> None:
    ids = load(world.ours)
    one, two = ids["C1"], ids["C2"]
    assert run(world.ours) == ({one, two}, {one, two}, 0)
    day = NOON.date()
    with frozen(NOON - timedelta(days=3)), transaction(None) as session:
        admin = platform(world.theirs)
        tiny = offers.add_plan(session, admin, "tiny", "tier", "Tiny", "One client.")
        offers.add_version(session, admin, tiny, (NOON - timedelta(days=3)).date(), 1, 1, {"USD": "1.00"})
    bought(world.ours, day - timedelta(days=2), "tiny")
    assert run(world.ours) == ({one}, {one}, 1)
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        page = screens.client_page(session, world.ours, two)
        assert [(each.state, each.expected) for each in page.lines] == [("not_counted", None)]
        assert places.beyond(session, world.ours) == 1
    with frozen(NOON), transaction(world.ours) as session:
        session.execute(delete(JobRun))
        places.exchange(session, world.ours, two, instead_of=one)
        asked = session.scalars(select(JobRun).where(JobRun.kind == "reconcile.run")).one()
        assert asked.args["clients"] == sorted([one, two])
    assert run(world.ours, [one, two]) == ({two}, {two}, 1)
    with transaction(world.ours, read_only=True) as session:
        # Nothing was deleted: the other's finding waits, marked as gone.
        assert len(session.scalars(select(Finding).where(Finding.client_id == one)).all()) == 1
