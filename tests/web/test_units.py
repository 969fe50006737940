"""Origins, targets, cookies, policies and names: the small decisions behind the routes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcx_app.core.folders import safe_name
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.identity.schemas import Identity
from rcx_app.web import session
from rcx_app.web.headers import policy, script_hashes
from rcx_app.web.html import Form, Input, page
from rcx_app.web.origin import allowed_origins, is_same_origin, local_path


@pytest.fixture
def over_tls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("RCX_PUBLIC_URL", "https://rcx.msp.example/")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("over_tls")
def test_over_tls_the_cookie_is_bound_to_host_and_tls() -> None:
    assert session.set_cookie("abc", 60).startswith("__Host-rcx_session=abc; Path=/; HttpOnly; SameSite=Lax;")
    assert session.set_cookie("abc", 60).endswith("; Secure")
    assert "Domain" not in session.set_cookie("abc", 60)
    assert "wss://rcx.msp.example" in policy(())


@pytest.mark.usefixtures("over_tls")
def test_a_public_site_has_one_origin() -> None:
    assert allowed_origins() == ["https://rcx.msp.example"]
    assert is_same_origin([(b"origin", b"https://rcx.msp.example")])
    for other in (b"http://rcx.msp.example", b"https://rcx.msp.example:8443", b"https://x.rcx.msp.example"):
        assert not is_same_origin([(b"origin", other)])


def test_one_machine_answers_to_its_loopback_names() -> None:
    assert sorted(allowed_origins()) == ["http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost:3000"]


def test_without_origin_and_referrer_nobody_is_believed() -> None:
    assert not is_same_origin([])
    assert is_same_origin([(b"referer", b"http://localhost:3000/clients?x=1")])
    assert not is_same_origin([(b"referer", b"http://localhost:3000.evil.example/")])


@given(st.text(max_size=40))
def test_a_target_is_always_a_path_of_this_site(target: str) -> None:
    found = local_path(target)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert "\n" not in found


@given(st.text(max_size=300))
def test_a_file_name_has_no_folder_and_no_control_characters(name: str) -> None:
    found = safe_name(name)
    assert 0 < len(found) <= 200
    assert not set(found) & set("/\\\x00\n\r\u202e")


def test_the_token_is_found_among_other_cookies() -> None:
    assert session.token_of([(b"cookie", b"a=1; rcx_session=abc; b=2")]) == "abc"
    assert session.token_of([(b"cookie", b"rcx_session=")]) == ""
    assert session.token_of([(b"cookie", b"\xff;;=;rcx"), (b"accept", b"rcx_session=no")]) == ""


def test_a_state_belongs_to_session_and_tab() -> None:
    def identity(key: str) -> Identity:
        return Identity(
            session_id=1,
            session_key=key,
            user_id=1,
            user_name="Mia",
            email="mia@x.example",
            workspace_id=1,
            workspace_name="X",
            role=Role.OWNER,
            rotation_due=False,
        )

    names = {session.bound_token(identity(key), tab) for key in ("1.a", "2.a", "1.b") for tab in ("t", "u")}
    assert len(names) == 6
    assert session.bound_token(identity("1.a"), "t") == session.bound_token(identity("1.a"), "t")


def test_the_policy_names_inline_scripts_and_nothing_else() -> None:
    html = b'<script src="/a.js"></script><script>one()</script><SCRIPT type="module">two()</script ><p onclick="x">'
    wanted = base64.b64encode(hashlib.sha256(b"one()").digest()).decode()
    hashes = script_hashes(html)
    assert f"'sha256-{wanted}'" in hashes
    assert len(hashes) == 2
    assert wanted in policy(hashes)


def test_pages_escape_what_they_show() -> None:
    evil = '"><script>alert(1)</script>'
    form = Form("/x", evil, (Input("name", evil, hint=evil),), {"token": evil})
    shown = page(evil, text=evil, form=form, values={"name": evil}, problems={"name": evil}, error=evil)
    assert b"<script>alert" not in bytes(shown.body)
    assert bytes(shown.body).count(b"&lt;script&gt;alert") >= 7
