"""The preview says exactly what a matching run with those thresholds does, at any thresholds."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update
from sqlmodel import col, select

from connectors import records
from matching import simulate
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.mapping import suggest
from rcx_app.domain.match_settings import service
from rcx_app.domain.match_settings.schemas import Fate, Levels
from rcx_app.domain.sync import direct
from rcx_app.models import Account, AccountMapping, Connection, MappingCandidate, MappingEvent, Workspace
from tests.conftest import World
from tests.domain.mapping.making import connection
from tests.domain.match_settings.making import levels

ODD = (("Test Tenant", "Test Tenant"), ("Subway #123", "Subway #456"), ("City Dental", "The Dental Office"))
GRID = st.integers(500, 10_000).map(lambda n: Decimal(n) / 10_000)


def load(context: Context) -> int:
    """Two integrations of 40 accounts each, with names that bring every rule into play; the first one's id."""
    tenant = simulate.frozen("blank70", 1)[0]
    psa = connection(context, "psa", "PSA")
    clients = [
        records.Client(external_id=party.id, name=party.name, address=party.address, postcode=party.postcode)
        for party in tenant.right[:120]
    ]
    clients += [records.Client(external_id=f"odd-{n}", name=name) for n, (_, name) in enumerate(ODD)]
    clients += [records.Client(external_id=f"twin-{n}", name=party.name) for n, party in enumerate(tenant.right[:4])]
    with transaction(context) as session:
        direct.load(session, context, psa, clients)
    first = 0
    for number, label in enumerate(("NinjaOne", "Huntress")):
        usage = connection(context, "usage", label)
        first = first or usage
        accounts = [
            records.Account(external_id=party.id, name=party.name, address=party.address, postcode=party.postcode)
            for party in tenant.left[number * 40 : number * 40 + 40]
        ]
        accounts += [records.Account(external_id=f"odd-{n}", name=name) for n, (name, _) in enumerate(ODD)]
        with transaction(context) as session:
            direct.load(session, context, usage, accounts)
    return first


def fates(context: Context) -> Counter[Fate]:
    """What became of each account in the database."""
    found: Counter[Fate] = Counter()
    with transaction(context, read_only=True) as session:
        for row in session.scalars(select(AccountMapping)):
            if row.state == "mapped":
                found[Fate.AUTO] += 1
            elif row.state == "suggested":
                found[Fate.PRESELECTED if row.is_preselected else Fate.SUGGESTED] += 1
            else:
                found[Fate.COMPARE if row.confidence is not None else Fate.NOTHING] += 1
    return found


def put(context: Context, draft: Levels) -> None:
    with transaction(context) as session:
        row = session.get_one(Workspace, context.workspace_id)
        row.suggest_threshold, row.preselect_threshold, row.auto_confirm_threshold = (
            draft.suggest,
            draft.preselect,
            draft.auto,
        )


def unmap(context: Context) -> None:
    """Back to an estate in which nothing was ever mapped."""
    with transaction(context) as session:
        session.execute(delete(MappingEvent))
        values = {"state": "unmapped", "client_id": None, "decided_how": "", "decided_at": None}
        session.execute(update(AccountMapping).values(**values))
        session.execute(update(Connection).values(matched_from=""))


@pytest.fixture
def first(world: World) -> int:
    found = load(world.ours)
    suggest.refresh(world.ours)
    return found


def stored(context: Context) -> list[Decimal]:
    with transaction(context, read_only=True) as session:
        found = {row.confidence for row in session.scalars(select(AccountMapping))}
    return sorted(each for each in found if each is not None and each >= Decimal("0.05"))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_preview_is_what_a_run_comes_to(world: World, first: int, data: st.DataObject) -> None:
    """Also at thresholds that lie exactly on an account's confidence, and with an integration mapped by itself."""
    values = GRID | st.sampled_from(stored(world.ours))
    suggest_from, preselect_from, auto_from = sorted(data.draw(st.tuples(values, values, values)))
    draft = Levels(suggest=suggest_from, preselect=preselect_from, auto=auto_from)
    auto = data.draw(st.sampled_from([None, first]))
    with transaction(world.ours) as session:
        session.get_one(Connection, first).auto_confirm = auto is not None
        session.flush()
        expected = service.outlook(session, world.ours, draft).then.counts
    put(world.ours, draft)
    suggest.refresh(world.ours)
    assert fates(world.ours) == Counter({fate: number for fate, number in expected.items() if number})
    unmap(world.ours)


def test_the_estate_brings_every_fate_into_play(world: World, first: int) -> None:
    with transaction(world.ours, read_only=True) as session:
        counts = service.outlook(session, world.ours, levels("0.5", "0.85", "0.9"), auto=first).then.counts
    assert all(counts[fate] for fate in (Fate.AUTO, Fate.PRESELECTED, Fate.SUGGESTED, Fate.COMPARE))


def test_ten_thousand_accounts_are_previewed_in_a_blink(world: World) -> None:
    ours = world.ours.workspace_id
    psa, usage = connection(world.ours, "psa", "PSA"), connection(world.ours, "usage", "NinjaOne")
    with transaction(world.ours) as session:
        direct.load(session, world.ours, psa, [records.Client(external_id="c", name="Acme")])
        session.get_one(Connection, usage).auto_confirm = True
        names = [{"external_id": f"a{n}", "name": f"Account {n}", "name_key": f"account {n}"} for n in range(10_000)]
        rows = [{**each, "workspace_id": ours, "connection_id": usage, "content_hash": ""} for each in names]
        session.execute(insert(Account), rows)
        ids = session.scalars(select(Account.id).order_by(col(Account.id))).all()
        values = [
            {"workspace_id": ours, "account_id": key, "confidence": Decimal(key * 7919 % 9500 + 500) / 10_000}
            for key in ids
        ]
        session.execute(insert(AccountMapping), values)
        assert session.scalars(select(MappingCandidate)).all() == []
    with transaction(world.ours, read_only=True) as session:
        known = service.evidence(session, world.ours)
        service.outlook(session, world.ours, levels("0.5", "0.85", "0.97"), known=known)
        times = []
        for step in range(5):
            began = time.process_time()
            draft = levels("0.5", f"0.{80 + step}", "0.97")
            found = service.outlook(session, world.ours, draft, known=known)
            times.append(time.process_time() - began)
    assert found.waiting == 10_000
    # Of this process alone, so that a busy machine does not count; it takes about 20 ms.
    assert min(times) < 0.1, times
