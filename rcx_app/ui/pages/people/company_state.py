"""State of the company sign-in on the page "Security". The client secret comes with the form and stays in no state."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings as server
from rcx_app.domain.identity import own
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid import settings
from rcx_app.domain.identity.openid.schemas import Kind, ProviderForm
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import requires


class CompanyState(AppState):
    """The provider as kept, and what was wrong with the last form. `signs_in_at` is what people are told to open."""

    kind: str = Kind.ENTRA.value
    issuer: str = ""
    client_id: str = ""
    domains: str = ""
    has_secret: bool = False
    is_on: bool = False
    exists: bool = False
    comes_back_to: str = ""
    signs_in_at: str = ""
    may_change: bool = False
    wrong: str = ""
    is_removing: bool = False
    form_key: int = 0
    is_loaded: bool = False

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> None:
        self.wrong, self.is_removing = "", False
        await self._load()

    @rx.event
    @requires(Permission.OWN)
    async def save(self, form: dict[str, Any]) -> Any:
        """Ask the provider whether it is there, then keep what the form says."""
        entered = ProviderForm(
            kind=str(form.get("kind", "")),
            issuer=str(form.get("issuer", "")).strip(),
            client_id=str(form.get("client_id", "")),
            secret=str(form.get("secret", "")),
            domains=str(form.get("domains", "")),
            is_enabled=bool(form.get("is_enabled")),
        )
        try:
            identity = await current_identity()
            own.require_proof(identity)
            settings.check(entered)
            await asyncio.to_thread(calls.endpoints, entered.issuer)
            await write(_save, identity, entered)
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._load()
        return rx.toast.success("Saved. Try it in another browser before you tell your team.")

    @rx.event
    @requires(Permission.OWN)
    async def ask_to_remove(self) -> None:
        self.is_removing = True

    @rx.event
    @requires(Permission.OWN)
    async def keep(self) -> None:
        self.is_removing = False

    @rx.event
    @requires(Permission.OWN)
    async def remove(self) -> Any:
        """Forget the provider with its secret."""
        self.is_removing = False
        try:
            await write(_remove, await current_identity())
        except RcxError as error:
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        self.form_key += 1
        await self._load()
        return rx.toast.success("The company sign-in is removed.")

    async def _load(self) -> None:
        identity = await current_identity()
        found = await read(settings.provider)
        self.may_change = identity.context.allows(Permission.OWN) and own.is_proven(identity)
        self.comes_back_to = f"{server().public_url}/sso/callback"
        self.exists, self.is_on = found is not None, found is not None and found.is_enabled
        self.kind = found.kind.value if found else Kind.ENTRA.value
        self.issuer, self.client_id = (found.issuer, found.client_id) if found else ("", "")
        self.domains = ", ".join(found.domains) if found else ""
        self.has_secret = found is not None and found.has_secret
        self.signs_in_at = f"{server().public_url}{found.path}" if found else ""
        self.is_loaded = True


def _save(session: Any, context: Context, identity: Identity, form: ProviderForm) -> None:
    settings.save(session, context, identity, form)


def _remove(session: Any, context: Context, identity: Identity) -> None:
    settings.remove(session, context, identity)
