"""Deeds on the open finding, by handlers over a real database: what they leave, and what they refuse."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotPermitted
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Deed, ReviewState, Verdict
from rcx_app.models import ReviewEvent
from rcx_app.ui.guard import permission_of
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.client.state import ClientSeatsState
from rcx_app.ui.pages.billing.finding.deciding import DecidingState
from rcx_app.ui.pages.billing.finding.lists import follower
from rcx_app.ui.pages.billing.finding.marks import MarksState
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.pages.billing.queue.many import ManyState
from rcx_app.ui.pages.billing.queue.state import QueueRowsState
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import join
from tests.ui.pages.billing.desk import Desk

PATH = "/billing/review"


class Reviewer:
    """A person at the queue: opens findings and does deeds; the clock stands at the run's noon."""

    def __init__(self, context: Context, query: str = "?kind=calculated") -> None:
        self.desk = Desk(context, QueueRowsState)
        with frozen(NOON):
            self.desk.open(PATH, query)
        self.queue = self.desk.state
        self.finding = self.desk.of(FindingState)
        self.deeds = self.desk.of(DecidingState)
        self.marks = self.desk.of(MarksState)
        self.do(self.finding.arrive)
        self.open(self.ids[0])

    @property
    def ids(self) -> list[int]:
        return list(parts.ids(self.queue))

    def open(self, finding_id: int) -> None:
        self.do(self.finding.open, finding_id)

    def do(self, handler: Any, *args: Any) -> None:
        with frozen(NOON):
            self.desk.run(handler, *args)
        told: list[Any] = []
        for each in self.desk.told:
            told += each if isinstance(each, list) else [each]
        if any(_name(each) == "left" for each in told):
            with frozen(NOON):
                self.desk.run(self.queue.left)
            self.desk.told = told

    def ask(self, dialog: str, handler: Any, **form: str) -> None:
        self.do(self.deeds.ask, dialog)
        assert self.deeds.dialog == dialog
        self.do(handler, form)

    def approve(self) -> None:
        self.do(self.deeds.approve, int(self.finding.open_id))


def _name(event: Any) -> str:
    return str(getattr(getattr(event, "handler", event).fn, "__name__", ""))


def standing(context: Context, finding_id: int) -> ReviewState:
    with transaction(context, read_only=True) as session:
        return review.state(session, context, finding_id)


