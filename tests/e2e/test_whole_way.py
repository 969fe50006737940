"""The whole way in, in browsers: signing up, questions, a booked session, full access, a colleague, a ticket, a plan.

Everything is real: `rcx up` with its workers and Redis, Chromium, the mails in the folder. Only time is helped along,
where a person would wait for weeks: the end of the trial. axe looks at a handful of pages.
"""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default as mail_policy
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jobs.tasks import bill_subscriptions
from rcx_app.core import clock, crypto
from rcx_app.core.db import dispose_engines
from rcx_app.core.settings import settings
from tests.e2e.test_booking import arrived, sign_in
from tests.e2e.test_main_job import PASSWORD, looks_right
from tests.e2e.test_match_settings import ask
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import ROOT, START_S, Running, started
from tests.support.wait import eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]

AGENT, OWNER, COLLEAGUE = "elin@rcx.example", "robin@hale.example", "mika@hale.example"
MAIL_S = 90.0


@pytest.fixture
def rcx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("RCX_ONBOARDING", "guided")
    with started(tmp_path, free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        yield running


@dataclass(frozen=True)
class People:
    """A browser for each."""

    agent: Page
    owner: Page
    colleague: Page


def people(browser: Browser, rcx: Running) -> People:
    def page() -> Page:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, base_url=rcx.address, reduced_motion="reduce",
            timezone_id="Europe/Berlin",
        )  # fmt: skip
        context.set_default_timeout(30_000)
        return context.new_page()

    return People(page(), page(), page())


def titled(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", level=1, name=name)


def choose_one(box: Locator) -> None:
    """A box that follows what the server has kept."""
    box.click()
    expect(box).to_be_checked()


def mailed_link(rcx: Running, to: str, subject: str) -> str:
    """The path of the only link in the mail to this address with this in its subject, once it has come."""
    found: list[str] = []

    def has_come() -> bool:
        for path in (rcx.data / "mail").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=mail_policy)
            assert isinstance(message, EmailMessage)
            body = message.get_body(("plain",))
            if message["To"] == to and subject in str(message["Subject"]) and body is not None:
                found.extend(re.findall(r"https?://[^/\s]+(/\S+)", str(body.get_content())))
        return bool(found)

    eventually(has_come, within_s=MAIL_S, what=f"the mail to {to}: {subject}")
    (link,) = found
    return link


# --- the agent


