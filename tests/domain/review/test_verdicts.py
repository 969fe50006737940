"""Verdicts on one finding: what each leaves, what is refused and in which words, and what is approved."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted, RcxError
from rcx_app.core.permissions import Role
from rcx_app.domain.review import service
from rcx_app.domain.review.schemas import Approved, Deed, Seen, Verdict
from rcx_app.models import AuditEvent, Finding, Invoice, InvoiceLine, Line
from tests.conftest import World
from tests.domain.reconcile.estates import NOON
from tests.domain.review.making import (
    APPROVE,
    DEC_1,
    GONE_BY,
    decide,
    estate,
    finding,
    findings,
    join,
    seen,
)


def approved(world: World) -> tuple[Approved, ...]:
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        return service.approved(session, world.ours)


def test_an_approval_says_which_line_becomes_what_and_from_when(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 1})
    chosen = finding(world.ours)
    done = decide(world.ours, chosen.id, APPROVE)
    assert (done.state, done.effective_date, done.seen.version) == ("approved", DEC_1, 1)
    (change,) = approved(world)
    assert (change.finding_id, change.line_id) == (chosen.id, chosen.line_id)
    assert (change.old_quantity, change.new_quantity) == (Decimal(1), Decimal(3))
    assert (change.client, change.effective_date, change.version) == ("Client 1", DEC_1, 1)
    assert change.approved_by == world.ours.user_id
    with transaction(world.ours, read_only=True) as session:
        assert service.approved(session, world.ours, connection_id=change.connection_id) == (change,)
        assert service.approved(session, world.ours, connection_id=change.connection_id + 1) == ()
        assert service.approved(session, world.theirs) == ()
        entry = session.exec(select(AuditEvent).where(AuditEvent.tag == "finding:verdict:approve")).one()
    assert (entry.subject_id, entry.user_id) == (chosen.id, world.ours.user_id)
    assert entry.detail["lines"] == [{"line_id": chosen.line_id, "old": "1", "new": "3"}]


def test_undoing_lets_stand_what_stood_before(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    decide(world.ours, chosen, GONE_BY)
    done = decide(world.ours, chosen, APPROVE)
    with frozen(NOON), transaction(world.ours) as session:
        assert service.undo(session, world.ours, done.batch) == (chosen,)
        kept = service.state(session, world.ours, chosen)
    assert (kept.state, kept.scope, kept.reason) == ("dismissed", "until_changed", "Agreed with them")
    assert finding(world.ours).state == "dismissed"
    assert approved(world) == ()
    with transaction(world.ours, read_only=True) as session:
        history = service.history(session, world.ours, chosen)
    assert [(each.deed, each.is_undone) for each in history] == [
        ("undone", False),
        ("approve", True),
        ("dismiss", False),
    ]


def test_undo_is_refused_once_somebody_decided_anew(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    done = decide(world.ours, chosen, APPROVE)
    decide(join(world.ours, "Bea Blue"), chosen, GONE_BY)
    with transaction(world.ours) as session, pytest.raises(Conflict, match="Bea Blue dismissed it meanwhile"):
        service.undo(session, world.ours, done.batch)
    assert finding(world.ours).state == "dismissed"


def test_a_verdict_on_an_older_version_says_who_did_what(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    looked = seen(world.ours, chosen)
    decide(join(world.ours, "Bea Blue"), chosen, GONE_BY, known=looked)
    with pytest.raises(Conflict, match="Bea Blue dismissed it meanwhile"):
        decide(world.ours, chosen, APPROVE, known=looked)
    with pytest.raises(Conflict):
        decide(world.ours, chosen, APPROVE, known=Seen(1, "0" * 16))


def test_of_two_people_at_once_one_decides_and_the_other_is_told(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    people = [world.ours, join(world.ours, "Bea Blue"), join(world.ours, "Cid Cyan")]
    looked = seen(world.ours, chosen)
    start, told, won = threading.Barrier(3), [], []

    def act(index: int) -> None:
        start.wait()
        try:
            won.append(decide(people[index], chosen, GONE_BY if index else APPROVE, known=looked))
        except Conflict as error:
            told.append(error.message)

    threads = [threading.Thread(target=act, args=(index,)) for index in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(won) == 1
    assert len(told) == 2
    assert all("meanwhile" in each for each in told)
    with transaction(world.ours, read_only=True) as session:
        assert len(service.history(session, world.ours, chosen)) == 1


def test_a_double_click_decides_once(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    looked = seen(world.ours, chosen)
    first, second = (decide(world.ours, chosen, APPROVE, known=looked, token="click-0001") for _ in range(2))
    assert first == second
    with transaction(world.ours, read_only=True) as session:
        assert len(service.history(session, world.ours, chosen)) == 1
        assert len(session.exec(select(AuditEvent).where(AuditEvent.tag == "finding:verdict:approve")).all()) == 1


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict(Deed.APPROVE, effective_date=date(2026, 11, 19)), "in the past"),
        (Verdict(Deed.APPROVE, effective_date=date(2028, 1, 1)), "more than a year"),
        (Verdict(Deed.DISMISS, scope="for_good"), "needs a reason"),
        (Verdict(Deed.DISMISS, reason="why not"), "how long"),
        (Verdict(Deed.DISMISS, reason="x" * 501, scope="for_good"), "at most 500"),
        (Verdict(Deed.SNOOZE, until=date(2026, 11, 20)), "tomorrow"),
        (Verdict(Deed.SNOOZE, until=date(2028, 11, 20)), "a year"),
        (Verdict(Deed.ASSIGN, assignee_id=999_999), "no member"),
        (Verdict(Deed.COMMENT, reason="  "), "empty"),
        (Verdict(Deed.TAG, add=("x" * 41,)), "40 characters"),
        (Verdict(Deed.REOPEN), "is open"),
        (Verdict(Deed.SPLIT, split=((1, Decimal("NaN")),)), "names a line|no quantity"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(sqlite_world: World, verdict: Verdict, words: str) -> None:
    estate(sqlite_world.ours, {"1": 3})
    chosen = finding(sqlite_world.ours).id
    with pytest.raises(Invalid, match=words):
        decide(sqlite_world.ours, chosen, verdict)
    assert finding(sqlite_world.ours).state == "open"


@pytest.mark.parametrize("forged", [0, -1, 10**6, 2**63, 2**80])
def test_forged_ids_and_other_workspaces_find_nothing(world: World, forged: int) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    for context, finding_id in ((world.ours, forged), (world.theirs, chosen)):
        with frozen(NOON), transaction(context) as session, pytest.raises(NotFound):
            service.decide(session, context, finding_id, APPROVE, seen=Seen(0, ""))
        with transaction(context, read_only=True) as session, pytest.raises(NotFound):
            service.history(session, context, finding_id)
    assert finding(world.ours).state == "open"


def test_viewers_look_and_do_not_decide(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours).id
    viewer = world.as_role(Role.VIEWER)
    assert seen(viewer, chosen) == seen(world.ours, chosen)
    for verdict in (APPROVE, GONE_BY, Verdict(Deed.COMMENT, reason="hello")):
        with pytest.raises(NotPermitted):
            decide(viewer, chosen, verdict)


def test_what_is_not_ready_or_has_no_line_is_not_approved(world: World) -> None:
    estate(world.ours, {"1": 3, "2": 4}, {"2": ()})
    ready = finding(world.ours)
    with transaction(world.ours) as session:
        session.get_one(Finding, ready.id).is_ready = False
    with pytest.raises(Conflict, match="not ready"):
        decide(world.ours, ready.id, APPROVE)
    with pytest.raises(Invalid, match="no line"):
        decide(world.ours, finding(world.ours, "2").id, APPROVE)
    assert approved(world) == ()


def test_no_date_in_a_month_that_is_invoiced_already(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours)
    with transaction(world.ours) as session:
        line = session.get_one(Line, chosen.line_id)
        common = {"workspace_id": line.workspace_id, "connection_id": line.connection_id}
        invoice = Invoice(
            **common, external_id="I", client_id=line.client_id, number="I", issued_on=DEC_1, content_hash=""
        )
        session.add(invoice)
        session.flush()
        session.add(InvoiceLine(**common, external_id="IL", invoice_id=invoice.id, line_id=line.id, content_hash=""))
    for day in (date(2026, 11, 25), DEC_1, date(2026, 12, 31)):
        with pytest.raises(Invalid, match="invoiced already"):
            decide(world.ours, chosen.id, Verdict(Deed.APPROVE, effective_date=day))
    with frozen(NOON), transaction(world.ours, read_only=True) as session:
        dates = service.state(session, world.ours, chosen.id).dates
    assert dates is not None
    assert "December 2026 was invoiced" in dates.words
    assert decide(world.ours, chosen.id, APPROVE).effective_date == dates.earliest == date(2027, 1, 1)


def test_a_delta_is_split_between_its_lines_exactly(world: World) -> None:
    estate(world.ours, {"1": 3}, {"1": (5, 4)})
    chosen = finding(world.ours)
    big, small = chosen.line_id or 0, next(each for each in chosen.line_ids if each != chosen.line_id)
    assert chosen.delta == -6
    with pytest.raises(Invalid, match="Split the difference"):
        decide(world.ours, chosen.id, APPROVE)
    for parts, words in (
        (((big, Decimal(-3)), (small, Decimal(-2))), "add up"),
        (((big, Decimal("-3.0000001")), (small, Decimal("-2.9999999"))), "no quantity"),
        (((big, Decimal(-1)), (small, Decimal(-5))), "can't take"),
        (((big, Decimal(-3)), (big, Decimal(-3))), "twice"),
        (((big, Decimal("1e30")), (small, Decimal("-1e30"))), "no quantity"),
    ):
        with pytest.raises(Invalid, match=words):
            decide(world.ours, chosen.id, Verdict(Deed.SPLIT, split=parts))
    parts = ((big, Decimal("-3.5")), (small, Decimal("-2.5")))
    decide(world.ours, chosen.id, Verdict(Deed.SPLIT, split=parts))
    decide(world.ours, chosen.id, APPROVE)
    assert {each.line_id: each.new_quantity for each in approved(world)} == {big: Decimal("1.5"), small: Decimal("1.5")}
    with pytest.raises(Conflict, match="approved as it is"):
        decide(world.ours, chosen.id, Verdict(Deed.SPLIT))


def test_comments_mention_members_and_never_collide(world: World) -> None:
    estate(world.ours, {"1": 3})
    bea, theirs = join(world.ours, "Bea Blue"), join(world.theirs, "Zoe Zinc")
    chosen = finding(world.ours).id
    looked = seen(world.ours, chosen)
    words = "Ask @Bea Blue and @bea, not @zoe or ann@bea; @nobody."
    done = decide(world.ours, chosen, Verdict(Deed.COMMENT, reason=words), known=looked)
    assert done.mentions == (bea.user_id,)
    assert done.unknown == ("zoe", "nobody")
    assert theirs.user_id not in done.mentions
    decide(world.ours, chosen, Verdict(Deed.TAG, add=("Renewal", "renewal", " New  term ")), known=looked)
    decide(bea, chosen, Verdict(Deed.ASSIGN, assignee_id=bea.user_id), known=looked)
    with transaction(world.ours, read_only=True) as session:
        kept = service.state(session, world.ours, chosen)
    assert kept.tags == ("New term", "Renewal")
    assert (kept.assignee, kept.state) == ("Bea Blue", "open")
    with pytest.raises(Invalid, match="only look"):
        decide(world.ours, chosen, Verdict(Deed.ASSIGN, assignee_id=join(world.ours, "Vi Violet", Role.VIEWER).user_id))


def test_what_is_wrong_elsewhere_says_where_to_go(world: World) -> None:
    estate(world.ours, {"1": 3})
    chosen = finding(world.ours)
    decide(world.ours, chosen.id, Verdict(Deed.WRONG_MAPPING))
    with transaction(world.ours, read_only=True) as session:
        jump = service.state(session, world.ours, chosen.id).jump
    assert jump is not None
    assert (jump.page, jump.connection_id) == ("mapping", chosen.connection_id)
    assert jump.account_id is not None
    decide(world.ours, chosen.id, Verdict(Deed.AT_VENDOR, reason="They cancel it"))
    with transaction(world.ours, read_only=True) as session:
        kept = service.state(session, world.ours, chosen.id)
    assert kept.state == "at_vendor"
    assert kept.jump is not None
    assert kept.jump.page == "integration"


def test_similar_decisions_are_counted_and_told_newest_first(world: World) -> None:
    estate(world.ours, {str(number): 3 for number in range(1, 9)})
    for number in range(1, 8):
        verdict = Verdict(Deed.DISMISS, reason=f"Reason {number}", scope="for_good") if number % 2 else APPROVE
        decide(world.ours, finding(world.ours, str(number)).id, verdict, at=NOON + timedelta(minutes=number))
    with transaction(world.ours, read_only=True) as session:
        fresh = service.similar(session, world.ours, finding(world.ours, "8").id)
        own = service.similar(session, world.ours, finding(world.ours, "7").id)
    assert fresh.counts == {"series": {}, "client_product": {}, "rule": {"approve": 3, "dismiss": 4}}
    assert [each.reason for each in fresh.newest] == ["Reason 7", "", "Reason 5", "", "Reason 3"]
    assert own.counts["series"] == own.counts["client_product"] == {"dismiss": 1}
    assert (own.newest[0].basis, own.newest[0].client, own.newest[0].delta) == ("series", "Client 7", Decimal(2))


def test_a_page_of_an_earlier_period_can_not_be_replayed(world: World) -> None:
    estate(world.ours, {"1": 3})
    old = finding(world.ours)
    with transaction(world.ours) as session:
        session.get_one(Finding, old.id).period = date(2026, 10, 1)
    with pytest.raises(RcxError, match="earlier period"):
        decide(world.ours, old.id, APPROVE)
    assert [each.state for each in findings(world.ours)] == ["open"]
