"""An admin reads the audit log in a browser: 10,000 entries, filters, an open entry, nothing found; closed to a viewer.

Everything is real: `rcx up`, Chromium, entries as services write them. axe looks at every view, light and dark.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from tests.e2e.test_main_job import looks_right, sign_up
from tests.e2e.test_match_settings import ask, page, rcx
from tests.support.up import Running

__all__ = ["page", "rcx"]

ENTRIES = 10_000

pytestmark = [pytest.mark.browser, pytest.mark.redis]


def fill(context: Context) -> None:
    with transaction(context) as session:
        for number in range(ENTRIES):
            audit.record(session, context, "mapping:verdict:confirm", "account", number, {"client_id": number})
        detail = {"before": {"preselect": "0.85"}, "after": {"preselect": "0.95"}}
        audit.record(session, context, "matching:thresholds", "threshold_change", 1, detail)


def in_both_themes(page: Page) -> None:
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.className = theme }", theme)
        looks_right(page)


def ten_thousand_in_pages(page: Page) -> None:
    expect(page.get_by_text(re.compile(r"^Newest 50 entries verified up to today \d\d:\d\d UTC$"))).to_be_visible()
    expect(page.get_by_text("50 of 10,003 entries").first).to_be_visible()
    in_both_themes(page)
    page.get_by_role("button", name="Show more").scroll_into_view_if_needed()
    expect(page.get_by_text("100 of 10,003 entries").first).to_be_visible()


def an_entry_tells_what_changed(page: Page) -> None:
    page.get_by_role("row", name=re.compile("Changed the match thresholds")).click()
    panel = page.get_by_role("complementary", name="Entry: Changed the match thresholds")
    expect(panel.get_by_role("row", name="Preselect 0.85 → 0.95")).to_be_visible()
    in_both_themes(page)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def filters_stand_in_the_address(page: Page) -> None:
    page.get_by_role("button", name="What").click()
    page.get_by_role("menuitemradio", name="Signing in").click()
    expect(page).to_have_url(re.compile("what=sign-in"))
    expect(page.get_by_role("row", name=re.compile("Confirmed the address and signed in"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="What Signing in")).to_be_visible()
    page.get_by_label("To", exact=True).fill("2020-01-01")
    expect(page.get_by_text("Nothing like that was recorded")).to_be_visible()
    looks_right(page)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_text("50 of 10,003 entries").first).to_be_visible()


def a_viewer_finds_it_closed(page: Page, rcx: Running) -> None:
    ask(rcx, "UPDATE membership SET role = 'viewer'")
    page.reload()
    expect(page.get_by_text("The audit log is for admins and owners")).to_be_visible()
    expect(page.get_by_text("Confirmed a mapping")).to_have_count(0)
    looks_right(page)


def test_read_the_audit_log(rcx: Running, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up(page, rcx.data / "mail")
    (who,) = ask(rcx, "SELECT workspace_id, user_id FROM membership")
    monkeypatch.setenv("RCX_DATABASE_URL", f"sqlite:///{rcx.data / 'rcx.db'}")
    settings.cache_clear()
    ours = Context(workspace_id=int(str(who[0])), user_id=int(str(who[1])), role=Role.OWNER, user_name="Robin Hale")
    # Beside the two entries of signing up: the workspace and the confirmed address.
    fill(ours)
    dispose_engines()
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    ten_thousand_in_pages(page)
    an_entry_tells_what_changed(page)
    filters_stand_in_the_address(page)
    a_viewer_finds_it_closed(page, rcx)
