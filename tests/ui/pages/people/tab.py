"""A tab of somebody who is really signed in, at the pages of people and accounts."""

from __future__ import annotations

import asyncio
from typing import Any

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.identity import service
from rcx_app.domain.identity.schemas import Device, Identity
from rcx_app.models import User
from rcx_app.ui.caller import set_caller
from rcx_app.ui.guard import permission_of
from tests.ui.pages.integrations.tab import Tab


def begin(context: Context, user_agent: str = "", *, is_proven: bool = True) -> Identity:
    """A session of the person in the workspace."""
    with transaction(None) as session:
        user = session.get_one(User, context.user_id)
        device = Device(address="198.51.100.7", user_agent=user_agent)
        proven_at = clock.now() if is_proven else None
        begun = service.begin(session, user, device, workspace_id=context.workspace_id, proven_at=proven_at)
    return begun.identity


class SignedIn(Tab):
    """`identity` is resolved anew at each call, as the guard does."""

    def __init__(self, context: Context, identity: Identity | None = None) -> None:
        super().__init__(context)
        self.identity = identity or begin(context)

    def call(self, state: Any, handler: str, /, **payload: Any) -> Any:
        async def run() -> Any:
            with transaction(None, read_only=True) as session:
                live = service.resolve_id(session, self.identity.session_id)
            assert live is not None, "signed out"
            function = type(state).event_handlers[handler].fn
            permission = permission_of(function)
            assert permission is not None
            live.context.require(permission)
            set_caller(live, permission)
            return await function(state, **payload)

        return asyncio.run(run())
