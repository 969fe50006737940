"""Who is told of what: each deed once, to those whom it concerns and who may know, in one mail a morning."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from jobs import runner
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import alerts_sending
from rcx_app.domain.mail import sending
from rcx_app.domain.notifications import collecting, digests, service
from rcx_app.domain.notifications.schemas import Frequency, Kind
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.domain.writeback import journal, sending_request
from rcx_app.models import (
    ChangeSet,
    Connection,
    HealthChange,
    LineChange,
    Mail,
    Membership,
    Notice,
    NoticeChoice,
)
from tests.conftest import World
from tests.domain.notifications.telling import (
    MORNING,
    change_set,
    choose,
    confirm,
    later,
    mails,
    notices,
    only,
    person,
    round_at,
    text,
    titles,
)
from tests.domain.review.making import NOON, add_servers, decide, estate, finding, findings, join, run

SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def dana(world: World) -> Context:
    """A reviewer beside the owner, in a workspace whose first round is over."""
    estate(world.ours, {"1": 3, "2": 4, "3": 5, "4": 1})
    confirm(world.ours)
    made = person(world.ours, "Dana Whitfield")
    round_at(NOON)
    mails()
    with transaction(None) as session:
        for each in session.scalars(select(Notice)):
            session.delete(each)
    return made


def test_who_is_given_a_finding_is_told_and_the_giver_is_not(world: World, dana: Context) -> None:
    chosen = finding(world.ours, "2")
    decide(world.ours, chosen.id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    decide(world.ours, finding(world.ours, "1").id, Verdict(Deed.ASSIGN, assignee_id=world.ours.user_id), at=SOON)
    round_at(SOON)
    (told,) = notices(dana)
    assert told.title == "Northbeam IT owner gave you a finding to look at"
    assert told.lines[0].startswith("Client 2, ")
    assert told.href == f"/billing/review?open={chosen.id}"
    assert notices(world.ours) == (), "who gives himself something knows"
    with transaction(world.theirs, read_only=True) as session:
        assert session.exec(select(Notice).where(Notice.workspace_id == world.theirs.workspace_id)).all() == []


def test_whom_a_comment_names_is_told_with_its_words(world: World, dana: Context) -> None:
    decide(
        world.ours, finding(world.ours).id, Verdict(Deed.COMMENT, reason="@dana is this right?\nBcc: x@evil"), at=SOON
    )
    round_at(SOON)
    (told,) = notices(dana)
    assert told.kind is Kind.MENTIONED
    assert "is this right?" in told.detail


def test_new_findings_are_told_from_the_readers_amount_on_and_never_again(world: World, dana: Context) -> None:
    choose(dana, only(Kind.FINDINGS, min_amount=Decimal(0)))
    choose(world.ours, only(Kind.FINDINGS, min_amount=Decimal(1_000_000)))
    add_servers(world.ours, "3", 2)
    run(world.ours, at=SOON)
    round_at(SOON)
    assert titles(dana) == [], "a finding whose numbers moved is not new"
    add_servers(world.ours, "4", 2)
    run(world.ours, at=SOON + timedelta(minutes=5))
    round_at(SOON + timedelta(minutes=5))
    assert titles(dana) == ["1 new finding"]
    assert notices(dana)[0].detail.endswith("a month under-billed (1)")
    assert notices(dana)[0].lines[0].startswith("Client 4")
    december = later(11)
    run(world.ours, at=december)
    round_at(december)
    assert titles(dana) == ["1 new finding"], "what stood last month as well is not new"
    assert titles(world.ours) == []


def test_a_set_that_waits_is_told_to_those_who_may_approve_but_not_to_its_preparer(world: World, dana: Context) -> None:
    approver = person(world.ours, "Priya Raman", Role.APPROVER)
    viewer = person(world.ours, "Vic Viewer", Role.VIEWER)
    number = change_set(dana, [findings(world.ours)[0].line_id or 0], state="waiting_approval")
    round_at(SOON)
    assert titles(approver) == [f"CS-{number} waits for approval"]
    assert "1 change" in notices(approver)[0].detail
    assert "prepared by Dana Whitfield" in notices(approver)[0].detail
    assert titles(dana) == titles(viewer) == []


def test_what_the_psa_refused_is_told_to_preparer_and_approver_once_a_set(world: World, dana: Context) -> None:
    approver = person(world.ours, "Priya Raman", Role.APPROVER)
    lines = [each.line_id or 0 for each in findings(world.ours)[:2]]
    change_set(dana, lines, state="sending", approver=approver)
    with frozen(SOON), transaction(world.ours) as session:
        for row in session.scalars(select(LineChange)):
            journal.refuse(session, world.ours, row, "moved", "The quantity moved since it was reviewed.")
    round_at(SOON)
    for each in (dana, approver):
        (told,) = notices(each)
        assert told.kind is Kind.WRITE
        assert told.title.startswith("2 changes of CS-")
        assert "The quantity moved" in " ".join(told.lines)


def test_a_set_that_the_psa_makes_wait_is_told_once_and_not_when_it_went_on(world: World, dana: Context) -> None:
    approver = person(world.ours, "Priya Raman", Role.APPROVER)
    number = change_set(dana, [finding(world.ours).line_id or 0], state="sending", approver=approver)
    for minutes in (0, 5):
        at = SOON + timedelta(minutes=minutes)
        with frozen(at), transaction(world.ours) as session:
            connection_id = session.get_one(ChangeSet, number).connection_id
            job_id = sending_request.request(session, world.ours, connection_id)
        with frozen(at):
            assert runner.run_job(job_id) == "failed"
        round_at(at)
        for each in (dana, approver):
            (told,) = notices(each)
            assert (told.kind, told.title.partition(" ")[0]) == (Kind.WRITE, f"CS-{number}")
            assert "is filled by files" in told.detail
            assert told.href == f"/changes/{number}"
    assert notices(world.ours) == (), "neither prepared nor approved it"
    with transaction(world.ours) as session:
        row = session.get_one(ChangeSet, number)
        row.error, row.state = "", "done"
        audit.record(session, world.ours, "writeback:halt", "change_set", number, {"why": "It was away."})
    round_at(SOON + timedelta(minutes=9))
    assert len(notices(dana)) == 1, "what has gone on since is no news"


def test_who_wrote_by_one_click_is_told_that_it_waits(world: World, dana: Context) -> None:
    priya = person(world.ours, "Priya Raman", Role.APPROVER)
    made = change_set(priya, [finding(world.ours).line_id or 0], state="waiting_approval")
    with frozen(SOON), transaction(world.ours) as session:
        audit.record(session, world.ours, "writeback:hold", "change_set", made, {"warnings": ["posted"]})
    round_at(SOON)
    assert [each.detail.endswith("one click was not enough") for each in notices(priya)] == [True]


def test_one_mail_a_morning_tells_all_of_it_once(world: World, dana: Context) -> None:
    for each in findings(world.ours)[:2]:
        decide(world.ours, each.id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    decide(world.ours, finding(world.ours).id, Verdict(Deed.COMMENT, reason="@dana look"), at=SOON)
    round_at(SOON)
    assert mails() == [], "it waits for the morning"
    assert round_at(MORNING) == 1
    (sent,) = mails()
    assert sent["To"] == "dana@msp.example"
    assert sent["Subject"] == "Northbeam IT: 3 things are new"
    assert text(sent).count("gave you a finding") == 2
    assert text(sent).count("mentioned you") == 1
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent["List-Unsubscribe"].startswith("<http://localhost:3000/unsubscribe?token=")
    html = sent.get_body(("html",))
    assert html is not None
    assert 'href="http://localhost:3000/billing/review?open=' in html.get_content()
    assert round_at(later(1)) == 0
    assert mails() == [], "nothing is new, so nothing is sent"


def test_after_days_without_workers_one_mail_tells_all(world: World, dana: Context) -> None:
    chosen = findings(world.ours)
    decide(world.ours, chosen[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    round_at(SOON)
    decide(world.ours, chosen[1].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=later(2))
    round_at(later(5) + timedelta(hours=3))
    assert [text(each).count("gave you a finding") for each in mails()] == [2]
    with transaction(dana, read_only=True) as session:
        assert service.settings_of(session, dana).next_at == later(6)


def test_a_mail_that_the_server_refuses_comes_once_with_what_is_new_since(
    world: World, dana: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, real = findings(world.ours), sending.deliver

    def refused(*_: object, **__: object) -> None:
        raise Unavailable("The mail server did not take the message.")

    decide(world.ours, chosen[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    monkeypatch.setattr(sending, "deliver", refused)
    assert round_at(MORNING) == 0
    assert round_at(later(1)) == 0
    decide(world.ours, chosen[1].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=later(1.5))
    monkeypatch.setattr(sending, "deliver", real)
    round_at(later(2))
    assert [text(each).count("gave you a finding") for each in mails()] == [2]


def test_a_digest_whose_worker_died_comes_once_more_and_is_not_told_again(world: World, dana: Context) -> None:
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    round_at(SOON)
    with frozen(MORNING), transaction(world.ours) as session:
        assert digests.make(session, world.ours) == 1
        session.scalars(select(Mail)).one().state = "sending"
    assert [round_at(later(day)) for day in (1, 2)] == [1, 0]
    assert [text(each).count("gave you a finding") for each in mails()] == [1]


def test_what_was_read_in_the_app_is_left_out_of_the_mail(world: World, dana: Context) -> None:
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    decide(world.ours, finding(world.ours).id, Verdict(Deed.COMMENT, reason="@dana look"), at=SOON)
    round_at(SOON)
    read = next(each for each in notices(dana) if each.kind is Kind.ASSIGNED)
    with frozen(SOON), transaction(dana) as session:
        assert service.mark_read(session, dana, read.notice_id) == 1
        assert service.mark_read(session, world.ours, read.notice_id) == 0, "another one's stays as it is"
        assert service.news(session, dana).unread == 1
    round_at(MORNING)
    (sent,) = mails()
    assert "gave you" not in text(sent)
    assert "mentioned you" in text(sent)


def test_whoever_left_or_may_no_longer_know_gets_nothing(world: World, dana: Context) -> None:
    gone = person(world.ours, "Gus Gone")
    for each in (dana, gone):
        decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=each.user_id), at=SOON)
    round_at(SOON)
    with transaction(None) as session:
        session.scalars(select(Membership).where(Membership.user_id == dana.user_id)).one().role = Role.VIEWER.value
        session.delete(session.scalars(select(Membership).where(Membership.user_id == gone.user_id)).one())
    round_at(MORNING)
    assert mails() == []


def test_an_unconfirmed_address_gets_no_mail(world: World, dana: Context) -> None:
    new = join(world.ours, "Nia New")
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=new.user_id), at=SOON)
    round_at(SOON)
    round_at(MORNING)
    assert mails() == []
    assert len(notices(new)) == 1


def test_who_wants_no_digest_is_told_in_the_app_and_not_mailed_when_he_wants_one_again(
    world: World, dana: Context
) -> None:
    choose(dana, only(Kind.ASSIGNED, frequency=Frequency.OFF))
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    round_at(SOON)
    assert len(notices(dana)) == 1
    choose(dana, only(Kind.ASSIGNED, frequency=Frequency.WEEKLY), at=SOON)
    round_at(later(10))
    assert mails() == []


def test_two_workers_at_once_make_one_digest_of_one_notice(world: World, dana: Context) -> None:
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)
    made: list[tuple[int, int]] = []

    def work() -> None:
        with frozen(MORNING), transaction(world.ours) as session:
            collected = collecting.collect(session, world.ours)
            made.append((collected, 0))
        with frozen(later(1)), transaction(world.ours) as session:
            made.append((0, digests.make(session, world.ours)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (sum(each[0] for each in made), sum(each[1] for each in made)) == (1, 1)
    with transaction(world.ours, read_only=True) as session:
        assert len(session.scalars(select(Mail)).all()) == 1
        own = select(NoticeChoice).where(NoticeChoice.user_id == dana.user_id)
        assert session.scalars(own).one().next_at == later(2)


def test_a_crash_while_collecting_loses_nothing_and_tells_nothing_twice(world: World, dana: Context) -> None:
    decide(world.ours, findings(world.ours)[0].id, Verdict(Deed.ASSIGN, assignee_id=dana.user_id), at=SOON)

    def die() -> None:
        with transaction(world.ours) as session:
            assert collecting.collect(session, world.ours) == 1
            raise RuntimeError("died")

    with pytest.raises(RuntimeError, match="died"):
        die()
    round_at(SOON)
    round_at(SOON)
    assert len(notices(dana)) == 1


def fail_connection(context: Context) -> int:
    """A connection that failed just now; returns its change's id."""
    with frozen(SOON), transaction(context) as session:
        connection = session.scalars(select(Connection).where(Connection.workspace_id == context.workspace_id)).first()
        assert connection is not None
        change = HealthChange(
            workspace_id=context.workspace_id, connection_id=connection.id, created_at=SOON, to_health="failed",
            word="Failed", causes=["refused"], reason="The sign-in was refused.", whose="admin", unwell_since=SOON,
        )  # fmt: skip
        session.add(change)
        session.flush()
        assert alerts_sending.digest(session, context) == 1
        return change.id


