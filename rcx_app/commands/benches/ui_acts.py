"""What is done to a page and timed inside it, from the act to the frame in which its answer stands; and whether the
answer is right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

BARE_EVENT = "reflex___state____state.rcx_app___ui___base____app_state.enter"
"""The handler that only says who is signed in: the way there and back, with all that guards it."""
ROWS = "tbody tr[data-row]"
_QUIET_MS = 250
"""A page that neither draws nor hears anything for so long is done with an act."""
_RIGHT_MS = 30_000

# Counts what the server says to the page; before any script of the page.
_LISTEN = """(() => {
  const heard = window.rcxHeard = {size: 0, at: 0};
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...all) {
      super(...all);
      this.addEventListener('message', ({data}) => {
        if (typeof data !== 'string' || data.length < 6) return;
        heard.size += data.length; heard.at = performance.now();
      });
    }
  };
})()"""

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
# a while: what was still on its way from an earlier act must not be taken for the answer. Ends when all of it is there.
_TIMED = """([act, selector, value, quiet]) => new Promise((done, failed) => {
  const heard = window.rcxHeard;
  const text = (what) => document.querySelector(what)?.innerText ?? '';
  const told = () => text('tbody') + text('.table-foot');
  let before = told(), began = performance.now(), took = 0, size = 0;
  const still = (then) => {
    if (told() !== before) { before = told(); began = performance.now(); }
    if (performance.now() - Math.max(began, heard.at) > quiet) then();
    else requestAnimationFrame(() => still(then));
  };
  const look = () => {
    if (told() !== before && document.querySelector('tbody tr[data-row]')) {
      took = performance.now() - began;
      began = performance.now(); before = told();
      still(() => done([took, heard.size - size]));
      return;
    }
    if (performance.now() - began > 60000) { failed(new Error('nothing changed: ' + selector)); return; }
    requestAnimationFrame(look);
  };
  const begin = () => {
    const target = document.querySelector(selector);
    if (!target) { failed(new Error('not there: ' + selector)); return; }
    size = heard.size; began = performance.now();
    if (act === 'click') target.click();
    else {
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
      set.call(target, value);
      target.dispatchEvent(new Event('input', {bubbles: true}));
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(() => still(begin));
})"""
_FOOT = "([text]) => (document.querySelector('.table-foot')?.innerText ?? '').includes(text)"
_CLIENTS = "() => [...document.querySelectorAll('tbody tr[data-row] th')].map((each) => each.innerText.trim())"
_FILES = """() => performance.getEntriesByType('resource').reduce((sum, each) => sum + (each.encodedBodySize || 0),
  performance.getEntriesByType('navigation')[0]?.encodedBodySize || 0)"""


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds to the answer, and how many characters the server said for it in all."""

    ms: float
    said: int


def listen(context: Any) -> None:
    """Count what pages of a browser's context are told. Before the first page is opened."""
    context.add_init_script(_LISTEN)


def bare(page: Any) -> float:
    """Milliseconds of a bare event's way there and back."""
    return float(page.evaluate(_BARE, BARE_EVENT))


def timed(page: Any, act: str, selector: str, value: str = "") -> Took:
    """`act`: click | type."""
    took, said = page.evaluate(_TIMED, [act, selector, value, _QUIET_MS])
    return Took(float(took), int(said))


def load(context: Any, address: str, selector: str) -> tuple[Took, int]:
    """A page in a new tab until what is looked for stands in it, and the size of its files, compressed as they come."""
    page = context.new_page()
    try:
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(f"{selector} >> visible=true").first.wait_for()
        ms = (time.perf_counter() - began) * 1000
        page.evaluate("(quiet) => new Promise((done) => setTimeout(done, quiet))", _QUIET_MS)
        return Took(ms, int(page.evaluate("window.rcxHeard.size"))), int(page.evaluate(_FILES))
    finally:
        page.close()


def counts(page: Any, shown: int, total: int) -> None:
    """The list says how many it shows and how many there are, as it must. Raises AssertionError."""
    wanted = f"{shown:,} of {total:,}"
    try:
        page.wait_for_function(_FOOT, arg=[wanted], timeout=_RIGHT_MS)
    except Exception as error:  # Playwright's own; the module may not be there to name it
        said = page.locator(".table-foot").first.inner_text()
        raise AssertionError(f"the list says {said!r}, not {wanted!r}") from error


def clients(page: Any, fits: Callable[[list[str]], bool]) -> None:
    """The clients of the listed rows are as they must be. Raises AssertionError."""
    found = page.evaluate(_CLIENTS)
    if not found or not fits(found):
        raise AssertionError(f"wrong rows: {found[:5]}")
