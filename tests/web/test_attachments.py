"""Files of tickets over HTTP: what comes in, what goes out and how, and that a flood fills no disk."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.domain.support import service
from rcx_app.domain.support.schemas import NewTicket
from rcx_app.models import SupportAttachment, User
from tests.support.wait import eventually
from tests.support.web import Person, WebServer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LIMIT = 10 * 1024 * 1024
_numbers = count(1)


@pytest.fixture
def ours(web: WebServer) -> Person:
    return web.sign_in(f"asker{next(_numbers)}")


def stored(web: WebServer) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in (web.var_dir / "attachments").glob("*")}


def upload(web: WebServer, person: Person | None, name: str = "shot.png", content: bytes = PNG) -> httpx.Response:
    with web.http(person) as client:
        return client.post("/attachments", params={"name": name}, content=content)


def sent(web: WebServer, person: Person, file_id: int, *, is_private: bool = False) -> None:
    """Open a ticket with the file."""
    context = Context(workspace_id=person.workspace_id, user_id=person.user_id, role=Role.OWNER)
    form = NewTicket(subject="s", text="t", once_key="k", files=(file_id,), is_private=is_private)
    with transaction(context, url=web.database_url) as session:
        service.open_ticket(session, context, form)


def agent(web: WebServer) -> Person:
    person = web.sign_in(f"agent{next(_numbers)}", Role.VIEWER)
    with transaction(None, url=web.database_url) as session:
        session.get_one(User, person.user_id).staff = Staff.AGENT.value
    return person


def get(web: WebServer, person: Person | None, file_id: int) -> httpx.Response:
    with web.http(person) as client:
        return client.get(f"/attachments/{file_id}")


def test_a_file_is_handed_out_as_a_download_that_can_do_nothing(web: WebServer, ours: Person) -> None:
    name = 'r\u00e9sum\u00e9 "\r\n; x=<b>\u202e.png'
    answer = upload(web, ours, f"../../etc/{name}")
    assert answer.status_code == 201
    assert answer.json()["name"] == 'r\u00e9sum\u00e9 "; x=<b>.png'
    file_id = answer.json()["id"]
    sent(web, ours, file_id)
    found = get(web, ours, file_id)
    assert (found.status_code, found.content) == (200, PNG)
    assert found.headers["content-type"] == "image/png"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert found.headers["cache-control"] == "no-store"
    disposition = found.headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename=\"[\w ._-]+\"; filename\*=UTF-8''[\w.%-]+", disposition)
    with transaction(None, url=web.database_url) as session:
        row = session.scalars(select(SupportAttachment).where(SupportAttachment.id == file_id)).one()
        assert row.downloads == 1
        # Nothing of its name is on the disk, and the folder is served by nobody.
        assert re.fullmatch(r"[0-9a-f]{32}", row.stored_as)
    with web.http(ours) as client:
        for path in (f"/attachments/{row.stored_as}", f"/{row.stored_as}", f"/exports/{row.stored_as}"):
            assert client.get(path).status_code == 404


def test_only_those_who_see_the_ticket_get_its_file(web: WebServer, ours: Person) -> None:
    colleague = web.sign_in(f"colleague{next(_numbers)}", Role.APPROVER, workspace_id=ours.workspace_id)
    admin = web.sign_in(f"admin{next(_numbers)}", Role.ADMIN, workspace_id=ours.workspace_id)
    stranger, helper = web.sign_in(f"stranger{next(_numbers)}"), agent(web)
    file_id = upload(web, ours).json()["id"]
    for who in (colleague, admin, stranger, helper):
        assert get(web, who, file_id).status_code == 404
    sent(web, ours, file_id, is_private=True)
    assert [get(web, who, file_id).status_code for who in (ours, admin, helper)] == [200, 200, 200]
    assert [get(web, who, file_id).status_code for who in (colleague, stranger)] == [404, 404]
    assert get(web, None, file_id).status_code == 401
    web.revoke(ours)
    assert get(web, ours, file_id).status_code == 401


@dataclass(frozen=True)
class Refused:
    status: int
    name: str = "a.png"
    content: bytes = PNG
    origin: str = ""


@pytest.mark.parametrize(
    "case",
    [
        Refused(422, "a.png", b"<html><script>alert(1)</script>"),
        Refused(422, "a.exe", b"MZ"),
        Refused(422, "a.txt", b"MZ\x90\x00"),
        Refused(422, "a.png", b""),
        Refused(422, "", PNG),
        Refused(403, origin="https://evil.example"),
        Refused(413, content=b"x" * (LIMIT + 1)),
    ],
)
def test_what_is_refused_leaves_nothing_behind(web: WebServer, ours: Person, case: Refused) -> None:
    before = stored(web)
    headers = {"origin": case.origin} if case.origin else {}
    with web.http(ours, **headers) as client:
        answer = client.post("/attachments", params={"name": case.name}, content=case.content)
    assert answer.status_code == case.status
    assert answer.json()["error"]
    assert stored(web) == before


def test_nobody_uploads_without_a_session(web: WebServer) -> None:
    before = stored(web)
    assert upload(web, None).status_code == 401
    assert stored(web) == before


def test_ten_gigabytes_announced_are_refused_before_they_come(web: WebServer, ours: Person) -> None:
    head = (
        f"POST /attachments?name=big.png HTTP/1.1\r\nHost: {urlsplit(web.origin).netloc}\r\nOrigin: {web.origin}\r\n"
        f"Cookie: {ours.cookie}\r\nContent-Length: {10 * 1024**3}\r\n\r\n"
    )
    with _connection(web) as wire:
        wire.sendall(head.encode())
        assert wire.recv(64).startswith(b"HTTP/1.1 413")


def test_ten_gigabytes_that_just_come_end_early_and_fill_no_disk(web: WebServer, ours: Person) -> None:
    before, largest, pushed = stored(web), 0, 0
    head = (
        f"POST /attachments?name=big.png HTTP/1.1\r\nHost: {urlsplit(web.origin).netloc}\r\nOrigin: {web.origin}\r\n"
        f"Cookie: {ours.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    answer = b""
    with _connection(web) as wire:
        wire.sendall(head.encode())
        for block in _flood():
            try:
                wire.sendall(block)
            except OSError:
                break
            pushed += len(block)
            largest = max(largest, max((size for name, size in stored(web).items() if name not in before), default=0))
            wire.setblocking(False)
            try:
                answer = wire.recv(64)
            except BlockingIOError:
                continue
            except OSError:
                break
            finally:
                wire.settimeout(20)
            break
    assert pushed < 100 * 1024 * 1024
    assert largest <= LIMIT
    assert not answer or answer.startswith(b"HTTP/1.1 413")
    eventually(lambda: stored(web) == before, within_s=10)


def _flood() -> Iterator[bytes]:
    block = b"x" * (256 * 1024)
    for _ in range(10 * 1024**3 // len(block)):
        yield b"%x\r\n%s\r\n" % (len(block), block)


def _connection(web: WebServer) -> socket.socket:
    parts = urlsplit(web.origin)
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), timeout=20)
