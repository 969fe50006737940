"""A person who maps all accounts of a new MSP by the keyboard, knows the truth, and is timed.

``python -m tests.support.reviewer --clients 300`` starts RCX, makes the MSP and says what the mapping took. What is
measured are keys, clicks and the wait for the screen; how long the person looks at an account is given.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from rcx_app.core.settings import settings
from tests.support import mapping_estate
from tests.support.browser import chromium
from tests.support.mapping_estate import NewMsp
from tests.support.servers import free_port
from tests.support.up import START_S, started
from tests.support.wait import eventually

_TABS = ("", "?tab=unmapped")
_READ = """() => {
  const hand = document.querySelector('section[aria-label="Account in hand"]')
  const name = hand?.querySelector('h2')?.textContent ?? ''
  const place = [...(hand?.querySelectorAll('span.push') ?? [])].map(e => e.textContent)[0] ?? ''
  return {
    name, place,
    integration: hand?.querySelector('h2 + .badge')?.textContent ?? '',
    is_decided: [...(hand?.querySelectorAll('.callout b') ?? [])].some(e => e.textContent.startsWith('No match')),
    nobody: !!hand?.querySelector('.callout [data-key="e"]'),
    cards: [...(hand?.querySelectorAll('article.cand') ?? [])].map(card => ({
      name: card.querySelector('.name').textContent, picked: card.classList.contains('pick'),
    })),
  }
}"""

# The next account stands there, or none is left.
_MOVED = """(before) => {
  const hand = document.querySelector('section[aria-label="Account in hand"]')
  const place = [...hand.querySelectorAll('span.push')].map(e => e.textContent)[0] ?? ''
  const name = hand.querySelector('h2')?.textContent ?? ''
  if (document.querySelector('dialog[data-modal]')) return false
  return name ? name !== before.name || place !== before.place : !hand.querySelector('.skel')
}"""
_SHOWN = "() => document.querySelector('.map h2')?.textContent"
_PATIENCE_MS = 5_000


@dataclass
class Took:
    """What the mapping took. `answers_ms`: from a verdict's key until the next account stands there."""

    accounts: int = 0
    at_once: int = 0
    one_by_one: int = 0
    searched: int = 0
    nobodys: int = 0
    keys: int = 0
    seconds: float = 0.0
    answers_ms: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        waits = sorted(self.answers_ms) or [0.0]
        return (
            f"{self.accounts} accounts: {self.at_once} confirmed at once, {self.one_by_one} one by one, "
            f"{self.searched} searched, {self.nobodys} nobody's; {self.keys} keys and clicks, {self.seconds:.0f} s; "
            f"next account after {waits[len(waits) // 2]:.0f} ms, 95 % within {waits[int(len(waits) * 0.95)]:.0f} ms"
        )


class Reviewer:
    """Works off the queue of a page that is signed in."""

    def __init__(self, page: Page, msp: NewMsp, *, looks_ms: int = 0) -> None:
        """`looks_ms`: how long the person looks at each account; 0 presses as fast as the screen follows."""
        self.page, self.msp, self.looks_ms = page, msp, looks_ms
        self.took = Took(accounts=msp.accounts)

    def map_all(self) -> Took:
        began = time.perf_counter()
        self.page.goto("/clients")
        self._confirm_sure()
        for tab in _TABS:
            self.page.goto(f"/clients{tab}")
            self._work_off()
        self.took.seconds = time.perf_counter() - began
        return self.took

    def _confirm_sure(self) -> None:
        self.page.locator("article.cand").first.wait_for()
        act = self.page.get_by_role("button", name="at 0.95 and above")
        if not act.count():
            return
        act.click()
        confirm = self.page.locator("dialog[data-modal] .btn.primary")
        confirm.wait_for()
        self.took.at_once = int(confirm.inner_text().split()[1].replace(",", ""))
        self.page.keyboard.press("Control+Enter")
        self.page.locator("dialog[data-modal]").wait_for(state="detached", timeout=60_000)
        self.took.keys += 2

    def _work_off(self) -> None:
        try:
            self.page.wait_for_function(_SHOWN, timeout=_PATIENCE_MS)
        except PlaywrightTimeout:
            return  # the tab is empty
        while True:
            found = self.page.evaluate(_READ)
            if not found["name"]:
                return
            if not found["is_decided"]:
                self._decide(found)
            elif not self._moves_down(found):
                return

    def _moves_down(self, found: dict[str, object]) -> bool:
        """Go on to the account below; says whether there is one."""
        place, _, total = str(found["place"]).partition(" of ")
        if place == total:
            return False
        self._press("j")
        self.page.wait_for_function(_MOVED, arg={"name": found["name"], "place": found["place"]}, polling=5)
        return True

    def _decide(self, found: dict[str, object]) -> None:
        if self.looks_ms:
            self.page.wait_for_timeout(self.looks_ms)
        clients = self.msp.truth[str(found["integration"]), str(found["name"])]
        cards: list[dict[str, object]] = list(found["cards"])  # type: ignore[call-overload]
        at = next((number for number, card in enumerate(cards, 1) if card["name"] in clients), 0)
        if at:
            self.took.one_by_one += 1
            if not cards[at - 1]["picked"]:
                self._press(str(at))
                self.page.locator("article.cand.pick").wait_for()
            self._verdict("y", found)
        elif clients == {""}:
            self.took.nobodys += 1
            self._verdict("e" if found["nobody"] else "n", found)
        else:
            self._search(next(name for name in sorted(clients) if name), found)

    def _search(self, client: str, found: dict[str, object]) -> None:
        self.took.searched += 1
        self._press("/")
        field_ = self.page.locator('dialog[data-modal] input[name="client"]')
        field_.wait_for()
        field_.type(client)
        self.took.keys += len(client)
        self.page.locator("dialog[data-modal] .hit", has_text=client).first.wait_for()
        self._verdict("Enter", found)

    def _verdict(self, key: str, found: dict[str, object]) -> None:
        began = time.perf_counter()
        self._press(key)
        self.page.wait_for_function(
            _MOVED,
            arg={"name": found["name"], "place": found["place"]},
            polling=5,
        )
        self.took.answers_ms.append((time.perf_counter() - began) * 1000)

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.took.keys += 1


def signed_in(page: Page, msp: NewMsp) -> Page:
    """The page after the one-time link."""
    page.goto(msp.link)
    page.get_by_role("button").first.click()
    page.locator("nav.nav").wait_for()
    return page


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the MSP, map it, print what it took."""
    parser = argparse.ArgumentParser(description="Time the mapping of a new MSP.")
    parser.add_argument("--clients", type=int, default=300)
    parser.add_argument("--seats", type=int, default=15_000)
    parser.add_argument("--looks-ms", type=int, default=1500, help="how long the person looks at each account")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, started(Path(name), free_port()) as running:
        eventually(running.answers, within_s=START_S, what="RCX runs")
        os.environ["RCX_VAR_DIR"] = str(running.data)
        settings.cache_clear()
        msp = mapping_estate.make(given.clients, given.seats)
        with chromium() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=running.address)
            page = signed_in(context.new_page(), msp)
            took = Reviewer(page, msp, looks_ms=given.looks_ms).map_all()
            wrong, left = mapping_estate.outcome(msp)
            print(f"{msp.clients} clients, {msp.integrations} integrations, {took}; wrong {wrong}, left {left}")


if __name__ == "__main__":
    main()
