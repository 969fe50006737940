"""A new address takes effect when both mailboxes have confirmed it, and never somebody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rcx_app.core import clock
from tests.conftest import World
from tests.support.gate import Browser, give_password, link, mails
from tests.support.gate_fixtures import quick_and_fresh

__all__ = ["quick_and_fresh"]
NEW = "mia@new.example"


def ask(browser: Browser, old: str, new: str = NEW) -> tuple[str, str]:
    """(the old mailbox's link, the new one's)."""
    assert "Check both mailboxes" in browser.post("/account/email", email=new)
    return link(mails(old)[-1][1]), link(mails(new)[-1][1])


def confirm(browser: Browser, path: str) -> str:
    browser.get(path)
    return browser.post("/confirm-email", token=path.partition("token=")[2])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_sides_confirm(world: World, order: tuple[int, int]) -> None:
    old, browser, other = give_password(world.ours), Browser(), Browser()
    browser.sign_in(old)
    links = ask(browser, old)
    assert "Half way" in confirm(other, links[order[0]])
    assert "Half way" in confirm(other, links[order[0]]), "the same side again is still one side"
    other.sign_in(NEW)
    assert other.status == 403
    assert "From now on you sign in with mia@new.example" in confirm(other, links[order[1]])
    other.sign_in(NEW)
    assert other.identity is not None
    assert mails(old)[-1][0] == "The address of your RCX account was changed"
    confirm(other, links[0])
    assert other.status == 410


def test_an_address_in_use_is_not_taken_and_asking_does_not_tell(sqlite_world: World) -> None:
    old, taken, browser = give_password(sqlite_world.ours), give_password(sqlite_world.theirs), Browser()
    browser.sign_in(old)
    links = ask(browser, old, taken)
    confirm(browser, links[0])
    assert "in use already" in confirm(browser, links[1])
    assert browser.identity is not None
    assert browser.identity.email == old


def test_a_newer_change_and_time_end_the_older(sqlite_world: World) -> None:
    old, browser = give_password(sqlite_world.ours), Browser()
    browser.sign_in(old)
    first = ask(browser, old)
    second = ask(browser, old, "other@new.example")
    for path in first:
        confirm(browser, path)
        assert browser.status == 410
    with clock.frozen(clock.now() + timedelta(days=1)):
        confirm(browser, second[0])
    assert browser.status == 410


@pytest.mark.parametrize("address", ["", "nope", "a@x.example\r\nBcc: b@x.example", "northbeam@msp.example"])
def test_an_odd_address_is_refused(sqlite_world: World, address: str) -> None:
    old, browser = give_password(sqlite_world.ours), Browser()
    browser.sign_in(old)
    browser.post("/account/email", email=address)
    assert browser.status == 422
    assert mails() == []
