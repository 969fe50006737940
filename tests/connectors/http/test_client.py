"""The client's own promises, on a real server: repeated or not, how large, how fast, how long, and what leaks."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.connector import Budget, Limits
from connectors.http import budgets, client
from connectors.http.budgets import Gate
from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored, linked, numbered
from connectors.http.redact import Redactor
from connectors.wire import Patience, Stopped, Wire

Answering = Callable[[BaseHTTPRequestHandler], tuple[int, dict[str, str], bytes]]


@contextmanager
def _served(answering: Answering) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: Any) -> None:
            pass

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.body = self.rfile.read(length)
            status, headers, body = answering(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815 - names that http.server asks for

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _http(base: str, limits: Limits | None = None, **more: Any) -> Iterator[Http]:
    budgets._window.cache_clear()
    given = {name: more.pop(name) for name in list(more) if name in Wire.__dataclass_fields__}
    patience = Patience(attempts=3, first_pause_s=0.001, longest_pause_s=5, circuit_failures=50)
    wire = Wire(**{"allow_private_hosts": True, "patience": patience, "sleep": lambda _s: None, **given})
    http = Http(wire, "Vendor", base, gate=Gate(wire, "vendor", "x", limits or Limits()), **more)
    try:
        yield http
    finally:
        http.close()


def _json(value: object, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def test_a_reading_is_repeated_a_write_never() -> None:
    asked: list[str] = []

    def answering(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.command)
        return _json({"message": "overloaded"}, 503)

    with _served(answering) as base, _http(base, may_write=True) as http:
        for send, times in ((http.get, 3), (http.ask, 3)):
            asked.clear()
            with pytest.raises(ApiFailure) as failed:
                send("thing")
            assert failed.value.kind == "vendor_down"
            assert len(asked) == times
        for method in ("POST", "PUT", "PATCH"):
            asked.clear()
            with pytest.raises(ApiFailure):
                http.write(method, "thing", {"quantity": 1})
            assert asked == [method]


def test_numbers_keep_every_digit_both_ways() -> None:
    sent: list[bytes] = []

    def answering(request: Any) -> tuple[int, dict[str, str], bytes]:
        sent.append(request.body)
        return 200, {}, b'{"price": 0.1000000000000000055511151231257827, "id": 123456789012345678901234567890}'

    with _served(answering) as base, _http(base) as http:
        found = http.ask("x", {"quantity": Decimal("3"), "price": Decimal("19.90")}).row("thing")
    assert str(found.exact("price")) == "0.1000000000000000055511151231257827"
    assert found.text("id") == "123456789012345678901234567890"
    assert json.loads(sent[0]) == {"quantity": 3, "price": 19.9}


def test_an_answer_too_large_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LARGEST", 100_000)
    with (
        _served(lambda _r: (200, {}, b"[" + b"1," * 100_000 + b"1]")) as base,
        _http(base) as http,
        pytest.raises(ApiFailure) as failed,
    ):
        http.get("x")
    assert failed.value.kind == "too_large"


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def answering(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(request.path)
        return 302, {"Location": "https://evil.example/steal"}, b""

    with _served(answering) as base, _http(base) as http, pytest.raises(ApiFailure) as failed:
        http.get("x")
    assert failed.value.kind == "foreign_page"
    assert "evil.example" in failed.value.message
    assert asked == ["/x"]


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/x", "http://127.0.0.1:1/x", "https://127.0.0.1/x", "http://user@evil.example/"],
)
def test_an_address_elsewhere_is_refused_before_anything_is_sent(place: str) -> None:
    with _served(lambda _r: _json([])) as base, _http(base) as http, pytest.raises(ApiFailure) as failed:
        http.get(place)
    assert failed.value.kind == "foreign_page"


def test_budgets_are_kept_and_shared_by_account() -> None:
    """Six requests on a budget of two a second: the third waits for the window to move."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(seconds)

    limits = Limits(budgets=(Budget(requests=2, seconds=1, headroom=0),), at_once=2)
    began = time.monotonic()
    with _served(lambda _r: _json({})) as base, _http(base, limits, sleep=sleep) as http:
        assert http.gate.left() == ((2, 2, 1),)
        list(http.each(range(5), lambda number: http.get(f"{number}")))
        assert http.gate.left()[0][0] <= 1
    assert slept
    assert time.monotonic() - began >= 1.9


