"""Mails about tickets: who gets which, once; and answers by mail, however nasty."""

from __future__ import annotations

import re
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlmodel import select

from rcx_app.cli import run as rcx
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted, RcxError, TooMany
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts
from rcx_app.domain.mail import sending
from rcx_app.domain.support import desk, inbound, receiving, service
from rcx_app.domain.support.addresses import Told, read_token, reply_address
from rcx_app.domain.support.mails import Side
from rcx_app.domain.support.receiving import Outcome
from rcx_app.domain.support.states import Deed, Status
from rcx_app.models import Mail, Membership
from tests.conftest import World
from tests.domain.support.ground import agent, answer, at_desk, colleague, opened, seen, verify, write

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def _mail_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_SUPPORT_MAIL_DOMAIN", "help.example")
    settings.cache_clear()
    attempts.forget_all()


def send() -> int:
    """How many mails went out."""
    return sending.send_due()


def box() -> list[EmailMessage]:
    """All mails that went out, oldest first."""
    files = sorted((settings().var_dir / "mail").glob("*.eml"))
    return [message_from_bytes(each.read_bytes(), policy=policy.default) for each in files]


def told(mails: list[EmailMessage]) -> list[str]:
    return [each["To"].split("@")[0] for each in mails]


def letter(to: str, sender: str, text: str = "Works now, thanks.", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Re: [T-1] Sync fails"
    message["Message-ID"] = headers.pop("message_id", "<1@client.example>")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def address(who: Context, ticket_id: int, side: Side = Side.PEOPLE) -> str:
    assert who.user_id is not None
    return reply_address(Told(ticket_id, who.user_id, side))


@pytest.fixture
def ticket(world: World) -> int:
    verify(world.ours)
    return opened(world.ours)


def test_each_change_is_told_to_the_right_people_once(world: World) -> None:
    verify(world.ours)
    omar, ada = agent("Omar"), colleague(world.ours, "Ada", Role.VIEWER)
    agent()
    ticket_id = opened(world.ours, subject="Sync\r\nBcc: all@msp.example fails")
    assert send() == 3
    first = box()
    assert sorted(told(first)) == ["elin", "northbeam", "omar"]
    assert {each["Subject"] for each in first} == {
        "[T-1] Sync Bcc: all@msp.example fails",
        "[Northbeam IT T-1] Sync Bcc: all@msp.example fails",
    }
    assert all(each["Bcc"] is None and each["Auto-Submitted"] == "auto-generated" for each in first)
    write(ada, ticket_id, "Here too.")
    answer(omar, ticket_id, "Try the new key.")
    with transaction(None) as session:
        desk.note(session, omar, ticket_id, "They forget every time.", once_key="n")
    write(world.ours, ticket_id, "It works.")
    with transaction(ada) as session:
        service.reply(session, ada, ticket_id, "Here as well.", once_key="k")
    assert send() == 9
    later = box()[3:]
    assert sorted(told(later)) == sorted(
        # Ada's words, while nobody had it; Omar's answer; then the asker's and Ada's, which at the desk only Omar gets.
        ["northbeam", "elin", "omar", "northbeam", "ada", "ada", "omar", "northbeam", "omar"]
    )
    assert not any("forget" in str(each.get_content()) for each in later)
    assert send() == 0


def test_a_private_ticket_and_one_who_left_get_no_mail(world: World) -> None:
    verify(world.ours)
    ada = colleague(world.ours, "Ada", Role.VIEWER)
    ticket_id, elin = opened(ada), agent()
    answer(elin, ticket_id)
    with transaction(None) as session:
        membership = session.scalars(select(Membership).where(Membership.user_id == ada.user_id)).one()
        session.delete(membership)
    send()
    assert "ada" not in told(box())
    with transaction(None) as session:
        states = {row.state for row in session.scalars(select(Mail).where(Mail.user_id == ada.user_id))}
    assert states == {"dropped"}


def test_an_answer_by_mail_stands_in_the_thread_once(world: World, ticket: int) -> None:
    elin = agent()
    answer(elin, ticket)
    send()
    asked = next(each for each in box() if "answered" in str(each.get_content()))
    quoted = "\n".join("> " + line for line in str(asked.get_content()).split("\n"))
    reply = letter(
        str(asked["Reply-To"]),
        "Northbeam <NORTHBEAM@msp.example>",
        f"Works now.\n\nThanks!\n\nOn Fri, 20 Nov 2026 at 09:27, RCX <no-reply@rcx.example>\nwrote:\n\n{quoted}",
    )
    assert receiving.receive(reply)[0] is Outcome.TAKEN
    assert receiving.receive(reply)[0] is Outcome.KNOWN
    found = seen(world.ours, ticket)
    assert [each.text for each in found.entries][2:] == ["Works now.\n\nThanks!"]
    assert found.entries[2].by_mail
    assert found.line.status is Status.WAITING_US
    by_agent = letter(address(elin, ticket, Side.STAFF), "elin@msp.example", "Glad to hear.", message_id="<2@x>")
    assert receiving.receive(by_agent)[0] is Outcome.TAKEN
    last = seen(world.ours, ticket)
    assert (last.entries[-1].is_staff, last.entries[-1].author, last.line.status) == (
        True,
        "Elin",
        Status.WAITING_YOU,
    )


def test_only_whom_the_address_was_given_to_may_use_it(world: World, ticket: int) -> None:
    elin, ada = agent(), colleague(world.ours, "Ada", Role.VIEWER)
    ours, theirs = address(world.ours, ticket), address(world.theirs, ticket)
    forged = re.sub(r"\.\w{4}", ".aaaa", ours)
    other_side = ours.replace("-p.", "-s.")
    other_ticket = ours.replace(f"+{ticket}-", f"+{ticket + 1}-")
    for to in (forged, other_side, other_ticket, "tickets+x@help.example", "info@help.example", ours + ".evil.example"):
        with pytest.raises(NotFound):
            receiving.receive(letter(to, "northbeam@msp.example"))
    for to, sender in (
        (ours, "ada@msp.example"),
        (ours, "elin@msp.example"),
        (ours, "northbeam@msp.example, ada@msp.example"),
        (theirs, "southlight@msp.example"),
        (address(ada, ticket, Side.STAFF), "ada@msp.example"),
        (address(elin, ticket), "elin@msp.example"),
    ):
        with pytest.raises(NotPermitted):
            receiving.receive(letter(to, sender))
    assert len(seen(world.ours, ticket).entries) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Precedence", "bulk"),
        ("X-Autoreply", "yes"),
        ("List-Id", "<all.example>"),
        ("Return-Path", "<>"),
        ("From", "MAILER-DAEMON@msp.example"),
        ("From", "tickets+1-1-p.x@help.example"),
    ],
)
def test_machines_are_not_answered(sqlite_world: World, name: str, value: str) -> None:
    verify(sqlite_world.ours)
    ticket_id = opened(sqlite_world.ours)
    to = address(sqlite_world.ours, ticket_id)
    sender = value if name == "From" else "northbeam@msp.example"
    more = {} if name == "From" else {name.replace("-", "_"): value}
    assert receiving.receive(letter(to, sender, **more))[0] is Outcome.IGNORED
    # Nor do we answer what we send ourselves.
    send()
    assert receiving.receive(bytes(box()[0]))[0] is Outcome.IGNORED
    assert len(seen(sqlite_world.ours, ticket_id).entries) == 1


