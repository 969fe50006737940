"""Moving to the one outbox: what waited is sent, what was sent is not sent again, untold news are told later."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlmodel import select

from rcx_app.core import clock
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.domain.booking import mails as booking_mails
from rcx_app.domain.booking.schemas import Occasion
from rcx_app.domain.mail import sending, service
from rcx_app.models import Booking, Mail, Notice
from tests.conftest import ROOT, World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STARTS = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def _insert(table: str, **values: object) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    with transaction(None) as session:
        session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def test_mails_of_the_old_tables_go_on_where_they_stood(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={world.url}"]})()
    dispose_engines()
    command.downgrade(config, "2026_11_21_22")
    ours, user = world.ours.workspace_id, world.ours.user_id
    with transaction(world.ours) as session:
        booking = Booking(
            workspace_id=ours, agent_id=user, user_id=user, kind="meeting", starts_at=STARTS, ends_at=STARTS,
            zone="UTC", uid="u", request_key="r",
        )  # fmt: skip
        session.add(booking)
    at = {"workspace_id": ours, "user_id": user, "created_at": NOW}
    told = {**at, "booking_id": booking.id, "sequence": 0, "body": "Come", "send_before": STARTS}
    _insert("booking_mail", **told, occasion="request", subject="Booked", invitation="BEGIN:VCALENDAR", state="waiting")
    _insert("booking_mail", **told, occasion="day", subject="Soon", invitation="", state="sent")
    _insert("notice_mail", **at, id=1, state="sent")
    _insert("notice_mail", **at, id=2, state="waiting")
    for number in (1, 2):
        with transaction(world.ours) as session:
            session.add(
                Notice(
                    workspace_id=ours, user_id=user or 0, kind="assigned", key=f"k{number}", title="T", mail_id=number
                )
            )
    dispose_engines()
    command.upgrade(config, "head")
    with transaction(None, read_only=True) as session:
        notices = {each.key: (each.mail_id, each.for_mail) for each in session.scalars(select(Notice))}
        known = service.known(session, [booking_mails.key(booking, Occasion.DAY, user or 0)])
    assert notices == {"k1": (None, False), "k2": (None, True)}, "only what waited waits for the next digest"
    assert len(known) == 1, "the reminder is not sent again"
    sent: list[EmailMessage] = []
    monkeypatch.setattr(sending, "deliver", sent.append)
    with clock.frozen(max(NOW, clock.now())), transaction(None) as session:
        for row in session.scalars(select(Mail)):
            row.send_before = clock.now().replace(year=2099)
    assert sending.send_due() == 1
    assert [(each["To"], each["Subject"]) for each in sent] == [("northbeam@msp.example", "Booked")]
    dispose_engines()
    command.downgrade(config, "2026_11_21_22")
