"""All plain routes around the user interface's own server, in the order in which a request meets them."""

from __future__ import annotations

from starlette.routing import Router
from starlette.types import ASGIApp

from rcx_app.web import health, sign_in
from rcx_app.web.documents import Documents
from rcx_app.web.headers import SecurityHeaders
from rcx_app.web.socket import SocketGate


def wrap(inner: ASGIApp) -> ASGIApp:
    """Headers, then the socket's gate, then our routes, then what is left to `inner`."""
    routes = Router(routes=[*health.ROUTES, *sign_in.ROUTES], default=Documents(inner), redirect_slashes=False)
    return SecurityHeaders(SocketGate(routes))
