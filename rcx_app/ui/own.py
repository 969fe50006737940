"""Calling what works on one's own account, which lies across workspaces: with the identity, not with a context."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from rcx_app.core.db import transaction
from rcx_app.domain.identity.schemas import Identity
from rcx_app.ui.caller import current_identity

P = ParamSpec("P")
Result = TypeVar("Result")


async def read_own(
    service: Callable[Concatenate[Any, Identity, P], Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """``service(session, identity, *args)`` in a read-only transaction of the system, in a thread."""
    return await _run(service, args, kwargs, read_only=True)


async def write_own(
    service: Callable[Concatenate[Any, Identity, P], Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """As `read_own`, in a transaction that may write; committed when this returns."""
    return await _run(service, args, kwargs, read_only=False)


async def _run(service: Callable[..., Result], args: Any, kwargs: Any, *, read_only: bool) -> Result:
    identity = await current_identity()

    def work() -> Result:
        with transaction(None, read_only=read_only) as session:
            return service(session, identity, *args, **kwargs)

    return await asyncio.to_thread(work)
