"""Takes the pictures in docs/screens from a running demo: ``python -m tests.support.screens LINK``.

LINK is the one-time link that `rcx up --demo` prints. Each page at 1280 and 1920 wide, light and dark, reduced to
192 colours.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page

from tests.support.browser import chromium


def _nothing(page: Page) -> None:
    """The page as it opens."""


def _open_and_select(page: Page) -> None:
    """Three findings are selected, and the last of them is open."""
    page.locator("tbody tr[data-row]").first.wait_for()
    for number in (1, 2, 3):
        page.keyboard.press("j")
        page.locator("aside.panel footer .btn").first.wait_for()
        page.keyboard.press("x")
        page.locator(".selbar", has_text=f"{number} selected").wait_for()
    page.wait_for_timeout(600)


def _open_client(page: Page) -> None:
    page.locator("tbody tr[data-row] a").first.click()
    page.wait_for_url("**/billing/clients/*")
    page.wait_for_load_state("networkidle")


@dataclass(frozen=True)
class Shot:
    """A page to show. `prepare` does what a person would do first."""

    name: str
    path: str
    prepare: Callable[[Page], None] = _nothing
    signed_in: bool = True


SHOTS = (
    Shot("sign-in", "/sign-in", signed_in=False),
    Shot("sign-up", "/sign-up", signed_in=False),
    Shot("overview", "/"),
    Shot("billing", "/billing"),
    Shot("client", "/billing?open=yes", _open_client),
    Shot("review", "/billing/review?kind=calculated", _open_and_select),
    Shot("mapping", "/clients"),
    Shot("services", "/services"),
    Shot("integrations", "/integrations"),
    Shot("people", "/settings/people"),
    Shot("security", "/settings/security"),
    Shot("account", "/account"),
)
SIZES = ((1280, 800), (1920, 1080))


def take(link: str, out: Path, only: str = "") -> None:
    """Sign in once and write ``<name>-<width>-<mode>.png`` for every shot."""
    out.mkdir(parents=True, exist_ok=True)
    base = "{0.scheme}://{0.netloc}".format(urlsplit(link))
    with chromium() as browser:
        first = browser.new_context()
        page = first.new_page()
        page.goto(link)
        page.get_by_role("button").first.click()
        page.locator("nav.nav").wait_for()
        state = first.storage_state()
        for width, height in SIZES:
            for mode in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=mode, storage_state=state
                )
                nobody = browser.new_context(viewport={"width": width, "height": height}, color_scheme=mode)
                for shot in SHOTS:
                    if only and only != shot.name:
                        continue
                    page = (context if shot.signed_in else nobody).new_page()
                    page.goto(base + shot.path)
                    page.wait_for_load_state("networkidle")
                    page.wait_for_timeout(700)
                    shot.prepare(page)
                    page.wait_for_timeout(400)
                    _save(page.screenshot(), out / f"{shot.name}-{width}-{mode}.png")
                    page.close()
                context.close()
                nobody.close()


def _save(png: bytes, path: Path) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(192, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("link")
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    take(given.link, given.out, given.only)
