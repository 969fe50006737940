"""What digests look like, and links that end them: unforgeable, good for one thing, harmless to open."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest
from sqlmodel import select

from rcx_app.core import crypto
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.core.mail import Letter, made
from rcx_app.domain.notifications import digest_text, service, unsubscribing
from rcx_app.domain.notifications.mornings import next_morning
from rcx_app.domain.notifications.schemas import Frequency, Kind, NoticeView, Scope
from rcx_app.models import AuditEvent
from tests.conftest import World

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVIL = 'Ann\r\nBcc: all@evil.example\r\n\r\n<script>alert("x")</script>'


def notice(title: str, *, kind: Kind = Kind.MENTIONED, detail: str = "", number: int = 1) -> NoticeView:
    return NoticeView(number, kind, title, detail, (), "/billing/review?open=1&view=mine", AT, False)


def letter(workspace: str = "Northbeam IT") -> digest_text.Letter:
    return digest_text.Letter(
        EVIL, workspace, "https://rcx.example", "https://rcx.example/unsubscribe?token=t", Frequency.DAILY
    )


def mail(
    *, subject: str = "Hello", body: str = "x", html: str = "", headers: dict[str, str] | None = None
) -> EmailMessage:
    to_ann = Letter(to="ann@msp.example", subject=subject, body=body, html=html, headers=headers or {})
    return made(to_ann, message_id="<1@rcx.example>", at=AT)


def test_names_and_comments_begin_no_header_and_no_markup() -> None:
    subject = digest_text.subject(letter(EVIL), [notice(EVIL, detail=EVIL)])
    assert "\n" not in subject
    assert "\r" not in subject
    written = bytes(
        mail(
            subject=subject,
            body=digest_text.plain(letter(EVIL), [notice(EVIL, detail=EVIL)]),
            html=digest_text.html(letter(EVIL), [notice(EVIL, detail=EVIL)]),
        )
    )
    found = message_from_bytes(written, policy=default)
    assert found["Bcc"] is None
    assert [each.get_content_type() for each in found.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "<script" not in digest_text.html(letter(EVIL), [notice(EVIL, detail=EVIL)])


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mail(subject="Hello\nBcc: all@evil.example")
    with pytest.raises(ValueError, match="linefeed"):
        mail(headers={"List-Unsubscribe": "<x>\r\nBcc: all@evil.example"})


def test_long_addresses_in_headers_stay_readable_to_mail_programs() -> None:
    headers = unsubscribing.headers(12, 123456, Scope.DIGEST)
    sent = bytes(mail(body="x" * 2000 + "\n\N{SNOWMAN}", headers=headers))
    written = sent.decode("ascii")
    assert f"List-Unsubscribe: {headers['List-Unsubscribe']}\n" in written
    assert max(map(len, written.splitlines())) <= 998
    assert "\N{SNOWMAN}" in message_from_bytes(sent, policy=SMTP).get_content()


def test_all_links_are_absolute_and_the_rest_is_counted() -> None:
    many = [notice(f"Mention {number}", number=number) for number in range(25)]
    said = digest_text.plain(letter(), many)
    assert "Mention 19" in said
    assert "Mention 20" not in said
    assert "and 5 more: https://rcx.example/notifications" in said
    html = digest_text.html(letter(), many)
    links = [part.split('"')[0] for part in html.split('href="')[1:]]
    assert links
    assert all(each.startswith("https://rcx.example/") for each in links)
    assert digest_text.subject(letter(), many) == "Northbeam IT: 25 things are new"


@pytest.mark.parametrize(
    ("after", "frequency", "zone", "expected"),
    [
        ("2026-11-20T12:00", Frequency.DAILY, "UTC", "2026-11-21T07:00"),
        ("2026-11-20T07:00", Frequency.DAILY, "UTC", "2026-11-21T07:00"),
        ("2026-11-20T06:59", Frequency.DAILY, "UTC", "2026-11-20T07:00"),
        ("2026-11-20T12:00", Frequency.DAILY, "America/New_York", "2026-11-21T12:00"),
        # Clocks go forward in New York on 8 March 2026.
        ("2026-03-07T13:00", Frequency.DAILY, "America/New_York", "2026-03-08T11:00"),
        ("2026-11-20T12:00", Frequency.WEEKLY, "Pacific/Auckland", "2026-11-22T18:00"),
    ],
)
def test_mornings_are_the_workspaces(after: str, frequency: Frequency, zone: str, expected: str) -> None:
    found = next_morning(datetime.fromisoformat(after).replace(tzinfo=UTC), frequency, zone)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_off_has_no_morning() -> None:
    assert next_morning(AT, Frequency.OFF, "UTC") is None


def token_of(link: str) -> str:
    return link.partition("token=")[2]


def test_a_link_ends_what_it_came_with_and_says_who_did_in_the_trail(world: World) -> None:
    user = world.ours.user_id or 0
    for _ in range(2):
        chosen = unsubscribing.read(token_of(unsubscribing.link(world.ours.workspace_id, user, Scope.DIGEST)))
        with transaction(chosen.context) as session:
            unsubscribing.end(session, chosen)
    with transaction(world.ours, read_only=True) as session:
        found = service.settings_of(session, world.ours)
        entries = session.scalars(select(AuditEvent).where(AuditEvent.tag == "notices:unsubscribe")).all()
    assert (found.choice.frequency, found.next_at, found.choice.alarm_mail) == (Frequency.OFF, None, True)
    assert [(each.workspace_id, each.user_id, each.detail["user_id"]) for each in entries] == [
        (world.ours.workspace_id, None, user)
    ]


def test_a_link_about_connections_leaves_the_digest(world: World) -> None:
    link = unsubscribing.link(world.ours.workspace_id, world.ours.user_id or 0, Scope.ALARMS)
    chosen = unsubscribing.read(token_of(link))
    with transaction(chosen.context) as session:
        unsubscribing.end(session, chosen)
        found = service.settings_of(session, world.ours)
    assert (found.choice.frequency, found.choice.alarm_mail) == (Frequency.DAILY, False)


def test_nobody_can_make_or_change_a_token() -> None:
    token = token_of(unsubscribing.link(1, 2, Scope.DIGEST))
    assert unsubscribing.read(token) == unsubscribing.Subscription(1, 2, Scope.DIGEST)
    signature = token.rpartition(".")[2]
    signed_elsewhere = crypto.sign("tickets", "1.2.digest").hex()
    for forged in (
        "", ".", "...", "1.2.digest", f"1.3.digest.{signature}", f"2.2.digest.{signature}", f"1.2.alarms.{signature}",
        f"1.2.digest.{signature[:-4]}", f"1.2.digest.{signed_elsewhere}", f"1.2.digest.{signature}=",
        "1.2.digest.\N{SNOWMAN}", f"01.2.digest.{signature}", "1.2.digest." + "A" * 43,
    ):  # fmt: skip
        if forged.rstrip("=") != token:
            with pytest.raises(NotFound):
                unsubscribing.read(forged)
