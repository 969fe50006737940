"""What runs, months and days do to verdicts: nothing is lost, and what changed comes back with its history."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.review import returning, service
from rcx_app.domain.review.schemas import Deed, ReviewState, Seen, Verdict
from rcx_app.models import Finding
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import (
    APPROVE,
    DECEMBER,
    GONE_BY,
    add_servers,
    decide,
    estate,
    finding,
    findings,
    run,
    seen,
    set_billed,
)

LATER = NOON + timedelta(hours=1)
FOR_GOOD = Verdict(Deed.DISMISS, reason="Their own", scope="for_good")
THIS_PERIOD = Verdict(Deed.DISMISS, reason="Not now", scope="this_period")
SNOOZED = Verdict(Deed.SNOOZE, until=date(2026, 12, 5))
ALL = {"1": APPROVE, "2": GONE_BY, "3": THIS_PERIOD, "4": FOR_GOOD, "5": SNOOZED, "6": Verdict(Deed.AT_VENDOR)}
STATES = {"1": "approved", "2": "dismissed", "3": "dismissed", "4": "dismissed", "5": "snoozed", "6": "at_vendor"}


def states(world: World) -> dict[str, str]:
    return {client: finding(world.ours, client).state for client in ALL}


def kept(world: World, client: str) -> ReviewState:
    with transaction(world.ours, read_only=True) as session:
        return service.state(session, world.ours, finding(world.ours, client).id)


def decided(world: World) -> None:
    estate(world.ours, dict.fromkeys(ALL, 3))
    for client, verdict in ALL.items():
        decide(world.ours, finding(world.ours, client).id, verdict)


def test_runs_lose_no_verdict_and_return_what_changed(world: World) -> None:
    decided(world)
    run(world.ours, at=LATER)
    run(world.ours, clients=[finding(world.ours, client).client_id or 0 for client in ALL], at=LATER)
    assert states(world) == STATES
    for client in ALL:
        add_servers(world.ours, client, 2)
    run(world.ours, clients=[finding(world.ours, "1").client_id or 0], at=LATER)
    assert states(world) == STATES | {"1": "open"}
    assert kept(world, "1").returned == "returned: was approved on 20 Nov 2026 when delta was +2"
    run(world.ours, at=LATER)
    assert states(world) == dict.fromkeys(ALL, "open") | {"3": "dismissed", "4": "dismissed"}
    with transaction(world.ours, read_only=True) as session:
        told = service.history(session, world.ours, finding(world.ours, "2").id)
        assert service.approved(session, world.ours) == ()
    assert [(each.deed, each.user_name, each.delta) for each in told] == [
        ("returned", "RCX", Decimal(4)),
        ("dismiss", world.ours.user_name, Decimal(2)),
    ]


def test_a_month_later_only_dismissals_for_good_and_snoozes_hold(world: World) -> None:
    decided(world)
    november = {client: finding(world.ours, client).id for client in ALL}
    run(world.ours, at=DECEMBER)
    # Findings of both periods stand as rows; the newest are December's.
    with transaction(world.ours, read_only=True) as session:
        assert service.approved(session, world.ours) == ()
    found = {each.client_name[-1]: each for each in _of(world, date(2026, 12, 1))}
    assert {client: each.state for client, each in found.items()} == dict.fromkeys(ALL, "open") | {
        "4": "dismissed",
        "5": "snoozed",
    }
    with transaction(world.ours, read_only=True) as session:
        told = service.state(session, world.ours, found["1"].id).returned
        assert len(service.history(session, world.ours, found["1"].id)) == 2
    assert told == "returned: was approved on 20 Nov 2026 for November 2026"
    with pytest.raises(Conflict, match="earlier period"):
        decide(world.ours, november["1"], APPROVE, at=DECEMBER)


def _of(world: World, period: date) -> list[Finding]:
    return [each for each in findings(world.ours) if each.period == period]


def test_what_went_and_came_back_alike_is_still_dismissed_but_not_approved(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    decide(world.ours, finding(world.ours, "1").id, APPROVE)
    decide(world.ours, finding(world.ours, "2").id, GONE_BY)
    for quantity in (3, 1):
        for client in ("1", "2"):
            set_billed(world.ours, f"{client}-L0", quantity)
        run(world.ours, at=LATER)
    assert (finding(world.ours, "1").state, finding(world.ours, "2").state) == ("open", "dismissed")
    assert "gone since" in kept(world, "1").returned


def test_a_snooze_ends_on_its_day(world: World) -> None:
    estate(world.ours, {"1": 3})
    decide(world.ours, finding(world.ours).id, Verdict(Deed.SNOOZE, until=date(2026, 11, 23)))
    for day, woken in ((2, 0), (3, 1), (4, 0)):
        with frozen(NOON + timedelta(days=day)), transaction(world.ours) as session:
            assert returning.wake(session, world.ours) == woken
    assert finding(world.ours).state == "open"
    assert kept(world, "1").returned == "returned: was snoozed on 20 Nov 2026 until 23 Nov 2026"
    with transaction(None, read_only=True) as session:
        assert returning.workspaces_to_wake(session, date(2027, 1, 1)) == []


def test_a_verdict_on_numbers_that_moved_meanwhile_is_refused(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    looked = seen(world.ours, chosen)
    add_servers(world.ours, "1", 2)
    run(world.ours, at=LATER)
    with pytest.raises(Conflict, match="numbers have changed"):
        decide(world.ours, chosen, APPROVE, known=looked)
    set_billed(world.ours, "1-L0", 2)
    with pytest.raises(Conflict, match="lines of this finding have changed"):
        decide(world.ours, chosen, APPROVE, known=Seen(0, seen(world.ours, chosen).mark))


def test_a_verdict_that_returned_is_not_undone(world: World) -> None:
    estate(world.ours, {"1": 3})
    done = decide(world.ours, finding(world.ours).id, APPROVE)
    add_servers(world.ours, "1", 2)
    run(world.ours, at=LATER)
    with transaction(world.ours) as session, pytest.raises(Conflict, match="RCX opened it again, since it changed"):
        service.undo(session, world.ours, done.batch)
