"""Which clients a plan includes: those that were first, whatever comes later, and nobody's data is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session, select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.subscription import limits, offers, places, service
from rcx_app.domain.subscription.schemas import Limit
from rcx_app.models import Account, AccountMapping, Client, Connection
from tests.conftest import World
from tests.domain.subscription.making import bought, choose, november, on, plan, platform, psa, run


def add(session: Session, context: Context, source: Connection, name: str, *, mapped: bool = True) -> int:
    """A client, with an account mapped to it or not."""
    ours = context.workspace_id
    client = Client(workspace_id=ours, connection_id=source.id, external_id=name, name=name, name_key=name.lower())
    account = Account(workspace_id=ours, connection_id=source.id, external_id=name, name=name, name_key=name.lower())
    session.add_all([client, account])
    session.flush()
    state = "mapped" if mapped else "suggested"
    session.add(AccountMapping(workspace_id=ours, account_id=account.id, client_id=client.id, state=state))
    session.flush()
    return client.id


def unmap(context: Context, client_id: int) -> None:
    with transaction(context) as session:
        session.scalars(select(AccountMapping).where(AccountMapping.client_id == client_id)).one().state = "unmapped"


def now(context: Context) -> Limit:
    with transaction(context, read_only=True) as session:
        return service.included(session, context)


def test_the_first_keep_their_place_and_later_ones_wait(world: World) -> None:
    admin = platform(world.theirs)
    with on(november(1)), transaction(None) as session:
        team = offers.add_plan(session, admin, "tiny", "tier", "Tiny", "Three clients.")
        offers.add_version(session, admin, team, november(1), 3, 1, {"USD": "1.00"})
    with transaction(world.ours) as session:
        source = psa(session, world.ours)
        late = add(session, world.ours, source, "Late", mapped=False)
        first = [add(session, world.ours, source, name) for name in ("A", "B")]
    assert (now(world.ours).allowed, now(world.ours).is_over) == (None, False)
    bought(world.ours, november(2), "tiny")
    assert (now(world.ours).included, now(world.ours).is_near) == (frozenset(first), False)
    with transaction(world.ours) as session:
        third, fourth = (add(session, world.ours, source, name) for name in ("C", "D"))
        limits.admit(session, world.ours)
        # A client that was known before, but is mapped only now, comes last.
        session.scalars(select(AccountMapping).where(AccountMapping.client_id == late)).one().state = "mapped"
    found = now(world.ours)
    assert found.included == {*first, third}
    assert [name for _, name in found.left_out] == ["Late", "D"]
    assert (found.used, found.is_near, found.is_over) == (5, True, True)
    unmap(world.ours, first[0])
    with on(november(3)):
        run(world.ours)
    assert now(world.ours).included == {first[1], third, late}
    with on(november(4)):
        choose(world.ours, "starter")
    assert now(world.ours).included == {first[1], third, fourth, late}
    with on(november(5)), transaction(world.ours) as session:
        back = service.preview(session, world.ours, service.Wanted(plan(session, "tiny")))
    assert (back.allowed, back.left_out) == (3, 1)


def test_when_it_has_ended_places_stay_and_no_new_client_is_included(world: World) -> None:
    bought(world.ours, november(1))
    with transaction(world.ours) as session:
        source = psa(session, world.ours)
        kept = add(session, world.ours, source, "A")
        limits.admit(session, world.ours)
    with on(november(3)), transaction(world.ours) as session:
        service.cancel(session, world.ours, "")
    with on(date(2026, 12, 1)):
        run(world.ours)
    with transaction(world.ours) as session:
        late = add(session, world.ours, source, "B")
        limits.admit(session, world.ours)
    found = now(world.ours)
    assert (found.included, found.allowed, found.left_out) == ({kept}, 1, ((late, "B"),))


def test_the_workspace_chooses_who_is_compared(world: World) -> None:
    admin = platform(world.theirs)
    with on(november(1)), transaction(None) as session:
        tiny = offers.add_plan(session, admin, "tiny", "tier", "Tiny", "Two clients.")
        offers.add_version(session, admin, tiny, november(1), 2, 1, {"USD": "1.00"})
    bought(world.ours, november(2), "tiny")
    with transaction(world.ours) as session:
        source = psa(session, world.ours)
        one, two, three = (add(session, world.ours, source, name) for name in ("A", "B", "C"))
        places.exchange(session, world.ours, three, instead_of=one)
    assert now(world.ours).included == {three, two}
    with transaction(world.ours) as session, pytest.raises(Conflict):
        places.exchange(session, world.ours, three, instead_of=two)
    unmap(world.ours, two)
    assert now(world.ours).included == {three, one}
    viewer = replace(world.ours, role=Role.ADMIN)
    with transaction(viewer) as session, pytest.raises(NotPermitted):
        places.exchange(session, viewer, one, instead_of=three)
