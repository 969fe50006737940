"""What must never be written, and what two people or one impatient one must not bring about."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.writeback import access, listing, service, undoing
from rcx_app.domain.writeback.schemas import ChangeState, Policy, SetState, WantedInvalid
from rcx_app.models import Line
from tests.conftest import World
from tests.domain.writeback.estate import approve, colleague, connection, finding, line, prepare, state, waiting, want


def test_two_lines_of_one_finding_never_both_get_its_whole_difference(world: World) -> None:
    place = connection(world)
    first, second = line(world, place, "1"), line(world, place, "2")
    about = finding(world, [first, second], 4)
    with pytest.raises(WantedInvalid) as refused:
        prepare(world, want(first, 14, finding_id=about), want(second, 14, finding_id=about))
    assert "+8" in refused.value.problems[0]
    prepare(world, want(first, 14, finding_id=about))
    with pytest.raises(WantedInvalid):
        prepare(world, want(second, 14, finding_id=about))
    with pytest.raises(WantedInvalid):
        prepare(world, want(second, 6, finding_id=about))


def test_a_difference_may_be_split_between_its_lines(world: World) -> None:
    place = connection(world)
    first, second = line(world, place, "1"), line(world, place, "2")
    about = finding(world, [first, second], 4)
    made = prepare(world, want(first, 11, finding_id=about), want(second, 13, finding_id=about))
    assert state(world, made)[1] == [ChangeState.PLANNED, ChangeState.PLANNED]


def test_a_line_that_a_finding_is_not_about_gets_nothing_of_it(world: World) -> None:
    place = connection(world)
    first, other = line(world, place, "1"), line(world, place, "2")
    with pytest.raises(WantedInvalid, match="can't be written"):
        prepare(world, want(other, 12, finding_id=finding(world, [first], 4)))


@pytest.mark.parametrize("quantity", ["-1", "1000001", "1.0000001", "NaN", "Infinity"])
def test_quantities_that_make_no_sense_are_turned_down(world: World, quantity: str) -> None:
    with pytest.raises(WantedInvalid):
        prepare(world, want(line(world, connection(world), "1"), quantity))


@pytest.mark.parametrize("days", [-500, 500])
def test_a_day_far_away_is_turned_down(world: World, days: int) -> None:
    one = line(world, connection(world), "1")
    with pytest.raises(WantedInvalid):
        prepare(world, want(one, effective_date=clock.today() + timedelta(days=days)))


def test_calculated_ended_and_removed_lines_are_kept_as_refused(world: World) -> None:
    place = connection(world)
    lines = [
        line(world, place, "1", is_calculated_by_psa=True),
        line(world, place, "2", cancelled_date=clock.today()),
        line(world, place, "3", removed_at=clock.now()),
        line(world, place, "4", quantity=Decimal(12)),
    ]
    made = prepare(world, *map(want, lines))
    _, states, reasons = state(world, made)
    assert states == [ChangeState.REFUSED] * 4
    assert reasons == ["calculated", "ended", "not_found", "same"]
    with pytest.raises(Conflict, match="Nothing"), transaction(world.ours) as session:
        service.submit(session, world.ours, made)


def test_what_there_is_to_know_of_is_shown_alone(world: World) -> None:
    place = connection(world)
    plain, large = line(world, place, "1"), line(world, place, "2")
    made = prepare(world, want(plain), want(large, 600))
    with transaction(world.ours, read_only=True) as session:
        head = listing.head(session, world.ours, made)
        assert (head.changes, head.warned, dict(head.warnings)) == (2, 1, {"large": 1})
        (shown,) = listing.changes(session, world.ours, made, only="warned").items
        assert listing.changes(session, world.ours, made, only="problems").items == ()
    assert (shown.line_id, [each.code for each in shown.warnings]) == (large, ["large"])


def test_foreign_ids_are_not_found(world: World) -> None:
    theirs = line(world, connection(world, world.theirs), "1", world.theirs)
    place = connection(world)
    ours = line(world, place, "1")
    made = prepare(world, want(ours))
    with pytest.raises(NotFound):
        prepare(world, want(theirs))
    with pytest.raises(NotFound):
        prepare(world, want(ours, finding_id=4711))
    for deed in (service.view, service.submit, service.cancel, service.send_again):
        with pytest.raises(NotFound), transaction(world.theirs) as session:
            deed(session, world.theirs, made)
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        service.approve(session, world.theirs, made, revision=1)
    with transaction(world.ours, read_only=True) as session:
        change_id = service.view(session, world.ours, made).changes[0].id
    for deed in (undoing.undo, service.look_again, service.drop):
        with pytest.raises(NotFound), transaction(world.theirs) as session:
            deed(session, world.theirs, change_id)
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        access.enable_writing(session, world.theirs, place)


def test_a_double_click_prepares_once(world: World) -> None:
    one = line(world, connection(world), "1")
    made = prepare(world, want(one))
    with pytest.raises(Conflict, match="open change"):
        prepare(world, want(one))
    with pytest.raises(WantedInvalid):
        prepare(world, want(one), want(one))
    with transaction(world.ours) as session:
        service.cancel(session, world.ours, made)
    assert state(world, prepare(world, want(one)))[0] == SetState.DRAFT


def test_of_two_approvers_one_is_told_that_it_is_done(world: World) -> None:
    made = waiting(world)
    approve(world, made, colleague(world))
    with pytest.raises(Conflict, match="approved by now"):
        approve(world, made, world.ours)


def test_what_was_shown_before_a_change_is_not_approved(world: World) -> None:
    place = connection(world)
    made = prepare(world, want(line(world, place, "1")), want(line(world, place, "2")))
    with transaction(world.ours) as session:
        service.submit(session, world.ours, made)
        service.drop(session, world.ours, service.view(session, world.ours, made).changes[0].id)
    with pytest.raises(Conflict, match="changed since"):
        approve(world, made, world.ours)
    approve(world, made, world.ours, revision=2)


def test_with_four_eyes_the_preparer_may_not_approve(world: World) -> None:
    with transaction(world.ours) as session:
        access.choose_policy(session, world.ours, Policy(four_eyes=True, one_click=False))
    made = waiting(world)
    with pytest.raises(NotPermitted, match="yourself"):
        approve(world, made, world.ours)
    with pytest.raises(NotPermitted):
        approve(world, made, world.as_role(Role.OPERATOR))
    approve(world, made, colleague(world))
    assert state(world, made)[0] == SetState.APPROVED


def test_one_click_needs_the_workspace_and_one_line(world: World) -> None:
    one = line(world, connection(world), "1")
    with pytest.raises(Conflict, match="one click"):
        prepare(world, want(one), is_one_click=True)
    with transaction(world.ours) as session:
        access.choose_policy(session, world.ours, Policy(four_eyes=False, one_click=True))
    with pytest.raises(NotPermitted):
        prepare(world, want(one), who=world.as_role(Role.OPERATOR), is_one_click=True)
    with pytest.raises(Conflict, match="not enabled"):
        prepare(world, want(one), is_one_click=True)


def test_only_an_admin_enables_writing_and_only_where_it_can_be(world: World) -> None:
    place = connection(world)
    with pytest.raises(NotPermitted), transaction(world.as_role(Role.APPROVER)) as session:
        access.enable_writing(session, world.as_role(Role.APPROVER), place)
    with pytest.raises(Conflict, match="files"), transaction(world.ours) as session:
        access.enable_writing(session, world.ours, place)


def test_a_sync_that_shows_the_quantity_ends_a_handed_off_change(world: World) -> None:
    from rcx_app.domain.writeback import outside

    place = connection(world)
    one = line(world, place, "1")
    made = prepare(world, want(one))
    with transaction(world.ours) as session:
        assert outside.note_read(session, world.ours, place) == 0
        later = clock.now() + timedelta(minutes=1)
        session.execute(update(Line).where(col(Line.id) == one).values(quantity=Decimal(12), changed_at=later))
        assert outside.note_read(session, world.ours, place) == 1
        assert session.scalars(select(Line.quantity).where(Line.id == one)).one() == 12
    assert state(world, made)[:2] == (SetState.DONE, [ChangeState.APPLIED_OUTSIDE])
