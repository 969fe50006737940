"""Pages in a real browser, on a real web process over a large review queue, beside the bare way there and back.

Everything is timed inside the page, from the act to the frame in which its answer stands.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert
from sqlmodel import Session

from rcx_app.commands import frontend, migrate
from rcx_app.commands.benches.measured import machine
from rcx_app.commands.places import ROOT, child_environment
from rcx_app.commands.supervise import Supervisor
from rcx_app.commands.web import command, environment
from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device
from rcx_app.models import Client, Connection, Finding, Membership, ReconcileRun, User, Workspace

BARE_EVENT = "reflex___state____state.rcx_app___ui___base____app_state.enter"
"""The handler that only says who is signed in: the way there and back, with all that guards it."""

EVENT_BUDGET, LOAD_BUDGET = 3.0, 2.0
"""An answer may take so many times a bare event's way there and back; a first load so many times an empty page's."""
_CHUNK = 5_000
_CLIENTS = 1_000
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_ROWS = "tbody tr[data-row]"

_QUEUE, _EMPTY = "/billing/review", "/clients"
"""The queue, and a page that has nothing to show here: no account was read."""
_VIEWS = (".tabs a[href$='view=not_ready']", ".tabs a[href$='/billing/review']")
_REST_MS = 200
"""How long the search field waits for more letters before it asks."""

# An own socket beside the page's: an event that the server looks at and answers, and nothing else.
_BARE = """(name) => new Promise((done, failed) => {
  const ask = () => {
    window.rcxBegan = performance.now();
    window.rcxDone = done;
    const event = {name, payload: {}, router_data: {pathname: '/'}};
    window.rcxSocket.send('42/_event,' + JSON.stringify(['event', event]));
  };
  if (window.rcxSocket) { ask(); return; }
  const address = location.origin.replace('http', 'ws') + '/_event/?token=bench&EIO=4&transport=websocket';
  const wire = window.rcxSocket = new WebSocket(address);
  wire.onerror = () => failed(new Error('no socket'));
  wire.onmessage = ({data}) => {
    if (data.startsWith('0{')) wire.send('40/_event,{}');
    else if (data === '2') wire.send('3');
    else if (data.startsWith('40/_event')) ask();
    else if (data.startsWith('42/_event') && window.rcxDone) {
      const done = window.rcxDone; window.rcxDone = null;
      const took = performance.now() - window.rcxBegan;
      requestAnimationFrame(() => done(took));
    }
  };
})"""

# Times from an act to the first frame whose rows differ from those before it. Begins once the page has been still for
# a while: what was still on its way from an earlier act must not be taken for the answer.
_TIMED = """([act, selector, value]) => new Promise((done, failed) => {
  const text = (what) => document.querySelector(what)?.innerText ?? '';
  const told = () => text('tbody') + text('.table-foot');
  let before = told(), began = performance.now();
  const settle = () => {
    if (told() !== before) { before = told(); began = performance.now(); }
    if (performance.now() - began > 500) begin(); else requestAnimationFrame(settle);
  };
  const look = () => {
    if (told() !== before && document.querySelector('tbody tr[data-row]')) { done(performance.now() - began); return; }
    if (performance.now() - began > 60000) { failed(new Error('nothing changed: ' + selector)); return; }
    requestAnimationFrame(look);
  };
  const begin = () => {
    const target = document.querySelector(selector);
    if (!target) { failed(new Error('not there: ' + selector)); return; }
    began = performance.now();
    if (act === 'click') target.click();
    else {
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
      set.call(target, value);
      target.dispatchEvent(new Event('input', {bubbles: true}));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(settle);
})"""


@dataclass(frozen=True, slots=True)
class Timed:
    """An act: its median and slowest in milliseconds, and what it is held against."""

    name: str
    median_ms: float
    slowest_ms: float
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
            f"  {act.name:<11} {act.median_ms:8.1f} ms   slowest {act.slowest_ms:.1f}   "
            f"{act.ratio:.1f} x {act.reference}, budget {act.budget:g}"
            for act in self.acts
        ]
        return told + [f"  {key.replace('_', ' ')}: {value}" for key, value in self.detail.items()]


def run(findings: int, repeats: int) -> Pages:
    """Fills an SQLite, starts `rcx web` on it and drives Chromium. Raises Unavailable naming what is missing."""
    driver = _driver()
    with tempfile.TemporaryDirectory(prefix="rcx-bench-ui-") as folder, _settings_of(Path(folder)):
        migrate.to_head()
        token = fill(findings)
        dispose_engines()
        with _web(Path(folder)) as origin, _browser(driver) as browser:
            return _measure(browser, origin, token, findings, repeats)


def fill(findings: int) -> str:
    """A workspace with so many open findings; the token of its owner's session."""
    day, at = clock.today(), clock.now()
    with transaction(None) as session:
        user = User(email="bench@msp.example", email_key="bench@msp.example", name="Bench", password_hash="!")  # noqa: S106
        workspace = Workspace(name="Bench")
        session.add_all([user, workspace])
        session.flush()
        session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER.value))
        psa = Connection(
            workspace_id=workspace.id, side="psa", vendor="psa", label="PSA", label_key="psa", state="ok",
            last_complete_at=at,
        )  # fmt: skip
        session.add(psa)
        session.flush()
        base = {"workspace_id": workspace.id, "connection_id": psa.id}
        clients = min(_CLIENTS, findings)
        rows = [
            {**base, "id": n, "external_id": f"{n}", "name": f"Client {n}", "name_key": f"client {n}"}
            for n in range(1, clients + 1)
        ]
        session.execute(insert(Client), rows)
        _findings(session, workspace.id, findings, clients)
        session.add(ReconcileRun(workspace_id=workspace.id, as_of=day, scope="full", totals={}, finished_at=at))
        return identity.begin(session, user, Device(), workspace_id=workspace.id).token


