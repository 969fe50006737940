"""An OpenID provider on this machine: discovery, authorisation, code exchange with PKCE, keys. Strict as real ones are.

`bend` changes what its tokens say, so that a forged one comes by the same way as a good one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "rcx-client", "the client secret"


def _key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}, private=True)


class Provider:
    """`person` is who is signed in there. `calls` counts requests by path."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.key = _key("first")
        self.published = [self.key]
        self.person: dict[str, Any] = {"sub": "s-1", "email": "mia@msp.example", "email_verified": True}
        self.changed: dict[str, Any] = {}
        self.named: dict[str, Any] = {}
        self.signer: Any = None
        self.algorithm = "RS256"
        self.codes: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []
        self.issuer = ""

    def bend(self, **claims: Any) -> None:
        """Let the next tokens say something else; None leaves a claim out."""
        self.changed = claims

    def rotate(self) -> None:
        """Sign with a new key from now on, and publish that one only."""
        self.key = _key(secrets.token_hex(4))
        self.published = [self.key]

    def visit(self, address: str) -> dict[str, str]:
        """What a browser brings back that was sent to `address`: the query of the way back."""
        answer = httpx.get(address, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def answer(self, method: str, path: str, query: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.calls.append(path)
        here = self.issuer
        if path == f"{self.path}/.well-known/openid-configuration":
            found = {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "jwks_uri": f"{here}/keys",
            }
            return 200, found | self.named
        if path == f"{self.path}/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == f"{self.path}/authorize":
            code = secrets.token_urlsafe(16)
            assert query["response_type"] == "code"
            assert query["code_challenge_method"] == "S256"
            self.codes[code] = query
            return 302, {"location": f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"}
        if path == f"{self.path}/token":
            return self._token(form)
        return 404, {"error": "not_found"}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or form.get("redirect_uri") != asked["redirect_uri"]
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, SECRET)
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self._signed(asked["nonce"]), "access_token": "a", "token_type": "Bearer"}

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in (claims | self.changed).items() if value is not None}
        if self.algorithm == "none":
            parts = (json.dumps({"alg": "none", "kid": "first"}), json.dumps(claims))
            return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."
        if self.algorithm == "HS256":
            return self._with_public_key(claims)
        signer = self.signer or self.key
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, signer, algorithms=[self.algorithm])

    def _with_public_key(self, claims: dict[str, Any]) -> str:
        """The old trick: the public key, which everybody has, taken for a shared secret."""
        parts = (json.dumps({"alg": "HS256", "kid": self.key.kid}), json.dumps(claims))
        signed = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts)
        digest = hmac.new(self.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@contextmanager
def provider(path: str = "") -> Iterator[Provider]:
    """A running provider on a free port; `path` goes into its issuer."""
    made = Provider(path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._say({name: values[0] for name, values in parse_qs(body.decode()).items()})

        def _say(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, found = made.answer(self.command, parts.path, query, form)
            body = json.dumps(found).encode()
            self.send_response(status)
            if "location" in found:
                self.send_header("location", found["location"])
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.issuer = f"http://127.0.0.1:{server.server_port}{path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
