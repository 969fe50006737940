"""Dividing a difference between the lines of one finding: what is said while typing, kept, refused and approved."""

from __future__ import annotations

from decimal import Decimal

import pytest

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile import service
from rcx_app.domain.review import service as review
from tests.conftest import World
from tests.domain.reconcile.estates import NOON, ago, build, line, seat
from tests.ui.pages.billing.conftest import SERVERS
from tests.ui.pages.billing.test_deciding import Reviewer


@pytest.fixture
def ann(sqlite_world: World) -> Reviewer:
    """At Alder's five servers, which two lines bill: one of them, and two."""
    with frozen(NOON):
        build(
            sqlite_world.ours,
            names={"C1": "Alder"},
            lines=[line("C1", "L1", "SRV", 1), line("C1", "L2", "SRV", 2)],
            seats={
                "NinjaOne": [
                    seat("N1", f"a{number}", device_class="server", last_seen_at=ago(0)) for number in range(5)
                ]
            },
            mapping={("NinjaOne", "N1"): "C1"},
            rules=[SERVERS],
        )
        with transaction(sqlite_world.ours) as session:
            service.reconcile(session, sqlite_world.ours)
    return Reviewer(sqlite_world.ours)


def type_in(ann: Reviewer, *texts: str) -> dict[str, str]:
    """What the browser tells while somebody types, and the form in the end."""
    lines = list(ann.deeds.split_of)
    for each, text in zip(lines, texts, strict=True):
        ann.do(ann.deeds.part, each.id, text)
    return {f"line-{each.id}": text for each, text in zip(lines, texts, strict=True)}


def test_the_parts_are_said_while_they_are_typed_and_approved_as_they_are(ann: Reviewer) -> None:
    ann.do(ann.deeds.ask, "split")
    assert [(each.quantity, each.change, each.becomes) for each in ann.deeds.split_of] == [
        ("1", "2", "3"),
        ("2", "0", "2"),
    ]
    form = type_in(ann, "0.5", "")
    assert ann.deeds.split_left == "+1.5 left to give out"
    assert [each.becomes for each in ann.deeds.split_of] == ["1.5", "2"]
    form = type_in(ann, "-1", "3")
    assert ann.deeds.split_left == "All of it is given out"
    ann.do(ann.deeds.split, form)
    assert (ann.deeds.dialog, ann.deeds.said.tone) == ("", "ok")
    ann.approve()
    with transaction(ann.desk.context, read_only=True) as session:
        found = {(each.old_quantity, each.new_quantity) for each in review.approved(session, ann.desk.context)}
    assert found == {(Decimal(1), Decimal(0)), (Decimal(2), Decimal(5))}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("1,000", "2"), "Write a number for each line"),
        (("two", "0"), "Write a number for each line"),
        (("NaN", "2"), "Write a number for each line"),
        (("1e99", "2"), "Write a number for each line"),
        (("1", "0"), "add up to +1, the difference is +2"),
        (("-3", "5"), "can't take"),
        (("0.0000001", "1.9999999"), "at most six decimals"),
    ],
)
def test_parts_that_make_no_sense_are_refused_and_the_dialog_stays(
    ann: Reviewer, texts: tuple[str, str], said: str
) -> None:
    ann.do(ann.deeds.ask, "split")
    ann.do(ann.deeds.split, type_in(ann, *texts))
    assert ann.deeds.dialog == "split", "what was typed is not lost"
    assert said in ann.deeds.wrong
    with transaction(ann.desk.context, read_only=True) as session:
        (found,) = review.states(session, ann.desk.context, [int(ann.finding.open_id)]).values()
    assert found.split == ()


def test_a_line_of_another_finding_is_not_typed_into(ann: Reviewer) -> None:
    ann.do(ann.deeds.ask, "split")
    before = list(ann.deeds.split_of)
    ann.do(ann.deeds.part, 4711, "2")
    assert list(ann.deeds.split_of) == before
