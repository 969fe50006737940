"""What every answer carries, what is open to whom, and files in and out."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import httpx
import pytest
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.models import AuditEvent, ImportFile
from tests.support.web import Person, WebServer

_numbers = itertools.count()
ROWS = b"id,name\n1,Acme\n"


def somebody(web: WebServer, role: Role = Role.OWNER) -> Person:
    return web.sign_in(f"route{next(_numbers)}", role)


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/healthz", "/no-such-file.js", "/_upload/x", "/exports/x.csv", "/ping"]
)
def test_every_answer_is_fenced(web: WebServer, path: str) -> None:
    with web.http() as client:
        headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "strict-transport-security" not in headers, "only where people come over TLS"


def test_no_other_origin_may_read_answers(web: WebServer) -> None:
    with web.http(somebody(web)) as client:
        headers = client.get("/sign-out", headers={"origin": "https://evil.example"}).headers
        assert "access-control-allow-origin" not in headers
        asked = client.options(
            "/files", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
        )
        assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize("path", ["/", "/clients", "/billing/7?tab=seats", "/index.html", "/%2e%2e/etc/passwd"])
def test_pages_are_for_the_signed_in(web: WebServer, path: str) -> None:
    with web.http() as client:
        answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_the_way_back_is_kept(web: WebServer) -> None:
    with web.http() as client:
        assert client.get("/billing/7?tab=seats&q=a b").headers["location"] == (
            "/sign-in?next=%2Fbilling%2F7%3Ftab%3Dseats%26q%3Da%2520b"
        )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pages_take_no_other_methods(web: WebServer, method: str) -> None:
    with web.http(somebody(web)) as client:
        assert client.request(method, "/clients", content=b"x").status_code == 404


def test_life_and_readiness(web: WebServer) -> None:
    with web.http() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


def test_an_upload_is_stored_under_another_name_and_noted(web: WebServer) -> None:
    person = somebody(web)
    with web.http(person) as client:
        answer = client.post("/files", params={"name": "../../etc/Ninja export\x00.csv"}, content=ROWS)
    assert answer.status_code == 201
    assert answer.json()["name"] == "Ninja export.csv"
    assert answer.json()["size"] == len(ROWS)
    with transaction(None, url=web.database_url, read_only=True) as session:
        row = session.scalars(select(ImportFile).where(ImportFile.id == answer.json()["id"])).one()
        assert row.workspace_id == person.workspace_id
        assert row.uploaded_by == person.user_id
        assert row.sha256 == hashlib.sha256(ROWS).hexdigest()
        stored = web.var_dir / "uploads" / row.stored_as
    assert stored.read_bytes() == ROWS
    assert "Ninja" not in stored.name


def stored_files(web: WebServer) -> set[str]:
    return {path.name for path in (web.var_dir / "uploads").glob("*")}


def refuse(web: WebServer, person: Person | None, status: int, **request: object) -> dict[str, str]:
    before = stored_files(web)
    with web.http(person) as client:
        answer = client.post("/files", **({"params": {"name": "x.csv"}, "content": ROWS} | request))  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert stored_files(web) == before
    body: dict[str, str] = answer.json()
    assert body["error"]
    return body


def test_who_may_not_import_may_not_upload(web: WebServer) -> None:
    refuse(web, None, 401)
    assert "Your role (viewer)" in refuse(web, somebody(web, Role.VIEWER), 403)["error"]
    refuse(web, somebody(web), 403, headers={"origin": "https://evil.example"})
    refuse(web, somebody(web), 403, headers={"sec-fetch-site": "cross-site"})


def test_an_empty_file_is_refused(web: WebServer) -> None:
    assert refuse(web, somebody(web), 422, content=b"")["error"] == "The file is empty."


def test_a_file_over_the_limit_is_refused_by_its_announced_and_by_its_real_size(web: WebServer) -> None:
    person = somebody(web)
    refuse(web, person, 413, content=b"x" * (web.upload_limit + 1))

    def endless() -> Iterator[bytes]:
        for _ in range(web.upload_limit // 65536 + 2):
            yield b"x" * 65536

    assert "larger than" in refuse(web, person, 413, content=endless())["error"]


def test_of_a_broken_upload_nothing_stays(web: WebServer) -> None:
    from tests.support.wait import eventually

    before, person = stored_files(web), somebody(web)

    def breaks() -> Iterator[bytes]:
        yield b"x" * 200_000
        raise ConnectionAbortedError

    with web.http(person) as client, pytest.raises(ConnectionAbortedError):
        client.post("/files", params={"name": "x.csv"}, content=breaks())
    eventually(lambda: stored_files(web) == before, within_s=10)


def test_an_export_is_for_its_workspace(web: WebServer) -> None:
    ours, theirs = somebody(web), somebody(web)
    folder = web.var_dir / "exports" / str(ours.workspace_id)
    folder.mkdir(parents=True)
    (folder / "pack.csv").write_text("client,amount\n")
    (web.var_dir / "exports" / "outside.csv").write_text("secret")
    with web.http(ours) as client:
        answer = client.get("/exports/pack.csv")
        assert (answer.status_code, answer.text) == (200, "client,amount\n")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["cache-control"] == "no-store"
        for name in ("..%2Foutside.csv", "%2e%2e%2foutside.csv", "..\\outside.csv", ".hidden", "none.csv", "a%00.csv"):
            assert client.get(f"/exports/{name}").status_code == 404
    with web.http(theirs) as client:
        assert client.get("/exports/pack.csv").status_code == 404
    with web.http() as client:
        assert client.get("/exports/pack.csv").status_code == 401


def test_signing_in_and_out_is_in_the_trail(web: WebServer) -> None:
    person = somebody(web)
    with web.http(person) as client:
        client.post("/sign-out", data={"x": ""})
    with transaction(None, url=web.database_url, read_only=True) as session:
        tags = session.scalars(select(AuditEvent.tag).where(AuditEvent.user_id == person.user_id)).all()
    assert "account:sign_out" in tags


def test_a_token_that_is_due_rotates_with_the_next_page(web: WebServer) -> None:
    person = somebody(web)
    web.age(person, minutes=31)
    with web.http() as client:
        first = client.get("/clients", headers={"cookie": person.cookie})
        fresh = first.headers["set-cookie"].partition(";")[0]
        assert fresh != person.cookie
        again = client.get("/clients", headers={"cookie": person.cookie})
        assert "set-cookie" not in again.headers, "a request that was under way still works, and drops nothing"
        assert again.status_code != 303
        assert client.get("/clients", headers={"cookie": fresh}).status_code != 303


def test_no_session_cookie_is_believed_under_another_name(web: WebServer) -> None:
    token = somebody(web).cookie.partition("=")[2]
    with httpx.Client(base_url=web.origin) as client:
        for name in ("session", "__Host-rcx_session", "RCX_SESSION", "token"):
            assert client.get("/", headers={"cookie": f"{name}={token}"}).status_code == 303
