"""Takes the pictures in docs/screens from a running demo: ``python -m tests.support.screens http://localhost:3000``.

RCX_VAR_DIR names the folder of the demo (`rcx up --demo`), from which a link is made for each person, and to which a
change set and tickets are added. Each page at 1280 in light and at 1920 in dark colours, some on a phone too.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from rcx_app.commands import demo, demo_staff
from rcx_app.core.db import dispose_engines, transaction
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device, LinkPurpose
from tests.support.browser import chromium
from tests.support.screens_filling import fill

Person = Literal["nobody", "owner", "agent", "setup", "booking", "questions"]
_EMAILS: dict[str, str] = {
    "owner": demo.EMAIL,
    "agent": demo_staff.AGENT_EMAIL,
    "setup": "ana@lakeside.example",
    "booking": "priya@southlight.example",
    "questions": "tom@harborpoint.example",
}
Mode = Literal["light", "dark"]


@dataclass(frozen=True)
class Shot:
    """A page to show, as `who` sees it. `prepare` does what a person would do first; `phone`: at 375 px too."""

    name: str
    path: str
    prepare: Callable[[Page], None] | None = None
    who: Person = "owner"
    phone: bool = False


def _open_and_select(page: Page) -> None:
    """Three findings are selected, and the last of them is open."""
    page.locator("tbody tr[data-row]").first.wait_for()
    for number in (1, 2, 3):
        page.keyboard.press("j")
        page.locator("aside.panel footer .btn").first.wait_for()
        page.keyboard.press("x")
        page.locator(".selbar", has_text=f"{number} selected").wait_for()
    page.wait_for_timeout(600)


def _open_row(page: Page) -> None:
    """The first row is open beside the list."""
    page.locator("tbody tr[data-row]").first.wait_for()
    page.keyboard.press("j")
    page.locator("aside.panel").first.wait_for()
    page.wait_for_timeout(600)


def _follow_row(page: Page) -> None:
    """The page that the first row leads to."""
    before = page.url
    page.locator("tbody tr[data-row] a").first.click()
    page.wait_for_url(lambda url: url != before)
    page.wait_for_timeout(1500)
    _settle(page)


def _first_link(selector: str) -> Callable[[Page], None]:
    def follow(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_timeout(1500)
        _settle(page)

    return follow


SHOTS = (
    Shot("sign-in", "/sign-in", who="nobody", phone=True),
    Shot("sign-up", "/sign-up", who="nobody", phone=True),
    Shot("overview", "/"),
    Shot("billing", "/billing"),
    Shot("by-service", "/billing/services"),
    Shot("flagged", "/billing/flagged"),
    Shot("client", "/billing?open=yes", _follow_row),
    Shot("review", "/billing/review?kind=calculated", _open_and_select),
    Shot("changes", "/changes"),
    Shot("change-set", "/changes", _follow_row),
    Shot("mapping", "/clients"),
    Shot("services", "/services"),
    Shot("integrations", "/integrations"),
    Shot("configuration", "/integrations/configuration"),
    Shot("reports", "/reports"),
    Shot("notifications", "/notifications"),
    Shot("workspace", "/settings/workspace"),
    Shot("data", "/settings/data"),
    Shot("match-settings", "/settings/matching"),
    Shot("writing", "/settings/writing"),
    Shot("people", "/settings/people"),
    Shot("security", "/settings/security"),
    Shot("notification-settings", "/settings/notifications"),
    Shot("subscription", "/settings/subscription"),
    Shot("network", "/settings/network"),
    Shot("audit", "/settings/audit", _open_row),
    Shot("account", "/account"),
    Shot("support", "/support", _first_link(".tl a"), phone=True),
    Shot("faq", "/support/faq", phone=True),
    Shot("onboarding", "/onboarding/questions", who="questions", phone=True),
    Shot("booking", "/onboarding/booking", who="booking", phone=True),
    Shot("setup", "/onboarding", who="setup", phone=True),
    Shot("board", "/staff", who="agent"),
    Shot("calendar", "/staff/calendar", _first_link("[aria-label='Later week']"), who="agent"),
    Shot("ticket-desk", "/staff/tickets", _first_link(".tl a, tbody tr[data-row] a"), who="agent"),
    Shot("workspaces", "/staff/workspaces", who="agent"),
    Shot("workspace-file", "/staff/workspaces", _first_link("tr[data-row] a:text-is('Southlight MSP')"), who="agent"),
    Shot("notices", "/staff/notices", who="agent"),
    Shot("agents", "/staff/agents", who="agent"),
    Shot("staff-network", "/staff/network", who="agent"),
    Shot("plans", "/staff/plans", who="agent"),
)
_DESK: tuple[tuple[int, int, tuple[Mode, ...]], ...] = ((1280, 800, ("light",)), (1920, 1080, ("dark",)))
_PHONE: tuple[int, int, tuple[Mode, ...]] = (375, 812, ("light",))


def take(base: str, out: Path, only: frozenset[str]) -> None:
    """Write ``<name>-<width>-<mode>.png`` for every shot, or for those named in `only`."""
    out.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if not only or shot.name in only]
    with chromium() as browser:
        for who in dict.fromkeys(shot.who for shot in shots):
            kept = _sign_in(browser, base, who)
            for width, height, modes in (*_DESK, _PHONE):
                for mode in modes:
                    with _window(browser, width, height, mode, kept) as context:
                        for shot in shots:
                            if shot.who == who and (width > 400 or shot.phone):
                                _take(context, base, shot, out / f"{shot.name}-{width}-{mode}.png")


def _take(context: BrowserContext, base: str, shot: Shot, path: Path) -> None:
    page = context.new_page()
    page.goto(base + shot.path)
    _settle(page)
    if shot.prepare is not None:
        shot.prepare(page)
    _save(page.screenshot(), path)
    page.close()


def _settle(page: Page) -> None:
    """Until nothing loads and nothing stands in for what is to come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('.skel, main [aria-busy=true]')")
    page.wait_for_timeout(900)


