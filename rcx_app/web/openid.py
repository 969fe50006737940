"""Signing in with a company's account: out to the workspace's provider and back, one attempt once, in one browser.

The way out is a link and no form: the pages' policy sends forms to this site only.
"""

from __future__ import annotations

import asyncio
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core import log
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts, mails
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid import service, tokens
from rcx_app.domain.identity.openid.schemas import Refused, Trusted
from rcx_app.domain.identity.schemas import Device, NewSession
from rcx_app.web.forms import device_of
from rcx_app.web.gate import address, code_page, end_session, plain, said
from rcx_app.web.html import page
from rcx_app.web.mailing import send_behind
from rcx_app.web.origin import local_path
from rcx_app.web.session import set_cookie

_YEAR_S = 365 * 86400


def redirect_uri() -> str:
    """What is entered at the provider as the place to come back to."""
    return f"{settings().public_url}/sso/callback"


def remembered(request: Request, target: str) -> tuple[tuple[str, str, str], ...]:
    """The link to the company sign-in that this browser used last, for the sign-in page."""
    key = _cookie(request, "rcx_company")
    if not key or not key.replace("-", "").replace("_", "").isalnum():
        return ()
    return (("", "Sign in with your company's account", f"/sso/{key}?next={quote(target, safe='')}"),)


@plain
async def begin(request: Request) -> Response:
    """The workspace's own sign-in address."""
    key, target = request.path_params["key"], local_path(request.query_params.get("next", "/"))
    provider = await asyncio.to_thread(_trusted, key)
    if provider is None:
        return _nothing_here()
    return page(
        f"Sign in to {provider.workspace_name}",
        text="With your company's account.",
        onward=("Go on to your company's sign-in", f"/sso/{key}/go?next={quote(target, safe='')}"),
        after=(("", "Sign in with a password instead", "/sign-in"),),
    )


@plain
async def go(request: Request) -> Response:
    key, target = request.path_params["key"], local_path(request.query_params.get("next", "/"))
    try:
        found = await asyncio.to_thread(_go, key, target, device_of(request))
    except Refused as error:
        return _refused(error, key)
    if found is None:
        return _nothing_here()
    where, browser = found
    answer = RedirectResponse(where, 303, headers={"cache-control": "no-store"})
    answer.headers.append("set-cookie", _baked("rcx_company", key, _YEAR_S))
    answer.headers.append("set-cookie", _baked(_browser_cookie(), browser, int(service.LIFETIME.total_seconds())))
    return answer


@plain
async def come_back(request: Request) -> Response:
    """Where the provider sends the browser: with a code, or with an error."""
    query, device = request.query_params, device_of(request)
    try:
        arrived, target = await asyncio.to_thread(
            _arrive,
            {name: query.get(name, "") for name in ("state", "code", "error", "iss")},
            _cookie(request, _browser_cookie()),
            device,
        )
    except Refused as error:
        return _refused(error)
    if not isinstance(arrived.entered, NewSession):
        answer = code_page(arrived.entered.token, target)
    else:
        await end_session(request)
        answer = RedirectResponse(address(target), 303)
        answer.headers.append("set-cookie", set_cookie(arrived.entered.token, settings().session_max_s))
    answer.headers.append("set-cookie", _baked(_browser_cookie(), "", 0))
    return answer


def _trusted(key: str) -> Trusted | None:
    with transaction(None, read_only=True) as session:
        return service.trusted(session, key)


def _go(key: str, target: str, device: Device) -> tuple[str, str] | None:
    attempts.require(attempts.ADDRESS, "address", attempts.network(device.address))
    provider = _trusted(key)
    if provider is None:
        return None
    with transaction(None) as session:
        out = service.go(session, provider, target)
    return calls.authorize_address(provider, out, redirect_uri()), out.browser


def _arrive(query: dict[str, str], browser: str, device: Device) -> tuple[service.Arrived, str]:
    attempts.require(attempts.ADDRESS, "address", attempts.network(device.address))
    # The attempt is spent whatever comes of it, so it is committed before the provider is asked.
    with transaction(None) as session:
        spent = service.take(session, query["state"])
    with transaction(None, read_only=True) as session:
        returned = service.come_back(session, spent, browser)
    provider = returned.provider
    try:
        if query["iss"] and query["iss"] != provider.issuer:
            raise Refused("issuer_differs")
        if query["error"] or not query["code"]:
            raise Refused(f"provider_said:{query['error'][:60]}")
        token = calls.exchange(provider, query["code"], returned.verifier, redirect_uri())
        who = tokens.vouched(provider, token, returned.nonce)
        with transaction(None) as session:
            arrived = service.arrive(session, provider, who, device)
            mail_id = _tell(session, arrived, provider) if arrived.is_first else None
    except Refused as error:
        with transaction(None) as session:
            service.note_refusal(session, provider.workspace_id, error.reason, device)
        raise
    if mail_id is not None:
        send_behind(mail_id)
    return arrived, returned.target


def _tell(session: Session, arrived: service.Arrived, provider: Trusted) -> int:
    return mails.linked(session, arrived.email, arrived.name, provider.workspace_name, provider.issuer)


def _refused(error: Refused, key: str = "") -> Response:
    log.get("openid").warning("sign_in_refused", reason=error.reason)
    again = (("", "Start again", f"/sso/{key}"),) if key else ()
    return page(
        "You are not in this team yet" if error.reason == service.NO_MEMBER else "That did not work",
        error=said(error),
        after=(*again, ("", "Sign in with a password instead", "/sign-in")),
        status=error.status,
    )


def _nothing_here() -> Response:
    return page(
        "No company sign-in here",
        text="This address belongs to no workspace, or its company sign-in is switched off.",
        after=(("", "Sign in with a password", "/sign-in"),),
        status=404,
    )


def _browser_cookie() -> str:
    return "__Host-rcx_sso" if settings().is_secure else "rcx_sso"


def _baked(name: str, value: str, max_age_s: int) -> str:
    secure = "; Secure" if settings().is_secure else ""
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}"


def _cookie(request: Request, name: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


ROUTES = [
    Route("/sso/callback", come_back, methods=["GET"]),
    Route("/sso/{key}", begin, methods=["GET"]),
    Route("/sso/{key}/go", go, methods=["GET"]),
]
