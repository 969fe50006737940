"""What each vendor's server has in common: its hosts, its accounts, tokens, limits and the form of its errors."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

if TYPE_CHECKING:
    from connectors.sandbox.server.sandbox import Sandbox

T = TypeVar("T")


class Tokens:
    """Access tokens with a lifetime in seconds of the sandbox's clock."""

    def __init__(self, sandbox: Sandbox, lifetime_s: float) -> None:
        self._sandbox = sandbox
        self.lifetime_s = lifetime_s
        self._ends: dict[str, float] = {}
        self._number = 0

    def issue(self, lifetime_s: float | None = None) -> str:
        """A new token. It looks like none of the others."""
        self._number += 1
        token = "tok-" + blake2b(f"{id(self)}:{self._number}".encode(), digest_size=20).hexdigest()
        self._ends[token] = self._sandbox.now() + (self.lifetime_s if lifetime_s is None else lifetime_s)
        return token

    def is_good(self, token: str) -> bool:
        return self._ends.get(token, 0.0) > self._sandbox.now()

    def revoke(self) -> None:
        """No token issued so far is good any more."""
        self._ends.clear()


class VendorServer(ABC):
    """One vendor's API over the estate.

    `hosts` are patterns (`*.myconnectwise.net`); `integration` is whose accounts of the estate it serves, empty for a
    PSA; `settings` are those with which its connector gets in; `budget` is
    (requests, seconds), enforced where the sandbox says so.
    """

    id: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    integration: ClassVar[str] = ""
    budget: ClassVar[tuple[int, float] | None] = None
    token_lifetime_s: ClassVar[float] = 3600.0

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.tokens = Tokens(sandbox, self.token_lifetime_s)
        self._recent: deque[float] = deque()
        self._kept: dict[str, tuple[object, Any]] = {}

    @property
    def town(self) -> Any:
        """The living world; `town.estate`, `town.index` and the door by which it is changed."""
        return self.sandbox.town

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, str]:
        """What is entered for a connection to this vendor."""

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Paths as the vendor has them. Handlers are `async def` and do little work at a time."""

    def takes(self, request: Request, body: bytes) -> bool:  # noqa: ARG002
        """Whether a request to one of its hosts is meant for it; asked where vendors share a host (Entra's sign-in)."""
        return True

    def refused(self, request: Request) -> Response | None:  # noqa: ARG002
        """The vendor's refusal where a request is not signed in, None where it may go on."""
        return None

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        """An error in the vendor's own form and dialect (429 with or without Retry-After ...)."""
        headers = {"Retry-After": retry_after} if retry_after else {}
        return answer({"message": f"error {status}"}, status, headers)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made anew only once the estate has changed: a page costs what it shows."""
        moment, found = self._kept.get(name, (None, None))
        if moment != self.town.now:
            found = make()
            self._kept[name] = (self.town.now, found)
        return found  # type: ignore[no-any-return]

    def too_many(self) -> Response | None:
        """The vendor's refusal where its budget is used up."""
        if self.budget is None or not self.sandbox.enforces_limits:
            return None
        requests, seconds = self.budget
        now = self.sandbox.now()
        while self._recent and self._recent[0] <= now - seconds:
            self._recent.popleft()
        if len(self._recent) >= requests:
            return self.fault(429, retry_after=str(max(1, round(self._recent[0] + seconds - now))))
        self._recent.append(now)
        return None


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None, media: str = "") -> Response:
    """A JSON answer; decimals are written as numbers, moments as ISO with Z."""
    content = json.dumps(body, default=_plain, ensure_ascii=False).encode()
    return Response(content, status, dict(headers or {}), media or "application/json")


def stamp(moment: datetime | None) -> str | None:
    """A time as most vendors write it: UTC, whole seconds, Z."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def page_of(items: Sequence[T], number: int, size: int, first: int = 1) -> Sequence[T]:
    """The items of a page; pages are counted from `first`."""
    begin = (number - first) * size
    return items[begin : begin + size] if begin >= 0 else ()


def whole(request: Request, key: str, default: int) -> int:
    """A whole number from the query, the default where it is missing or none."""
    text = request.query_params.get(key, "")
    return int(text) if text.lstrip("-").isdigit() else default


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return stamp(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