def _link(who: Person) -> str:
    """The path of a link that signs a person of the demo in, once."""
    with transaction(None) as session:
        account = identity.find(session, _EMAILS[who], Device())
        if account is None:
            raise LookupError(f"{_EMAILS[who]} is not in this demo; is RCX_VAR_DIR its folder?")
        return identity.one_time_link(session, account.user_id, LinkPurpose.SIGN_IN, timedelta(minutes=30))


def _sign_in(browser: Browser, base: str, who: Person) -> StorageState | None:
    """What keeps a person signed in, or None for nobody."""
    if who == "nobody":
        return None
    context = browser.new_context()
    page = context.new_page()
    page.goto(base + _link(who))
    page.get_by_role("button").first.click()
    page.locator("main").first.wait_for()
    _settle(page)
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def _window(
    browser: Browser, width: int, height: int, mode: Mode, kept: StorageState | None
) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=mode, storage_state=kept)
    yield context
    context.close()


def _save(png: bytes, path: Path) -> None:
    """In 256 colours: those of most pixels as they are, strong ones before greys, and the best of the rest."""
    pixels = numpy.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    found, where, counts = numpy.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    strength = found.max(axis=1).astype(int) - found.min(axis=1)
    order = numpy.argsort(-counts * (1 + strength / 16))
    common, rest = found[order[:168]], found[order[168:]]
    if len(rest):
        averaged = Image.fromarray(rest.reshape(1, -1, 3)).quantize(88, method=Image.Quantize.MEDIANCUT)
        colours = numpy.asarray((averaged.getpalette() or [])[: 3 * 88], numpy.uint8).reshape(-1, 3)
        common = numpy.concatenate([common, colours])
    far = ((found[:, None, :].astype(int) - common[None, :, :].astype(int)) ** 2).sum(axis=2)
    picture = Image.fromarray(far.argmin(axis=1).astype(numpy.uint8)[where.reshape(pixels.shape[:2])])
    picture.putpalette(common.flatten().tolist())
    picture.save(path, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="Where the demo answers.")
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--only", nargs="*", default=(), help="Names of pages; all if none is given.")
    given = parser.parse_args()
    try:
        fill()
        take(given.address.rstrip("/"), given.out, frozenset(given.only))
    finally:
        dispose_engines()
