"""Sign-up, sign-in and sign-out over HTTP, as a browser without JavaScript does it."""

from __future__ import annotations

import email
import email.policy
import itertools
import re
from collections.abc import Iterator

import httpx
import pytest

from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import service
from rcx_app.models import Membership
from tests.support.web import WebServer

PASSWORD = "tram willow basket 7"
_numbers = itertools.count()
_places = itertools.count(1)


@pytest.fixture
def browser(web: WebServer) -> Iterator[httpx.Client]:
    """A browser at an address of its own, so that tests do not use up each other's attempts."""
    place = next(_places)
    with web.http(**{"x-forwarded-for": f"198.51.100.{place}"}) as client:
        yield client


def new_address() -> str:
    return f"mia{next(_numbers)}@northbeam.example"


def mails(web: WebServer, to: str) -> list[tuple[str, str]]:
    """(subject, text) of what was sent to an address, oldest first."""
    found = []
    for path in sorted((web.var_dir / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if message["To"] == to:
            body = message.get_body()
            assert body is not None
            found.append((str(message["Subject"]), str(body.get_content())))
    return found


def link(text: str) -> str:
    found = re.search(r"http://localhost:\d+(/\S+)", text)
    assert found
    return found.group(1)


def sign_up(browser: httpx.Client, address: str, **changed: str) -> httpx.Response:
    form = {"name": "Mia Hollis", "email": address, "workspace_name": "Northbeam IT", "password": PASSWORD}
    return browser.post("/sign-up", data=form | changed)


def verify(browser: httpx.Client, web: WebServer, address: str, password: str = PASSWORD) -> httpx.Response:
    token = link(mails(web, address)[-1][1]).partition("token=")[2]
    return browser.post("/verify", data={"token": token, "password": password})


def account(browser: httpx.Client, web: WebServer) -> str:
    """The address of a proven account; the browser is signed out again."""
    address = new_address()
    sign_up(browser, address)
    assert verify(browser, web, address).status_code == 303
    assert browser.post("/sign-out", data={"x": ""}).headers["location"] == "/sign-in"
    return address


def sign_in(browser: httpx.Client, address: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return browser.post("/sign-in", data={"email": address, "password": password, "next": "/", **more})


def is_signed_in(browser: httpx.Client) -> bool:
    return browser.get("/sign-in").status_code == 303


def test_from_sign_up_to_sign_out(web: WebServer, browser: httpx.Client) -> None:
    address = new_address()
    answer = sign_up(browser, address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/check-mail?sent=1")
    assert not is_signed_in(browser)
    ((subject, text),) = mails(web, address)
    assert subject == "Confirm your address for RCX"
    assert browser.get(link(text)).status_code == 200
    answer = verify(browser, web, address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert is_signed_in(browser)
    assert browser.post("/sign-out", data={"x": ""}).status_code == 303
    assert not is_signed_in(browser)
    assert sign_in(browser, address).status_code == 303
    assert is_signed_in(browser)


def test_a_signed_out_token_is_dead_even_where_it_was_copied(web: WebServer, browser: httpx.Client) -> None:
    address = account(browser, web)
    sign_in(browser, address)
    copied = browser.cookies["rcx_session"]
    browser.post("/sign-out", data={"x": ""})
    with web.http(cookie=f"rcx_session={copied}") as thief:
        assert not is_signed_in(thief)


def test_sign_in_gives_a_new_token_and_ends_the_old_session(web: WebServer, browser: httpx.Client) -> None:
    address = account(browser, web)
    sign_in(browser, address)
    before = browser.cookies["rcx_session"]
    sign_in(browser, address)
    assert browser.cookies["rcx_session"] != before
    with web.http(cookie=f"rcx_session={before}") as old:
        assert not is_signed_in(old)


def test_before_the_address_is_proven_nobody_signs_in(web: WebServer, browser: httpx.Client) -> None:
    address = new_address()
    sign_up(browser, address)
    answer = sign_in(browser, address)
    assert answer.status_code == 403
    assert "not confirmed yet" in answer.text
    assert len(mails(web, address)) == 2
    assert "not confirmed" not in sign_in(browser, address, "wrong wrong wrong").text


def test_wrong_password_and_unknown_address_look_the_same(web: WebServer, browser: httpx.Client) -> None:
    address = account(browser, web)
    wrong = sign_in(browser, address, "wrong wrong wrong")
    unknown_address = new_address()
    unknown = sign_in(browser, unknown_address, "wrong wrong wrong")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text.replace(address, "") == unknown.text.replace(unknown_address, "")


def test_a_sign_up_with_a_known_address_looks_like_any_other(web: WebServer, browser: httpx.Client) -> None:
    address = account(browser, web)
    again, fresh = sign_up(browser, address.upper(), password="another fine phrase"), sign_up(browser, new_address())
    assert (again.status_code, again.headers["location"]) == (fresh.status_code, fresh.headers["location"])
    assert mails(web, address)[-1][0] == "You already have an RCX account"
    assert sign_in(browser, address, "another fine phrase").status_code == 403
    assert sign_in(browser, address).status_code == 303


def test_nobody_can_prepare_an_account_for_another(web: WebServer, browser: httpx.Client) -> None:
    """The link goes to the owner of the address, but only the password of that very sign-up makes it work."""
    address = new_address()
    sign_up(browser, address, password="the attackers phrase")
    attackers = link(mails(web, address)[-1][1]).partition("token=")[2]
    sign_up(browser, address)
    assert browser.post("/verify", data={"token": attackers, "password": PASSWORD}).status_code == 410
    assert verify(browser, web, address, "the attackers phrase").status_code == 403
    assert verify(browser, web, address).status_code == 303
    assert sign_in(browser, address, "the attackers phrase").status_code == 403


def test_too_many_attempts_wait_and_do_not_lock_the_owner_out(web: WebServer, browser: httpx.Client) -> None:
    address = account(browser, web)
    for _ in range(10):
        assert sign_in(browser, address, "wrong wrong wrong").status_code == 403
    answer = sign_in(browser, address)
    assert answer.status_code == 429
    assert "Too many attempts." in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 600
    with web.http(**{"x-forwarded-for": "203.0.113.9"}) as owner:
        assert sign_in(owner, address).status_code == 303


def test_wrong_fields_say_so_and_keep_what_was_entered(browser: httpx.Client) -> None:
    answer = sign_up(browser, "nope", name='Mia "<b>" Hollis', password="short", workspace_name="")
    assert answer.status_code == 422
    assert 'value="Mia &quot;&lt;b&gt;&quot; Hollis"' in answer.text
    assert 'value="nope"' in answer.text
    assert "short" not in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert re.search(r'<input id="email"[^>]*autofocus', answer.text)
    assert 'id="email-wrong"' in answer.text
    assert 'aria-describedby="password-wrong password-hint"' in answer.text


@pytest.mark.parametrize(
    ("target", "lands_on"),
    [
        ("/clients?q=a%20b&page=2", "/clients?q=a%20b&page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        ("evil.example", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
    ],
)
def test_sign_in_leads_to_places_of_this_site_only(web: WebServer, target: str, lands_on: str) -> None:
    with web.http(web.sign_in(f"next{next(_numbers)}")) as client:
        answer = client.get("/sign-in", params={"next": target})
        assert (answer.status_code, answer.headers["location"]) == (303, lands_on)
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("target", "lands_on"), [("/clients?q=1", "/clients?q=1"), ("//evil.example/", "/")])
def test_a_posted_target_is_checked_too(web: WebServer, browser: httpx.Client, target: str, lands_on: str) -> None:
    answer = sign_in(browser, account(browser, web), next=target)
    assert (answer.status_code, answer.headers["location"]) == (303, lands_on)


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-up", "/sign-out", "/check-mail", "/verify", "/welcome", "/workspace"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
def test_a_form_of_another_site_does_nothing(web: WebServer, path: str, headers: dict[str, str]) -> None:
    person = web.sign_in(f"kept{next(_numbers)}")
    with web.http(person) as client:
        answer = client.post(path, data={"x": ""}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert is_signed_in(client)


def test_the_referrer_counts_where_a_browser_sends_no_origin(web: WebServer) -> None:
    person = web.sign_in(f"kept{next(_numbers)}")
    with httpx.Client(base_url=web.origin, headers={"cookie": person.cookie}) as client:
        assert client.post("/sign-out", data={"x": ""}).status_code == 403
        referred = client.post("/sign-out", data={"x": ""}, headers={"referer": f"{web.origin}/clients"})
        assert referred.status_code == 303


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded", 422),
        (b"&".join(b"a%d=1" % number for number in range(100)), "application/x-www-form-urlencoded", 422),
        (b"{}", "application/json", 422),
        (b"", "", 422),
    ],
)
def test_an_odd_form_is_refused(browser: httpx.Client, body: bytes, kind: str, status: int) -> None:
    answer = browser.post("/sign-in", content=body, headers={"content-type": kind})
    assert answer.status_code == status


def test_a_mail_scanner_that_opens_the_link_spends_nothing(web: WebServer, browser: httpx.Client) -> None:
    address = new_address()
    sign_up(browser, address)
    path = link(mails(web, address)[-1][1])
    with web.http() as scanner:
        for _ in range(3):
            assert scanner.get(path).status_code == 200
            assert scanner.head(path).status_code == 200
    assert verify(browser, web, address).status_code == 303
    gone = browser.get(path)
    assert gone.status_code == 410
    assert "used before" in gone.text


def test_switching_workspaces(web: WebServer) -> None:
    person, other = web.sign_in(f"switch{next(_numbers)}"), web.sign_in(f"switch{next(_numbers)}")
    with web.http(person) as client:
        assert client.post("/workspace", data={"workspace_id": str(other.workspace_id)}).status_code == 404
        with transaction(None, url=web.database_url) as session:
            row = Membership(workspace_id=other.workspace_id, user_id=person.user_id, role=Role.VIEWER.value)
            session.add(row)
        for odd in ("", "x", "-1", "9" * 40):
            assert client.post("/workspace", data={"workspace_id": odd}).status_code == 404
        answer = client.post("/workspace", data={"workspace_id": str(other.workspace_id)})
        assert answer.status_code == 303
        token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    with transaction(None, url=web.database_url, read_only=True) as session:
        found = service.resolve(session, token)
        assert found is not None
        assert found.workspace_id == other.workspace_id
        assert found.role is Role.VIEWER
        assert service.resolve_id(session, person.session_id) is None


def test_an_open_socket_closes_on_sign_out(web: WebServer) -> None:
    person = web.sign_in(f"out{next(_numbers)}")
    with web.socket(person) as socket:
        assert socket.settled()
        with web.http(person) as client:
            client.post("/sign-out", data={"x": ""})
        assert socket.is_closed
