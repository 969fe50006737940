"""The HTTP client of all connectors: one request from budget to answer, and what is done when it fails."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import pybreaker
import tenacity

from connectors.http.budgets import Gate
from connectors.http.failures import Action, ApiFailure
from connectors.http.guard import SandboxTransport, guarded_transport
from connectors.http.redact import Redactor
from connectors.http.rows import Row
from connectors.http.telling import kind_of, retry_after, sentence
from connectors.http.tokens import TokenAuth
from connectors.wire import Wire

T = TypeVar("T")
R = TypeVar("R")
Json = dict[str, Any] | list[Any] | str | int | bool | Decimal | None
_LARGEST = 64 * 1024 * 1024
_HOST_FAULTS = frozenset({"vendor_down", "timed_out", "unreachable", "cut_off"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers, the whole body, and where it came from."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: str
    vendor: str
    wire: Wire
    _parsed: list[Json] = field(default_factory=list, repr=False)

    def json(self) -> Json:
        """The body as JSON with exact numbers. Raises ApiFailure (not_json)."""
        if not self._parsed:
            try:
                found = json.loads(self.content, parse_float=Decimal, parse_constant=_no_number)
            except (ValueError, RecursionError) as error:
                kind = self.headers.get("content-type", "an unknown kind")
                raise ApiFailure("not_json", self.vendor, detail=f"{kind}, {len(self.content)} bytes") from error
            self._parsed.append(found)
        return self._parsed[0]

    @property
    def at(self) -> datetime | None:
        """The vendor's own clock as it answered (RFC 9110, 6.6.1), None where it does not tell."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            return None

    def row(self, noun: str) -> Row:
        """The body as one object. Raises ApiFailure where it is none."""
        return Row(self.json(), noun, self.vendor, self.wire)

    def rows(self, noun: str) -> list[Row]:
        """The body as a list of objects. Raises ApiFailure where it is none."""
        found = self.json()
        if not isinstance(found, list):
            raise ApiFailure("unexpected_shape", self.vendor, f"{noun} is no list")
        return [Row(each, noun, self.vendor, self.wire) for each in found]


Explain = Callable[[Answer, str], ApiFailure | None]