def test_files_of_a_mail_are_checked_like_others(world: World, ticket: int) -> None:
    message = message_from_bytes(
        letter(address(world.ours, ticket), "northbeam@msp.example", "See files."), policy=policy.default
    )
    assert isinstance(message, EmailMessage)
    message.add_attachment(PNG, maintype="image", subtype="png", filename="../../etc/shot.png")
    message.add_attachment(b"MZ\x90", maintype="image", subtype="png", filename="virus.png")
    receiving.receive(bytes(message))
    entry = seen(world.ours, ticket).entries[-1]
    assert [each.filename for each in entry.files] == ["shot.png"]
    assert entry.text == "See files.\n\n(Left out by RCX: virus.png. Attach them here.)"
    assert len(list((settings().var_dir / "attachments").iterdir())) == 1


def test_a_closed_ticket_says_so_and_a_long_mail_too(world: World, ticket: int) -> None:
    elin = agent()
    to = address(world.ours, ticket)
    with pytest.raises(Invalid, match="characters"):
        receiving.receive(letter(to, "northbeam@msp.example", "wort " * 20_000))
    with transaction(None) as session:
        desk.end(session, elin, ticket, Deed.CLOSE, version=at_desk(elin, ticket).ticket.version)
    with pytest.raises(Conflict, match="closed"):
        receiving.receive(letter(to, "northbeam@msp.example"))


