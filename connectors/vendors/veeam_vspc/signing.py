"""Signing in to the console by user name and password, for a token that may only read."""

from __future__ import annotations

import httpx

from connectors.http.failures import ApiFailure
from connectors.http.tokens import Token, TokenAuth


class ConsoleSignIn(TokenAuth):
    """`POST /token`, renewed by its refresh token. An account with a second factor can't be used."""

    def __init__(self, vendor: str, base: str, username: str, password: str) -> None:
        super().__init__(vendor)
        self._url = f"{base}/token"
        self._form = {"grant_type": "password", "username": username, "password": password}

    def asking(self, previous: Token | None) -> httpx.Request:
        form = self._form
        if previous is not None and previous.refresh:
            form = {"grant_type": "refresh_token", "refresh_token": previous.refresh}
        return httpx.Request(
            "POST", self._url, headers={"Accept": "application/json"}, data={**form, "readOnly": "true"}
        )

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        if not body.get("access_token") and body.get("mfa_token"):
            said = "The account asks for a second factor; use one without multi-factor authentication."
            raise ApiFailure("credentials_refused", self.vendor, detail=said)
        lifetime = body.get("expires_in")
        return Token(
            str(body["access_token"]),
            None if lifetime is None else float(lifetime),
            str(body.get("refresh_token") or ""),
        )
