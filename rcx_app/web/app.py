"""All plain routes around the user interface's own server, in the order in which a request meets them."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Router
from starlette.types import ASGIApp

from rcx_app.web import (
    attachments,
    calendar_files,
    change_exports,
    exports,
    guides,
    health,
    invoices,
    joining,
    metrics,
    openid,
    passwords,
    proving,
    sign_in,
    staff,
    unsubscribe,
)
from rcx_app.web.audit_exports import all_noted
from rcx_app.web.documents import Documents
from rcx_app.web.files import EXPORT_ROUTE, Registrar, upload_route
from rcx_app.web.headers import SecurityHeaders
from rcx_app.web.socket import SocketGate


def wrapper(register_upload: Registrar) -> Callable[[ASGIApp], ASGIApp]:
    """What puts headers, the socket's gate and our routes before the user interface's own server, in this order."""
    routes = [
        *health.ROUTES,
        *metrics.ROUTES,
        *sign_in.ROUTES,
        *staff.ROUTES,
        *joining.ROUTES,
        *passwords.ROUTES,
        *proving.ROUTES,
        *openid.ROUTES,
        *unsubscribe.ROUTES,
        *guides.ROUTES,
        upload_route(register_upload),
        *attachments.ROUTES,
        *calendar_files.ROUTES,
        *invoices.ROUTES,
        *all_noted([*exports.ROUTES, *change_exports.ROUTES], EXPORT_ROUTE),
    ]

    def wrap(inner: ASGIApp) -> ASGIApp:
        return SecurityHeaders(SocketGate(Router(routes=routes, default=Documents(inner), redirect_slashes=False)))

    return wrap
