"""Signing in as a service account that acts for an administrator: a signed assertion becomes a token (RFC 7523)."""

from __future__ import annotations

import time

import httpx
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors.http.failures import ApiFailure
from connectors.http.tokens import Token, TokenAuth

TOKEN = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S = 3600


class ServiceAccount(TokenAuth):
    """`key` is a PEM private key, also with its line ends written as two characters, as key files have them."""

    def __init__(self, vendor: str, email: str, key: str, admin: str, scopes: tuple[str, ...]) -> None:
        super().__init__(vendor)
        self._email, self._admin, self._scopes = email, admin, scopes
        self._key = key.replace("\\n", "\n").strip() + "\n"

    def asking(self, previous: Token | None) -> httpx.Request:
        del previous
        form = {"grant_type": _GRANT, "assertion": self._assertion()}
        return httpx.Request("POST", TOKEN, data=form, headers={"Accept": "application/json"})

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        return Token(str(body["access_token"]), float(body.get("expires_in") or _LIFETIME_S))

    def _assertion(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._email,
            "sub": self._admin,
            "scope": " ".join(self._scopes),
            "aud": TOKEN,
            "iat": now,
            "exp": now + _LIFETIME_S,
        }
        try:
            # A key with wrong numbers in it is refused by Google; proving it here would take long at each sign-in.
            key = load_pem_private_key(self._key.encode(), None, unsafe_skip_rsa_key_validation=True)
            signed = jwt.encode(claims, key, algorithm="RS256")  # type: ignore[arg-type]
        except (ValueError, TypeError, jwt.PyJWTError):
            raise ApiFailure("credentials_refused", self.vendor, detail="the private key can't be read") from None
        self.on_token(signed)
        return signed
