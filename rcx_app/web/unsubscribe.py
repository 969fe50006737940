"""Ending mails by the link in them, signed out: a GET asks, a POST does it.

Mail programs post by themselves where a person clicks "unsubscribe" (RFC 8058), from nowhere and without a cookie. So
what lets a POST in is the signed token alone; the most that somebody who has it can do is end these mails.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.errors import RcxError
from rcx_app.domain.notifications import unsubscribing
from rcx_app.domain.notifications.schemas import Scope
from rcx_app.web.html import Form, page

PATH = "/unsubscribe"
_LONGEST = 300
_WHAT = {
    Scope.DIGEST: "the digests of what is new in {}",
    Scope.ALARMS: "the mails about the connections of {}",
}
_SETTINGS = ("Changed your mind?", "Choose your mails", "/settings/notifications")


async def unsubscribe(request: Request) -> Response:
    """``GET`` and ``POST /unsubscribe?token=...``."""
    token = request.query_params.get("token", "")[:_LONGEST]
    try:
        chosen = unsubscribing.read(token)
        if request.method in ("GET", "HEAD"):
            return await asyncio.to_thread(_asked, chosen, token)
        return await asyncio.to_thread(_done, chosen)
    except RcxError as error:
        return page(
            "This link does not work", error=f"{error.message} {error.remedy}".strip(), after=(_SETTINGS,), status=404
        )


def _asked(chosen: unsubscribing.Subscription, token: str) -> Response:
    with transaction(chosen.context, read_only=True) as session:
        name = unsubscribing.workspace_name(session, chosen)
    return page(
        "No more mails?",
        text=f"You will not get {_WHAT[chosen.scope].format(name)} any more. The app goes on showing what is new.",
        form=Form(f"{PATH}?token={token}", "Unsubscribe"),
        after=(("", "Choose what you are told of instead", "/settings/notifications"),),
    )


def _done(chosen: unsubscribing.Subscription) -> Response:
    with transaction(chosen.context) as session:
        name = unsubscribing.workspace_name(session, chosen)
        unsubscribing.end(session, chosen)
    return page("Done", text=f"You will not get {_WHAT[chosen.scope].format(name)} any more.", after=(_SETTINGS,))


ROUTES = [Route(PATH, unsubscribe, methods=["GET", "POST"])]
