"""A person who clears the review queue by the keyboard, and is timed.

``python -m tests.support.finding_reviewer --findings 300`` starts RCX, makes the findings and says what clearing them
took. Measured are keys, clicks and the wait for the screen; how long the person looks at a finding is given. He
approves most, dismisses some with a reason, snoozes a few, and takes back one deed in fifty. With ``--many 10000`` so
many are approved at once instead, and the events of a second person meanwhile are timed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from rcx_app.core.context import system_context
from rcx_app.core.settings import settings
from tests.support import review_estate
from tests.support.browser import chromium
from tests.support.servers import free_port
from tests.support.up import START_S, started
from tests.support.wait import eventually

# What the panel shows: which finding, and its place in the list.
HAND = """() => {
  const panel = document.querySelector('aside.panel')
  const open = document.querySelector('table[data-rows]')?.dataset.openRow ?? ''
  return panel && open ? open + ' ' + (panel.querySelector('h2')?.textContent ?? '') + ' ' +
    (panel.querySelector('header a')?.textContent ?? '') : ''
}"""
MOVED = f"""(before) => !document.querySelector('dialog[data-modal]') && ({HAND})() !== before"""
# Whether the last row is in hand and no more are to come.
AT_END = """() => {
  const rows = [...document.querySelectorAll('tr[data-row]')]
  return !document.querySelector('[data-more]') && (!rows.length || rows.at(-1).getAttribute('aria-current') === 'true')
}"""
# What stands there, for who asks why it did not go on.
STANDS = """() => [...document.querySelectorAll('tr[data-row]')].length + ' rows; ' +
  document.querySelector('.table-foot')?.textContent + '; ' + document.querySelector('.pane-foot')?.textContent + '; ' +
  document.querySelector('aside.panel')?.innerText.slice(0, 300)"""
REASON = "Agreed"
_PATIENCE_MS = 60_000
_PRESS_AGAIN_MS = 10_000
_PRESSES = 6
_ALONE = 12
_BY_CLIENT = "/billing/review?sort=client"


@dataclass
class Took:
    """What clearing took. `answers_ms`: from a verdict's last key until the next finding stands there."""

    findings: int = 0
    approved: int = 0
    dismissed: int = 0
    snoozed: int = 0
    undone: int = 0
    keys: int = 0
    typed: int = 0
    seconds: float = 0.0
    answers_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        waits = sorted(self.answers_ms) or [0.0]
        return (
            f"{self.findings} findings: {self.approved} approved, {self.dismissed} dismissed with a reason, "
            f"{self.snoozed} snoozed, {self.undone} taken back; {self.keys} keys and {self.typed} letters typed, "
            f"{self.seconds:.0f} s; next finding after {waits[len(waits) // 2]:.0f} ms, 95 % within "
            f"{waits[int(len(waits) * 0.95)]:.0f} ms, longest {waits[-1]:.0f} ms"
        )


class FindingReviewer:
    """Works off the queue of a page that is signed in."""

    def __init__(self, page: Page, *, looks_ms: int = 0) -> None:
        """`looks_ms`: how long the person looks at each finding; 0 presses as fast as the screen follows."""
        self.page, self.looks_ms, self.took = page, looks_ms, Took()

    def clear(self, at_most: int) -> Took:
        """Decide on so many findings from the top of the queue, or until none is left."""
        began = time.perf_counter()
        self.page.goto("/billing/review")
        self.page.locator("tr[data-row]").first.wait_for(timeout=_PATIENCE_MS)
        self.press("j")
        self.page.locator("aside.panel footer .btn.primary").wait_for(timeout=_PATIENCE_MS)
        while self.took.findings < at_most and (before := self.page.evaluate(HAND)):
            if self.looks_ms:
                self.page.wait_for_timeout(self.looks_ms)
            self._decide(before)
            if self.took.findings % 50 == 25:
                self._reconsider()
        self.took.seconds = time.perf_counter() - began
        return self.took

    def _decide(self, before: str) -> None:
        number = self.took.findings
        self.took.findings += 1
        if number % 10 == 4:
            self.took.dismissed += 1
            self._ask("d")
            self.page.keyboard.type(REASON)
            self.took.typed += len(REASON)
            self._verdict("Enter", before)
        elif number % 25 == 7:
            self.took.snoozed += 1
            self._ask("s")
            self._verdict("Enter", before)
        else:
            self.took.approved += 1
            self._verdict("a", before)

    def _reconsider(self) -> None:
        """Take the last verdict back and give it again."""
        before = self.page.evaluate(HAND)
        self.took.undone += 1
        self._verdict("z", before, counts=False)
        self._verdict("a", self.page.evaluate(HAND))

    def _ask(self, key: str) -> None:
        self.press(key)
        self.page.locator("dialog[data-modal]").wait_for(timeout=_PATIENCE_MS)
        self.page.wait_for_function("() => document.activeElement?.closest('dialog')", timeout=_PATIENCE_MS)

    def _verdict(self, key: str, before: str, *, counts: bool = True) -> None:
        began = time.perf_counter()
        self.press(key)
        self.page.wait_for_function(MOVED, arg=before, polling=5, timeout=_PATIENCE_MS)
        if counts:
            self.took.answers_ms.append((time.perf_counter() - began) * 1000)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.took.keys += 1


