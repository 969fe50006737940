"""Pages in a real browser, on a real web process over a large review queue, beside the bare way there and back."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rcx_app.commands import migrate
from rcx_app.commands.benches import ui_acts as acts
from rcx_app.commands.benches.measured import machine
from rcx_app.commands.benches.ui_acts import ROWS, Took
from rcx_app.commands.benches.ui_estate import CLIENTS, fill
from rcx_app.commands.benches.ui_server import browser_of, find_driver, settings_of, web_on
from rcx_app.core.db import dispose_engines

EVENT_BUDGET, LOAD_BUDGET = 3.0, 2.0
"""An answer may take so many times a bare event's way there and back; a first load so many times an empty page's."""
_PAGE = 50
_QUEUE, _EMPTY = "/billing/review", ("/clients", "main .empty")
"""The queue, and a page that has nothing to show here: no account was read."""
_PAGES = {
    "first load": (_QUEUE, ROWS),
    "by client": ("/billing", ROWS),
    "by service": ("/billing/services", ROWS),
    "flagged": ("/billing/flagged", ROWS),
    "overview": ("/", "main .stats[role='group']"),
    "reports": ("/reports", "main table tbody th"),
}
_VIEWS = (".tabs a[href$='view=not_ready']", ".tabs a[href$='/billing/review']")
_HEADERS = ("thead th:nth-child(2) button.sorter", "thead th:nth-child(3) button.sorter")
_REST_MS = 200
"""How long the search field waits for more letters before it asks."""


@dataclass(frozen=True, slots=True)
class Timed:
    """An act: its median and slowest in milliseconds, what it is held against, and what the server says for it."""

    name: str
    median_ms: float
    slowest_ms: float
    said: int
    reference: str
    reference_ms: float
    budget: float

    @property
    def ratio(self) -> float:
        return self.median_ms / self.reference_ms

    def plain(self) -> dict[str, Any]:
        return {
            "median_ms": round(self.median_ms, 1),
            "slowest_ms": round(self.slowest_ms, 1),
            "said": self.said,
            "reference": self.reference,
            "ratio": round(self.ratio, 2),
            "budget": self.budget,
            "within_budget": self.ratio <= self.budget,
        }


@dataclass(frozen=True, slots=True)
class Pages:
    """What was measured. Times in milliseconds."""

    findings: int
    bare_event_ms: float
    empty_page_ms: float
    acts: tuple[Timed, ...]
    detail: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": "pages",
            "findings": self.findings,
            "bare_event_ms": round(self.bare_event_ms, 1),
            "empty_page_ms": round(self.empty_page_ms, 1),
            **{act.name: act.plain() for act in self.acts},
            **self.detail,
        }

    def lines(self) -> list[str]:
        """For people."""
        told = [
            f"pages, {self.findings:,} findings",
            f"  bare event  {self.bare_event_ms:8.1f} ms",
            f"  empty page  {self.empty_page_ms:8.1f} ms",
        ]
        told += [
            f"  {act.name:<11} {act.median_ms:8.1f} ms   slowest {act.slowest_ms:7.1f}   "
            f"said {act.said / 1000:5.1f} kB   {act.ratio:.1f} x {act.reference}, budget {act.budget:g}"
            for act in self.acts
        ]
        return told + [f"  {key.replace('_', ' ')}: {value}" for key, value in self.detail.items()]


def run(findings: int, repeats: int) -> Pages:
    """Fills an SQLite, starts `rcx web` on it and drives Chromium.

    Raises Unavailable naming what is missing, and AssertionError where a page shows what it must not.
    """
    driver = find_driver()
    with tempfile.TemporaryDirectory(prefix="rcx-bench-ui-") as folder, settings_of(Path(folder)):
        migrate.to_head()
        token = fill(findings)
        dispose_engines()
        with web_on(Path(folder)) as origin, browser_of(driver) as browser:
            return _measure(browser, origin, token, findings, repeats)


def _measure(browser: Any, origin: str, token: str, findings: int, repeats: int) -> Pages:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.add_cookies([{"name": "rcx_session", "value": token, "url": origin}])
    context.set_default_timeout(90_000)
    acts.listen(context)
    page = context.new_page()
    page.goto(f"{origin}{_QUEUE}")
    acts.counts(page, _PAGE, findings)

    event = statistics.median(_several(repeats * 3, lambda _: acts.bare(page)))
    files = 0

    def opened(path: str, selector: str) -> list[Took]:
        def once(_: int) -> Took:
            nonlocal files
            took, files = acts.load(context, f"{origin}{path}", selector)
            return took

        return _several(repeats, once)

    nothing = statistics.median(each.ms for each in opened(*_EMPTY))
    done = _done(page, origin, findings, repeats)
    loads = {name: opened(*at) for name, at in _PAGES.items()}
    told = [_timed(name, took, "bare event", event, EVENT_BUDGET) for name, took in done.items()]
    told += [_timed(name, took, "empty page", nothing, LOAD_BUDGET) for name, took in loads.items()]
    detail = {
        "files_of_a_page_kb": round(files / 1000),
        "repeats": repeats,
        "load_average": round(os.getloadavg()[0], 1),
        "machine": machine(),
    }
    return Pages(findings, event, nothing, tuple(told), detail)


def _done(page: Any, origin: str, findings: int, repeats: int) -> dict[str, list[Took]]:
    """The acts of the queue, each checked by what stands there afterwards."""
    number = min(CLIENTS, findings)

    def sort(turn: int) -> Took:
        took = acts.timed(page, "click", _HEADERS[turn % 2])
        if turn % 2 == 0:
            acts.clients(page, lambda names: names == sorted(names, key=str.lower))
        return took

    def more(turn: int) -> Took:
        took = acts.timed(page, "click", "button[data-more]")
        acts.counts(page, _PAGE * (turn + 2), findings)
        return took

    def find(turn: int) -> Took:
        text = f"client {turn % 5 + 1}"
        took = acts.timed(page, "type", "input[type=search]", text)
        acts.clients(page, lambda names: all(text in each.lower() for each in names))
        fitting = sum(text in f"client {at % number + 1}" for at in range(findings))
        acts.counts(page, min(_PAGE, fitting), fitting)
        return Took(took.ms - _REST_MS, took.said)

    def view(turn: int) -> Took:
        took = acts.timed(page, "click", _VIEWS[turn % 2])
        total = findings if turn % 2 else -(-findings // 5)
        acts.counts(page, min(_PAGE, total), total)
        return took

    def anew() -> None:
        page.goto(f"{origin}{_QUEUE}")
        acts.counts(page, _PAGE, findings)

    sorted_by = _several(repeats, sort)
    anew()
    found, viewed = _several(repeats, find), _several(repeats, view)
    anew()
    # Last, since a list that is opened again is as deep as it was; it forgets its beginning after eight pages.
    deeper = _several(min(repeats, 6), more)
    return {"list": viewed, "filter": found, "sort": sorted_by, "next page": deeper}


def _several(times: int, measure: Callable[[int], Any]) -> list[Any]:
    """Where there are several, one more warms up first and is not counted."""
    warm = times > 1
    return [measure(turn) for turn in range(times + warm)][warm:]


def _timed(name: str, took: Sequence[Took], reference: str, by: float, budget: float) -> Timed:
    times = [each.ms for each in took]
    said = round(statistics.median(each.said for each in took))
    return Timed(name, statistics.median(times), max(times), said, reference, by, budget)
