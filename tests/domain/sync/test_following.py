"""A sync asks for matching where there is something new to match, and reconciles only whom it touched."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from connectors import records
from connectors.records import Removed
from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.sync import following, service
from rcx_app.domain.sync.following import Touched
from rcx_app.models import Account, AccountMapping, Client, Connection, JobRun
from tests.conftest import World
from tests.domain.sync.conftest import connect as connection_of
from tests.domain.sync.conftest import run_sync, stage_all
from tests.domain.sync.source import Script, connect
from tests.domain.sync.test_switch import seat

ACME, BOLT, CORE = (records.Account(external_id=name[0].lower(), name=name) for name in ("Acme", "Bolt", "Core"))


def client(number: int) -> records.Client:
    return records.Client(external_id=f"c{number}", name=f"Client {number}")


def product(number: int) -> records.Product:
    return records.Product(external_id=f"p{number}", code=f"P{number}", name=f"Product {number}", currency="USD")


def agreement(number: int, of: int) -> records.Agreement:
    return records.Agreement(external_id=f"g{number}", client_external_id=f"c{of}", name="Gold")


def line(number: int, of: int, what: int) -> records.Line:
    return records.Line(
        external_id=f"l{number}",
        client_external_id=f"c{of}",
        agreement_external_id=f"g{of}",
        product_code=f"P{what}",
        product_name=f"Product {what}",
        quantity=Decimal(5),
    )


def end_all(world: World) -> None:
    """Whatever waits is as good as done."""
    with transaction(world.ours) as session:
        for row in session.scalars(select(JobRun).where(col(JobRun.state).in_(("queued", "sent")))):
            row.state = JobState.DONE


def asked(world: World) -> list[tuple[str, Any]]:
    """What waits: kind and clients."""
    with transaction(world.ours, read_only=True) as session:
        found = jobs.open_jobs(session, world.ours, ["mapping.match", "reconcile.run"])
    return [(job.kind, job.args.get("clients")) for job in found]


def map_all(world: World) -> dict[str, int]:
    """Each account belongs to a client of its own, by a person's word; account's external id -> client's id."""
    found = {}
    with transaction(world.ours) as session:
        psa = _psa(session, world)
        for account in session.scalars(select(Account)).all():
            row = Client(
                workspace_id=world.ours.workspace_id,
                connection_id=psa,
                external_id=f"of {account.external_id}",
                name=account.name,
                name_key=account.name.lower(),
            )
            session.add(row)
            session.flush()
            mapping = session.scalars(select(AccountMapping).where(AccountMapping.account_id == account.id)).one()
            mapping.state, mapping.client_id = "mapped", row.id
            found[account.external_id] = row.id
    return found


def _psa(session: Session, world: World) -> int:
    row = Connection(workspace_id=world.ours.workspace_id, side="psa", vendor="psa", label="PSA", label_key="psa")
    session.add(row)
    session.flush()
    return row.id


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    """Three accounts with three seats each, read once."""
    vendor.has(ACME, BOLT, CORE, *(seat(n, "abc"[n % 3]) for n in range(9)))
    vendor.cursors["seats"] = "1"
    made = connect(world.ours)
    assert run_sync(world.ours, made).state is JobState.DONE
    assert asked(world) == [("mapping.match", None)], "both sides are new"
    end_all(world)
    return made


def test_changed_seats_of_mapped_accounts_reconcile_their_clients_alone(
    world: World, vendor: Script, fake: int
) -> None:
    clients = map_all(world)
    vendor.changes["seats"] = [replace(seat(0, "a"), status="suspended"), Removed(external_id="s4")]
    assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == [("reconcile.run", sorted([clients["a"], clients["b"]]))]


def test_a_seat_that_moves_touches_whom_it_left_and_whom_it_joined(world: World, vendor: Script, fake: int) -> None:
    clients = map_all(world)
    vendor.changes["seats"] = [seat(0, "c")]
    assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == [("reconcile.run", sorted([clients["a"], clients["c"]]))]


def test_a_sync_without_changes_asks_for_nothing(world: World, vendor: Script, fake: int) -> None:
    map_all(world)
    vendor.changes["seats"] = [seat(0, "a")]
    assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == []


