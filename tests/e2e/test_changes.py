"""Approved findings written into a PSA in a browser: writing enabled, a set prepared, approved, sent, and taken back.

Everything is real: `rcx up` with its worker and Redis, Chromium, and a sandbox that speaks ConnectWise's API. axe looks
at every view, light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select

from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import VENDORS, Sandbox
from connectors.sandbox.server.serve import running
from jobs.runner import run_job
from rcx_app.core import crypto
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.identity.service import one_time_link
from rcx_app.domain.integrations import api
from rcx_app.models import Line, Workspace
from tests.conftest import make_workspace
from tests.e2e.test_audit_log import in_both_themes
from tests.e2e.test_main_job import JOBS_S, looks_right
from tests.support.approvals import approved
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, Running, started
from tests.support.wait import eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    town = Town(build(11, clients=5, seats=50, as_of=datetime.now(UTC).date()))
    made = Sandbox(town, {"connectwise": VENDORS["connectwise"]})
    made.keeps = True
    with running(made) as address:
        monkeypatch.setenv("RCX_SANDBOX_URL", address)
        yield made


@pytest.fixture
def rcx(tmp_path: Path, sandbox: Sandbox) -> Iterator[Running]:
    with started(tmp_path, free_port()) as found:
        eventually(found.answers, within_s=START_S, what="RCX runs")
        yield found


def owner(rcx: Running, monkeypatch: pytest.MonkeyPatch) -> tuple[Context, str]:
    """An owner in a workspace that is all the way in, and the path of a link that signs him in."""
    monkeypatch.setenv("RCX_VAR_DIR", str(rcx.data))
    settings.cache_clear()
    crypto.forget_keys()
    ours = make_workspace("Northbeam IT")
    assert ours.user_id is not None
    with transaction(None) as session:
        session.get_one(Workspace, ours.workspace_id).stage = "active"
        return ours, one_time_link(session, ours.user_id, LinkPurpose.SIGN_IN, timedelta(hours=1))


def signed_in(browser: Browser, rcx: Running, link: str) -> Page:
    # Without motion, so that axe never meets a colour on its way to another.
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=rcx.address, reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button").first.click()
    page.locator("nav.nav").wait_for()
    return page


def fill(ours: Context, sandbox: Sandbox) -> list[Line]:
    """A synced PSA, and three of its lines with an approved finding each; the work is done in this process."""
    with transaction(ours) as session:
        values = dict(sandbox.servers["connectwise"].settings)
        place = api.connect(session, ours, connector_id="connectwise", label="Our PSA", values=values, is_sandbox=True)
        job_id = api.request_sync(session, ours, place)
    run_job(job_id)
    with transaction(ours, read_only=True) as session:
        query = select(Line).where(
            col(Line.cancelled_date).is_(None), Line.billing_cycle == "monthly", Line.quantity > 1
        )
        lines = list(session.exec(query.order_by(col(Line.id)).limit(3)))
    approved(ours, lines)
    dispose_engines()
    sandbox.exchanges.clear()
    return lines


def let_rcx_write(page: Page) -> None:
    page.goto("/settings/writing")
    page.get_by_role("row", name=re.compile("Our PSA.*Off")).click()
    expect(page.get_by_text("Finance > Agreements: Edit All")).to_be_visible(timeout=JOBS_S)
    page.get_by_role("checkbox", name="Write as another user of the PSA").click()
    expect(page.get_by_label("Private key")).to_have_attribute("type", "password")
    in_both_themes(page)
    page.get_by_role("checkbox", name="Write as another user of the PSA").click()
    page.get_by_role("button", name="Enable writing").click()
    expect(page.get_by_role("row", name=re.compile("Our PSA.*On"))).to_be_visible(timeout=JOBS_S)


def prepare(page: Page) -> None:
    page.goto("/changes?tab=ready")
    expect(page.locator("tbody tr[data-row]")).to_have_count(3, timeout=JOBS_S)
    in_both_themes(page)
    page.get_by_role("button", name="Prepare from 3 approved findings").click()
    expect(page.get_by_role("heading", name="CS-1")).to_be_visible(timeout=JOBS_S)
    expect(page.get_by_role("row", name=re.compile("Replace the quantity"))).to_have_count(3, timeout=JOBS_S)


def write(page: Page, sandbox: Sandbox) -> None:
    page.get_by_role("row", name=re.compile("Replace the quantity")).first.click()
    expect(page.get_by_text("What is sent, in this order")).to_be_visible(timeout=JOBS_S)
    in_both_themes(page)
    page.keyboard.press("Escape")
    assert [each.method for each in sandbox.exchanges if each.method != "GET"] == []
    page.keyboard.press("Shift+A")
    dialog = page.get_by_role("dialog", name=re.compile("Write 3 changes to ConnectWise PSA"))
    expect(dialog).to_be_visible(timeout=JOBS_S)
    in_both_themes(page)
    dialog.get_by_role("button", name="Write 3 changes").click()
    expect(page.get_by_role("row", name=re.compile("Verified"))).to_have_count(3, timeout=JOBS_S)
    expect(page.get_by_text("3 verified")).to_be_visible(timeout=JOBS_S)
    assert [each.method for each in sandbox.exchanges if each.method != "GET"] == ["PATCH"] * 3


def take_back(page: Page, sandbox: Sandbox, line: Line) -> None:
    page.get_by_role("row", name=re.compile("Verified")).first.click()
    expect(page.get_by_text("Read back")).to_be_visible(timeout=JOBS_S)
    looks_right(page)
    page.get_by_role("button", name=re.compile("^Take back")).click()
    expect(page.get_by_role("heading", name="CS-2")).to_be_visible(timeout=JOBS_S)
    expect(page.get_by_role("row", name=re.compile("Verified"))).to_have_count(1, timeout=JOBS_S)
    assert sandbox.town.index.additions.by_id[line.external_id].quantity == line.quantity
    page.get_by_role("link", name="Change sets").first.click()
    expect(page.get_by_role("row", name=re.compile("CS-1.*2 verified, 1 taken back"))).to_be_visible(timeout=JOBS_S)
    in_both_themes(page)


def test_write_approved_changes_and_take_one_back(
    rcx: Running, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, link = owner(rcx, monkeypatch)
    lines = fill(ours, sandbox)
    with chromium() as browser:
        page = signed_in(browser, rcx, link)
        let_rcx_write(page)
        prepare(page)
        write(page, sandbox)
        take_back(page, sandbox, lines[0])
