"""A vendor's API connected by hand in a browser: refused, let in, synced, stopped, disconnected.

Everything is real: `rcx up` with its worker and Redis, Chromium, and a sandbox that speaks Pax8's API. axe looks at
every view.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import Sandbox
from connectors.sandbox.server.serve import running
from tests.e2e.test_main_job import JOBS_S, looks_right, sign_up
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, Running, started
from tests.support.wait import eventually

WRONG = "not-the-secret-at-all"

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    made = Sandbox(Town(build(5, clients=12, seats=200, as_of=datetime.now(UTC).date())))
    with running(made) as address:
        monkeypatch.setenv("RCX_SANDBOX_URL", address)
        yield made


@pytest.fixture
def rcx(tmp_path: Path, sandbox: Sandbox) -> Iterator[Running]:
    with started(tmp_path, free_port()) as found:
        eventually(found.answers, within_s=START_S, what="RCX runs")
        yield found


@pytest.fixture
def page(rcx: Running) -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, base_url=rcx.address, reduced_motion="reduce"
        )
        context.set_default_timeout(20_000)
        yield context.new_page()


def panel(page: Page) -> Locator:
    return page.locator("aside.panel")


def find_in_catalogue(page: Page) -> None:
    page.goto("/integrations")
    expect(page.get_by_text("Nothing is connected yet")).to_be_visible()
    looks_right(page)
    page.get_by_role("link", name="Add a connection").click()
    search = page.get_by_role("searchbox", name="Find a vendor")
    expect(page.get_by_role("link", name="Pax8", exact=True)).to_be_visible()
    looks_right(page)
    search.fill("nobody sells this")
    expect(page.get_by_text("No connector fits")).to_be_visible()
    looks_right(page)
    search.fill("distributor")
    expect(page.get_by_role("link", name="ConnectWise PSA", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Pax8", exact=True).click()
    expect(page.get_by_role("heading", name="Connect Pax8")).to_be_visible()


def fill_in_the_form(page: Page, sandbox: Sandbox) -> None:
    """Nothing entered, a wrong secret, the right one."""
    settings = sandbox.servers["pax8"].settings
    test = page.get_by_role("button", name="Test connection")
    expect(page.get_by_label("Label required")).to_have_value("Pax8")
    test.click()
    expect(page.get_by_text("Client secret is missing.")).to_be_visible()
    looks_right(page)
    page.get_by_role("checkbox", name="Use the sandbox").click()
    expect(page.get_by_role("button", name="Fill in its credentials")).to_be_visible()
    page.get_by_label("Client ID").fill(settings["client_id"])
    secret = page.get_by_label("Client secret", exact=False).first
    secret.fill(WRONG)
    expect(secret).to_have_attribute("type", "password")
    page.get_by_role("button", name="Show Client secret").click()
    expect(secret).to_have_attribute("type", "text")
    expect(secret).to_have_value(WRONG)
    test.click()
    expect(page.get_by_text("Pax8 does not accept the credentials.")).to_be_visible()
    expect(page.get_by_text("Yours to fix. Enter them again")).to_be_visible()
    expect(page.get_by_role("button", name="Save without a test")).to_be_visible()
    looks_right(page)
    page.get_by_role("button", name="Fill in its credentials").click()
    expect(secret).to_have_value(settings["client_secret"])
    test.click()
    expect(page.get_by_text("Signed in to")).to_be_visible()
    looks_right(page)


def save_and_sync(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page).to_have_url(re.compile(r"/integrations\?connection=\d+$"))
    expect(panel(page).get_by_text("Nothing was read yet")).to_be_visible()
    looks_right(page)
    panel(page).get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("row", name=re.compile("Pax8.*Healthy"))).to_be_visible(timeout=JOBS_S)
    expect(panel(page).get_by_role("row", name=re.compile(r"^Seats [1-9]"))).to_be_visible()
    expect(panel(page).get_by_role("row", name=re.compile("Complete"))).to_have_count(1)
    looks_right(page)


def left_no_trace(page: Page, sandbox: Sandbox, addresses: list[str]) -> None:
    """No secret in an address, in what the page shows, or in what the browser keeps."""
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "/integrations?add=pax8" in " ".join(addresses)
    for secret in (WRONG, sandbox.servers["pax8"].settings["client_secret"]):
        assert secret not in " ".join([*addresses, kept, page.content()])


def rows_of(page: Page) -> str:
    return page.locator("tr[data-row] td.num").first.inner_text()


def stop_another(page: Page, sandbox: Sandbox) -> None:
    """A slow sync is seen again after the page was left, and stopped; what was read stands."""
    before = rows_of(page)
    sandbox.faults.plan("latency", 1.5, vendor="pax8", times=0)
    panel(page).get_by_role("button", name="Full sync").click()
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=JOBS_S)
    page.goto("/services")
    expect(page.get_by_role("heading", name="Services").first).to_be_visible()
    page.goto("/integrations")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator("tr.running")).to_contain_text(re.compile(r"\d s"))
    looks_right(page)
    page.locator("tr.running").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    sandbox.faults.clear()
    page.get_by_role("link", name="Pax8", exact=True).click()
    expect(panel(page).get_by_role("row", name=re.compile("Stopped"))).to_be_visible(timeout=JOBS_S)
    expect(page.get_by_role("row", name=re.compile("Pax8.*Healthy"))).to_be_visible()
    assert rows_of(page) == before


def look_at_settings(page: Page) -> None:
    """A stored secret is never shown, only that it is set."""
    panel(page).get_by_role("link", name="Rights").click()
    expect(panel(page).get_by_text("Subscriptions: read")).to_be_visible()
    looks_right(page)
    panel(page).get_by_role("link", name="Settings").click()
    secret = panel(page).locator("input[type=password]")
    expect(secret).to_have_value("")
    expect(secret).to_have_attribute("placeholder", "Is set; leave empty to keep it")
    looks_right(page)
    panel(page).get_by_role("button", name="Test connection").click()
    expect(panel(page).get_by_text("Signed in to")).to_be_visible()


def disconnect(page: Page) -> None:
    before = rows_of(page)
    panel(page).get_by_role("button", name="Disconnect").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What it has delivered")
    looks_right(page)
    dialog.get_by_role("button", name="Disconnect, keep its data").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("row", name=re.compile("Pax8.*Disconnected"))).to_be_visible()
    assert rows_of(page) == before
    panel(page).get_by_role("link", name="Runs").click()
    expect(panel(page).get_by_text("Its credentials were deleted")).to_be_visible()
    looks_right(page)


def test_a_vendors_api_is_connected_synced_stopped_and_disconnected(rcx: Running, sandbox: Sandbox, page: Page) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    sign_up(page, rcx.data / "mail")
    find_in_catalogue(page)
    fill_in_the_form(page, sandbox)
    save_and_sync(page)
    left_no_trace(page, sandbox, [*addresses, page.url])
    stop_another(page, sandbox)
    look_at_settings(page)
    disconnect(page)