class Http:
    """Requests to one API of one connection. Safe for threads.

    `base` is the address that paths are appended to; full addresses are taken only on its host or one of `hosts`.
    `explain` sees every answer first and may turn it into a failure (errors inside 200, vendors' own error bodies);
    its second argument is the privilege that the request needs. `authority` is the certificate (PEM) of a server that
    signs its own.
    """

    def __init__(
        self,
        wire: Wire,
        vendor: str,
        base: str,
        *,
        gate: Gate,
        auth: httpx.Auth | None = None,
        secrets: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
        hosts: Iterable[str] = (),
        explain: Explain = lambda _answer, _needs: None,
        at_once: int = 4,
        authority: str = "",
    ) -> None:
        self.wire, self.vendor, self.gate, self.at_once = wire, vendor, gate, at_once
        self.redact = Redactor(secrets)
        self._base = httpx.URL(base.rstrip("/") + "/")
        self._origins = {_origin(self._base), *(_origin(httpx.URL(host)) for host in hosts)}
        self._explain = explain
        if isinstance(auth, TokenAuth):
            auth.on_token, auth.redact = self.redact.learn, self.redact
        patience = wire.patience
        transport: httpx.BaseTransport = (
            SandboxTransport(wire.sandbox_url, connections=at_once + 2)
            if wire.sandbox_url
            else guarded_transport(
                vendor, allow_private=wire.allow_private_hosts, connections=at_once + 2, authority=authority
            )
        )
        self._client = httpx.Client(
            auth=auth,
            transport=transport,
            headers={"User-Agent": "RCX/1 (billing reconciliation)", "Accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(patience.answer_s, connect=patience.connect_s, pool=None),
            follow_redirects=False,
            trust_env=False,
        )
        self._circuit_storage = pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
        self._circuit: Any = pybreaker.CircuitBreaker(
            fail_max=patience.circuit_failures,
            reset_timeout=patience.circuit_rest_s,
            exclude=[lambda error: not (isinstance(error, ApiFailure) and error.kind in _HOST_FAULTS)],
            throw_new_error_on_trip=False,
            state_storage=self._circuit_storage,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, needs: str = "", **more: Any) -> Answer:
        """Read. `needs` names the privilege that a refusal is about."""
        return self.send("GET", path, params=params, needs=needs, **more)

    def ask(self, path: str, body: Any = None, *, needs: str = "", **more: Any) -> Answer:
        """Read by POST, for APIs that take their questions so. It is repeated like any reading."""
        return self.send("POST", path, json=body, needs=needs, is_reading=True, **more)

    def write(self, method: str, path: str, body: Any = None, *, needs: str = "", **more: Any) -> Answer:
        """Change something. Sent once, never repeated. Raises ApiFailure("read_only") where that is switched off."""
        return self.send(method, path, json=body, needs=needs, is_reading=False, **more)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        needs: str = "",
        is_reading: bool = True,
        is_repeatable: bool = True,
    ) -> Answer:
        """One request. Raises ApiFailure. Only readings are repeated, and only where waiting may help.

        `is_repeatable` False: not even then, since the vendor moves on with each question (a cursor of its own).
        """
        if not is_reading and not self.wire.may_write:
            raise ApiFailure("read_only", self.vendor)
        url = self.url(path)
        content = None if json is None else _dumped(json)
        sent = dict(headers or {})
        if content is not None:
            sent.setdefault("Content-Type", "application/json")

        def once() -> Answer:
            query = {key: value for key, value in (params or {}).items() if value is not None}
            request = self._client.build_request(
                method, url, params=query or None, content=content, data=data, headers=sent
            )
            return self._once(request, needs, is_reading)

        return self._repeated(once) if is_reading and is_repeatable else once()

    @property
    def origins(self) -> frozenset[tuple[str, str, int]]:
        """Scheme, host and port of everything that may be called."""
        return frozenset(self._origins)

    def url(self, path: str) -> httpx.URL:
        """The address of a path, or a full address that the vendor named. Raises ApiFailure("foreign_page")."""
        url = httpx.URL(path) if "://" in path else self._base.join(path.lstrip("/"))
        if _origin(url) not in self._origins:
            raise ApiFailure("foreign_page", self.vendor, url.host or path)
        return url

    def admit(self, address: str) -> None:
        """Take full addresses on this host too. For hosts that a vendor names at run time and its connector checked."""
        self._origins = self._origins | {_origin(httpx.URL(address))}

    def each(self, items: Iterable[T], work: Callable[[T], R], *, at_once: int | None = None) -> Iterator[R]:
        """`work` for every item, several at once, results in order; no more items are taken than are under way."""
        width = max(1, at_once or self.at_once)
        waiting: list[Future[R]] = []
        with ThreadPoolExecutor(width, thread_name_prefix=f"rcx-{self.vendor}") as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= width * 2:
                        yield waiting.pop(0).result()
                while waiting:
                    yield waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()

    def close(self) -> None:
        self._client.close()

    # --- one attempt

    def _repeated(self, once: Callable[[], Answer]) -> Answer:
        patience = self.wire.patience
        jitter = tenacity.wait_random_exponential(multiplier=patience.first_pause_s, max=patience.longest_pause_s)

        def pause(state: tenacity.RetryCallState) -> float:
            failure = state.outcome.exception() if state.outcome else None
            asked = failure.retry_after_s if isinstance(failure, ApiFailure) else None
            return jitter(state) if asked is None else asked + jitter(state) / 10

        def is_worth_it(error: BaseException) -> bool:
            if not isinstance(error, ApiFailure) or error.action is not Action.RETRY:
                return False
            if error.kind in ("circuit_open", "cursor_expired", "paging_broken"):
                return False
            return (error.retry_after_s or 0) <= patience.longest_pause_s

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(patience.attempts),
            wait=pause,
            retry=tenacity.retry_if_exception(is_worth_it),
            sleep=self.wire.pause,
            reraise=True,
        )
        return retrying(once)

    def _once(self, request: httpx.Request, needs: str, is_reading: bool) -> Answer:
        began = time.monotonic()
        outcome = "ok"
        try:
            return self._through_circuit(request, needs, is_reading)
        except ApiFailure as failure:
            outcome = failure.kind
            raise
        finally:
            took = round((time.monotonic() - began) * 1000)
            fields = {"method": request.method, "host": request.url.host, "path": self.redact(request.url.path)}
            self.wire.observe("vendor_request", {**fields, "outcome": outcome, "ms": took})

    def _through_circuit(self, request: httpx.Request, needs: str, is_reading: bool) -> Answer:
        # The breaker holds a lock around what it calls: it hears of requests, or they would go one at a time.
        if self._is_resting():
            raise ApiFailure("circuit_open", self.vendor)
        try:
            answer = self._sent(request, needs, is_reading)
        except ApiFailure as failure:
            self._heard(failure)
            raise
        self._heard(None)
        return answer

    def _is_resting(self) -> bool:
        opened_at = self._circuit_storage.opened_at
        rest = timedelta(seconds=self.wire.patience.circuit_rest_s)
        is_open = self._circuit_storage.state == pybreaker.STATE_OPEN
        return is_open and opened_at is not None and datetime.now(UTC) < opened_at + rest

    def _heard(self, failure: ApiFailure | None) -> None:
        """Tell the breaker how a request ended."""

        def outcome() -> None:
            if failure is not None:
                raise failure

        with contextlib.suppress(ApiFailure, pybreaker.CircuitBreakerError):
            self._circuit.call(outcome)

    def _sent(self, request: httpx.Request, needs: str, is_reading: bool) -> Answer:
        try:
            with self.gate.request():
                answer = self._received(request)
        except ApiFailure as refused:
            self._heed(refused)
            raise
        failure = self._explain(answer, needs)
        if failure is None and 200 <= answer.status < 300:
            if is_reading:
                answer.json()
            return answer
        failure = failure or self._by_status(answer, needs)
        if failure.retry_after_s is None and failure.action is Action.RETRY:
            failure.retry_after_s = retry_after(answer.headers)
        self._heed(failure)
        raise failure

    def _received(self, request: httpx.Request) -> Answer:
        host = request.url.host
        try:
            response = self._client.send(request, stream=True)
            try:
                content = self._body(response)
            finally:
                response.close()
        except httpx.TimeoutException:
            raise ApiFailure("timed_out", self.vendor, host) from None
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError):
            raise ApiFailure("cut_off", self.vendor, host) from None
        except httpx.DecodingError:
            raise ApiFailure("not_json", self.vendor, detail="a body whose coding is broken") from None
        except httpx.ConnectError as error:
            kind = "certificate_refused" if "certificate" in str(error).lower() else "unreachable"
            raise ApiFailure(kind, self.vendor, host) from None
        except httpx.HTTPError as error:
            raise ApiFailure("unreachable", self.vendor, host, detail=self.redact(type(error).__name__)) from None
        return Answer(response.status_code, response.headers, content, str(response.url), self.vendor, self.wire)

    def _body(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > _LARGEST:
                raise ApiFailure("too_large", self.vendor)
            parts.append(part)
        return b"".join(parts)

    def _by_status(self, answer: Answer, needs: str) -> ApiFailure:
        said = self.redact(vendor_words(answer))
        if 300 <= answer.status < 400:
            target = httpx.URL(answer.headers.get("location", "")).host or "elsewhere"
            return ApiFailure("foreign_page", self.vendor, target, status=answer.status)
        kind = kind_of(answer.status)
        what = needs if kind == "privilege_missing" else httpx.URL(answer.url).path
        if kind == "privilege_missing" and not needs:
            what = f"the right to read {httpx.URL(answer.url).path}"
        return ApiFailure(kind, self.vendor, what, detail=said, status=answer.status)

    def _heed(self, failure: ApiFailure) -> None:
        """Take out secrets that a vendor may have echoed, and leave him alone where he asks for it."""
        failure.detail = self.redact(failure.detail)
        failure.message = self.redact(failure.message)
        failure.args = (self.redact(str(failure)),)
        if failure.kind in ("rate_limited", "budget_spent", "blocked") and failure.retry_after_s:
            self.gate.rest(min(failure.retry_after_s, self.wire.patience.longest_pause_s))


def vendor_words(answer: Answer) -> str:
    """What the vendor says about an error: the first sentence found where such bodies keep it."""
    try:
        body = json.loads(answer.content[:65536])
    except (ValueError, RecursionError):
        return ""
    return sentence(body)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme, 0)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, default=_number, ensure_ascii=False, separators=(",", ":")).encode()


def _number(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