NASTY = [
    b"",
    b"\x00" * 100,
    b"From: \xff\xfe\nTo: tickets+1@help.example\n\nx",
    b"From: =?utf-8?b?////?=\nTo: =?x?q?=\n\n",
    b"Content-Type: multipart/mixed; boundary=\n\n--\n",
    b"Content-Type: text/plain; charset=nonsense\nContent-Transfer-Encoding: base64\n\n!!!!",
    b"To: " + b"a" * 100_000 + b"\n\n",
    b"From: a@b\nFrom: c@d\nTo: ,,,<<>>;:\n\n",
    b"Subject: x\r\nX: " + b"(" * 5000 + b"\r\n\r\n",
    b"To: tickets+" + b"1" * 80 + b"@help.example\n\n",
    b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(500)),
    b"Content-Type: message/rfc822\n\n" * 300,
]


@pytest.mark.parametrize("raw", NASTY)
def test_nasty_mails_are_refused_in_words(sqlite_world: World, raw: bytes) -> None:
    with pytest.raises(RcxError):
        receiving.receive(raw)


@given(some.binary(max_size=2000))
def test_no_bytes_break_the_reading_of_mail(raw: bytes) -> None:
    for each in (raw, b"From: a@b.example\nContent-Type: text/html\n\n" + raw):
        try:
            inbound.read(each)
        except RcxError:
            continue


@given(some.text(max_size=80))
def test_a_token_is_only_what_was_signed(text: str) -> None:
    assert read_token(text) is None


def test_what_is_too_large_is_not_read(sqlite_world: World) -> None:
    with pytest.raises(TooMany):
        inbound.read(bytes(inbound.MAX_BYTES + 1))


def test_the_command_reads_a_mail_and_leaves_with_what_mail_servers_know(
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verify(sqlite_world.ours)
    ticket_id = opened(sqlite_world.ours)
    to = address(sqlite_world.ours, ticket_id)
    cases = [
        (letter(to, "northbeam@msp.example"), [], 0),
        (letter("x@y.example", "northbeam@msp.example", message_id="<3@x>"), ["--to", to], 0),
        (letter(to, "northbeam@msp.example", Auto_Submitted="auto-replied"), [], 0),
        (letter(to, "ada@msp.example"), [], 77),
        (letter("x@help.example", "northbeam@msp.example"), [], 67),
        (letter(to, "northbeam@msp.example", "x" * 30_000, message_id="<4@x>"), [], 65),
    ]
    for raw, more, code in cases:
        path = tmp_path / "mail.eml"
        path.write_bytes(raw)
        with path.open("rb") as stdin:
            monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": stdin})())
            assert rcx(["mail-in", *more]) == code
        assert capsys.readouterr().err
    assert len(seen(sqlite_world.ours, ticket_id).entries) == 3


def test_the_command_runs_by_itself(sqlite_world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rcx_app.cli", "mail-in"], input=b"Subject: x\n\n", capture_output=True, check=False
    )
    assert done.returncode == 67, done.stderr