def test_trouble_with_a_connection_is_mailed_at_once_and_never_in_the_digest(world: World, dana: Context) -> None:
    fail_connection(world.ours)
    (told,) = notices(world.ours)
    assert (told.kind, told.title.endswith(": Failed")) == (Kind.HEALTH, True)
    assert notices(dana) == (), "who may not change connections is not told"
    with transaction(world.ours, read_only=True) as session:
        assert [row.user_id for row in session.scalars(select(Mail))] == [world.ours.user_id]
    round_at(later(1))
    assert mails() == []


def test_who_wants_no_such_mail_finds_it_in_the_app_only(world: World, dana: Context) -> None:
    choose(world.ours, only(Kind.HEALTH, alarm_mail=False))
    fail_connection(world.ours)
    assert len(notices(world.ours)) == 1
    with transaction(world.ours, read_only=True) as session:
        assert session.scalars(select(Mail)).all() == []
    assert notices(dana) == ()


def test_who_unsubscribes_meanwhile_is_not_mailed(world: World, dana: Context) -> None:
    fail_connection(world.ours)
    choose(world.ours, only(Kind.HEALTH, alarm_mail=False), at=SOON)
    with frozen(SOON):
        assert sending.send_due() == 0
    assert mails() == []
    assert notices(dana) == ()