def deeds_of(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        query = select(ReviewEvent.deed).where(ReviewEvent.workspace_id == context.workspace_id)
        return list(session.scalars(query.order_by(ReviewEvent.id)))  # type: ignore[arg-type]


@pytest.fixture
def ann(estate: World) -> Reviewer:
    return Reviewer(estate.ours)


def test_approving_names_its_effect_and_moves_on_to_the_next(ann: Reviewer, estate: World) -> None:
    first, second = ann.ids
    assert (ann.finding.review.approve, ann.finding.review.day_text) == ("Approve 4, +180.00 USD", "1 Dec 2026")
    assert "earliest" in ann.finding.review.day_words
    assert ann.finding.get_value("_ahead").shown.id == second, "the next one is read before it is needed"
    before = dict(ann.queue.counts)
    ann.approve()
    assert (ann.finding.open_id, ann.finding.shown.id, ann.finding.number) == (str(second), second, 1)
    assert f'"{second}"' in ann.desk.scripts
    assert (list(ann.marks.gone), ann.queue.total) == ([first], 1)
    assert (before[""], ann.queue.counts[""], ann.queue.counts["decided"]) == ("5", "4", "1")
    assert "approved 1 to 4, +180.00 USD a month, from 1 Dec 2026" in ann.deeds.said.text
    found = standing(estate.ours, first)
    assert (found.state, found.effective_date) == ("approved", date(2026, 12, 1))
    ann.approve()
    assert (ann.finding.open_id, ann.queue.total) == ("", 0), "the last one closes the panel"


def test_the_last_deed_is_taken_back_and_shown_again(ann: Reviewer, estate: World) -> None:
    first = ann.ids[0]
    ann.approve()
    ann.do(ann.deeds.undo)
    assert (ann.finding.open_id, list(ann.marks.gone)) == (str(first), [])
    assert standing(estate.ours, first).state == "open"
    assert (ann.deeds.said.text, ann.queue.counts[""]) == ("taken back", "5")
    assert [(line.did.split()[0], line.is_undone) for line in ann.finding.history][-1] == ("approved", True)
    ann.do(ann.deeds.undo)
    assert (ann.deeds.said.tone, ann.deeds.said.subject) == ("fail", "There is nothing to undo.")


def test_a_second_click_and_a_page_replayed_late_decide_nothing(ann: Reviewer, estate: World) -> None:
    first, second = ann.ids
    ann.approve()
    for finding_id in (first, -1, 2**62):
        ann.do(ann.deeds.approve, finding_id)
        ann.do(ann.deeds.mark, finding_id, "at_vendor")
    assert standing(estate.ours, second).state == "open"
    ann.do(ann.deeds.ask, "dismiss")
    for _ in range(2):
        ann.do(ann.deeds.dismiss, {"reason": "Agreed", "scope": "for_good"})
    assert deeds_of(estate.ours) == ["approve", "dismiss"]
    assert standing(estate.ours, second).scope == "for_good"


def test_a_dismissal_needs_its_reason_and_how_long_it_holds(ann: Reviewer, estate: World) -> None:
    first = ann.ids[0]
    ann.ask("dismiss", ann.deeds.dismiss, reason="  ", scope="for_good")
    assert (ann.deeds.dialog, ann.deeds.wrong) == ("dismiss", "Write why this difference is left as it is.")
    ann.do(ann.deeds.dismiss, {"reason": "Agreed", "scope": "whenever"})
    assert ann.finding.open_id == str(first)
    assert "how long" in ann.deeds.said.subject
    ann.ask("dismiss", ann.deeds.dismiss, reason="Agreed", scope="until_changed")
    assert (standing(estate.ours, first).reason, ann.deeds.said.text) == ("Agreed", "dismissed")


def test_the_day_is_checked_kept_for_this_finding_and_used(ann: Reviewer, estate: World) -> None:
    first, second = ann.ids
    for text in ("", "soon", "2026-11-01", "2031-01-01", "0000-00-00"):
        ann.ask("date", ann.deeds.keep_day, day=text)
        assert (ann.deeds.dialog, bool(ann.deeds.wrong)) == ("date", True)
    for text in ("", "2026-11-01", "2031-01-01", "x"):
        ann.ask("snooze", ann.deeds.snooze, until=text, day="")
        assert (ann.deeds.dialog, bool(ann.deeds.wrong)) == ("snooze", True)
    ann.do(ann.deeds.ask, "date")
    ann.do(ann.deeds.keep_day, {"day": "2027-01-01"})
    assert (ann.deeds.dialog, ann.deeds.effective_text) == ("", "1 Jan 2027")
    ann.approve()
    assert standing(estate.ours, first).effective_date == date(2027, 1, 1)
    assert ann.finding.effective == "", "the next finding has its own day"
    ann.approve()
    assert standing(estate.ours, second).effective_date == date(2026, 12, 1)


def test_snooze_assign_tag_comment(ann: Reviewer, estate: World) -> None:
    bea = join(estate.ours, "Bea Blue")
    first, second = ann.ids
    ann.ask("assign", ann.deeds.assign, person=str(bea.user_id))
    assert (ann.finding.open_id, ann.finding.review.assignee) == (str(first), "Bea Blue")
    ann.ask("tags", ann.deeds.retag, tags="Q4,  to  check , Q4")
    ann.ask("tags", ann.deeds.retag, tags="to check, mine")
    assert list(ann.finding.review.tags) == ["mine", "to check"]
    ann.ask("comment", ann.deeds.comment, text="@bea and @carl: see the contract")
    assert "nobody here is called @carl" in ann.deeds.said.text
    assert ann.finding.history[0].text == "@bea and @carl: see the contract"
    ann.ask("comment", ann.deeds.comment, text=" ")
    assert (ann.deeds.dialog, ann.deeds.wrong.partition(".")[0]) == ("comment", "The comment is empty")
    ann.ask("snooze", ann.deeds.snooze, until="2026-11-30", day="")
    assert standing(estate.ours, first).snoozed_until == date(2026, 11, 30)
    assert ann.finding.open_id == str(second)
    ann.ask("assign", ann.deeds.assign, person="999")
    assert "no member" in ann.deeds.wrong


def test_what_is_wrong_elsewhere_says_where_it_is_put_right(ann: Reviewer, estate: World) -> None:
    first, second = ann.ids
    ann.do(ann.deeds.mark, first, "wrong_mapping")
    assert ann.deeds.said.href.startswith("/clients?account=")
    ann.do(ann.deeds.mark, second, "at_vendor")
    assert ann.deeds.said.href.startswith("/integrations?connection=")
    decided = Reviewer(estate.ours, "?view=decided&state=at_vendor")
    assert (decided.ids, decided.finding.review.jump_text) == ([second], "Open the integration")
    decided.do(decided.deeds.mark, second, "reopen")
    assert (decided.finding.open_id, decided.finding.review.state) == (str(second), "open")
    assert decided.ids == []


def test_another_persons_verdict_is_shown_and_not_overwritten(ann: Reviewer, estate: World) -> None:
    first = ann.ids[0]
    bea = Reviewer(join(estate.ours, "Bea Blue"))
    bea.ask("dismiss", bea.deeds.dismiss, reason="Agreed", scope="for_good")
    ann.approve()
    assert ann.finding.open_id == str(first), "the refused one is shown again"
    assert (ann.finding.is_clash, ann.deeds.said.tone) == (True, "fail")
    assert "Bea Blue dismissed it meanwhile" in ann.finding.notice
    assert ann.finding.review.decided.startswith("Dismissed by Bea Blue")
    assert standing(estate.ours, first).state == "dismissed"
    assert ann.marks.fresh[str(first)][0] == "Dismissed"


def test_a_look_shows_what_others_decided_meanwhile(ann: Reviewer, estate: World) -> None:
    first, second = ann.ids
    bea = Reviewer(join(estate.ours, "Bea Blue"))
    bea.approve()
    bea.approve()
    ann.do(ann.finding.look)
    assert ann.finding.notice == "Bea Blue just approved it."
    assert (ann.finding.review.state, ann.finding.is_clash) == ("approved", False)
    assert {ann.marks.fresh[str(each)][0] for each in (first, second)} == {"Approved"}
    ann.do(ann.finding.look)
    assert ann.finding.review.state == "approved"
    theirs = Reviewer.__new__(Reviewer)
    theirs.desk = Desk(estate.theirs, QueueRowsState)
    theirs.desk.run(theirs.desk.of(FindingState).arrive).run(theirs.desk.of(FindingState).look)
    assert theirs.desk.of(MarksState).fresh == {}, "another workspace hears nothing"


def test_a_returned_finding_says_why_and_what_was_ever_done(ann: Reviewer, estate: World) -> None:
    first = ann.ids[0]
    ann.do(ann.deeds.mark, first, "at_vendor")
    ann.open(first)
    assert [line.did for line in ann.finding.history] == ["marked to be fixed at the vendor"]
    assert ann.finding.review.decided.startswith("At the vendor by")


def test_a_foreign_finding_is_neither_shown_nor_decided(ann: Reviewer, estate: World) -> None:
    theirs = Desk(estate.theirs, QueueRowsState)
    finding, deeds = theirs.of(FindingState), theirs.of(DecidingState)
    theirs.run(finding.open, ann.ids[0])
    assert (finding.shown.id, finding.problem) == (0, "This finding was not found.")
    theirs.run(deeds.approve, ann.ids[0])
    assert deeds_of(estate.ours) == []


def test_viewers_look_and_decide_nothing(ann: Reviewer, estate: World) -> None:
    viewer = Reviewer(estate.as_role(Role.VIEWER))
    assert viewer.finding.review.approve == "Approve 4, +180.00 USD"
    viewer.approve()
    assert viewer.deeds.said.tone == "fail"
    assert deeds_of(estate.ours) == []
    with transaction(viewer.desk.context) as session, pytest.raises(NotPermitted):
        review.decide(session, viewer.desk.context, ann.ids[0], Verdict(Deed.APPROVE))
    names = ("approve", "mark", "dismiss", "snooze", "assign", "comment", "retag", "split", "part", "undo", "ask",
             "keep_day")  # fmt: skip
    for state, handlers in ((DecidingState, names), (ManyState, ("toggle", "pick_all", "ask_many", "apply"))):
        assert {permission_of(state.event_handlers[each].fn) for each in handlers} == {Permission.REVIEW}


def test_the_clients_page_has_the_same_deeds(estate: World) -> None:
    first = Reviewer(estate.ours).ids[0]
    with transaction(estate.ours, read_only=True) as session:
        page = review.approved(session, estate.ours)
    assert page == ()
    desk = Desk(estate.ours, ClientSeatsState)
    queue = Desk(estate.ours, QueueRowsState)
    queue.open(PATH, "?kind=calculated")
    client_id = queue.state.part_0[0].client
    assert client_id == "Alder"
    from_queue = queue.of(FindingState)
    queue.run(from_queue.open, first)
    href = from_queue.shown.client_href
    with frozen(NOON):
        desk.open(href)
        desk.run(desk.of(FindingState).open, first).run(desk.of(DecidingState).approve, first)
    assert standing(estate.ours, first).state == "approved"
    assert follower(href) is not None
    desk.run(desk.state.again)
    assert "Approved" in {line.state for line in desk.state.view.lines}


def test_a_refusal_of_the_domain_says_what_to_do(ann: Reviewer, estate: World) -> None:
    unmapped = Reviewer(estate.ours, "?kind=unmapped")
    assert unmapped.finding.review.refusal == (
        "There is no line whose quantity could change. Map the account to its client first."
    )
    unmapped.approve()
    assert deeds_of(estate.ours) == []
    stale = standing(estate.ours, ann.ids[0]).seen
    ann.approve()
    with frozen(NOON), transaction(estate.ours) as session, pytest.raises(Conflict, match="You approved it meanwhile"):
        review.decide(session, estate.ours, int(ann.marks.gone[0]), Verdict(Deed.APPROVE), seen=stale)
