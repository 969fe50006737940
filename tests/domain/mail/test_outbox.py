"""The outbox of mail: written with its cause, sent once, tried again, lost never, and read by nobody."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from jobs import tasks
from rcx_app.commands.checks import work
from rcx_app.commands.checks.finding import Place
from rcx_app.core import clock, crypto, outbox
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.mail import Invitation, Letter, MailRefused
from rcx_app.core.settings import settings
from rcx_app.domain.mail import sending, service
from rcx_app.domain.mail.schemas import NewMail
from rcx_app.domain.mail.sealing import seal, unseal
from rcx_app.domain.operations.measures import measure
from rcx_app.models import Mail
from tests.conftest import World
from tests.support.mail_server import FINE, MailServer, mail_server

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "https://rcx.example/reset?token=s3cr3t"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server(tmp_path) as made:
        use(monkeypatch, made.port)
        yield made


def use(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name, value in (("MAIL_TRANSPORT", "smtp"), ("SMTP_HOST", "127.0.0.1"), ("SMTP_PORT", str(port))):
        monkeypatch.setenv(f"RCX_{name}", value)
    settings.cache_clear()


def write(key: str, context: Context | None = None, **more: object) -> int | None:
    given = {"kind": "account", "key": key, "send_before": NOW + timedelta(days=2)} | more
    given.setdefault("letter", Letter(to=f"{key}@msp.example", subject=f"About {key}", body=SECRET))
    if context is not None:
        given["workspace_id"] = context.workspace_id
    with clock.frozen(NOW), transaction(context) as session:
        return service.write(session, NewMail(**given))


def rounds(minutes: float = 0) -> list[Mail]:
    """A round of the task that long after; all rows as they are then."""
    with clock.frozen(NOW + timedelta(minutes=minutes)):
        tasks.send_mails()
    return rows()


def rows() -> list[Mail]:
    with transaction(None, read_only=True) as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def states(found: list[Mail]) -> list[str]:
    return [each.state for each in found]


def test_a_mail_goes_out_as_it_was_written_and_then_nobody_can_read_it(world: World, server: MailServer) -> None:
    calendar = b"BEGIN:VCALENDAR\r\nSUMMARY:\xc3\xa4\r\nEND:VCALENDAR\r\n"
    written = Letter(
        to="ann@msp.example",
        subject="\N{SNOWMAN} news",
        body=f"Hello,\n\n{SECRET}\n",
        html=f"<p>{SECRET}</p>",
        headers={"List-Unsubscribe": "<https://rcx.example/u>", "Reply-To": "tickets+1@help.example"},
        invitation=Invitation(calendar, "REQUEST"),
    )
    write("ann", letter=written)
    before = rows()[0]
    assert before.sealed is not None
    assert b"s3cr3t" not in before.sealed
    assert unseal(before.sealed) == written
    (after,) = rounds()
    (got,) = server.taken
    assert (got["To"], got["Subject"], got["Reply-To"]) == (
        "ann@msp.example",
        "\N{SNOWMAN} news",
        "tickets+1@help.example",
    )
    assert got["List-Unsubscribe"] == "<https://rcx.example/u>"
    assert got["Message-ID"] == before.message_id
    parts = {each.get_content_type(): each.get_payload(decode=True) for each in got.walk() if not each.is_multipart()}
    assert SECRET.encode() in parts["text/plain"]
    assert parts["text/calendar"] == parts["application/ics"] == calendar
    assert (after.state, after.sealed, after.sent_at) == ("sent", None, NOW)
    with transaction(None, read_only=True) as session:
        kept = session.execute(text("SELECT * FROM mail")).all()
    assert "s3cr3t" not in str(kept)
    assert "ann@" not in str(kept)


def test_a_mail_is_written_once_and_only_with_its_cause(world: World) -> None:
    woken: list[bool] = []
    outbox.use_mail_waker(lambda: woken.append(True))

    new = NewMail(kind="account", key="two", workspace_id=world.ours.workspace_id, send_before=NOW)

    def fail() -> None:
        with transaction(world.ours) as session:
            assert service.write(session, new) is not None
            raise RuntimeError("the deed failed")

    try:
        assert write("one", world.ours) is not None
        assert write("one", world.ours) is None
        with pytest.raises(RuntimeError, match="deed"):
            fail()
    finally:
        outbox.use_mail_waker(None)
    assert [each.key for each in rows()] == ["one"]
    assert woken == [True], "a worker is told once, and of nothing that did not happen"


def test_other_workspaces_and_mails_about_accounts_are_not_seen_from_within_one(postgres_world: World) -> None:
    world = postgres_world
    write("ours", world.ours)
    write("theirs", world.theirs)
    write("account")
    with transaction(world.ours, read_only=True) as session:
        assert list(session.scalars(select(Mail.key))) == ["ours"]


def test_many_workers_at_once_send_each_mail_once(world: World, server: MailServer) -> None:
    for number in range(4):
        write(f"m{number}")

    def work(_: int) -> None:
        with clock.frozen(NOW):
            sending.send_due()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(server.readers) == [f"m{number}@msp.example" for number in range(4)]
    assert set(states(rows())) == {"sent"}


def test_while_the_server_is_down_all_wait_and_then_all_go_out_once(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, 1)
    for key in ("a", "b", "c"):
        write(key)
    found = rounds()
    assert states(found) == ["waiting"] * 3
    assert [each.tries for each in found] == [1, 0, 0], "the others do not each wait for a server that is not there"
    assert {each.next_try_at for each in found} == {NOW + timedelta(minutes=1)}
    with transaction(None, read_only=True) as session, clock.frozen(NOW):
        waiting = service.unsent(session)
    assert (waiting.number, waiting.oldest, waiting.failed) == (3, NOW, 0)
    assert "did not take the message" in waiting.reason
    with mail_server(tmp_path) as made:
        use(monkeypatch, made.port)
        assert states(rounds(0.5)) == ["waiting"] * 3
        assert states(rounds(1)) == ["sent"] * 3
        rounds(90)
    assert sorted(made.readers) == ["a@msp.example", "b@msp.example", "c@msp.example"]


def test_a_refused_mail_holds_up_no_other_and_is_given_up_in_the_end(sqlite_world: World, server: MailServer) -> None:
    codes = {"soft": b"451 later\r\n", "hard": b"550 nobody\r\n"}
    server.answer = lambda word, line: next(
        (code for name, code in codes.items() if word == "RCPT" and name in line), FINE
    )
    for key in ("soft", "hard", "good"):
        write(key)
    soft, hard, good = rounds()
    assert (soft.state, hard.state, good.state) == ("waiting", "waiting", "sent")
    assert soft.next_try_at == NOW + timedelta(minutes=1)
    assert hard.next_try_at == NOW + timedelta(hours=1), "what the server says for good is asked seldom"
    del codes["soft"]
    assert states(rounds(1)) == ["sent", "waiting", "sent"]
    for hours in (1, 3, 7, 15, 31, 47):
        assert rounds(60 * hours)[1].state == "waiting"
    hard = rounds(60 * 63)[1]
    assert (hard.state, hard.sealed) == ("failed", None)
    assert "(550)" in hard.reason
    assert server.readers == ["good@msp.example", "soft@msp.example"]


def test_what_can_not_be_made_does_not_stop_the_rest(sqlite_world: World, server: MailServer) -> None:
    write("evil", letter=Letter(to="a@msp.example", subject="Hello\nBcc: all@evil.example", body="x"))
    write("keyless")
    with transaction(None) as session:
        session.scalars(select(Mail).where(Mail.key == "keyless")).one().sealed = b"not of our key"
    write("good")
    rounds()
    found = rows()
    assert states(found) == ["waiting", "waiting", "sent"]
    assert "RCX_SECRET_KEYS" in found[1].reason
    assert server.readers == ["good@msp.example"]


def test_what_comes_too_late_is_not_sent(sqlite_world: World, server: MailServer) -> None:
    write("late", send_before=NOW + timedelta(minutes=30))
    write("refused", send_before=NOW + timedelta(minutes=30))
    server.answer = lambda word, _line: b"550 no\r\n" if word == "RCPT" else FINE
    with clock.frozen(NOW), pytest.raises(MailRefused):
        sending.send(rows()[1].id)
    late, refused = rounds(30)
    assert (late.state, late.sealed, late.reason) == ("dropped", None, "too late")
    assert (refused.state, refused.sealed) == ("failed", None), "its link is wiped when it ends, not at its next try"
    assert server.taken == []


def test_what_somebody_waits_for_is_sent_by_him_first(sqlite_world: World, server: MailServer) -> None:
    with clock.frozen(NOW):
        with transaction(None) as session:
            letter = Letter(to="mia@x.example", subject="Hello", body="x")
            new = NewMail(kind="account", key="mia", letter=letter, send_before=NOW + timedelta(days=1))
            number = service.write(session, new, is_awaited=True)
        assert number is not None
        tasks.send_mails()
        assert server.taken == [], "a worker leaves it to him"
        assert sending.send(number)
        assert not sending.send(number)
    assert server.readers == ["mia@x.example"]


def start(mail_id: int) -> int:
    """The process id of a worker of its own that sends this mail; a child, since starting Python takes seconds."""
    dispose_engines()  # it must not share connections
    child = os.fork()
    if child == 0:
        try:
            sending.send(mail_id)
        finally:
            os._exit(0)
    return child


@pytest.mark.parametrize("point", ["MAIL", "."])
def test_a_worker_killed_in_between_sends_it_once_more_at_most(world: World, server: MailServer, point: str) -> None:
    """Before the server has the mail: it comes once. After that: twice, and the same, by which readers see one."""
    reached, go_on = threading.Event(), threading.Event()

    def stop(*_: object) -> None:
        reached.set()
        go_on.wait(60)

    if point == ".":
        server.before_answer = stop
    else:
        server.answer = lambda word, _line: (stop() if word == point else None) or FINE
    at = clock.now()
    with transaction(None) as session:
        letter = Letter(to="ann@msp.example", subject="Hello", body=SECRET)
        number = service.write(
            session, NewMail(kind="account", key="k", letter=letter, send_before=at + timedelta(days=1))
        )
    assert number is not None
    worker = start(number)
    assert reached.wait(60)
    os.kill(worker, signal.SIGKILL)
    assert os.waitpid(worker, 0)[1] == signal.SIGKILL
    go_on.set()
    server.answer, server.before_answer = (lambda _word, _line: FINE), (lambda _mail: None)
    (left,) = rows()
    assert (left.state, left.lost) == ("sending", 0)
    assert not sending.send(number), "its lease has not ended"
    for hours in (1, 2):
        with clock.frozen(at + timedelta(hours=hours)):
            sending.send_due()
    assert [each["Message-ID"] for each in server.taken] == [left.message_id] * (2 if point == "." else 1)
    (found,) = rows()
    assert (found.state, found.lost, found.sealed) == ("sent", 1, None)


def test_a_mail_that_loses_two_workers_is_given_up(sqlite_world: World, server: MailServer) -> None:
    write("poison")
    for minutes in (0, 6):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            taken = sending._take(rows()[0].id)
            assert taken is not None
    (found,) = rounds(12)
    assert (found.state, found.sealed, server.taken) == ("failed", None, [])
    assert "lost twice" in found.reason
    with clock.frozen(NOW + timedelta(minutes=12)), transaction(None, read_only=True) as session:
        assert service.unsent(session).failed == 1


def test_a_worker_that_comes_back_late_says_nothing_about_anothers_try(sqlite_world: World, server: MailServer) -> None:
    write("slow")
    with clock.frozen(NOW):
        late = sending._take(rows()[0].id)
        assert late is not None
    assert states(rounds(6)) == ["sent"]
    sending._try_again(late, timedelta(), "never mind")
    assert states(rows()) == ["sent"]


def test_what_ended_long_ago_is_forgotten(sqlite_world: World, server: MailServer) -> None:
    write("old")
    rounds()
    write("unsent", send_before=NOW + timedelta(days=999))
    with clock.frozen(NOW + service.KEPT_FOR + timedelta(days=1)), transaction(None) as session:
        assert service.sweep(session) == 1
    assert [each.key for each in rows()] == ["unsent"]


def test_a_key_that_is_gone_says_what_to_do() -> None:
    sealed = seal(Letter(to="a@b.example", subject="x", body="y"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RCX_VAR_DIR", str(settings().var_dir / "other"))
        settings.cache_clear()
        crypto.forget_keys()
        with pytest.raises(Unavailable, match="RCX_SECRET_KEYS"):
            unseal(sealed)
    crypto.forget_keys()


def test_the_operator_sees_the_oldest_that_has_not_gone_and_why(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(redis_url="", workspace_id=None)
    use(monkeypatch, 1)
    write("a")
    write("b", sqlite_world.ours, kind="booking")
    with clock.frozen(NOW):
        assert [each.state for each in work.outbox(place)] == ["ok"]
        sending.send_due()
    for minutes, state in ((10, "warning"), (90, "failed")):
        with clock.frozen(NOW + timedelta(minutes=minutes)):
            (found,) = work.outbox(place)
            assert (found.state, "did not take the message" in found.detail) == (state, True)
            assert found.detail.startswith("2 mails not sent, 0 given up in the last day; the oldest has waited for ")
            with transaction(None, read_only=True) as session:
                measured = measure(session)
    assert measured.mails == {("", "account", "waiting"): 1, ("1", "booking", "waiting"): 1}
    assert measured.oldest_mail == {("", "account"): 5400.0, ("1", "booking"): 5400.0}
