"""Events for accounting: signed, sent until they are taken, always under one id, never into private nets."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlmodel import col, select

from jobs import tasks
from jobs.runner import run_job
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotPermitted
from rcx_app.core.settings import settings
from rcx_app.domain.subscription import issuing, sending
from rcx_app.models import JobRun, PlanDelivery, PlanIssuer
from tests.conftest import World
from tests.domain.subscription.making import bought, choose, november, on, platform

SECRET = "a-secret-of-some-length"
BEGIN = datetime(2026, 11, 5, 12, tzinfo=UTC)


@dataclass
class Books:
    """An accounting system. It answers with `status`, and keeps what it was sent."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def books() -> Iterator[Books]:
    kept = Books()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.status)
            if kept.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}/rcx"
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def _inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the sandbox: addresses of this machine may be called."""
    monkeypatch.setenv("RCX_ALLOW_PRIVATE_HOSTS", "true")
    settings.cache_clear()


def aim(world: World, url: str) -> None:
    with transaction(None) as session:
        issuing.save_webhook(session, platform(world.theirs), url, SECRET)


@contextmanager
def after(minutes: float) -> Iterator[None]:
    with clock.frozen(BEGIN + timedelta(minutes=minutes)):
        yield


def send(context: Context) -> None:
    """Run the job that waits, as a worker does."""
    with transaction(None, read_only=True) as session:
        waiting = session.scalars(
            select(JobRun.id).where(JobRun.kind == "subscription.tell").where(col(JobRun.state).in_(["queued", "sent"]))
        ).all()
    for job_id in waiting:
        run_job(job_id)


def kept(context: Context) -> list[PlanDelivery]:
    with transaction(context, read_only=True) as session:
        return list(session.scalars(select(PlanDelivery).order_by(col(PlanDelivery.id))))


@pytest.mark.usefixtures("_inside")
def test_an_invoice_is_told_with_a_signature_that_its_receiver_can_check(world: World, books: Books) -> None:
    bought(world.ours, november(1))
    aim(world, books.url)
    with after(0):
        choose(world.ours, "growth")
        send(world.ours)
    assert [headers["x-rcx-event-type"] for headers, _ in books.got] == ["invoice.issued", "subscription.changed"]
    for headers, body in books.got:
        at, mark = (part.partition("=")[2] for part in headers["x-rcx-signature"].split(","))
        assert at == str(int(BEGIN.timestamp()))
        assert mark == hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert json.loads(body)["id"] == headers["x-rcx-event-id"]
    invoice = json.loads(books.got[0][1])
    assert (invoice["workspace"]["name"], invoice["invoice"]["number"]) == ("Northbeam IT", "RCX-000002")
    assert Decimal(invoice["invoice"]["due"]) == Decimal("260.00")  # 300.00 * 26 / 30
    changed = json.loads(books.got[1][1])["subscription"]
    assert (changed["step"], changed["items"][0]["plan"]) == ("change", "growth")
    assert [row.state for row in kept(world.ours)] == ["delivered", "delivered"]


@pytest.mark.usefixtures("_inside")
def test_what_is_not_taken_is_sent_again_later_and_later_then_given_up(world: World, books: Books) -> None:
    bought(world.ours, november(1))
    aim(world, books.url)
    books.status = 503
    with after(0):
        choose(world.ours, "growth")
        send(world.ours)
        first = kept(world.ours)[0]
        assert (first.state, first.tries, first.answer) == ("waiting", 1, "Answered 503")
    minutes = 0.0
    for pause in sending.BACKOFF:
        length = pause.total_seconds() / 60
        with after(minutes + length - 0.5):
            tasks.tell_accounting()
            send(world.ours)
            assert len(books.got) % 2 == 0
            before = len(books.got)
        minutes += length
        with after(minutes):
            tasks.tell_accounting()
            send(world.ours)
            assert len(books.got) == before + 2
    assert [(row.state, row.tries) for row in kept(world.ours)] == [("given_up", 8)] * 2
    assert {headers["x-rcx-event-id"] for headers, _ in books.got[::2]} == {first.event_id}
    assert len({body for _, body in books.got}) == 2  # every time the very same
    books.status = 204
    with after(minutes + 1):
        with transaction(None) as session:
            sending.try_again(session, platform(world.theirs), first.event_id)
        send(world.ours)
        with transaction(None) as session:
            assert sending.deliveries(session, platform(world.theirs))[-1].answer == "Answered 204"
            with pytest.raises(Conflict):
                sending.try_again(session, platform(world.theirs), first.event_id)
            with pytest.raises(NotPermitted):
                sending.deliveries(session, world.ours)


@pytest.mark.usefixtures("_inside")
def test_a_redirect_is_not_followed(sqlite_world: World, books: Books) -> None:
    bought(sqlite_world.ours, november(1))
    aim(sqlite_world, books.url)
    books.status = 302
    with after(0):
        choose(sqlite_world.ours, "growth")
        send(sqlite_world.ours)
    assert len(books.got) == 2
    assert kept(sqlite_world.ours)[0].answer == "Answered 302"


def test_private_networks_are_never_called(sqlite_world: World, books: Books) -> None:
    bought(sqlite_world.ours, november(1))
    with transaction(None) as session:
        session.get_one(PlanIssuer, 1).webhook_url = books.url
    with pytest.raises(Invalid):
        aim(sqlite_world, books.url)  # neither is plain http taken
    aim(sqlite_world, "https://127.0.0.1/rcx")
    with after(0):
        choose(sqlite_world.ours, "growth")
        send(sqlite_world.ours)
    found = kept(sqlite_world.ours)[0]
    assert (found.state, books.got) == ("waiting", [])
    assert "127.0.0.1" in found.answer


@pytest.mark.parametrize(
    "url",
    [
        "http://books.example/rcx",
        "https://",
        "ftp://books.example",
        "https://a:b@books.example",
        "https://x:99999/",
        "x",
    ],
)
def test_what_is_no_address_for_events_is_refused(sqlite_world: World, url: str) -> None:
    with transaction(None) as session, pytest.raises(Invalid):
        issuing.save_webhook(session, platform(sqlite_world.theirs), url, SECRET)


def test_without_an_address_nothing_is_kept_to_be_sent(world: World) -> None:
    bought(world.ours, november(1))
    with on(november(2)):
        choose(world.ours, "growth")
    assert kept(world.ours) == []


def test_the_secret_is_kept_encrypted_and_told_to_nobody(world: World) -> None:
    aim(world, "https://books.example/rcx")
    with transaction(None, read_only=True) as session:
        row = session.get_one(PlanIssuer, 1)
        assert SECRET.encode() not in row.webhook_secret
        shown = issuing.issuer(session, platform(world.theirs))
        assert issuing.target(session) == ("https://books.example/rcx", SECRET)
    assert (shown.has_secret, SECRET in repr(shown)) == (True, False)
