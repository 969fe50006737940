"""Invitations, passwords and two-factor in a real browser, on a phone, in both modes: whole, and readable by all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.people import invitations
from rcx_app.models import AuthSession
from tests.support.browser import chromium
from tests.support.web import Person, WebServer
from tests.web.test_pages_in_browser import PHONE, open_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def signed_in(web: WebServer, page: Page, name: str, *, is_proven: bool) -> Person:
    """Let the page's browser be signed in, with or without a fresh proof."""
    person = web.sign_in(name)
    if is_proven:
        with transaction(None, url=web.database_url) as session:
            session.get_one(AuthSession, person.session_id).proven_at = clock.now()
    token = person.cookie.partition("=")[2]
    page.context.add_cookies([{"name": "rcx_session", "value": token, "url": web.origin}])
    return person


def looks_right(page: Page) -> None:
    """No accessibility finding, nothing cut off, and fingers hit what they aim at."""
    report = Axe().run(page)
    assert report.violations_count == 0, f"{page.url}: {report.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], page.url
    for each in page.locator("input:visible, button, a.btn").all():
        box = each.bounding_box()
        assert box is not None
        assert box["height"] >= 44, page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_whole_and_readable(web: WebServer, browser: Browser, scheme: str) -> None:
    page = open_page(browser, size=PHONE, scheme=scheme)
    for path in ("/forgot", "/forgot?sent=1", "/reset?token=x", "/invite?token=x", "/sso/none"):
        page.goto(web.origin + path)
        looks_right(page)
    owner = web.sign_in(f"inviter-{scheme}")
    context = Context(workspace_id=owner.workspace_id, user_id=owner.user_id, role=Role.OWNER, user_name="Mia Hollis")
    address = "somebody.with.a.rather.long.name@colleague.example"
    with transaction(context, url=web.database_url) as session:
        path = invitations.invite(session, context, address, Role.OPERATOR).path
    page.goto(web.origin + path)
    looks_right(page)
    page.locator("a.btn").click()
    looks_right(page)
    signed_in(web, page, f"other-{scheme}", is_proven=False)
    for each in (path, "/account/password", "/account/confirm", "/account/two-factor"):
        page.goto(web.origin + each)
        looks_right(page)
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_setting_up_two_factor_shows_the_whole_picture(web: WebServer, browser: Browser, scheme: str) -> None:
    page = open_page(browser, size=PHONE, scheme=scheme)
    signed_in(web, page, f"codes-{scheme}", is_proven=True)
    page.goto(f"{web.origin}/account/email")
    looks_right(page)
    page.goto(f"{web.origin}/account/two-factor")
    looks_right(page)
    drawn = page.locator(".gate-qr svg").evaluate("svg => [svg.getBBox().width, svg.viewBox.baseVal.width]")
    assert drawn[0] == drawn[1], "the code with its quiet edge fills the picture"
    page.fill("#code", "12345")
    page.locator("button").click()
    page.locator("[aria-invalid=true]").wait_for()
    looks_right(page)
    page.context.close()
