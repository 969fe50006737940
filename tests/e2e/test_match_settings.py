"""An admin tunes the matching in a browser: reads the curves, moves a threshold, saves it, puts it back.

Everything is real: `rcx up` with its worker and Redis, Chromium, the matcher's own suggestions and a person's verdicts
on them. axe looks at every view.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from connectors import records
from matching import simulate
from rcx_app.core.context import Context
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import QueueFilter, Verdict
from rcx_app.domain.sync import direct
from tests.domain.mapping.making import connection
from tests.e2e.test_main_job import jobs_are_done, looks_right, sign_up
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, Running, started
from tests.support.wait import eventually

VERDICTS = 40

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


def ask(rcx: Running, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(rcx.data / "rcx.db", timeout=20)) as database:
        found = database.execute(query).fetchall()
        database.commit()
        return found


def fill(context: Context) -> None:
    """An MSP whose accounts the matcher has compared, and of which a person has judged the surest."""
    tenant = simulate.frozen("blank70", 1)[0]
    psa, usage = connection(context, "psa", "PSA"), connection(context, "usage", "NinjaOne")
    with transaction(context) as session:
        clients = [records.Client(external_id=party.id, name=party.name) for party in tenant.right]
        accounts = [records.Account(external_id=party.id, name=party.name) for party in tenant.left[:140]]
        direct.load(session, context, psa, clients)
        direct.load(session, context, usage, accounts)
    suggest.refresh(context)
    with transaction(context) as session:
        rows = mapping.queue(session, context, QueueFilter(), size=VERDICTS).items
        for row in rows:
            mapping.decide(
                session, context, row.account_id, Verdict.CONFIRM, version=row.version, client_id=row.client_id
            )
    # The verdicts change who is whose rival: only after this run the preview knows of them.
    suggest.refresh(context)


def preselected(rcx: Running) -> int:
    (found,) = ask(rcx, "SELECT count(*) FROM account_mapping WHERE state = 'suggested' AND is_preselected = 1")
    return int(str(found[0]))


def drafted(page: Page, name: str) -> int:
    """The number under Draft in the row of a fate."""
    return int(page.get_by_role("row", name=re.compile(f"^{name}")).locator("td").nth(1).inner_text())


def move_and_save(page: Page, rcx: Running) -> None:
    """By the slider's keys; the field, the chart and the effect follow, and what was said comes true."""
    before = drafted(page, "Preselected")
    assert before == preselected(rcx)
    slider = page.get_by_role("slider", name="Preselect")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    expect(page.get_by_label("Preselect", exact=True).last).to_have_value("0.95")
    expect(page.get_by_role("button", name="Save preselect 0.95")).to_be_enabled()
    page.locator("summary", has_text="would move").click()
    expect(page.get_by_role("region", name="Accounts that would move, scrollable")).to_be_visible()
    looks_right(page)
    told = drafted(page, "Preselected")
    assert told < before
    page.get_by_role("button", name="Save preselect 0.95").click()
    expect(page.get_by_text("Preselect 0.85 to 0.95")).to_be_visible()
    jobs_are_done(rcx)
    assert preselected(rcx) == told


def wrong_numbers_are_told_at_the_field(page: Page) -> None:
    field = page.get_by_role("textbox", name="Suggest")
    field.fill("0.99")
    expect(page.get_by_text("Not under suggest.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Save"))).to_be_disabled()
    looks_right(page)
    page.get_by_role("button", name="Back to what is in force").click()
    expect(field).to_have_value("0.50")


def an_aim_says_what_is_missing(page: Page) -> None:
    page.get_by_label("How the thresholds are set").select_option("precision")
    expect(page.get_by_text(re.compile(r"About [\d,]+ more verdicts would settle it"))).to_be_visible()
    looks_right(page)
    page.get_by_label("Precision in percent").fill("90")
    expect(page.get_by_text(re.compile("^Met from"))).to_be_visible()
    page.get_by_role("button", name="Back to what is in force").click()


def put_it_back(page: Page, rcx: Running) -> None:
    page.get_by_role("button", name=re.compile("^Put back what stood before")).click()
    expect(page.get_by_text("Preselect 0.95 to 0.85")).to_be_visible()
    jobs_are_done(rcx)
    assert ask(rcx, "SELECT preselect_threshold FROM workspace") == [(850_000,)]


def a_viewer_only_looks(page: Page, rcx: Running) -> None:
    ask(rcx, "UPDATE membership SET role = 'viewer'")
    page.reload()
    expect(page.get_by_role("slider", name="Preselect")).to_be_disabled()
    expect(page.get_by_text("Only an admin can change the thresholds.")).to_be_visible()
    expect(page.get_by_role("button", name="Retrain")).to_have_count(0)
    looks_right(page)


def test_tune_the_matching(rcx: Running, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_up(page, rcx.data / "mail")
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Matching", exact=True).click()
    expect(page.get_by_text("No verdicts of yours yet")).to_be_visible()
    expect(page.get_by_text("Nobody has judged a suggestion here yet")).to_be_visible()
    looks_right(page)
    (who,) = ask(rcx, "SELECT workspace_id, user_id FROM membership")
    monkeypatch.setenv("RCX_DATABASE_URL", f"sqlite:///{rcx.data / 'rcx.db'}")
    settings.cache_clear()
    fill(Context(workspace_id=int(str(who[0])), user_id=int(str(who[1])), role=Role.OWNER, user_name="Robin Hale"))
    dispose_engines()
    jobs_are_done(rcx)
    page.goto("/clients")
    page.get_by_role("link", name="Match settings").click()
    expect(page.get_by_text(f"Measured on {VERDICTS} verdicts of yours")).to_be_visible()
    looks_right(page)
    move_and_save(page, rcx)
    wrong_numbers_are_told_at_the_field(page)
    an_aim_says_what_is_missing(page)
    put_it_back(page, rcx)
    a_viewer_only_looks(page, rcx)