def test_headroom_is_left_for_other_integrations() -> None:
    wire = Wire()
    gate = Gate(wire, "vendor", "y", Limits(budgets=(Budget(requests=100, seconds=60, is_shared=True, headroom=0.4),)))
    assert gate.left()[0][1] == 60


def test_each_keeps_order_and_stops_early() -> None:
    began: list[int] = []

    def work(number: int) -> int:
        began.append(number)
        return number * 2

    with _served(lambda _r: _json({})) as base, _http(base) as http:
        assert list(http.each(range(50), work)) == [number * 2 for number in range(50)]
        began.clear()
        running = http.each(iter(range(10_000)), work)
        assert next(running) == 0
        running.close()
        assert len(began) < 100, "no more is begun than is asked for"


def test_a_cancelled_wait_ends() -> None:
    stops: list[bool] = []

    def sleep(_seconds: float) -> None:
        stops.append(True)

    wire_more: dict[str, Any] = {"sleep": sleep, "is_stopped": lambda: bool(stops)}
    with _served(lambda _r: _json({}, 503)) as base, _http(base, **wire_more) as http, pytest.raises(Stopped):
        http.get("x")


def test_what_a_vendor_echoes_is_redacted() -> None:
    secret = "s3cr3t/+Value=="
    redactor = Redactor([secret, "abc"])
    coded = base64.b64encode(secret.encode()).decode()
    assert redactor(f"key {secret} basic {coded} query s3cr3t%2F%2BValue%3D%3D abc") == (
        "key [redacted] basic [redacted] query [redacted] abc"
    )


def _pager(pages: list[list[int]], total: Callable[[int], int | None]) -> Answering:
    def answering(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        number = int(request.path.partition("page=")[2].partition("&")[0])
        rows = pages[number - 1] if number <= len(pages) else []
        return _json({"rows": [{"id": row} for row in rows], "total": total(number)})

    return answering


def _numbers(http: Http, size: int, with_total: bool) -> list[int]:
    rows = numbered(
        http,
        "list",
        lambda answer: answer.row("list").need_rows("rows"),
        noun="thing",
        size=size,
        total=(lambda answer: int(answer.row("list").need_exact("total"))) if with_total else (lambda _answer: None),
    )
    return [int(row.need("id")) for row in rows]


def test_pages_by_number_end_by_the_total_or_a_short_page() -> None:
    for pages in ([[]], [[1]], [[1, 2], [3, 4]], [[1, 2], [3, 4], []], [[1, 2], [3]]):
        flat = [row for page in pages for row in page]
        with _served(_pager(pages, lambda _n, flat=flat: len(flat))) as base, _http(base) as http:  # type: ignore[misc]
            assert _numbers(http, 2, with_total=True) == flat
            assert _numbers(http, 2, with_total=False) == flat


def test_a_total_that_is_never_reached_is_no_end() -> None:
    with _served(_pager([[1, 2], [3]], lambda _n: 9)) as base, _http(base) as http, pytest.raises(ApiFailure) as failed:
        _numbers(http, 2, with_total=True)
    assert failed.value.kind == "paging_broken"


def test_a_total_that_moves_makes_it_read_again() -> None:
    totals = iter([4, 3, 3, 3, 3, 3])
    seen: list[int] = []
    with _served(_pager([[1, 2], [3]], lambda _n: next(totals))) as base, _http(base) as http:
        seen = _numbers(http, 2, with_total=True)
    assert seen == [1, 2, 3, 1, 2, 3]


def test_links_and_cursors_that_go_in_circles_are_noticed() -> None:
    def answering(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        return _json({"rows": [{"id": request.path + str(time.monotonic_ns())}], "next": "again"})

    with _served(answering) as base, _http(base) as http:
        with pytest.raises(ApiFailure) as failed:
            list(
                linked(
                    http,
                    "list",
                    lambda answer: answer.row("list").need_rows("rows"),
                    lambda answer: f"{base}/{answer.row('list').text('next')}",
                    noun="thing",
                )
            )
        assert failed.value.kind == "paging_broken"
        with pytest.raises(ApiFailure) as failed:
            list(
                cursored(
                    http,
                    "list",
                    lambda answer: answer.row("list").need_rows("rows"),
                    lambda answer, _rows: {"cursor": answer.row("list").text("next")},
                    noun="thing",
                )
            )
        assert failed.value.kind == "paging_broken"
