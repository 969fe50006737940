"""Two people at one queue: what one decides, the list of the other follows, and never ends while more is to come."""

from __future__ import annotations

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Deed, Verdict
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import join
from tests.ui.pages.billing.test_deciding import Reviewer, standing

PAGE_SIZE = "rcx_app.domain.reconcile.screens.repository.PAGE_SIZE"


@pytest.fixture
def ann(estate: World, monkeypatch: pytest.MonkeyPatch) -> Reviewer:
    """At a queue of five findings, of which two are listed."""
    monkeypatch.setattr(PAGE_SIZE, 2)
    monkeypatch.setattr("rcx_app.ui.pages.billing.queue.state._FEW_ROWS", 2)
    return Reviewer(estate.ours, "")


@pytest.fixture
def bea(estate: World) -> Context:
    return join(estate.ours, "Bea Blue")


def dismiss(context: Context, *finding_ids: int) -> None:
    with frozen(NOON), transaction(context) as session:
        stand = review.states(session, context, finding_ids)
        for each in finding_ids:
            verdict = Verdict(Deed.DISMISS, reason="Agreed", scope="for_good")
            review.decide(session, context, each, verdict, seen=stand[each].seen)


def listed(ann: Reviewer) -> list[int]:
    return [each for each in ann.ids if each not in ann.marks.gone]


def names(ann: Reviewer) -> list[str]:
    """The handlers that the last one asked for."""
    told = [each for step in ann.desk.told for each in (step if isinstance(step, list) else [step])]
    return [each.fn.__name__ for each in told if hasattr(each, "fn")]


def test_a_list_that_another_emptied_goes_on_with_what_is_left(ann: Reviewer, bea: Context) -> None:
    before = ann.ids
    dismiss(bea, *before)
    ann.do(ann.finding.look)
    assert names(ann) == ["refill", "count_anew"]
    ann.do(ann.queue.refill)
    assert ann.finding.open_id == str(before[0]), "what is in hand stays in hand"
    rows = listed(ann)
    assert (rows[0], len(rows)) == (before[0], 3)
    assert before[1] not in rows
    assert [standing(bea, each).state for each in rows[1:]] == ["open", "open"]
    assert ann.finding.get_value("_ids") == rows, "the next finding is the next row"
    assert (ann.deeds.said.subject, ann.deeds.said.text) == ("1 finding", "decided by others, no longer listed")


def test_a_list_that_another_decided_to_its_end_is_read_anew(ann: Reviewer, bea: Context) -> None:
    while ann.queue.has_more:
        ann.do(ann.queue.more)
    dismiss(bea, *ann.ids)
    ann.do(ann.finding.look)
    ann.do(ann.queue.refill)
    assert (ann.ids, ann.queue.total, ann.queue.counts[""]) == ([], 0, "0")
    assert ann.deeds.said.subject == "5 findings"


def test_a_list_of_which_nothing_is_left_anywhere_says_so_at_once(ann: Reviewer, bea: Context) -> None:
    theirs = Reviewer(bea, "")
    while theirs.queue.has_more:
        theirs.do(theirs.queue.more)
    dismiss(bea, *theirs.ids)
    ann.do(ann.finding.look)
    assert ann.queue.has_more, "as far as the list knows"
    ann.do(ann.queue.refill)
    assert (ann.ids, ann.queue.has_more, ann.queue.counts[""]) == ([], False, "0")
    assert ann.finding.open_id, "what is in hand stays in hand"


def test_what_another_decides_here_and_there_stays_in_its_place(ann: Reviewer, bea: Context) -> None:
    ann.do(ann.queue.more)
    ann.do(ann.queue.more)
    assert len(ann.ids) == 5
    dismiss(bea, ann.ids[1])
    ann.do(ann.finding.look)
    ann.do(ann.queue.refill)
    assert len(listed(ann)) == 5
    assert ann.marks.fresh[str(ann.ids[1])][0] == "Dismissed"
    assert ann.deeds.said.subject == ""


def test_a_verdict_leads_past_what_another_decided(ann: Reviewer, bea: Context) -> None:
    ann.do(ann.queue.more)
    first, second, third, *_ = ann.ids
    dismiss(bea, second)
    ann.do(ann.finding.look)
    ann.do(ann.deeds.mark, first, "at_vendor")
    assert ann.finding.open_id == str(third)


def test_of_a_flood_every_row_says_what_became_of_it(
    ann: Reviewer, bea: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.do(ann.queue.more)
    ann.do(ann.queue.more)
    monkeypatch.setattr(review, "CHANGES", 2)
    dismiss(bea, *reversed(ann.ids))
    ann.do(ann.finding.look)
    assert {key: words[0] for key, words in ann.marks.fresh.items()} == {str(each): "Dismissed" for each in ann.ids}
    assert ann.finding.review.state == "dismissed", "also the one in hand, of which nobody was told"
    ann.do(ann.finding.look)
    assert names(ann) == [], "nothing is told twice"


def test_the_next_page_is_there_before_the_end_is_reached(ann: Reviewer) -> None:
    first, second = ann.ids
    ann.open(second)
    assert names(ann) == ["refill"]
    ann.do(ann.queue.refill)
    assert len(ann.ids) == 4
    assert ann.finding.get_value("_ids")[2:] == ann.ids[2:]
    ann.open(first)
    assert names(ann) == ["refill"], "the end is near on so short a list"


def test_the_last_verdict_leaves_a_list_that_says_so(estate: World) -> None:
    ann = Reviewer(estate.ours, "?view=under")
    (only,) = ann.ids
    ann.do(ann.deeds.mark, only, "at_vendor")
    assert (ann.ids, ann.queue.total, ann.finding.open_id) == ([], 0, "")
