"""What screens ask of reviewing: what others did, who is there, which tags are in use, and the newest deed's undo."""

from __future__ import annotations

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.reconcile.screens import service as screens
from rcx_app.domain.reconcile.screens.query import FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review import bulk, service
from rcx_app.domain.review.filtering import ME
from rcx_app.domain.review.schemas import Deed, TakenBack, Verdict
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import APPROVE, GONE_BY, decide, estate, finding, findings, join, run, set_billed

OPEN = FindingFilters(states=("open",))


def take_back(world: World, batch: str = "", token: str = "undo-0001") -> TakenBack:
    with frozen(NOON), transaction(world.ours) as session:
        return bulk.undo_newest(session, world.ours, batch, token=token)


def test_what_others_did_is_told_in_order_from_where_one_stopped(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    bea, one, two = join(world.ours, "Bea Blue"), finding(world.ours, "1").id, finding(world.ours, "2").id
    with transaction(world.ours, read_only=True) as session:
        since = service.newest_event(session, world.ours)
    decide(bea, one, APPROVE)
    decide(world.ours, two, Verdict(Deed.COMMENT, reason="Look"))
    decide(bea, two, GONE_BY)
    with transaction(world.ours, read_only=True) as session:
        told = service.changes(session, world.ours, since)
        newest = service.newest_event(session, world.ours)
        assert service.changes(session, world.ours, newest) == ()
    assert [(each.finding_id, each.user_name, each.deed, each.state) for each in told] == [
        (one, "Bea Blue", "approve", "approved"),
        (two, world.ours.user_name, "comment", "open"),
        (two, "Bea Blue", "dismiss", "dismissed"),
    ]
    assert told[-1].event_id == newest
    with transaction(world.theirs, read_only=True) as session:
        assert (service.changes(session, world.theirs, 0), service.newest_event(session, world.theirs)) == ((), 0)


def test_rows_say_who_has_a_finding_and_why_it_came_back(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    bea, one, two = join(world.ours, "Bea Blue"), finding(world.ours, "1").id, finding(world.ours, "2").id
    decide(world.ours, one, Verdict(Deed.ASSIGN, assignee_id=bea.user_id))
    decide(world.ours, two, GONE_BY)
    set_billed(world.ours, "2-L0", 2)
    run(world.ours)
    with transaction(bea, read_only=True) as session:
        rows = {row.finding_id: row.decision for row in screens.findings(session, bea, FindingQuery().filters()).items}
        mine = screens.findings(session, bea, FindingFilters(assignee_id=ME)).items
        back = screens.findings(session, bea, FindingQuery(view="returned").filters()).items
    assert rows[one].assignee == "Bea Blue"
    assert [row.finding_id for row in mine] == [one]
    assert [row.client_name for row in back] == ["Client 2"]
    assert "was dismissed on" in back[0].decision.returned


def test_who_is_there_and_which_tags_are_in_use(sqlite_world: World) -> None:
    world = sqlite_world
    estate(world.ours, {"1": 3, "2": 3})
    join(world.ours, "Carl Cyan", Role.VIEWER)
    decide(world.ours, finding(world.ours, "1").id, Verdict(Deed.TAG, add=("Q4", "check")))
    decide(world.ours, finding(world.ours, "2").id, Verdict(Deed.TAG, add=("check",)))
    with transaction(world.ours, read_only=True) as session:
        people = {each.name: each.may_review for each in service.people_here(session, world.ours)}
        assert people["Carl Cyan"] is False
        assert people[world.ours.user_name] is True
        assert service.tags_in_use(session, world.ours) == ("check", "Q4")
    with transaction(world.theirs, read_only=True) as session:
        assert service.tags_in_use(session, world.theirs) == ()
        assert "Carl Cyan" not in {each.name for each in service.people_here(session, world.theirs)}


def test_the_newest_deed_is_taken_back_whether_on_one_or_on_many(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3, "3": 3})
    with frozen(NOON), transaction(world.ours) as session:
        shown = bulk.preview(session, world.ours, FindingFilters(search="client 1"), Deed.APPROVE)
        chosen = FindingFilters(search="client 1")
        bulk.decide_many(session, world.ours, chosen, APPROVE, seen=shown.seen, token="token-0001")
    two = finding(world.ours, "2").id
    decide(world.ours, two, GONE_BY)
    assert take_back(world).finding_ids == (two,)
    undone = take_back(world, token="undo-0002").many
    assert undone is not None
    assert (undone.applied, undone.is_over) == (1, True)
    assert {each.state for each in findings(world.ours)} == {"open"}
    with pytest.raises(Invalid, match="nothing to undo"):
        take_back(world, token="undo-0003")
    viewer = world.as_role(Role.VIEWER)
    with transaction(viewer) as session, pytest.raises(NotPermitted):
        bulk.undo_newest(session, viewer, "", token="undo-0004")


def test_what_was_frozen_is_asked_for_once_and_moves_no_later_verdict(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 3})
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        shown = bulk.preview(session, world.ours, OPEN, Deed.APPROVE)
        kept = bulk.freeze(session, world.ours, OPEN, APPROVE, seen=shown.seen)
        with pytest.raises(Conflict, match="changed since"):
            bulk.freeze(session, world.ours, OPEN, APPROVE, seen="other")
    decide(join(world.ours, "Bea Blue"), finding(world.ours, "1").id, GONE_BY)
    with frozen(NOON), transaction(world.ours) as session:
        for _ in range(2):
            done = bulk.ask(session, world.ours, kept, token="token-0001")
            assert (done.applied, done.refusals) == (1, 1)
    assert "Bea Blue dismissed it meanwhile" in done.refused[0].message
    assert sorted(each.state for each in findings(world.ours)) == ["approved", "dismissed"]


def test_what_is_left_out_is_said_by_its_reason(sqlite_world: World) -> None:
    world = sqlite_world
    estate(world.ours, {"1": 3, "2": 4, "3": 0}, {"2": (), "3": (2,)})
    with transaction(world.ours, read_only=True) as session:
        shown = bulk.preview(session, world.ours, OPEN, Deed.APPROVE)
        reopened = bulk.preview(session, world.ours, OPEN, Deed.REOPEN)
    assert [(each.reason, each.count) for each in shown.reasons] == [("has no line whose quantity could change", 1)]
    assert {each.direction for each in shown.sums} <= {"under", "over"}
    assert (reopened.count, reopened.reasons[0].reason) == (0, "is open already")
