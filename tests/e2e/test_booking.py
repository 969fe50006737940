"""A visitor books a meeting in a browser, also on a phone, and the agent finds it and cancels it, with real mail.

Everything is real: `rcx up` with its workers, Chromium, the calendar files that arrive. axe looks at every view.
"""

from __future__ import annotations

import email
import re
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default as mail_policy
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Page, expect

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.core.settings import settings
from rcx_app.domain.booking import calendars
from rcx_app.domain.booking.schemas import CalendarRules
from rcx_app.domain.booking.slots import Hours
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.identity.service import one_time_link
from rcx_app.models import Membership, User, Workspace
from tests.e2e.test_main_job import looks_right
from tests.e2e.test_match_settings import page, rcx
from tests.support.up import Running
from tests.support.wait import eventually

__all__ = ["page", "rcx"]

pytestmark = [pytest.mark.browser, pytest.mark.redis]

ALWAYS = CalendarRules(
    time_zone="Europe/Stockholm",
    hours=tuple(Hours(day, 0, 1440) for day in range(7)),
    notice_min=180,
    meeting_link="https://meet.example/elin",
)


def people() -> tuple[str, str]:
    """Links that sign in a visitor and an agent who can be booked at any hour."""
    with transaction(None) as session:
        house, ours = Workspace(name="RCX", is_house=True), Workspace(name="Hale IT")
        elin = User(
            email="elin@rcx.example", email_key="elin@rcx.example", name="Elin Sorensen", password_hash="!",
            staff=Staff.AGENT.value, email_verified_at=clock.now(),
        )  # fmt: skip
        robin = User(
            email="robin@hale.example", email_key="robin@hale.example", name="Robin Hale", password_hash="!",
            email_verified_at=clock.now(),
        )  # fmt: skip
        session.add_all([house, ours, elin, robin])
        session.flush()
        session.add(Membership(workspace_id=house.id, user_id=elin.id, role=Role.VIEWER.value))
        session.add(Membership(workspace_id=ours.id, user_id=robin.id, role=Role.OWNER.value))
        session.flush()
        agent = Context(workspace_id=house.id, user_id=elin.id, role=Role.VIEWER, staff=Staff.AGENT)
        calendars.save(session, agent, ALWAYS)
        lasting = timedelta(hours=1)
        links = [one_time_link(session, user.id, LinkPurpose.SIGN_IN, lasting) for user in (robin, elin)]
    return links[0], links[1]


def sign_in(page: Page, link: str) -> None:
    page.context.clear_cookies()
    page.goto(link)
    page.get_by_role("button").first.click()
    page.wait_for_url(lambda address: "/welcome" not in address)


def arrived(mails: Path, to: str, method: str) -> EmailMessage | None:
    """The mail to this address whose calendar says so, once it is there."""
    for path in mails.glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=mail_policy)
        assert isinstance(message, EmailMessage)
        found = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
        if message["To"] == to and found and found[0].get_param("method") == method:
            calendar = Calendar.from_ical(found[0].get_payload(decode=True))
            assert isinstance(calendar, Calendar)
            assert len(calendar.events) == 1
            return message
    return None


def book(page: Page) -> None:
    page.goto("/support/meetings")
    expect(page.get_by_role("heading", name="Book a meeting")).to_be_visible()
    looks_right(page)
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    expect(page.get_by_text("UTC+5:45").first).to_be_visible()
    slots = page.locator(".week .slot")
    slots.first.click()
    expect(slots.first).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What it is about").fill("Servers <b>twice</b>")
    looks_right(page)
    page.get_by_role("button", name=re.compile("^Book ")).click()
    expect(page.get_by_text("Booked. The invitation is on its way to robin@hale.example.")).to_be_visible()
    expect(page.get_by_text("About: Servers <b>twice</b>")).to_be_visible()
    looks_right(page)


def on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    expect(page.get_by_role("group", name="Day", exact=True)).to_be_visible()
    looks_right(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1280, "height": 800})


def the_agent_cancels(page: Page, address: str) -> None:
    page.goto(address)
    panel = page.get_by_role("complementary", name="Support meeting with Hale IT")
    expect(panel.get_by_text("Robin Hale", exact=True)).to_be_visible()
    looks_right(page)
    panel.get_by_role("button", name="Cancel").click()
    panel.get_by_label("Why; the visitor reads it").fill("I am ill")
    panel.get_by_role("button", name="Cancel it and tell both").click()
    expect(panel.get_by_text("Elin Sorensen cancelled it: I am ill")).to_be_visible()
    looks_right(page)


def test_book_a_meeting_and_cancel_it(rcx: Running, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_DATABASE_URL", f"sqlite:///{rcx.data / 'rcx.db'}")
    settings.cache_clear()
    visitor, agent = people()
    dispose_engines()
    sign_in(page, visitor)
    book(page)
    on_a_phone(page)
    mails = rcx.data / "mail"
    for to in ("robin@hale.example", "elin@rcx.example"):
        eventually(lambda to=to: arrived(mails, to, "REQUEST") is not None, within_s=90, what=f"the invitation of {to}")
    told = arrived(mails, "elin@rcx.example", "REQUEST")
    assert told is not None
    body = told.get_body(("plain",))
    assert body is not None
    (address,) = re.findall(r"http\S+(/staff/calendar\S+)", str(body.get_content()))
    sign_in(page, agent)
    the_agent_cancels(page, address)
    eventually(lambda: arrived(mails, "robin@hale.example", "CANCEL") is not None, within_s=90, what="the cancellation")
