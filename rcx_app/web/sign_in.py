"""Sign-in, sign-out and one-time links: plain forms that work without JavaScript, each followed by a full page load."""

from __future__ import annotations

import asyncio
import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service
from rcx_app.domain.identity.schemas import Device, NewSession
from rcx_app.web.session import set_cookie


async def welcome(request: Request) -> Response:
    token = request.query_params.get("token", "")
    return HTMLResponse(
        f"<form method=post action='/welcome'><input type=hidden name=token value='{html.escape(token)}'><button>Sign in</button></form>"
    )


def _redeem(token: str, device: Device) -> NewSession | None:
    with transaction(None) as session:
        return service.sign_in_by_link(session, token, device)


async def use_welcome(request: Request) -> Response:
    form = await request.form()
    begun = await asyncio.to_thread(_redeem, str(form.get("token", "")), Device())
    if begun is None:
        return HTMLResponse("gone", 410)
    return RedirectResponse("/", 303, headers={"set-cookie": set_cookie(begun.token, settings().session_max_s)})


ROUTES = [
    Route("/welcome", welcome, methods=["GET"]),
    Route("/welcome", use_welcome, methods=["POST"]),
]