def _findings(session: Session, workspace_id: int, findings: int, clients: int) -> None:
    day, at = clock.today(), clock.now()
    for start in range(0, findings, _CHUNK):
        made = []
        for number in range(start, min(start + _CHUNK, findings)):
            client, product = number % clients + 1, number // clients % 100
            delta, price = Decimal(number % 9 + 1), Decimal(number % 700 + 100) / 100
            found = at - timedelta(minutes=number % 40_000)
            made.append(
                {
                    "workspace_id": workspace_id,
                    "created_at": at,
                    "period": month_start(day),
                    "as_of": day,
                    "fingerprint": f"f{number}",
                    "series": f"s{number}",
                    "scope": "group",
                    "client_id": client,
                    "client_name": f"Client {client}",
                    "client_key": f"client {client}",
                    "product_code": f"P-{product}",
                    "product_name": f"Product {product}",
                    "service_key": f"product {product}",
                    "integration": f"Vendor {product % 8}",
                    "kind": "calculated" if number % 4 else "estimated",
                    "direction": "under" if number % 3 else "over",
                    "billed_quantity": Decimal(10),
                    "expected_quantity": Decimal(10) + delta,
                    "system_count": Decimal(10) + delta,
                    "delta": delta,
                    "sort_delta": delta,
                    "unit_price": price,
                    "amount": delta * price,
                    "monthly_amount": delta * price,
                    "sort_amount": delta * price,
                    "currency": "USD",
                    "is_ready": number % 5 != 0,
                    "first_found_at": found,
                    "changed_at": found,
                }
            )
        session.execute(insert(Finding), made)


