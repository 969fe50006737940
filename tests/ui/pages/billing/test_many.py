"""Deeds on many findings, by handlers over a real database: the selection, its preview, the deed, its one undo."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.review import bulk
from rcx_app.ui.pages.billing.finding.said import many_said
from rcx_app.ui.pages.billing.queue.many import ManyState, verdict_of
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import join
from tests.ui.pages.billing.test_deciding import Reviewer, deeds_of, standing


class Many(Reviewer):
    """A person with a selection."""

    def __init__(self, context: Any, query: str = "") -> None:
        super().__init__(context, query)
        self.many = self.desk.of(ManyState)

    def pick(self, *ids: int) -> None:
        for each in ids:
            self.do(self.many.toggle, each)

    def ask_many(self, deed: str) -> None:
        self.do(self.many.ask_many, deed)


@pytest.fixture
def ann(estate: World) -> Many:
    return Many(estate.ours)


def test_the_bar_counts_and_sums_what_is_selected(ann: Many) -> None:
    ann.pick(*ann.ids)
    assert (ann.many.picked_text, ann.many.picked_sum) == ("5", "+180.00 USD, −150.00 EUR")
    ann.pick(ann.ids[0])
    assert (ann.many.picked_text, ann.many.picked_sum) == ("4", "−150.00 EUR")
    ann.pick(-5, 2**60)
    assert ann.many.picked_text == "4", "what is not listed can't be selected"
    ann.do(ann.many.pick_shown)
    assert ann.many.picked_text == "5"
    ann.do(ann.many.pick_shown)
    assert ann.many.picked_text == "0"
    ann.do(ann.many.pick_all)
    assert (ann.many.is_all, ann.many.picked_text, ann.many.picked_sum) == (True, "5", "+180.00 USD, −150.00 EUR")
    ann.do(ann.queue.pick, "direction", "under")
    assert not ann.many.is_all
    assert list(ann.many.picked) == ann.ids, "another list keeps what it shows of the selection"


def test_the_dialog_shows_what_is_touched_and_what_is_left_out(ann: Many, estate: World) -> None:
    ann.do(ann.many.pick_all)
    ann.ask_many("approve")
    assert (ann.many.title, ann.many.act) == ("Approve 2 findings", "Approve 2 findings"), "two currencies"
    assert not ann.many.is_counting
    assert [(row.direction, row.count, row.amount, row.currency) for row in ann.many.sums_of] == [
        ("Over-billed", "1", "−150.00", "EUR"),
        ("Under-billed", "1", "+180.00", "USD"),
    ]
    assert list(ann.many.left_out) == ["3 others: has no line whose quantity could change"]
    assert ann.many.day == "2026-12-01"
    for _ in range(2):
        ann.do(ann.many.apply, {"day": "2026-12-01"})
    assert deeds_of(estate.ours) == ["approve", "approve"], "a second click does nothing"
    assert (ann.many.deed, ann.many.picked_text) == ("", "0")
    assert ann.deeds.said.subject == "2 findings"
    ann.do(ann.deeds.undo)
    assert deeds_of(estate.ours) == ["approve", "approve", "undone", "undone"]
    assert (ann.deeds.said.text, ann.queue.total) == ("taken back", 5)


def test_a_list_that_changed_is_refused_and_previewed_anew(ann: Many, estate: World) -> None:
    ann.pick(*ann.ids)
    ann.ask_many("approve")
    bea = Reviewer(join(estate.ours, "Bea Blue"))
    bea.ask("dismiss", bea.deeds.dismiss, reason="Agreed", scope="for_good")
    ann.do(ann.many.apply, {"day": "2026-12-01"})
    assert "changed since the preview" in ann.many.many_wrong
    assert (ann.many.deed, ann.many.is_applying) == ("approve", False)
    assert deeds_of(estate.ours) == ["dismiss"]


def test_what_is_missing_or_refused_is_said_in_the_dialog(ann: Many, estate: World) -> None:
    ann.pick(*ann.ids)
    for deed, form, words in (
        ("dismiss", {"reason": " "}, "Write why"),
        ("dismiss", {"reason": "x", "scope": "ever"}, "how long"),
        ("snooze", {}, "Choose the day"),
        ("snooze", {"day": "2026-11-01"}, "tomorrow at the earliest"),
        ("approve", {"day": "2020-01-01"}, "in the past"),
        ("approve", {}, "Choose the day"),
        ("tag", {"tags": " , "}, "Write a tag"),
        ("assign", {"person": "999"}, "no member"),
        ("comment", {"text": ""}, "comment is empty"),
    ):
        ann.ask_many(deed)
        ann.do(ann.many.apply, form)
        assert words in ann.many.many_wrong, (deed, form)
        assert ann.many.deed == deed
    ann.ask_many("reopen")
    assert (ann.many.nothing_fits, list(ann.many.left_out)) == (True, ["5 others: is open already"])
    ann.do(ann.many.apply, {})
    assert "nothing that this" in ann.many.many_wrong
    assert deeds_of(estate.ours) == []


def test_every_deed_can_be_done_on_many(ann: Many, estate: World) -> None:
    bea = join(estate.ours, "Bea Blue")
    ids = ann.ids
    for deed, form in (
        ("assign", {"person": str(bea.user_id)}),
        ("tag", {"tags": "Q4, check"}),
        ("comment", {"text": "Look at these"}),
        ("snooze", {"until": "2026-11-30"}),
    ):
        ann.pick(*ids)
        ann.ask_many(deed)
        ann.do(ann.many.apply, form)
        assert (ann.many.many_wrong, ann.many.deed) == ("", "")
    found = standing(estate.ours, ids[0])
    assert (found.assignee, found.tags, found.state) == ("Bea Blue", ("check", "Q4"), "snoozed")
    assert ann.queue.counts["decided"] == "5"
    assert verdict_of("at_vendor", {})[0] is not None


def test_many_are_a_job_that_is_followed_to_its_end(ann: Many, estate: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "PIECE", 1)
    monkeypatch.setattr(bulk, "PAUSE_S", 0)
    ann.do(ann.many.pick_all)
    ann.ask_many("approve")
    ann.do(ann.many.apply, {"day": "2026-12-01"})
    assert (ann.deeds.run_title, ann.deeds.run_done, ann.deeds.run_total) == ("Approving", 0, 2)
    with transaction(estate.ours, read_only=True) as session:
        asked = bulk.progress(session, estate.ours, ann.deeds.get_value("_run"))
    with transaction(None) as session:
        claimed = jobs.claim(session, asked.job_id or 0)
    assert claimed is not None
    with frozen(NOON):
        bulk.run(JobHandle(claimed))
    with transaction(estate.ours, read_only=True) as session:
        ann.deeds.said = many_said(bulk.progress(session, estate.ours, asked.batch), "approve")
    assert (ann.deeds.said.subject, ann.deeds.said.text, ann.deeds.said.tone) == ("2 findings", "approved", "ok")
    ann.do(ann.deeds.undo)
    assert (ann.deeds.run_title, ann.deeds.run_total) == ("Taking back", 2)
