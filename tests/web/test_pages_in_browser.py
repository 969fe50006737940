"""The pages around sign-in in a real browser: readable by all, in both modes, on a phone, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from tests.support.browser import chromium
from tests.support.web import WebServer

ASSETS = Path(__file__).parents[2] / "assets"
PHONE, DESK = ViewportSize(width=375, height=700), ViewportSize(width=1280, height=800)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def open_page(browser: Browser, *, scripts: bool = True, size: ViewportSize = DESK, scheme: str = "light") -> Page:
    """A new visitor. Style sheets come from the sources: this server has no pages built."""
    context = browser.new_context(
        viewport=size,
        java_script_enabled=scripts,
        color_scheme="dark" if scheme == "dark" else "light",
    )

    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        route.fulfill(body=(ASSETS / name).read_bytes(), content_type=kind)

    for name in ("tokens.css", "ui.css", "gate.css", "theme.js"):
        context.route(f"**/{name}", serve)
    context.route("**/fonts/*", lambda route: route.abort())
    return context.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-up", "/check-mail", "/check-mail?sent=1", "/verify?token=x", "/sign-out"]
)
def test_axe_finds_nothing(web: WebServer, browser: Browser, path: str, scheme: str) -> None:
    page = open_page(browser, scheme=scheme)
    page.goto(web.origin + path)
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_forms_with_mistakes(web: WebServer, browser: Browser, scheme: str) -> None:
    page = open_page(browser, scheme=scheme, size=PHONE)
    for path in ("/sign-up", "/sign-in"):
        page.goto(web.origin + path)
        page.locator("button").click()
        expect(page.locator("[aria-invalid=true]").nth(1)).to_be_visible()
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
    page.context.close()


def test_the_stored_choice_wins_over_the_systems_mode(web: WebServer, browser: Browser) -> None:
    page = open_page(browser, scheme="light")
    page.goto(f"{web.origin}/sign-in")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.context.close()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/check-mail?sent=1"])
def test_nothing_is_cut_off_on_a_phone(web: WebServer, browser: Browser, path: str) -> None:
    page = open_page(browser, size=PHONE)
    page.goto(web.origin + path)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for box in (each.bounding_box() for each in page.locator("input:visible, button").all()):
        assert box is not None
        assert box["height"] >= 44
    page.context.close()


def test_the_cursor_stands_in_the_first_wrong_field(web: WebServer, browser: Browser) -> None:
    page = open_page(browser)
    page.goto(f"{web.origin}/sign-up")
    page.fill("#name", "Mia Hollis")
    page.fill("#email", "nope")
    page.locator("button").click()
    page.wait_for_function("document.activeElement?.id === 'email'")
    assert page.input_value("#name") == "Mia Hollis"
    page.context.close()


def test_signing_up_and_out_works_without_scripts(web: WebServer, browser: Browser) -> None:
    page = open_page(browser, scripts=False)
    page.goto(f"{web.origin}/sign-up")
    values = {"name": "Mia", "email": "plain@x.example", "workspace_name": "X", "password": "tram willow basket 7"}
    for name, value in values.items():
        page.fill(f"#{name}", value)
    page.locator("button").click()
    expect(page).to_have_url(f"{web.origin}/check-mail?sent=1")
    page.context.close()


def test_the_policy_lets_the_pages_own_parts_load(web: WebServer, browser: Browser) -> None:
    page = open_page(browser)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{web.origin}/sign-in")
    assert not [text for text in complaints if "Content Security Policy" in text]
    page.context.close()