def _measure(browser: Any, origin: str, token: str, findings: int, repeats: int) -> Pages:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.add_cookies([{"name": "rcx_session", "value": token, "url": origin}])
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.goto(f"{origin}{_QUEUE}")
    page.locator(_ROWS).first.wait_for()

    bare = _several(repeats * 3, lambda _: float(page.evaluate(_BARE, BARE_EVENT)))
    empty = _several(repeats, lambda _: _load(context, f"{origin}{_EMPTY}", "main .empty"))
    load = _several(repeats, lambda _: _load(context, f"{origin}{_QUEUE}", _ROWS))

    def timed(act: str, selector: str, value: str = "") -> float:
        return float(page.evaluate(_TIMED, [act, selector, value]))

    headers = "thead th:nth-child(3) button.sorter", "thead th:nth-child(2) button.sorter"
    sort = _several(repeats, lambda turn: timed("click", headers[turn % 2]))
    page.goto(f"{origin}{_QUEUE}")
    page.locator(_ROWS).first.wait_for()
    more = _several(repeats, lambda _: timed("click", "button[data-more]"))
    page.goto(f"{origin}{_QUEUE}")
    page.locator(_ROWS).first.wait_for()
    waited = _several(repeats, lambda turn: timed("type", "input[type=search]", f"client {turn % 5 + 1}") - _REST_MS)
    views = _several(repeats, lambda turn: timed("click", _VIEWS[turn % 2]))

    def held(name: str, times: list[float], reference: str, by: float, budget: float) -> Timed:
        return Timed(name, statistics.median(times), max(times), reference, by, budget)

    event, nothing = statistics.median(bare), statistics.median(empty)
    acts = (
        held("list", views, "bare event", event, EVENT_BUDGET),
        held("filter", waited, "bare event", event, EVENT_BUDGET),
        held("sort", sort, "bare event", event, EVENT_BUDGET),
        held("next page", more, "bare event", event, EVENT_BUDGET),
        held("first load", load, "empty page", nothing, LOAD_BUDGET),
    )
    detail = {"repeats": repeats, "load_average": round(os.getloadavg()[0], 1), "machine": machine()}
    return Pages(findings, event, nothing, acts, detail)


def _several(times: int, measure: Callable[[int], float]) -> list[float]:
    """The first one warms up and is not counted."""
    return [measure(turn) for turn in range(times + 1)][1:]


def _load(context: Any, address: str, selector: str) -> float:
    """Milliseconds from asking for a page, in a new tab, until what is looked for stands in it."""
    page = context.new_page()
    try:
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(selector).first.wait_for()
        return (time.perf_counter() - began) * 1000
    finally:
        page.close()


def _driver() -> Any:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Unavailable(
            "Pages are measured with Playwright, which is not installed.", remedy="Run `make dev`."
        ) from error
    return sync_playwright


@contextmanager
def _browser(driver: Any) -> Iterator[Any]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with driver() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        except Exception as error:  # Playwright's own error; the module may not be there to name it
            raise Unavailable(
                "No Chromium was found.", remedy="Install chromium, or run `playwright install chromium`."
            ) from error
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _settings_of(folder: Path) -> Iterator[None]:
    before = settings().database_url
    settings().database_url = f"sqlite:///{folder / 'rcx.db'}"
    try:
        yield
    finally:
        dispose_engines()
        settings().database_url = before


@contextmanager
def _web(folder: Path) -> Iterator[str]:
    """`rcx web` on the folder's database, on a free port; its pages are built first where their sources changed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    origin = f"http://localhost:{port}"
    own = {
        "RCX_VAR_DIR": str(folder),
        "RCX_DATABASE_URL": f"sqlite:///{folder / 'rcx.db'}",
        "RCX_PORT": str(port),
        "RCX_PUBLIC_URL": origin,
        "REDIS_URL": "",
    }
    env = child_environment(folder) | own
    with Supervisor(folder / "log") as supervisor:
        frontend.build(supervisor, env)
    with (folder / "web.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command("127.0.0.1", port, 1), cwd=ROOT, env=env | environment(), stdout=output, stderr=output
        )
        try:
            _answers(origin, process, folder / "web.log")
            yield origin
        finally:
            process.terminate()
            process.wait(15)


def _answers(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{origin}/healthz", timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise Unavailable(f"The web server did not start: {log.read_text(errors='replace')[-400:]}")
