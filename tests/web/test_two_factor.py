"""Two-factor sign-in: set up with a picture, asked at every way in, each code once, and demanded by workspaces."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, NotPermitted
from rcx_app.domain.identity import attempts, own, service
from rcx_app.domain.people import workspace
from rcx_app.models import AuthSession, RecoveryCode, User
from tests.conftest import World
from tests.support.gate import PASSWORD, Browser, give_password, link, mails, member
from tests.support.gate_fixtures import quick_and_fresh

__all__ = ["quick_and_fresh"]
# The second half minute of nowhere in particular.
START = clock.now().replace(second=40, microsecond=0)
LATER = START + timedelta(seconds=60)


def set_up(address: str, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """(what the person's app holds, his recovery codes), with the browser signed in."""
    browser.sign_in(address)
    page = browser.get("/account/two-factor")
    assert "<svg" in page
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    app = pyotp.TOTP(found.group(1).replace(" ", ""))
    page = browser.post("/account/two-factor", code=app.at(clock.now()))
    codes = re.findall(r"<li><code>([a-z0-9-]{19})</code></li>", page)
    assert len(codes) == 10
    return app, codes


def enter(browser: Browser, code: str) -> str:
    return browser.post("/sign-in/code", **browser.hidden, code=code)


def test_after_setting_up_the_password_alone_is_not_enough(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    with clock.frozen(START):
        app, _ = set_up(address, Browser())
    browser = Browser("203.0.113.9")
    with clock.frozen(LATER):
        assert "Enter a code" in browser.sign_in(address, target="/clients")
        assert browser.identity is None
        enter(browser, "000000" if app.at(LATER) != "000000" else "111111")
        assert (browser.status, browser.identity) == (403, None)
        enter(browser, app.at(LATER))
    assert browser.goes_to == "/clients"
    assert browser.identity is not None
    assert browser.identity.has_two_factor
    assert mails(address)[0][0] == "Two-factor sign-in of your RCX account"


def test_a_code_is_good_once_for_anybody(world: World) -> None:
    """Nor is an older one good after a newer."""
    address = give_password(world.ours)
    with clock.frozen(START):
        app, _ = set_up(address, Browser())
        again = Browser("203.0.113.9")
        again.sign_in(address)
        enter(again, app.at(START))
        assert (again.status, again.identity) == (403, None), "the code that switched it on is spent"
    with clock.frozen(LATER):
        first, second = Browser("203.0.113.9"), Browser("203.0.113.10")
        for browser in (first, second):
            browser.sign_in(address)
        enter(first, app.at(LATER))
        enter(second, app.at(LATER))
        assert first.identity is not None
        assert second.identity is None
        enter(second, app.at(LATER - timedelta(seconds=30)))
        assert second.identity is None


@pytest.mark.parametrize(("seconds", "is_good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_clocks_may_differ_by_half_a_minute(sqlite_world: World, seconds: int, is_good: bool) -> None:
    address = give_password(sqlite_world.ours)
    with clock.frozen(START - timedelta(minutes=5)):
        app, _ = set_up(address, Browser())
    with clock.frozen(START):
        browser = Browser()
        browser.sign_in(address)
        enter(browser, app.at(START + timedelta(seconds=seconds)))
        assert (browser.identity is not None) is is_good


def test_a_recovery_code_works_once_and_is_kept_as_a_hash(world: World) -> None:
    address = give_password(world.ours)
    _, codes = set_up(address, Browser())
    with transaction(None, read_only=True) as session:
        kept = repr([session.get(RecoveryCode, number) for number in range(1, 11)])
        assert not any(code.replace("-", "") in kept for code in codes)
        user = repr(session.get(User, world.ours.user_id))
    assert "otpauth" not in user
    for expected in (True, False):
        browser = Browser("203.0.113.9")
        browser.sign_in(address)
        enter(browser, codes[3].upper())
        assert (browser.identity is not None) is expected


def test_new_recovery_codes_end_the_old_ones(sqlite_world: World) -> None:
    address, browser = give_password(sqlite_world.ours), Browser()
    _, old = set_up(address, browser)
    new = re.findall(r"<code>([a-z0-9-]{19})</code>", browser.post("/account/two-factor/codes"))
    assert len(new) == 10
    for code, expected in ((old[0], False), (new[0], True)):
        other = Browser("203.0.113.9")
        other.sign_in(address)
        enter(other, code)
        assert (other.identity is not None) is expected


def test_the_mailed_way_in_asks_for_the_code_too(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    with clock.frozen(START):
        app, _ = set_up(address, Browser())
    with transaction(None) as session:
        token = service.rescue_path(session, sqlite_world.ours.user_id or 0).partition("token=")[2]
    browser = Browser()
    assert "Enter a code" in browser.post("/welcome", token=token)
    assert browser.identity is None
    with clock.frozen(LATER):
        enter(browser, app.at(LATER))
    assert browser.identity is not None


def test_a_reset_password_does_not_lead_around_the_code(sqlite_world: World) -> None:
    address, browser = give_password(sqlite_world.ours), Browser()
    set_up(address, browser)
    browser.post("/forgot", email=address)
    token = link(mails(address)[-1][1]).partition("token=")[2]
    browser.post("/reset", token=token, password="nine quiet lanterns glow")
    assert "Enter a code" in browser.sign_in(address, "nine quiet lanterns glow")


def test_codes_are_not_tried_for_ever_and_the_owner_gets_in_from_where_he_was(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    with clock.frozen(START):
        app, _ = set_up(address, Browser())
    with clock.frozen(LATER):
        refused = 0
        for place in range(8):
            thief = Browser(f"192.0.2.{place}")
            thief.sign_in(address)
            hidden = thief.hidden
            for _ in range(attempts.CODES_FROM_ADDRESS.amount + 1):
                thief.post("/sign-in/code", **hidden, code="123456" if app.at(LATER) != "123456" else "654321")
                refused += thief.status == 429
        assert refused >= 8 * attempts.CODES_FROM_ADDRESS.amount + 8 - attempts.CODES.amount
        owner = Browser()
        owner.sign_in(address)
        enter(owner, app.at(LATER))
        assert owner.identity is not None


@pytest.mark.parametrize("step", ["", "made-up", "second_step:password:"])
def test_a_forged_step_leads_nowhere(sqlite_world: World, step: str) -> None:
    browser = Browser()
    browser.post("/sign-in/code", step=step, code="123456")
    assert browser.status == 410


def test_a_step_ends_after_ten_minutes(sqlite_world: World) -> None:
    address = give_password(sqlite_world.ours)
    with clock.frozen(START):
        app, _ = set_up(address, Browser())
        browser = Browser()
        browser.sign_in(address)
    later = START + timedelta(minutes=10)
    with clock.frozen(later):
        enter(browser, app.at(later))
    assert browser.status == 410


def test_a_workspace_that_asks_for_it_shuts_all_doors_until_it_is_set_up(world: World) -> None:
    member(world.ours, "mia")
    address, owner, mia = give_password(world.ours), Browser(), Browser("203.0.113.9")
    set_up(address, owner)
    mia.sign_in("mia@msp.example")
    identity = owner.identity
    assert identity is not None
    with transaction(world.ours) as session:
        workspace.require_two_factor(session, world.ours, identity, True)
    assert owner.identity is not None
    assert mia.identity is None, "who has none is out at once"
    mia.sign_in("mia@msp.example")
    assert mia.identity is None
    assert mia.half_identity is not None
    mia.get("/sign-in?next=/clients")
    assert mia.goes_to == "/account/two-factor"
    for path in ("/account/password", "/account/email"):
        mia.get(path)
        assert mia.goes_to.startswith("/sign-in")
    assert "Northbeam IT asks for two-factor" in mia.get("/account/two-factor")
    set_up("mia@msp.example", mia)
    assert mia.identity is not None
    assert "asks its people for two-factor" in mia.post("/account/two-factor/off")


def test_only_who_has_it_may_ask_it_of_others_and_only_with_a_fresh_proof(sqlite_world: World) -> None:
    address, owner = give_password(sqlite_world.ours), Browser()
    owner.sign_in(address)
    without = owner.identity
    assert without is not None
    with pytest.raises(Conflict, match="no two-factor sign-in yourself"), transaction(sqlite_world.ours) as session:
        workspace.require_two_factor(session, sqlite_world.ours, without, True)
    set_up(address, owner)
    stale = owner.identity
    assert stale is not None
    with (
        clock.frozen(clock.now() + own.PROOF_LASTS),
        transaction(sqlite_world.ours) as session,
        pytest.raises(NotPermitted, match="Confirm first"),
    ):
        workspace.require_two_factor(session, sqlite_world.ours, stale, True)


def test_what_counts_is_asked_again_after_a_while(sqlite_world: World) -> None:
    address, browser = give_password(sqlite_world.ours), Browser()
    browser.sign_in(address)
    with transaction(None) as session:
        row = session.get_one(AuthSession, browser.identity.session_id if browser.identity else 0)
        row.proven_at = clock.now() - own.PROOF_LASTS
    for path in ("/account/two-factor", "/account/email"):
        browser.get(path)
        assert browser.goes_to.startswith("/account/confirm?next=")
    browser.get(browser.goes_to)
    browser.post("/account/confirm", **browser.hidden, password="wrong wrong wrong")
    assert browser.status == 403
    browser.post("/account/confirm", next="/account/email", password=PASSWORD)
    assert browser.goes_to == "/account/email"
    assert "Both mailboxes are asked" in browser.get("/account/email")
    browser.post("/account/confirm", next="//evil.example", password=PASSWORD)
    assert browser.goes_to == "/"
