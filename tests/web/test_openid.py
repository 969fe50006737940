"""Signing in with a company's account, against a provider that really answers over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from joserfc.jwk import RSAKey

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import service as identities
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid import settings as openid_settings
from rcx_app.domain.identity.openid.schemas import ProviderForm
from rcx_app.domain.identity.schemas import Device, Identity, Method
from rcx_app.domain.people import members
from rcx_app.models import IdentityLink, Membership, User
from tests.conftest import World
from tests.support.gate import Browser, give_password, mails, member
from tests.support.gate_fixtures import quick_and_fresh
from tests.support.openid import CLIENT_ID, SECRET, Provider, provider

__all__ = ["quick_and_fresh"]
TENANT = "11111111-2222-3333-4444-555555555555"
MIA = "mia@msp.example"


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("RCX_ALLOW_PRIVATE_HOSTS", "true")
    settings.cache_clear()
    calls.forget()
    with provider() as made:
        yield made


def owner_of(context: Context) -> Identity:
    with transaction(None) as session:
        user = session.get_one(User, context.user_id)
        begun = identities.begin(session, user, Device(), workspace_id=context.workspace_id, proven_at=clock.now())
    return begun.identity


def form(made: Provider, **changed: object) -> ProviderForm:
    plain = ProviderForm(
        kind="other", issuer=made.issuer, client_id=CLIENT_ID, secret=SECRET, domains="msp.example", is_enabled=True
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def set_up(context: Context, made: Provider, **changed: object) -> str:
    """The workspace's sign-in address."""
    owner = owner_of(context)
    with transaction(context) as session:
        openid_settings.save(session, context, owner, form(made, **changed))
        found = openid_settings.provider(session, context)
    assert found is not None
    return found.path


def out(browser: Browser, path: str, target: str = "/") -> str:
    """The provider's address that the browser is sent to."""
    page = browser.get(f"{path}?{urlencode({'next': target})}")
    onward = re.search(r'class="btn primary lg" href="([^"]+)"', page)
    assert onward
    browser.get(onward.group(1))
    assert browser.status == 303, browser.text
    return browser.goes_to


def back(browser: Browser, query: dict[str, str]) -> str:
    return browser.get(f"/sso/callback?{urlencode(query)}")


def sign_in(browser: Browser, made: Provider, path: str, target: str = "/") -> str:
    return back(browser, made.visit(out(browser, path, target)))


def reasons(context: Context) -> list[str]:
    """Why sign-ins were refused, as the workspace's audit log says."""
    with transaction(context, read_only=True) as session:
        found = audit.entries(session, context).items
    return [str(each.detail["reason"]) for each in found if each.tag == "account:openid:refuse"]


def test_a_member_signs_in_is_told_once_and_known_by_subject_from_then_on(world: World, company: Provider) -> None:
    member(world.ours, "mia", Role.OPERATOR)
    path, browser = set_up(world.ours, company), Browser()
    sign_in(browser, company, path, "/clients?q=1")
    assert (browser.status, browser.goes_to) == (303, "/clients?q=1")
    assert browser.identity is not None
    assert (browser.identity.email, browser.identity.role) == (MIA, Role.OPERATOR)
    assert browser.identity.method is Method.OPENID
    assert [subject for subject, _ in mails(MIA)] == ["Your company's sign-in works for Northbeam IT on RCX"]
    company.person["email"] = "mia.married@msp.example"
    again = Browser()
    sign_in(again, company, path)
    assert again.identity is not None
    assert again.identity.email == MIA
    assert len(mails(MIA)) == 1


def test_the_browser_remembers_its_company(sqlite_world: World, company: Provider) -> None:
    member(sqlite_world.ours, "mia")
    path, browser = set_up(sqlite_world.ours, company), Browser()
    assert path not in browser.get("/sign-in")
    sign_in(browser, company, path)
    browser.post("/sign-out")
    assert f'href="{path}?next=%2F"' in browser.get("/sign-in")


def test_it_opens_its_own_workspace_only_and_no_staff_rights(world: World, company: Provider) -> None:
    """Who runs a provider could else sign in as his members in other workspaces, or as an agent."""
    mia = member(world.ours, "mia")
    with transaction(None) as session:
        session.add(Membership(workspace_id=world.theirs.workspace_id, user_id=mia.user_id or 0, role="owner"))
        session.get_one(User, mia.user_id).staff = Staff.PLATFORM_ADMIN.value
    browser = Browser()
    sign_in(browser, company, set_up(world.ours, company))
    identity = browser.identity
    assert identity is not None
    assert (identity.workspace_id, identity.staff) == (world.ours.workspace_id, Staff.NONE)
    browser.post("/workspace", workspace_id=str(world.theirs.workspace_id))
    assert browser.status == 403
    for path in ("/account/email", "/account/two-factor"):
        browser.get(path)
        assert browser.goes_to.startswith("/account/confirm")


