"""Ways of signing in, each an `httpx.Auth`. A token is fetched when first needed, renewed before it ends and once after
a 401; nothing of it is ever logged."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import httpx

from connectors.http.failures import Action, ApiFailure

Flow = Generator[httpx.Request, httpx.Response, None]
_EARLY_S = 60.0
_SHARE = 0.1


class HeaderAuth(httpx.Auth):
    """Fixed headers on every request (an API key, Basic, three headers of Autotask)."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.headers.update(self.headers)
        yield request


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `lifetime_s` None: it is used until it is refused. `refresh` is a refresh token, if any."""

    value: str
    lifetime_s: float | None = None
    refresh: str = ""


class TokenAuth(httpx.Auth):
    """Fetches a token and sends it; subclasses say how (`asking`, `reading`).

    Safe for threads: one of them fetches, the others wait. A refused token is thrown away and fetched once anew.
    """

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._lock = threading.RLock()
        self._token: Token | None = None
        self._renew_at = 0.0
        self.on_token: Callable[[str], None] = lambda _secret: None
        self.redact: Callable[[str], str] = str

    @abstractmethod
    def asking(self, previous: Token | None) -> httpx.Request:
        """The request for a token; `previous` is the last one (for its refresh token)."""

    @abstractmethod
    def reading(self, response: httpx.Response) -> Token:
        """The token in a successful answer. Raises ValueError where there is none."""

    def signing(self, request: httpx.Request, token: Token) -> None:
        """Put the token on a request."""
        request.headers["Authorization"] = f"Bearer {token.value}"

    def refused(self, response: httpx.Response) -> bool:
        """Whether this answer says that the token is no longer good."""
        return response.status_code == 401

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        token = yield from self._current()
        self.signing(request, token)
        response = yield request
        if self.refused(response):
            token = yield from self._anew(token)
            self.signing(request, token)
            yield request

    def _current(self) -> Generator[httpx.Request, httpx.Response, Token]:
        with self._lock:
            if self._token is None or time.monotonic() >= self._renew_at:
                yield from self._fetch()
            assert self._token is not None
            return self._token

    def _anew(self, bad: Token) -> Generator[httpx.Request, httpx.Response, Token]:
        with self._lock:
            if self._token is bad:
                yield from self._fetch()
            assert self._token is not None
            return self._token

    def _fetch(self) -> Generator[httpx.Request, httpx.Response, None]:
        previous, self._token = self._token, None
        response = yield self.asking(previous)
        response.read()
        failure = self.failure(response)
        if previous is not None and previous.refresh and failure is not None and failure.action is Action.FIX:
            # The refresh token is no good any more; the credentials themselves may be.
            response = yield self.asking(None)
            response.read()
            failure = self.failure(response)
        if failure is not None:
            raise failure
        try:
            token = self.reading(response)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ApiFailure("unexpected_shape", self.vendor, "the answer to the sign-in") from error
        if not token.value:
            raise ApiFailure("unexpected_shape", self.vendor, "the answer to the sign-in")
        self.on_token(token.value)
        self.on_token(token.refresh)
        self._token = token
        lifetime = token.lifetime_s
        early = min(_EARLY_S, (lifetime or 0) * _SHARE)
        self._renew_at = float("inf") if lifetime is None else time.monotonic() + lifetime - early

    def failure(self, response: httpx.Response) -> ApiFailure | None:
        """Why no token was given, None where one may have been."""
        status = response.status_code
        if status in (400, 401, 403):
            return ApiFailure(
                "credentials_refused", self.vendor, status=status, detail=self.redact(self.said(response))
            )
        if status == 429:
            return ApiFailure("rate_limited", self.vendor, status=status)
        return ApiFailure("vendor_down", self.vendor, status=status) if status >= 500 else None

    def said(self, response: httpx.Response) -> str:
        """The vendor's own words about a refused sign-in."""
        try:
            body = response.json()
        except ValueError:
            return ""
        if not isinstance(body, dict):
            return ""
        return str(body.get("error_description") or body.get("message") or body.get("error") or "")


class ClientCredentials(TokenAuth):
    """OAuth 2 client credentials (RFC 6749, 4.4), as form or JSON, with the extras vendors ask for."""

    def __init__(self, vendor: str, url: str, form: Mapping[str, str], *, as_json: bool = False) -> None:
        super().__init__(vendor)
        self._url = url
        self._form = {"grant_type": "client_credentials", **form}
        self._as_json = as_json

    def asking(self, previous: Token | None) -> httpx.Request:
        del previous
        body = {"json": self._form} if self._as_json else {"data": self._form}
        return httpx.Request("POST", self._url, headers={"Accept": "application/json"}, **body)  # type: ignore[arg-type]

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        lifetime = body.get("expires_in")
        return Token(str(body["access_token"]), float(lifetime) if lifetime is not None else None)
