"""Calling services that staff use across workspaces: no workspace's fence stands around their transaction.

Such a service checks in itself that the caller is staff; this looks once more, so that none can be called by mistake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission
from rcx_app.ui.base import current_context

P = ParamSpec("P")
Result = TypeVar("Result")


async def read_across(
    service: Callable[Concatenate[Any, Context, P], Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """``service(session, context, *args)`` over all workspaces, read-only. Raises NotPermitted for all but staff."""
    return await _run(service, args, kwargs, read_only=True)


async def write_across(
    service: Callable[Concatenate[Any, Context, P], Result], /, *args: P.args, **kwargs: P.kwargs
) -> Result:
    """As `read_across`, in a transaction that writes; committed when this returns."""
    return await _run(service, args, kwargs, read_only=False)


async def _run(service: Callable[..., Result], args: Any, kwargs: Any, *, read_only: bool) -> Result:
    context = await current_context()
    context.require(Permission.AGENT)

    def work() -> Result:
        with transaction(None, read_only=read_only) as session:
            return service(session, context, *args, **kwargs)

    return await asyncio.to_thread(work)