def test_strangers_are_not_let_in_nor_made_members(world: World, company: Provider) -> None:
    give_password(world.theirs)
    path = set_up(world.ours, company)
    for number, email in enumerate(("southlight@msp.example", "nobody@msp.example")):
        company.person = {"sub": f"s-{number}", "email": email, "email_verified": True}
        browser = Browser()
        assert "is not in the team of Northbeam IT" in sign_in(browser, company, path)
        assert browser.identity is None
    with transaction(world.ours, read_only=True) as session:
        assert len(members.team(session, world.ours)) == 1


def test_who_was_removed_is_out_and_his_link_is_gone(sqlite_world: World, company: Provider) -> None:
    mia = member(sqlite_world.ours, "mia")
    path, browser = set_up(sqlite_world.ours, company), Browser()
    sign_in(browser, company, path)
    with transaction(sqlite_world.ours) as session:
        members.remove(session, sqlite_world.ours, mia.user_id or 0)
        assert session.get(IdentityLink, 1) is None
    assert browser.identity is None
    sign_in(browser, company, path)
    assert browser.status == 403


def test_another_subject_with_the_same_address_is_refused(sqlite_world: World, company: Provider) -> None:
    """A mailbox that changed hands opens nothing."""
    member(sqlite_world.ours, "mia")
    path = set_up(sqlite_world.ours, company)
    sign_in(Browser(), company, path)
    company.person["sub"] = "s-2"
    browser = Browser()
    assert "signs in as you already" in sign_in(browser, company, path)
    assert browser.identity is None


def _wrong_key(made: Provider) -> None:
    made.signer = RSAKey.generate_key(2048, {"kid": made.key.kid}, private=True)


def _unsigned(made: Provider) -> None:
    made.algorithm = "none"


def _public_key_as_secret(made: Provider) -> None:
    made.algorithm = "HS256"


def _claims(**changed: object) -> Callable[[Provider], None]:
    return lambda made: made.bend(**changed)


FORGED = {
    "wrong nonce": (_claims(nonce="another"), "nonce"),
    "no nonce": (_claims(nonce=None), "nonce"),
    "wrong audience": (_claims(aud="another-client"), "aud"),
    "several audiences, another party": (_claims(aud=[CLIENT_ID, "b"], azp="b"), "azp"),
    "no audience": (_claims(aud=None), "aud"),
    "wrong issuer": (_claims(iss="https://evil.example"), "iss"),
    "expired": (_claims(exp=1), "exp"),
    "no end": (_claims(exp=None), "exp"),
    "from the future": (_claims(iat=4102444800), "in the future"),
    "no subject": (_claims(sub=None), "sub"),
    "no address": (_claims(email=None), "no_address"),
    "an address that is a list": (_claims(email=["a@msp.example"]), "no_address"),
    "address not proven": (_claims(email_verified=False), "address_not_proven"),
    "nothing said of the address": (_claims(email_verified=None), "address_not_proven"),
    "proven in words only": (_claims(email_verified="true"), "address_not_proven"),
    "another domain": (_claims(email="mia@evil.example"), "domain_not_allowed"),
    "a longer domain": (_claims(email="mia@msp.example.evil.example"), "domain_not_allowed"),
    "signed by another key": (_wrong_key, "signature"),
    "not signed": (_unsigned, "algorithm_refused"),
    "the public key as a secret": (_public_key_as_secret, "algorithm_refused"),
}


@pytest.mark.parametrize("how", sorted(FORGED))
def test_a_token_that_is_not_good_lets_nobody_in(sqlite_world: World, company: Provider, how: str) -> None:
    member(sqlite_world.ours, "mia")
    path, browser = set_up(sqlite_world.ours, company), Browser()
    bend, reason = FORGED[how]
    bend(company)
    sign_in(browser, company, path)
    assert (browser.status, browser.identity) == (403, None)
    assert reason in reasons(sqlite_world.ours)[0]


