"""Signing in to Datto RMM, and what its refusals mean: a wrong key, a missing right, too many requests, or a block."""

from __future__ import annotations

import json

import httpx

from connectors.http.failures import ApiFailure
from connectors.http.tokens import Token, TokenAuth

_CLIENT = httpx.BasicAuth("public-client", "public")
"""The same for everybody; the key and the secret go as user and password."""
_WINDOW_MOVES_S = 20.0
"""Datto names no time to wait. Its window of 60 seconds slides; four such pauses are longer than it."""
_BLOCK_S = 300.0


class PasswordGrant(TokenAuth):
    """A token for an API key and its secret; it lasts 100 hours."""

    def __init__(self, vendor: str, base: str, key: str, secret: str) -> None:
        super().__init__(vendor)
        self._url = f"{base}/auth/oauth/token"
        self._form = {"grant_type": "password", "username": key, "password": secret}

    def asking(self, previous: Token | None) -> httpx.Request:
        del previous
        request = httpx.Request("POST", self._url, data=self._form, headers={"Accept": "application/json"})
        return next(_CLIENT.auth_flow(request))

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        lifetime = body.get("expires_in")
        return Token(str(body["access_token"]), float(lifetime) if lifetime is not None else None)

    def failure(self, response: httpx.Response) -> ApiFailure | None:
        return haste(self.vendor, response.status_code, response.headers, response.content) or super().failure(response)


def haste(vendor: str, status: int, headers: httpx.Headers, content: bytes) -> ApiFailure | None:
    """The failure where Datto was asked too much; None for anything else.

    Who goes on after 429 gets 403 for five minutes, whatever he asks. That one does not come from the API, so it lacks
    the form of the API's own 403, which means a missing right.
    """
    if status == 429:
        asked = headers.get("retry-after", "")
        wait = float(asked) if asked.isdigit() else _WINDOW_MOVES_S
        return ApiFailure("rate_limited", vendor, status=status, retry_after_s=wait)
    if status == 403 and not _is_of_the_api(content):
        return ApiFailure("blocked", vendor, status=status, retry_after_s=_BLOCK_S)
    return None


def _is_of_the_api(content: bytes) -> bool:
    try:
        body = json.loads(content)
    except ValueError:
        return False
    return isinstance(body, dict) and bool(body.keys() & {"status", "error", "path"})
