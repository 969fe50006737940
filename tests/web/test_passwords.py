"""Forgotten and changed passwords: nobody learns who has an account, a link works once, and all other doors close."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.domain.identity import attempts, service
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.models import User
from rcx_app.web import mailing, passwords
from tests.conftest import World
from tests.support.gate import ANOTHER, PASSWORD, Browser, give_password, link, mails
from tests.support.gate_fixtures import quick_and_fresh

__all__ = ["quick_and_fresh"]


def reset_link(address: str, browser: Browser) -> str:
    browser.post("/forgot", email=address)
    assert browser.goes_to == "/forgot?sent=1"
    return link(mails(address)[-1][1])


def test_a_forgotten_password_is_chosen_anew(world: World) -> None:
    address = give_password(world.ours)
    elsewhere, browser = Browser("203.0.113.9"), Browser()
    elsewhere.sign_in(address)
    path = reset_link(address, browser)
    assert "Choose a new password" in browser.get(path)
    browser.post("/reset", **browser.hidden, password=ANOTHER)
    assert "Your password is changed" in browser.text
    assert elsewhere.identity is None, "all sessions end"
    assert mails(address)[-1][0] == "Your RCX password was changed"
    browser.sign_in(address)
    assert browser.status == 403
    browser.sign_in(address, ANOTHER)
    assert browser.identity is not None


def test_the_link_works_once_for_half_an_hour_and_only_the_newest(world: World) -> None:
    address, browser = give_password(world.ours), Browser()
    older, newer = reset_link(address, browser), reset_link(address, browser)
    browser.get(older)
    assert browser.status == 410
    with clock.frozen(clock.now() + timedelta(minutes=30)):
        browser.get(newer)
        assert browser.status == 410
    token = newer.partition("token=")[2]
    browser.post("/reset", token=token, password="short")
    assert browser.status == 422, "a refused password spends nothing"
    browser.post("/reset", token=token, password=ANOTHER)
    assert browser.status == 200
    browser.post("/reset", token=token, password=PASSWORD)
    assert browser.status == 410
    browser.post("/reset", token="made-up", password=PASSWORD)
    assert browser.status == 410


def test_nobody_learns_whether_an_address_has_an_account(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers are equal, and given before anybody has looked: the looking waits behind them."""
    address, browser, behind = give_password(sqlite_world.ours), Browser(), []
    monkeypatch.setattr(passwords, "behind", lambda send, **_: behind.append(send))
    answers = set()
    for each in (address, "nobody@nowhere.example"):
        text = browser.post("/forgot", email=each)
        answers.add((browser.status, browser.goes_to, text))
    assert len(answers) == 1
    assert len(behind) == 2
    assert mails() == []
    for send in behind:
        send()
    assert [subject for subject, _ in mails()] == ["Choose a new password for RCX"]


def test_an_address_that_was_never_proven_gets_no_link(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    with transaction(None) as session:
        session.get_one(User, sqlite_world.ours.user_id).email_verified_at = None
    Browser().post("/forgot", email=address)
    assert mails() == []


def test_a_mailbox_is_not_flooded(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    for place in range(8):
        Browser(f"192.0.2.{place}").post("/forgot", email=address)
    mailing.wait_for_mails()
    assert len(mails(address)) == attempts.MAILS_TO_ADDRESS.amount


def test_changing_asks_for_the_present_one_and_ends_the_other_sessions(world: World) -> None:
    address = give_password(world.ours)
    here, elsewhere = Browser(), Browser("203.0.113.9")
    here.sign_in(address)
    elsewhere.sign_in(address)
    with transaction(None) as session:
        rescue = service.rescue_path(session, world.ours.user_id or 0).partition("token=")[2]
    here.post("/account/password", old="wrong wrong wrong", password=ANOTHER)
    assert (here.status, "not your password" in here.text) == (403, True)
    here.post("/account/password", old=PASSWORD, password="password1234")
    assert (here.status, "easy to guess" in here.text) == (422, True)
    assert elsewhere.identity is not None
    here.post("/account/password", old=PASSWORD, password=ANOTHER)
    assert here.goes_to == "/account?done=password"
    assert here.identity is not None
    assert elsewhere.identity is None
    with transaction(None, read_only=True) as session:
        assert not service.is_good(session, rescue, LinkPurpose.SIGN_IN), "links from before are dead"
    assert mails(address)[-1][0] == "Your RCX password was changed"


def test_an_open_browser_does_not_try_passwords_for_ever(sqlite_world: World) -> None:
    address, here = give_password(sqlite_world.ours), Browser()
    here.sign_in(address)
    for _ in range(attempts.ACCOUNT_FROM_ADDRESS.amount):
        here.post("/account/password", old="wrong wrong wrong", password=ANOTHER)
    here.post("/account/password", old=PASSWORD, password=ANOTHER)
    assert here.status == 429
    assert here.identity is not None


def test_without_a_session_the_pages_lead_to_sign_in(sqlite_world: World) -> None:
    browser = Browser()
    for path in ("/account/password", "/account/two-factor", "/account/email", "/account/confirm"):
        browser.get(path)
        assert (browser.status, browser.goes_to) == (303, f"/sign-in?next={path.replace('/', '%2F')}")