def test_state_is_good_once_in_its_own_browser_for_a_while(world: World, company: Provider) -> None:
    member(world.ours, "mia")
    path, browser, thief = set_up(world.ours, company), Browser(), Browser("203.0.113.9")
    query = company.visit(out(browser, path))
    back(thief, query)
    assert (thief.status, thief.identity) == (403, None), "another browser, as when a victim is sent to the way back"
    back(browser, query)
    assert browser.identity is None, "and then it is spent"
    query = company.visit(out(browser, path))
    back(browser, query)
    assert browser.identity is not None
    browser.post("/sign-out")
    back(browser, query)
    assert (browser.status, browser.identity) == (403, None), "a replayed code"
    for forged in ({"code": "x", "state": "forged"}, {"code": "x"}, {}):
        back(browser, forged)
        assert browser.status == 403
    query = company.visit(out(browser, path))
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        back(browser, query)
    assert browser.identity is None


def test_a_code_of_another_sign_in_is_refused_by_its_challenge(sqlite_world: World, company: Provider) -> None:
    """An injected code: PKCE ties it to the browser that asked for it."""
    member(sqlite_world.ours, "mia")
    path, browser, other = set_up(sqlite_world.ours, company), Browser(), Browser("203.0.113.9")
    mine, stolen = company.visit(out(browser, path)), company.visit(out(other, path))
    back(browser, {"state": mine["state"], "code": stolen["code"]})
    assert (browser.status, browser.identity) == (403, None)
    assert "invalid_grant" in reasons(sqlite_world.ours)[0]


def test_an_answer_of_another_provider_is_refused(sqlite_world: World, company: Provider) -> None:
    path, browser = set_up(sqlite_world.ours, company), Browser()
    back(browser, company.visit(out(browser, path)) | {"iss": "https://evil.example"})
    assert reasons(sqlite_world.ours) == ["issuer_differs"]
    back(browser, {"state": company.visit(out(browser, path))["state"], "error": "access_denied"})
    assert reasons(sqlite_world.ours)[0] == "provider_said:access_denied"


def test_rotated_keys_are_fetched_and_withdrawn_ones_forgotten(
    sqlite_world: World, company: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(sqlite_world.ours, "mia")
    path = set_up(sqlite_world.ours, company)
    sign_in(Browser(), company, path)
    old = company.key
    monkeypatch.setattr(calls, "_HURRY_S", 0.0)
    company.rotate()
    browser = Browser()
    sign_in(browser, company, path)
    assert browser.identity is not None
    assert company.calls.count("/keys") == 2
    company.signer = old
    withdrawn = Browser()
    sign_in(withdrawn, company, path)
    assert withdrawn.identity is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"tid": TENANT}, ""),
        ({"tid": TENANT, "xms_edov": True}, ""),
        ({"tid": "99999999-2222-3333-4444-555555555555"}, "other_tenant"),
        ({}, "other_tenant"),
        ({"tid": TENANT, "xms_edov": False}, "address_not_proven"),
        ({"tid": TENANT, "email": "mia@evil.example"}, "domain_not_allowed"),
    ],
)
def test_entra_leaves_email_verified_out(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], reason: str
) -> None:
    monkeypatch.setenv("RCX_ALLOW_PRIVATE_HOSTS", "true")
    settings.cache_clear()
    member(sqlite_world.ours, "mia")
    with provider(f"/{TENANT}/v2.0") as entra:
        entra.person = {"sub": "pairwise", "email": MIA, **said}
        browser = Browser()
        sign_in(browser, entra, set_up(sqlite_world.ours, entra, kind="entra"))
    assert (browser.identity is not None) is (reason == "")
    assert reasons(sqlite_world.ours) == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"hd": "msp.example", "email_verified": True}, ""),
        ({"email_verified": True}, "not_of_the_organisation"),
        ({"hd": "evil.example", "email_verified": True}, "not_of_the_organisation"),
        ({"hd": "msp.example"}, "address_not_proven"),
    ],
)
def test_google_says_whose_organisation_it_is(
    sqlite_world: World, company: Provider, said: dict[str, object], reason: str
) -> None:
    member(sqlite_world.ours, "mia")
    company.person = {"sub": "1", "email": MIA, **said}
    browser = Browser()
    sign_in(browser, company, set_up(sqlite_world.ours, company, kind="google"))
    assert (browser.identity is not None) is (reason == "")
    assert reasons(sqlite_world.ours) == ([reason] if reason else [])


def test_switched_off_or_unknown_leads_nowhere(sqlite_world: World, company: Provider) -> None:
    member(sqlite_world.ours, "mia")
    path, browser = set_up(sqlite_world.ours, company), Browser()
    query = company.visit(out(browser, path))
    set_up(sqlite_world.ours, company, is_enabled=False)
    back(browser, query)
    assert browser.identity is None
    for address in (path, f"{path}/go", "/sso/unknown", "/sso/unknown/go"):
        browser.get(address)
        assert browser.status == 404
