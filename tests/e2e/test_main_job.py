"""The main job as a stranger does it in a browser: sign up, drop exports, confirm clients and services, read findings.

Everything is real: `rcx up` with its worker and Redis, Chromium, and the exports of a made MSP whose drift is known.
axe looks at every page that is visited.
"""

from __future__ import annotations

import email
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.policy import default as mail_policy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from connectors.sandbox import estate
from connectors.sandbox.estate.world import Planted
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, Running, started
from tests.support.wait import eventually

PASSWORD = "vellum tractor ninety oboe"
JOBS_S = 90_000
# Vendors whose export RCX knows only as "other vendor export".
UNKNOWN = {"Huntress", "Acronis", "Proofpoint"}

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def rcx(tmp_path: Path) -> Iterator[Running]:
    with started(tmp_path, free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        yield running


@pytest.fixture
def page(rcx: Running) -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, base_url=rcx.address, reduced_motion="reduce"
        )
        context.set_default_timeout(20_000)
        yield context.new_page()


def looks_right(page: Page) -> None:
    """No accessibility finding on what is shown now."""
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


def sign_up(page: Page, mails: Path) -> None:
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))
    looks_right(page)
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill("Robin Hale")
    page.get_by_label("Work e-mail").fill("robin@hale.example")
    page.get_by_label("Company").fill("Hale IT")
    page.get_by_label("Password").fill(PASSWORD)
    looks_right(page)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    (mail,) = mails.glob("*.eml")
    body = email.message_from_bytes(mail.read_bytes(), policy=mail_policy).get_body()
    assert body is not None
    (link,) = re.findall(r"http\S+", body.get_content())
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm and sign in").click()
    expect(page.get_by_text("Nothing is compared yet")).to_be_visible()
    looks_right(page)


def import_files(page: Page, files: list[estate.WrittenFile]) -> None:
    page.get_by_role("link", name="Connect or import").click()
    page.get_by_role("button", name="Import files").wait_for()
    page.locator("input[type=file]").set_input_files([str(file.path) for file in files])
    expect(page.get_by_text("Ready to import")).to_have_count(len(files), timeout=JOBS_S)
    looks_right(page)
    page.get_by_role("button", name=re.compile(r"^Import \d+ recognised files")).click()
    unknown = [file for file in files if file.source in UNKNOWN]
    expect(page.get_by_text("Healthy", exact=True)).to_have_count(len(files) - len(unknown), timeout=JOBS_S)
    for file in unknown:
        page.get_by_role("link", name=file.path.name, exact=True).first.click()
        act = page.get_by_role("button", name=re.compile(r"^Import [\d,]+ row"))
        expect(act).to_be_enabled(timeout=JOBS_S)
        expect(page.get_by_label("Name of the new connection")).to_have_value(file.source)
        looks_right(page)
        act.click()
        expect(page.get_by_role("heading", name="Imported", exact=True)).to_be_visible(timeout=JOBS_S)
        page.get_by_role("link", name="Back to integrations").click()
        expect(page).to_have_url(re.compile(r"/integrations/?$"))
    expect(page.get_by_text("Healthy", exact=True)).to_have_count(len(files))
    looks_right(page)


def jobs_are_done(rcx: Running) -> None:
    """No job waits or runs any more."""

    def none_left() -> bool:
        with closing(sqlite3.connect(rcx.data / "rcx.db")) as connection:
            query = "SELECT count(*) FROM job_run WHERE state IN ('queued', 'sent', 'running')"
            return bool(connection.execute(query).fetchone() == (0,))

    eventually(none_left, within_s=JOBS_S / 1000, what="all jobs have ended")


