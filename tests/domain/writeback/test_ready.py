"""From approved findings to change sets: once each, with their dates, and nothing that moved since."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import update
from sqlmodel import col

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.writeback import access, listing, ready, service
from rcx_app.domain.writeback.schemas import ChangeState, Policy, ReadyPsa, SetState
from rcx_app.models import Line
from tests.support.approvals import approved
from tests.support.writeback import Psa


def waiting(here: Psa) -> ReadyPsa:
    with transaction(here.ours, read_only=True) as session:
        (psa,) = ready.ready(session, here.ours)
    return psa


def prepared(here: Psa, **more: object) -> int:
    with transaction(here.ours) as session:
        return ready.prepare_approved(session, here.ours, here.connection_id, **more)  # type: ignore[arg-type]


def test_what_is_approved_is_prepared_once_from_its_dates(connectwise: Psa) -> None:
    here = connectwise
    first, second, moved = here.lines()[:3]
    approved(here.ours, [first, second, moved])
    with transaction(here.ours) as session:
        session.execute(update(Line).where(col(Line.id) == moved.id).values(quantity=Decimal(99)))
    psa = waiting(here)
    assert (psa.is_written, len(psa.lines), len(psa.possible)) == (True, 3, 2)
    assert "99 now" in next(each.why_not for each in psa.lines if each.line_id == moved.id)
    made = prepared(here)
    here.work()
    view = here.view(made)
    assert {each.line_id for each in view.changes} == {first.id, second.id}
    assert {each.effective_date for each in view.changes} == {clock.next_month(clock.today())}
    assert [len(each.says) for each in view.changes] == [1, 1]
    assert waiting(here).possible == ()
    with pytest.raises(Conflict, match="Nothing"):
        prepared(here)

    with transaction(here.ours) as session:
        service.submit_and_approve(session, here.ours, made, revision=view.revision)
    here.work()
    assert waiting(here).possible == (), "written; the next run shows it"
    with transaction(here.ours, read_only=True) as session:
        head = listing.head(session, here.ours, made)
        assert head.counts == {ChangeState.VERIFIED: 2}
        assert head.sums[0].month == sum(each.money_next or 0 for each in view.changes)
        assert [each.id for each in listing.listed(session, here.ours).items] == [made]
    back = here.undo(here.view(made).changes[0].id)
    assert back.state == ChangeState.VERIFIED
    assert len(waiting(here).possible) == 1, "what was taken back may be written anew"


def test_one_click_on_a_finding_writes_its_line(connectwise: Psa) -> None:
    here = connectwise
    one, other = approved(here.ours, here.lines()[:2])
    with pytest.raises(Conflict, match="one click"), transaction(here.ours) as session:
        ready.write_at_once(session, here.ours, one)
    with transaction(here.ours) as session:
        access.choose_policy(session, here.ours, Policy(four_eyes=False, one_click=True))
    operator = here.world.as_role(Role.OPERATOR)
    with pytest.raises(NotPermitted), transaction(operator) as session:
        ready.write_at_once(session, operator, one)
    with transaction(here.ours) as session:
        made = ready.write_at_once(session, here.ours, one)
    with pytest.raises(Conflict), transaction(here.ours) as session:
        ready.write_at_once(session, here.ours, one)
    here.work()
    assert here.only(made).state == ChangeState.VERIFIED
    with pytest.raises(Conflict), transaction(here.world.theirs) as session:
        ready.write_at_once(session, here.world.theirs, other)
    with pytest.raises(NotFound), transaction(here.world.theirs) as session:
        ready.prepare_approved(session, here.world.theirs, here.connection_id)


def test_a_set_may_be_for_people_also_where_rcx_writes(connectwise: Psa) -> None:
    here = connectwise
    approved(here.ours, here.lines()[:1])
    made = prepared(here, is_handoff=True)
    here.work()
    assert here.view(made).is_handoff
    assert here.only(made).state == ChangeState.PLANNED
    assert here.sandbox.exchanges == []
    line = here.lines()[0]
    here.sandbox.town.change(here.at_psa(line), quantity=line.quantity + 1)
    assert here.sync() == "done"
    assert (here.view(made).state, here.only(made).state) == (SetState.DONE, ChangeState.APPLIED_OUTSIDE)
