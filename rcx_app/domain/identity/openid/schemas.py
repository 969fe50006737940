"""What the company sign-in hands out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rcx_app.core.errors import NotPermitted


class Kind(StrEnum):
    """Whose provider it is: what proves an address differs."""

    ENTRA = "entra"
    GOOGLE = "google"
    OTHER = "other"


class Refused(NotPermitted):
    """The provider's answer is not good enough to sign anybody in. `reason` goes to the log, the message to people."""

    def __init__(self, reason: str, message: str = "", *, remedy: str = "") -> None:
        super().__init__(
            message or "Signing in with your company's account did not work.",
            remedy=remedy or "Start again; if it keeps failing, tell an owner of your workspace.",
        )
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderForm:
    """What an owner enters. An empty `secret` keeps the one that is kept. Checked by `settings.save`."""

    kind: str
    issuer: str
    client_id: str
    secret: str
    domains: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderView:
    """A workspace's provider as it is shown: of the secret only that it is set. `path` is where its people sign in."""

    kind: Kind
    issuer: str
    client_id: str
    has_secret: bool
    domains: tuple[str, ...]
    is_enabled: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A provider with what talking to it takes. Never leaves the server."""

    workspace_id: int
    workspace_name: str
    kind: Kind
    issuer: str
    client_id: str
    secret: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What the provider's discovery document names."""

    authorize: str
    token: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A sign-in that leaves for the provider. `state` and `nonce` go into the address, `verifier` stays here."""

    state: str
    nonce: str
    verifier: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A sign-in that has come back to the browser which began it, with what it was sent out with."""

    provider: Trusted
    nonce: str
    verifier: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """Whom the provider vouches for: a subject, and an address that the rule of its kind holds for proven."""

    issuer: str
    subject: str
    email: str


Claims = dict[str, Any]