def become_agent(rcx: Running, page: Page) -> None:
    """Made by the command, an agent signs in by the link it prints, and opens hours at all times."""
    command = [sys.executable, "-m", "rcx_app.cli", "staff", "add", AGENT]
    made = subprocess.run(
        [*command, "--role", "platform_admin", "--name", "Elin Sorensen"],
        cwd=ROOT, env={**os.environ, "RCX_VAR_DIR": str(rcx.data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert f"Elin Sorensen <{AGENT}> is platform admin of RCX now." in made.stderr
    sign_in(page, re.sub(r"^https?://[^/]+", "", made.stdout.strip()))
    page.goto("/staff/calendar")
    expect(page.get_by_text("Nobody can book Elin Sorensen yet")).to_be_visible()
    page.get_by_role("link", name="Set the hours").click()
    for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        page.get_by_label(day, exact=True).fill("00:00-24:00")
    page.get_by_label("Meeting link").fill("https://meet.example/elin")
    page.get_by_role("button", name="Save the hours").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page.locator(".cal-open").first).to_be_visible()
    expect(page.get_by_text("Nobody can book")).to_have_count(0)


def finalise(page: Page) -> None:
    """The workspace stands on the board under Setup; it opens wholly once a note says why."""
    page.goto("/staff")
    card = page.locator("section.lane", has=page.get_by_role("heading", name="Setup")).get_by_role("listitem")
    expect(card).to_have_count(1)
    looks_right(page)
    card.get_by_role("link", name="Hale IT").click()
    expect(titled(page, "Hale IT")).to_be_visible()
    answers = page.locator(".review-answers")
    for said in ("ConnectWise PSA", "Microsoft 365", "Backups only", "40 clients", COLLEAGUE):
        expect(answers.get_by_text(said, exact=True)).to_be_visible()
    page.get_by_role("button", name="Finalise access").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Finalise access").click()
    expect(dialog.get_by_text("Say why in a note.")).to_be_visible()
    dialog.get_by_label("Note for colleagues").fill("Went through it together, all is in order")
    dialog.get_by_role("button", name="Finalise access").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Finalise access")).to_have_count(0)
    expect(page.get_by_text("Went through it together, all is in order")).to_be_visible()


# --- the owner


def sign_up(rcx: Running, page: Page) -> None:
    """Signed up, confirmed by the mail, and led to the questions wherever he goes."""
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Robin Hale")
    page.get_by_label("Work e-mail").fill(OWNER)
    page.get_by_label("Company").fill("Hale IT")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    page.goto(mailed_link(rcx, OWNER, "onfirm"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm and sign in").click()
    expect(titled(page, "Welcome to RCX")).to_be_visible()
    page.goto("/billing")
    expect(titled(page, "Welcome to RCX")).to_be_visible()
    page.get_by_role("link", name="Begin with the questions").click()


def answer(page: Page) -> None:
    """All pages of the questions, with what is asked only after some answers."""

    def choose(question: str, option: str) -> None:
        choose_one(page.get_by_role("group", name=question).get_by_label(option, exact=True))

    def go_on(to: str) -> None:
        page.get_by_role("button", name="Save and go on").click()
        expect(titled(page, to)).to_be_visible()

    expect(titled(page, "Your PSA")).to_be_visible()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    choose("Which PSA do you bill from?", "Another one")
    expect(page.get_by_label("Which one?")).to_be_visible()
    choose("Which PSA do you bill from?", "ConnectWise PSA")
    expect(page.get_by_label("Which one?")).to_have_count(0)
    choose("Where does it run?", "At its maker, in the cloud")
    choose("May somebody of your team", "Yes")
    looks_right(page)
    go_on("Vendors")
    choose("Whose services do you resell", "Microsoft 365")
    expect(page.get_by_label("Who may consent")).to_be_visible()
    go_on("Clients and billing")
    page.get_by_label("How many clients do you bill?").fill("40")
    choose("Do you bill in advance or in arrears?", "Both, it depends")
    page.get_by_label("Which services are billed in arrears?").fill("Backups only")
    page.get_by_label("On which day of the month").fill("1")
    go_on("People")
    choose("Who will look through the differences", "Somebody else")
    page.get_by_label("What is his or her e-mail address?").fill(COLLEAGUE)
    choose("Must a second person approve", "Yes")
    go_on("Time and money")
    expect(page.get_by_label("In which time zone do you work?")).to_have_value("Europe/Berlin")
    page.get_by_label("In which currency do you bill?").select_option("EUR")
    go_on("Check your answers")
    for said in ("ConnectWise PSA", "Backups only", COLLEAGUE):
        expect(page.locator(".review-answers").get_by_text(said, exact=True)).to_be_visible()
    page.get_by_role("button", name="Send the answers").click()
    expect(titled(page, "Book your onboarding session")).to_be_visible()


def book(rcx: Running, page: Page) -> None:
    """A session with the agent: both have it in their calendars, and guided setup is open."""
    page.get_by_role("link", name="Choose a time").click()
    slot = page.locator(".week .slot").first
    slot.click()
    expect(slot).to_have_attribute("aria-pressed", "true")
    time = slot.inner_text()
    page.get_by_role("button", name=re.compile("^Book ")).click()
    expect(page.get_by_text(f"Booked. The invitation is on its way to {OWNER}.")).to_be_visible()
    for to in (OWNER, AGENT):
        eventually(
            lambda to=to: arrived(rcx.data / "mail", to, "REQUEST") is not None, within_s=MAIL_S, what=f"mail to {to}"
        )
    page.goto("/onboarding")
    expect(titled(page, "Guided setup")).to_be_visible()
    expect(page.get_by_text(re.compile(rf"^Your session with us: .*, {time} \(Berlin, "))).to_be_visible()
    expect(page.get_by_text("Connect your PSA", exact=True)).to_be_visible()
    looks_right(page)


def everything_opens(page: Page) -> None:
    """What was closed before is in the navigation now, and opens."""
    page.goto("/")
    expect(titled(page, "Overview")).to_be_visible()
    for entry, title in (
        ("Billing & invoices", "Billing"),
        ("Change sets", "Change sets"),
        ("Clients", "Client mapping"),
        ("Services", "Services"),
        ("Integrations", "Integrations"),
        ("Reports", "Reports"),
        ("Audit log", "Audit log"),
        ("Overview", "Overview"),
    ):
        page.locator("nav.nav").get_by_role("link", name=re.compile(f"^{entry}")).click()
        expect(titled(page, title)).to_be_visible()


def invite(page: Page) -> None:
    page.goto("/settings/people")
    page.get_by_label("E-mail address").fill(COLLEAGUE)
    page.get_by_label("Role", exact=True).select_option("approver")
    page.get_by_role("button", name="Invite", exact=True).click()
    waiting = page.get_by_role("table", name="Invitations without an answer")
    expect(waiting.get_by_role("row", name=re.compile(f"{COLLEAGUE}.*Approver"))).to_be_visible()


def withdraw_a_ticket(page: Page) -> None:
    """Written, taken back, and brought back to be answered after all."""
    page.goto("/support/new")
    page.get_by_label("Subject").fill("Where are my clients?")
    page.get_by_label("What happened, and what did you expect?").fill("I see none of them yet.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(titled(page, "Where are my clients?")).to_be_visible()
    page.get_by_role("button", name="Withdraw ticket").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why (if you like)").fill("Found them")
    dialog.get_by_role("button", name="Withdraw ticket").click()
    expect(page.get_by_text("This ticket was withdrawn")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reply")).to_have_count(0)
    page.locator(".t-head").get_by_role("button", name="Reinstate").click()
    expect(page.get_by_role("textbox", name="Reply")).to_be_visible()
    expect(page.get_by_text("This ticket was withdrawn")).to_have_count(0)
    looks_right(page)


# --- the colleague


def join(rcx: Running, page: Page) -> None:
    page.goto(mailed_link(rcx, COLLEAGUE, "Join Hale IT"))
    page.get_by_role("link", name="Create your account").click()
    page.get_by_label("Your name").fill("Mika Lund")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_label("Work e-mail")).to_have_value(COLLEAGUE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(titled(page, "Overview")).to_be_visible()
    page.goto("/settings/people")
    team = page.get_by_role("table", name="The team")
    expect(team.get_by_role("row", name=re.compile("Mika Lund.*You.*Approver"))).to_be_visible()


def set_up_two_factor(page: Page) -> None:
    """Switched on with a first code, and asked for at the next sign-in."""
    page.goto("/account")
    page.get_by_role("link", name="Set up: two-factor sign-in").click()
    app = pyotp.TOTP(page.locator(".gate-secret code").inner_text().replace(" ", ""))
    page.get_by_role("textbox", name="Code").fill(app.at(clock.now()))
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator(".gate-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text(re.compile("On since .*, 10 recovery codes left"))).to_be_visible()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Work e-mail").fill(COLLEAGUE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Enter a code")).to_be_visible()
    # The first code is spent. Clocks may differ by half a minute, so the next one is good already.
    page.get_by_role("textbox", name="Code").fill(app.at(clock.now() + timedelta(seconds=30)))
    page.get_by_role("button", name="Go on").click()
    expect(titled(page, "Overview")).to_be_visible()


# --- the plan


def change_the_plan(rcx: Running, page: Page) -> None:
    """Chosen in the trial for later, billed when that ends, and changed within the month that was paid."""
    bill_subscriptions()
    page.goto("/settings/subscription")
    expect(page.get_by_text(re.compile("^Trial until"))).to_be_visible()
    costs = page.get_by_role("region", name="What it costs")
    choose_one(page.get_by_role("radio", name=re.compile("^Starter")))
    expect(costs.get_by_role("table", name="Due today").get_by_role("row")).to_have_text([re.compile("^Nothing.*0.00")])
    costs.get_by_role("button", name="Choose for after the trial").click()
    expect(page.get_by_text(re.compile("^Trial until"))).to_have_count(0)
    bills = page.get_by_role("table", name="Invoices and credit notes")
    expect(page.get_by_text("No invoices yet")).to_be_visible()

    ask(rcx, "UPDATE plan_subscription SET next_bill_on = started_on")
    bill_subscriptions()
    page.reload()
    expect(bills.locator("tr[data-row]")).to_have_count(1)
    choose_one(page.get_by_role("radio", name=re.compile("^Growth")))
    due = costs.get_by_role("table", name="Due today").get_by_role("row", name=re.compile("^Due ")).locator("td.v")
    expect(due).to_be_visible()
    amount = due.inner_text()
    assert re.fullmatch(r"[\d,]+\.\d\d", amount)
    assert amount != "0.00"
    looks_right(page)
    costs.get_by_role("button", name=f"Change plan: {amount} EUR due today").click()
    expect(bills.locator("tr[data-row]")).to_have_count(2)
    newest = bills.locator("tr[data-row]").first
    expect(newest.get_by_role("cell")).to_contain_text(["Invoice", "", "", f"{amount} EUR", f"{amount} EUR"])
    expect(page.get_by_role("radio", name=re.compile("^Growth yours"))).to_be_checked()
    with page.expect_download() as download:
        newest.get_by_role("link", name=re.compile("^PDF of")).click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")


def test_the_whole_way_in(rcx: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RCX_VAR_DIR", str(rcx.data))
    settings.cache_clear()
    crypto.forget_keys()
    with chromium() as browser:
        who = people(browser, rcx)
        become_agent(rcx, who.agent)
        sign_up(rcx, who.owner)
        answer(who.owner)
        book(rcx, who.owner)
        finalise(who.agent)
        everything_opens(who.owner)
        invite(who.owner)
        join(rcx, who.colleague)
        set_up_two_factor(who.colleague)
        withdraw_a_ticket(who.owner)
        change_the_plan(rcx, who.owner)
    dispose_engines()
