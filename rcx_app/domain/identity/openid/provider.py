"""Talking to a provider: its discovery document, its keys, and the exchange of a code. Through the guard, by TLS.

No redirect is followed, answers are bounded, and every endpoint must be reached by TLS like the issuer itself.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from connectors.http.failures import ApiFailure
from connectors.http.guard import guarded_transport
from rcx_app.core.settings import settings
from rcx_app.domain.identity.openid.schemas import Endpoints, Outgoing, Refused, Trusted

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MOST_BYTES = 512 * 1024
_TIMEOUT_S = 10.0
# Documents are read anew after this; a key that is not among them is looked for at once, but not in a hurry.
_FRESH_S = 3600.0
_HURRY_S = 10.0
_lock = threading.Lock()
_kept: dict[str, tuple[float, Any]] = {}


def endpoints(issuer: str) -> Endpoints:
    """What the issuer's discovery document names. Raises Refused where it is not to be had or not the issuer's own."""
    found = _document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    # OpenID Connect Discovery 1.0, 4.3: the issuer must be exactly the one that was asked.
    if found.get("issuer") != issuer:
        raise Refused(
            "issuer_differs",
            "The provider calls itself otherwise than its address says.",
            remedy="Enter the issuer exactly as the provider's discovery document names it.",
        )
    named = Endpoints(
        authorize=str(found.get("authorization_endpoint", "")),
        token=str(found.get("token_endpoint", "")),
        keys=str(found.get("jwks_uri", "")),
    )
    for address in (named.authorize, named.token, named.keys):
        if not is_allowed(address):
            raise Refused("endpoint_not_allowed", "The provider's discovery document is incomplete.")
    return named


def is_allowed(address: str) -> bool:
    """By TLS, with a host and without credentials. Plain only to this machine, where private hosts may be called."""
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and settings().allow_private_hosts and parts.hostname in _LOOPBACK
    )
    return is_safe and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment


def authorize_address(provider: Trusted, out: Outgoing, redirect_uri: str, *, hint: str = "") -> str:
    """Where the browser is sent: code flow with PKCE (S256), state and nonce."""
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email profile",
        "state": out.state,
        "nonce": out.nonce,
        "code_challenge": create_s256_code_challenge(out.verifier),
        "code_challenge_method": "S256",
        **({"login_hint": hint} if hint else {}),
    }
    address = endpoints(provider.issuer).authorize
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def exchange(provider: Trusted, code: str, verifier: str, redirect_uri: str) -> str:
    """The ID token that the code is good for. Raises Refused where the provider refuses it."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": provider.client_id,
        "client_secret": provider.secret,
        "code_verifier": verifier,
    }
    answer = _call("POST", endpoints(provider.issuer).token, form)
    token = answer.get("id_token")
    if not isinstance(token, str) or not token:
        raise Refused("no_id_token")
    return token


def keys(provider: Trusted, *, anew: bool = False) -> KeySet:
    """The provider's keys. `anew` reads them again, for a key that is not among the kept ones (it was rotated)."""
    found = _document(endpoints(provider.issuer).keys, anew=anew)
    try:
        # Its type says what a good answer looks like; whether this is one is what it finds out.
        return KeySet.import_key_set(found)  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused("keys_unreadable") from error


def forget() -> None:
    """Read all documents anew at their next use."""
    with _lock:
        _kept.clear()


def _document(address: str, *, anew: bool = False) -> dict[str, Any]:
    with _lock:
        at, found = _kept.get(address, (0.0, None))
    age = time.monotonic() - at
    if found is not None and age < (_HURRY_S if anew else _FRESH_S):
        kept: dict[str, Any] = found
        return kept
    fresh = _call("GET", address)
    with _lock:
        if len(_kept) > 500:
            _kept.clear()
        _kept[address] = (time.monotonic(), fresh)
    return fresh


def _call(method: str, address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    if not is_allowed(address):
        raise Refused("address_not_allowed", "The provider's address must begin with https://.")
    allow_private = settings().allow_private_hosts
    try:
        transport = guarded_transport("openid", allow_private=allow_private, connections=2)
        with (
            httpx.Client(transport=transport, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False) as client,
            client.stream(method, address, data=form, headers={"accept": "application/json"}) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise Refused("answer_too_long")
            status = answer.status_code
    except ApiFailure as error:
        raise Refused(
            "address_blocked",
            "The provider's address lies in a private network.",
            remedy="RCX calls public addresses only.",
        ) from error
    except httpx.HTTPError as error:
        raise Refused(
            f"unreachable:{type(error).__name__}", "The provider does not answer.", remedy="Try again in a few minutes."
        ) from error
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Refused("answer_not_json") from error
    if status != 200 or not isinstance(found, dict):
        told = found.get("error", "") if isinstance(found, dict) else ""
        raise Refused(f"answered_{status}:{str(told)[:60]}")
    return found
