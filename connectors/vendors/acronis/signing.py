"""Signing in to Acronis: client credentials as Basic, a token that says when it ends instead of how long it lives."""

from __future__ import annotations

import base64
import time

import httpx

from connectors.http.tokens import Token, TokenAuth


class AcronisSignIn(TokenAuth):
    """`POST /idp/token`. The vendor's page says two hours; `expires_on` is a time in seconds since 1970."""

    def __init__(self, vendor: str, base: str, client_id: str, client_secret: str) -> None:
        super().__init__(vendor)
        self._url = f"{base}/idp/token"
        self._basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()

    def asking(self, previous: Token | None) -> httpx.Request:
        del previous
        self.on_token(self._basic)
        headers = {"Authorization": f"Basic {self._basic}", "Accept": "application/json"}
        return httpx.Request("POST", self._url, headers=headers, data={"grant_type": "client_credentials"})

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        ends = body.get("expires_on")
        return Token(str(body["access_token"]), None if ends is None else max(1.0, float(ends) - time.time()))