def test_a_new_or_changed_account_is_matched(world: World, vendor: Script, fake: int) -> None:
    map_all(world)
    vendor.steps["accounts"] = [ACME, BOLT, replace(CORE, name="Core Group")]
    vendor.changes["seats"] = []
    assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == [("mapping.match", None)]


def test_seats_of_an_account_that_nobody_decided_are_matched(world: World, vendor: Script, fake: int) -> None:
    map_all(world)
    with transaction(world.ours) as session:
        mapping = session.scalars(
            select(AccountMapping)
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(Account.external_id == "b")
        ).one()
        mapping.state = "suggested"
    vendor.changes["seats"] = [seat(20, "b")]
    assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == [("mapping.match", None)]


def test_a_full_sync_looks_at_the_alarms_of_mapped_accounts_too(world: World, vendor: Script, fake: int) -> None:
    map_all(world)
    vendor.steps["seats"] = [seat(n, "abc"[n % 3]) for n in range(8)]
    assert run_sync(world.ours, fake, full=True).state is JobState.DONE
    assert asked(world) == [("mapping.match", None)]


def test_ten_syncs_in_a_row_become_one_job_over_all_their_clients(world: World, vendor: Script, fake: int) -> None:
    clients = map_all(world)
    for number in range(10):
        vendor.changes["seats"] = [seat(100 + number, "abc"[number % 2])]
        assert run_sync(world.ours, fake).state is JobState.DONE
    assert asked(world) == [("reconcile.run", sorted([clients["a"], clients["b"]]))]
    vendor.steps["accounts"] = [ACME, BOLT]
    for number in range(10):
        vendor.changes["seats"] = [seat(200 + number, "a")]
        assert run_sync(world.ours, fake).state is JobState.DONE
    assert sorted(asked(world)) == [
        ("mapping.match", None),
        ("reconcile.run", sorted([clients["a"], clients["b"]])),
    ]


def test_lines_agreements_and_products_touch_the_clients_that_they_bill(world: World) -> None:
    psa = connection_of(world.ours, "psa", "ConnectWise")
    rows: list[Any] = [
        *(client(n) for n in (1, 2, 3)),
        *(product(n) for n in (1, 2)),
        *(agreement(n, n) for n in (1, 2, 3)),
        line(1, 1, 1),
        line(2, 2, 2),
        line(3, 3, 2),
    ]
    follow(world, psa, rows)
    end_all(world)
    with transaction(world.ours, read_only=True) as session:
        ids = [row.id for row in session.scalars(select(Client).order_by(col(Client.external_id)))]
    changed = [*rows[:-3], replace(line(1, 1, 1), quantity=Decimal(12)), *rows[-2:]]
    follow(world, psa, changed)
    assert asked(world) == [("reconcile.run", [ids[0]])]
    end_all(world)
    changed[4] = replace(product(2), name="Backup, renamed")
    follow(world, psa, changed)
    assert asked(world) == [("reconcile.run", ids[1:])]
    end_all(world)
    follow(world, psa, changed[:-1])
    # What others pay for a product says what it is worth where no price is known, and whether a price is unusual.
    assert asked(world) == [("reconcile.run", ids[1:])]


def follow(world: World, connection_id: int, rows: list[Any]) -> None:
    """A sync by hand, with what follows it."""
    run_id = stage_all(world.ours, connection_id, rows)
    with transaction(world.ours) as session:
        owned = following.before(session, world.ours, run_id, connection_id)
        result = service.switch(
            session,
            world.ours,
            run_id,
            complete_streams={"clients", "products", "agreements", "lines"},
        )
        following.request(session, world.ours, connection_id, result, owned, is_full=False)


def test_nothing_written_and_nobody_touched_asks_for_nothing(world: World) -> None:
    psa = connection_of(world.ours, "psa", "ConnectWise")
    follow(world, psa, [client(1)])
    end_all(world)
    run_id = stage_all(world.ours, psa, [client(1)])
    with transaction(world.ours) as session:
        result = service.switch(session, world.ours, run_id, complete_streams={"clients"})
        following.request(session, world.ours, psa, result, Touched(), is_full=True)
    assert asked(world) == []