@dataclass
class Beside:
    """What a second person's events took while many were decided on: from the key until the screen has answered.

    `pressed_again`: how often a key led nowhere at first; `begun_anew`: how often her list was at its end.
    """

    pressed_again: int = 0
    begun_anew: int = 0
    opened_ms: list[float] = field(default_factory=list)
    written_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"opening a finding {_spread(self.opened_ms)}; giving it to oneself {_spread(self.written_ms)}; "
            f"{self.pressed_again} keys pressed again, list begun anew {self.begun_anew} times"
        )


def _spread(times: Sequence[float]) -> str:
    waits = sorted(times) or [0.0]
    return (
        f"median {waits[len(waits) // 2]:.0f} ms, 95 % within {waits[int(len(waits) * 0.95)]:.0f} ms, longest "
        f"{waits[-1]:.0f} ms of {len(times)}"
    )


def approve_all(page: Page, number: int) -> None:
    """Ask for all that the queue holds to be approved, as one job."""
    page.goto("/billing/review")
    page.locator("tr[data-row]").first.wait_for(timeout=_PATIENCE_MS)
    page.keyboard.press("j")
    page.locator("aside.panel footer .btn.primary").wait_for(timeout=_PATIENCE_MS)
    page.keyboard.press("x")
    page.locator(".selbar .btn", has_text="All ").click()
    page.locator(".selbar .btn.primary", has_text=f"Approve {number:,}").wait_for(timeout=_PATIENCE_MS)
    page.keyboard.press("Shift+A")
    page.locator("dialog[data-modal] .btn.primary:enabled").wait_for(timeout=_PATIENCE_MS)
    page.keyboard.press("Control+Enter")
    page.locator(".pane-foot.running").wait_for(timeout=_PATIENCE_MS)


def by_client(page: Page) -> None:
    """The queue in another order than the one in which many are worked off."""
    page.goto(_BY_CLIENT)
    page.locator("tr[data-row], .empty").first.wait_for(timeout=_PATIENCE_MS)


def _next(page: Page, beside: Beside) -> bool:
    """Open the next finding; False at the end of the list."""
    before = page.evaluate(HAND)
    for _ in range(_PRESSES):
        page.keyboard.press("j")
        try:
            page.wait_for_function(MOVED, arg=before, polling=5, timeout=_PRESS_AGAIN_MS)
        except PlaywrightTimeout:
            if page.evaluate(AT_END):
                return False
            beside.pressed_again += 1
        else:
            return True
    raise AssertionError(f"The next finding does not come: {page.evaluate(STANDS)}")


def work_beside(page: Page, is_over: Callable[[], bool], *, at_most: int = 10_000) -> Beside:
    """Open findings and take them, one after the other, until the other's work is over."""
    beside = Beside()
    while not is_over() and len(beside.opened_ms) < at_most:
        began = time.perf_counter()
        if not _next(page, beside):
            beside.begun_anew += 1
            by_client(page)
            continue
        beside.opened_ms.append((time.perf_counter() - began) * 1000)
        page.locator("aside.panel footer .btn").first.wait_for(timeout=_PATIENCE_MS)
        page.keyboard.press("m")
        page.locator("dialog[data-modal]").wait_for(timeout=_PATIENCE_MS)
        page.wait_for_function("() => document.activeElement?.closest('dialog')", timeout=_PATIENCE_MS)
        began = time.perf_counter()
        page.keyboard.press("Enter")
        # Given to her, or told that the other was first.
        page.locator("aside.panel .badge:has-text('With Bea Blue'), aside.panel .callout.fail").first.wait_for(
            timeout=_PATIENCE_MS
        )
        beside.written_ms.append((time.perf_counter() - began) * 1000)
        page.locator("dialog[data-modal]").wait_for(state="detached", timeout=_PATIENCE_MS)
    return beside


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the findings, clear them, print what it took and what is left."""
    parser = argparse.ArgumentParser(description="Time the clearing of a review queue.")
    parser.add_argument("--findings", type=int, default=300)
    parser.add_argument("--looks-ms", type=int, default=0, help="how long the person looks at each finding")
    parser.add_argument("--many", type=int, default=0, help="approve so many at once instead, beside a second person")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, started(Path(name), free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        os.environ["RCX_VAR_DIR"] = str(running.data)
        settings.cache_clear()
        made = review_estate.make(given.many or given.findings)
        context = system_context(made.workspace_id)

        def left() -> int:
            return review_estate.still_open(context)

        with chromium() as browser:
            page = signed_in(browser, running.address, made.dana)
            if not given.many:
                took = FindingReviewer(page, looks_ms=given.looks_ms).clear(made.findings + 1)
                print(f"{took}; left {left()} of {made.findings}")
                return
            other = signed_in(browser, running.address, made.bea)
            by_client(other)
            print(f"Alone: {work_beside(other, lambda: False, at_most=_ALONE)}", flush=True)
            approve_all(page, made.findings)
            began = time.perf_counter()
            beside = work_beside(other, lambda: page.locator(".pane-foot.running").count() == 0)
            took_s = time.perf_counter() - began
        print(f"{made.findings:,} approved at once in {took_s:.0f} s, {left()} left; meanwhile {beside}")


def signed_in(browser: Browser, address: str, link: str) -> Page:
    """A person's page, after the one-time link."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address).new_page()
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(link)
    page.get_by_role("button").first.click()
    page.locator("nav.nav").wait_for()
    return page


if __name__ == "__main__":
    main()