def map_clients(page: Page) -> None:
    page.goto("/clients")
    queue = page.get_by_role("region", name="Queue, scrollable")
    expect(queue.locator("tr[data-row]").first).to_be_visible(timeout=JOBS_S)
    looks_right(page)
    first = queue.locator("tr[data-row]").first.get_attribute("data-row")
    page.keyboard.press("y")
    expect(page.get_by_text("mapped to")).to_be_visible()
    expect(queue.locator(f"tr[data-row='{first}']")).to_have_count(0)
    page.keyboard.press("z")
    expect(queue.locator(f"tr[data-row='{first}']")).to_have_count(1)
    page.get_by_role("button", name=re.compile(r"^Confirm \d+ at 0\.95 and above")).click()
    preview = page.get_by_role("dialog")
    looks_right(page)
    preview.get_by_role("button", name=re.compile(r"^Confirm \d+ match")).click()
    expect(preview).to_have_count(0)
    exclude_one(page)
    for _ in range(60):
        if queue.locator("tr[data-row]").count() == 0:
            break
        before = queue.locator("tr[data-row]").count()
        page.keyboard.press("y")
        expect(queue.locator("tr[data-row]")).to_have_count(before - 1)
    expect(queue.locator("tr[data-row]")).to_have_count(0)


def exclude_one(page: Page) -> None:
    """An account that is nobody's is excluded with a reason, and stands where it can be taken back."""
    page.get_by_role("link", name=re.compile("^Unmapped")).click()
    expect(page).to_have_url(re.compile("tab=unmapped"))
    rows = page.get_by_role("region", name="Queue, scrollable").locator("tr[data-row]")
    expect(page.locator(".crumbs")).to_contain_text("Unmapped")
    expect(page.get_by_role("button", name=re.compile("^Exclude"))).to_be_enabled()
    before = rows.count()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("A demo tenant of the distributor")
    looks_right(page)
    dialog.get_by_role("button", name=re.compile("^Exclude")).click()
    expect(dialog).to_have_count(0)
    expect(rows).to_have_count(before - 1)
    page.get_by_role("link", name=re.compile("^Excluded")).click()
    expect(page.get_by_text("A demo tenant of the distributor").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^To review")).click()
    expect(page.locator(".crumbs")).to_contain_text("To review")


def accept_services(page: Page) -> None:
    page.goto("/services")
    rows = page.locator("tr[data-row]")
    expect(rows.first).to_be_visible(timeout=JOBS_S)
    looks_right(page)
    for _ in range(40):
        if page.get_by_role("button", name="Accept", exact=False).count() == 0 or rows.count() == 0:
            break
        before = rows.count()
        page.keyboard.press("y")
        expect(rows).to_have_count(before - 1)
    looks_right(page)


def read_finding(page: Page, client: str, planted: Planted, names: list[str]) -> None:
    """The planted drift is in the review queue with its numbers, and its named seats are in the panel."""
    page.goto("/billing/review")
    row = page.locator("tr[data-row]").filter(has_text=client).filter(has_text=f"+{planted.delta}")
    expect(row.first).to_be_visible(timeout=JOBS_S)
    looks_right(page)
    row.first.click(position={"x": 300, "y": 12})
    panel = page.locator("aside.panel")
    expect(panel.locator("table.sum")).to_be_visible()
    expect(panel.get_by_role("row", name=f"Difference +{planted.delta}")).to_be_visible()
    for name in names:
        expect(panel.get_by_text(name).first).to_be_visible()
    looks_right(page)


def test_from_files_to_a_reviewed_discrepancy(rcx: Running, page: Page, tmp_path: Path) -> None:
    world = estate.build(11, clients=8, seats=220, as_of=datetime.now(UTC).date())
    files = estate.write_files(world, tmp_path / "exports")
    sign_up(page, rcx.data / "mail")
    import_files(page, files)
    jobs_are_done(rcx)
    map_clients(page)
    jobs_are_done(rcx)
    accept_services(page)
    jobs_are_done(rcx)
    planted = next(each for each in world.planted if each.kind == "under_billed" and each.seat_ids and each.delta == 2)
    client = next(each.name for each in world.clients if each.id == planted.client_id)
    seats = {seat.external_id: seat.display_name for seat in estate.all_seats(world)}
    read_finding(page, client, planted, [seats[seat_id] for seat_id in planted.seat_ids])
    page.goto("/")
    expect(page.get_by_text("Open discrepancies")).to_be_visible()
    looks_right(page)
    page.goto("/billing")
    expect(page.get_by_role("link", name=client).first).to_be_visible()
    looks_right(page)
    page.get_by_role("link", name=client).first.click()
    expect(page.get_by_role("heading", name=client)).to_be_visible()
    looks_right(page)
