"""A billing team at its queue: findings cleared by the keyboard, many at once and back, two people on one finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from rcx_app.core.context import system_context
from rcx_app.core.settings import settings
from tests.support import review_estate
from tests.support.browser import chromium
from tests.support.finding_reviewer import HAND, FindingReviewer, signed_in
from tests.support.review_estate import OutOfLine
from tests.support.servers import free_port
from tests.support.up import START_S, started
from tests.support.wait import eventually

pytestmark = [pytest.mark.browser, pytest.mark.redis]
FINDINGS = 180
SLOW_MS = 60_000


@dataclass
class Team:
    """Dana and Bea at the queue of the same workspace."""

    made: OutOfLine
    dana: Page
    bea: Page

    @property
    def left(self) -> int:
        return review_estate.still_open(system_context(self.made.workspace_id))


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    with started(tmp_path, free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        monkeypatch.setenv("RCX_VAR_DIR", str(running.data))
        settings.cache_clear()
        made = review_estate.make(FINDINGS)
        with chromium() as browser:
            yield Team(
                made, signed_in(browser, running.address, made.dana), signed_in(browser, running.address, made.bea)
            )


def test_a_queue_is_cleared_by_keys_by_two_people(team: Team) -> None:
    assert team.left == team.made.findings == FINDINGS
    _one_by_one(team)
    _two_on_one(team)
    _many_and_back(team)


def _one_by_one(team: Team) -> None:
    took = FindingReviewer(team.dana).clear(12)
    assert (took.approved, took.dismissed, took.snoozed) == (10, 1, 1), took
    eventually(lambda: team.left == FINDINGS - 12, within_s=30, what="the last verdict is written")
    assert took.keys <= 12 + 1 + 2, took
    expect(team.dana.locator(".tabs")).to_contain_text(f"To review{FINDINGS - 12}", timeout=SLOW_MS)
    report = Axe().run(team.dana)
    assert report.violations_count == 0, report.generate_report()
    # The last verdict is taken back by one key, and its finding is in hand again.
    before = team.dana.evaluate(HAND)
    team.dana.keyboard.press("z")
    team.dana.wait_for_function(f"(before) => ({HAND})() !== before", arg=before)
    eventually(lambda: team.left == FINDINGS - 11, within_s=30, what="the verdict is taken back")


def _two_on_one(team: Team) -> None:
    """Bea decides on what Dana has open: Dana sees it by herself; and where both decide, the second is told."""
    dana, bea = team.dana, team.bea
    first = dana.evaluate(HAND).split()[0]
    bea.goto(f"/billing/review?open={first}")
    bea.locator("aside.panel footer .btn.primary").wait_for()
    bea.keyboard.press("d")
    bea.locator("dialog[data-modal] input[name=reason]").fill("Agreed with them")
    bea.keyboard.press("Enter")
    notice = dana.locator("aside.panel .callout", has_text="Bea Blue just dismissed it")
    expect(notice).to_be_visible(timeout=SLOW_MS)
    expect(dana.locator("aside.panel footer")).to_contain_text("Reopen")
    # Dana's browser hears nothing for a while; she approves what Bea has just snoozed.
    dana.keyboard.press("j")
    dana.wait_for_function(f"(before) => !({HAND})().startsWith(before)", arg=first)
    dana.evaluate("() => { clearInterval(window.rcxLook) }")
    second = dana.evaluate(HAND).split()[0]
    bea.goto(f"/billing/review?open={second}")
    bea.locator("aside.panel footer .btn.primary").wait_for()
    bea.keyboard.press("s")
    bea.locator("dialog[data-modal]").wait_for()
    bea.wait_for_function("() => document.activeElement?.closest('dialog')")
    bea.keyboard.press("Enter")
    bea.locator(".pane-foot", has_text="snoozed").wait_for()
    dana.keyboard.press("a")
    clash = dana.locator("aside.panel .callout.fail", has_text="Bea Blue snoozed it meanwhile")
    expect(clash).to_be_visible(timeout=SLOW_MS)
    assert dana.evaluate(HAND).split()[0] == second
    expect(dana.locator("aside.panel")).to_contain_text("Snoozed by Bea Blue")


def _many_and_back(team: Team) -> None:
    """All that the filter leaves is approved as one job, and taken back by one key."""
    dana, before = team.dana, team.left
    dana.goto("/billing/review")
    dana.locator("tr[data-row]").first.wait_for()
    dana.keyboard.press("j")
    dana.keyboard.press("x")
    bar = dana.locator(".selbar")
    expect(bar).to_contain_text("1 selected", timeout=SLOW_MS)
    bar.get_by_role("button", name=re.compile("^All ")).click()
    expect(bar).to_contain_text(f"{before} selected", timeout=SLOW_MS)
    dana.keyboard.press("Shift+A")
    dialog = dana.locator("dialog[data-modal]")
    expect(dialog).to_contain_text(f"Approve {before} findings", timeout=SLOW_MS)
    expect(dialog).to_contain_text("Under-billed")
    report = Axe().run(dana)
    assert report.violations_count == 0, report.generate_report()
    # Answers once what is to be decided has been read; a key before that would be lost.
    dialog.get_by_role("button", name=re.compile(rf"^Approve {before}")).click()
    expect(dialog).to_have_count(0, timeout=SLOW_MS)
    foot = dana.locator(".pane-foot")
    expect(foot).to_contain_text(f"{before} findings", timeout=SLOW_MS)
    assert team.left == 0
    expect(dana.locator("main")).to_contain_text("Everything is decided", timeout=SLOW_MS)
    dana.keyboard.press("z")
    expect(foot).to_contain_text("taken back", timeout=SLOW_MS)
    assert team.left == before
    dana.locator("tr[data-row]").first.wait_for()
