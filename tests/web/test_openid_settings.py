"""The company sign-in's settings: who sets them, what is refused, and that nothing private is called or told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid import settings as openid_settings
from rcx_app.domain.identity.openid.schemas import Refused
from rcx_app.models import IdentityProvider
from tests.conftest import World
from tests.support.gate import member
from tests.support.gate_fixtures import quick_and_fresh
from tests.support.openid import SECRET, Provider
from tests.web.test_openid import company, form, owner_of, set_up

__all__ = ["company", "quick_and_fresh"]


def test_private_networks_are_not_called(
    sqlite_world: World, company: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(sqlite_world.ours, company)
    asked = len(company.calls)
    monkeypatch.setenv("RCX_ALLOW_PRIVATE_HOSTS", "false")
    settings.cache_clear()
    calls.forget()
    for issuer in ("https://127.0.0.1:1", "https://[::1]", "https://169.254.169.254", company.issuer):
        with pytest.raises(Refused):
            calls.endpoints(issuer)
    assert len(company.calls) == asked


def test_a_discovery_document_of_somebody_else_is_refused(sqlite_world: World, company: Provider) -> None:
    for named in ({"issuer": "https://evil.example"}, {"token_endpoint": "ftp://x"}, {"jwks_uri": None}):
        company.named = dict(named)
        calls.forget()
        with pytest.raises(Refused):
            calls.endpoints(company.issuer)


def test_only_an_owner_with_a_fresh_proof_sets_the_provider(sqlite_world: World, company: Provider) -> None:
    admin = member(sqlite_world.ours, "ada", Role.ADMIN)
    identity = owner_of(admin)
    with pytest.raises(NotPermitted), transaction(admin) as session:
        openid_settings.save(session, admin, identity, form(company))
    stale = replace(owner_of(sqlite_world.ours), proven_at=None)
    for act in (
        lambda session: openid_settings.save(session, sqlite_world.ours, stale, form(company)),
        lambda session: openid_settings.remove(session, sqlite_world.ours, stale),
    ):
        with pytest.raises(NotPermitted, match="Confirm first"), transaction(sqlite_world.ours) as session:
            act(session)


def test_the_secret_is_encrypted_never_shown_and_kept_for_its_issuer_only(
    sqlite_world: World, company: Provider
) -> None:
    set_up(sqlite_world.ours, company)
    with transaction(sqlite_world.ours) as session:
        row = session.get_one(IdentityProvider, 1)
        assert SECRET.encode() not in row.secret
        assert SECRET not in repr(openid_settings.provider(session, sqlite_world.ours))
        assert SECRET not in repr(audit.entries(session, sqlite_world.ours).items)
    set_up(sqlite_world.ours, company, secret="", domains="msp.example, other.example")
    owner, moved = owner_of(sqlite_world.ours), form(company, secret="", issuer=company.issuer + "/other")
    with pytest.raises(Invalid, match="secret with the issuer"), transaction(sqlite_world.ours) as session:
        openid_settings.save(session, sqlite_world.ours, owner, moved)
    with transaction(sqlite_world.theirs, read_only=True) as session:
        assert openid_settings.provider(session, sqlite_world.theirs) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "x"}, "Choose whose"),
        ({"issuer": "javascript:alert(1)"}, "begins with https"),
        ({"issuer": "https://user@x.example"}, "begins with https"),
        ({"kind": "entra", "issuer": "https://login.microsoftonline.com/common/v2.0"}, "names your tenant"),
        ({"kind": "google", "issuer": "https://evil.example"}, "issuer of Google"),
        ({"client_id": ""}, "client id"),
        ({"domains": ""}, "mail domains"),
        ({"domains": "gmail.com"}, "Anybody can have"),
        ({"domains": "msp.example, x y"}, "no mail domain"),
    ],
)
def test_wrong_settings_say_so(sqlite_world: World, company: Provider, changed: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        openid_settings.check(form(company, **changed))
