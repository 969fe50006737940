"""A rule's life in the browser: made from unaccounted usage, previewed, saved, changed, back-tested, taken
back, retired."""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from connectors import records
from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity.links import one_time_link
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.models import Membership, User, Workspace
from tests.domain.reconcile.estates import build, line, seat
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, started
from tests.support.wait import eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]


def workspace() -> tuple[Context, str]:
    with transaction(None) as session:
        made = Workspace(name="Northbeam IT")
        name = "dana@northbeam.example"
        user = User(email=name, email_key=name, name="Dana Whitfield", password_hash="", email_verified_at=clock.now())
        session.add_all([made, user])
        session.flush()
        session.add(Membership(workspace_id=made.id, user_id=user.id, role="owner"))
        return system_context(made.id), one_time_link(session, user.id, LinkPurpose.SIGN_IN, timedelta(hours=1))


def estate(context: Context) -> None:
    """Alder has 4 agents and is billed for 3; Birch has 2 and is billed for 2. No rule takes them."""
    agents = [
        seat(account, f"{account}-{number}", kind="agent", sku="EDR", sku_name="Managed EDR")
        for account, many in (("A1", 4), ("A2", 2))
        for number in range(many)
    ]
    build(
        context,
        names={"C1": "Alder", "C2": "Birch"},
        lines=[
            line("C1", "L1", "EDR-1", 3, product_name="Endpoint detection", unit_price=Decimal(5)),
            line("C2", "L2", "EDR-1", 2, product_name="Endpoint detection", unit_price=Decimal(5)),
        ],
        products=[records.Product(external_id="P1", code="EDR-1", name="Endpoint detection")],
        seats={"Huntress": agents},
        mapping={("Huntress", "A1"): "C1", ("Huntress", "A2"): "C2"},
    )
    with transaction(context) as session:
        reconcile.reconcile(session, context)


def number(page: Page, name: str) -> str:
    """One large number of the live preview."""
    cell = page.get_by_role("group", name="Live preview").locator("> div", has=page.get_by_text(name, exact=True))
    return cell.locator(".v").inner_text()


def clean(page: Page) -> None:
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


def test_a_rule_from_unaccounted_usage_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with started(tmp_path, free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        monkeypatch.setenv("RCX_VAR_DIR", str(running.data))
        settings.cache_clear()
        context, link = workspace()
        estate(context)
        with chromium() as browser:
            tab = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=running.address)
            page = tab.new_page()
            page.goto(link)
            page.get_by_role("button").first.click()
            page.locator("nav.nav").wait_for()
            _make(page)
            _change(page)
            _retire(page)


def _shot(page: Page, name: str) -> None:
    folder = os.environ.get("RCX_TEST_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def _make(page: Page) -> None:
    page.locator("nav.nav").get_by_role("link", name="Services").click()
    page.get_by_role("link", name="Unaccounted").click()
    page.get_by_role("button", name="Make a rule from this").click()
    builder = page.get_by_role("region", name="Rule builder")
    expect(builder.get_by_text("Choose at least one product.")).to_be_visible()
    expect(page.get_by_label("Name of the rule")).to_have_value("Managed EDR")
    page.get_by_label("Find a product of the PSA").press_sequentially("endp", delay=20)
    builder.get_by_role("button", name="Endpoint detection").click()
    expect(builder.get_by_role("group", name="Live preview")).to_contain_text("Seats counted")
    assert (number(page, "Seats counted"), number(page, "Clients"), number(page, "Newly accounted")) == ("6", "2", "6")
    assert "+5.00 USD" in number(page, "Change a month")
    changes = builder.locator("table", has=page.get_by_text("Findings that would appear, vanish or change"))
    expect(changes.get_by_role("row", name="Alder Endpoint detection")).to_contain_text("Appears")
    clean(page)
    _shot(page, "made")
    builder.get_by_role("button", name="Save the rule").click()
    hand = page.get_by_role("region", name="In hand")
    expect(hand.get_by_role("heading", name="Endpoint detection")).to_be_visible()
    expect(hand.locator("p.sentence")).to_have_text("Count seats of Huntress where SKU is EDR.")
    clean(page)


def _change(page: Page) -> None:
    page.get_by_role("button", name="Change this rule").click()
    builder = page.get_by_role("region", name="Rule builder")
    minimum = page.get_by_label("minimum")
    minimum.fill("many")
    expect(builder.get_by_text("is not a number", exact=False)).to_be_visible()
    minimum.fill("10")
    preview = builder.get_by_role("group", name="Live preview")
    # 10 instead of 4 at Alder, 10 instead of 2 at Birch, at 5.00.
    expect(preview).to_contain_text("+70.00 USD")
    builder.get_by_role("button", name="Back-test").click()
    tested = builder.get_by_role("region", name="Back-test")
    expect(tested.get_by_text("The first usage was read on")).to_be_visible()
    cells = tested.locator("tbody tr").last.locator("td").all_inner_texts()
    assert cells[:3] == ["5", "20", "+15"]
    clean(page)
    _shot(page, "changed")
    page.keyboard.press("Control+Enter")
    hand = page.get_by_role("region", name="In hand")
    expect(hand.get_by_text("minimum 10 instead of 0", exact=False)).to_be_visible()
    expect(hand.locator("p.sentence")).to_contain_text("at least 10")
    page.get_by_role("button", name="Undo").click()
    expect(hand.locator("p.sentence")).not_to_contain_text("at least 10")
    expect(hand.get_by_text("in force on no day", exact=False)).to_be_visible()


def _retire(page: Page) -> None:
    page.get_by_role("button", name="Retire this rule").click()
    hand = page.get_by_role("region", name="In hand")
    expect(
        hand.get_by_text("Nothing counts this product").or_(hand.get_by_text("Retired: Managed EDR"))
    ).to_be_visible()
    clean(page)
