"""Accepting an invitation: its link leads through sign-up and sign-in where they are needed, then into the team."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.domain.identity import attempts, passwords
from rcx_app.domain.identity import service as identities
from rcx_app.domain.identity.forms import FormInvalid, email_key, name_objection
from rcx_app.domain.identity.schemas import Device, Identity, NewSession
from rcx_app.domain.people import joining
from rcx_app.domain.people.rights import ROLES
from rcx_app.domain.people.schemas import Invited
from rcx_app.web import accounts
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.gate import NEW_PASSWORD, gone, plain, who, with_cookie
from rcx_app.web.html import Form, Input, page
from rcx_app.web.session import identify
from rcx_app.web.socket import close_sockets

_NAME = Input("name", "Your name", autocomplete="name", max_length=100)
_ASK_AGAIN = ("", "Ask to be invited again, or go to RCX", "/")


def look(token: str) -> Invited | None:
    """What a good invitation says."""
    with transaction(None, read_only=True) as session:
        return joining.look(session, token)


def accept(token: str, identity: Identity, device: Device) -> NewSession:
    """Join, and work in the new workspace from now on. Raises LinkGone, NotPermitted (for another address)."""
    with transaction(None) as session:
        workspace_id = joining.accept(session, token, identity.user_id)
        if workspace_id is None:
            raise accounts.LinkGone()
        return identities.switch_workspace(session, identity, workspace_id, device)


def sign_up(token: str, name: str, password: str, device: Device) -> str:
    """An account for the invited address: the address. Raises FormInvalid, LinkGone, Conflict, TooMany."""
    attempts.require(attempts.SIGN_UPS_FROM_ADDRESS, "sign-up", attempts.network(device.address))
    invited = look(token)
    if invited is None:
        raise accounts.LinkGone()
    found = {
        "name": name_objection(name, "Tell us your name."),
        "password": passwords.objection(password, email=invited.email, names=(name, invited.workspace)),
    }
    problems = {field: problem for field, problem in found.items() if problem}
    if problems:
        raise FormInvalid(problems)
    hashed = passwords.hash_password(password)
    with transaction(None) as session:
        made = joining.sign_up(session, token, name, hashed)
    if made is None:
        raise accounts.LinkGone()
    return made


@plain
async def invite(request: Request) -> Response:
    """What the link shows; only a button joins, since mail scanners open links."""
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        invited = await asyncio.to_thread(look, token)
        if invited is None:
            return gone(_ASK_AGAIN)
        identity = await identify(request.scope["headers"], half=True)
        if identity is None:
            return _welcome(token, invited)
        if email_key(identity.email) != email_key(invited.email):
            return _other(token, invited, identity)
        return page(
            f"Join {invited.workspace}",
            text=_says(invited),
            form=Form("/invite", f"Join {invited.workspace}", hidden={"token": token}),
            after=(("", "Not now", "/"),),
        )
    fields = await read_form(request)
    identity = await who(request, half=True)
    try:
        begun = await asyncio.to_thread(accept, fields.get("token", ""), identity, device_of(request))
    except accounts.LinkGone:
        return gone(_ASK_AGAIN)
    close_sockets(identity.session_id)
    return with_cookie(RedirectResponse("/", 303), begun)


def _welcome(token: str, invited: Invited) -> Response:
    """For nobody in particular: the way to sign in, or to sign up first."""
    to_sign_in, to_sign_up = _to_sign_in(token), f"/invite/sign-up?token={quote(token, safe='')}"
    if invited.has_account:
        onward = ("Sign in to join", to_sign_in)
        after: tuple[tuple[str, str, str], ...] = ()
    else:
        onward = ("Create your account", to_sign_up)
        after = (("Have an account with this address?", "Sign in to join", to_sign_in),)
    return page(f"Join {invited.workspace}", text=_says(invited), onward=onward, after=after)


def _other(token: str, invited: Invited, identity: Identity) -> Response:
    return page(
        "This invitation is for somebody else",
        text=f"You are signed in as {identity.email}. The invitation to {invited.workspace} is for {invited.email}.",
        form=Form("/sign-out", "Sign out and go on", hidden={"next": f"/invite?token={token}"}),
        after=(("", f"Stay signed in as {identity.email}", "/"),),
    )


def _to_sign_in(token: str) -> str:
    return f"/sign-in?next={quote(f'/invite?token={token}', safe='')}"


def _says(invited: Invited) -> str:
    name, does = ROLES[invited.role]
    return f"{invited.inviter} invites {invited.email} as {name.lower()}: {does[0].lower()}{does[1:]}."


@plain
async def invite_sign_up(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        invited = await asyncio.to_thread(look, token)
        return _sign_up_page(token, invited, {}) if invited else gone(_ASK_AGAIN)
    fields = await read_form(request)
    token = fields.get("token", "")
    try:
        made = await asyncio.to_thread(
            sign_up, token, fields.get("name", ""), fields.get("password", ""), device_of(request)
        )
    except accounts.LinkGone:
        return gone(_ASK_AGAIN)
    except FormInvalid as error:
        invited = await asyncio.to_thread(look, token)
        return _sign_up_page(token, invited, fields, error.by_field) if invited else gone(_ASK_AGAIN)
    except Conflict:
        return RedirectResponse(_to_sign_in(token), 303)
    return RedirectResponse(f"{_to_sign_in(token)}&email={quote(made, safe='')}", 303)


def _sign_up_page(
    token: str, invited: Invited, values: dict[str, str], problems: dict[str, str] | None = None
) -> Response:
    return page(
        "Create your account",
        text=f"For {invited.email}. Then sign in, and you are in the workspace of {invited.workspace}.",
        form=Form("/invite/sign-up", "Create account", (_NAME, NEW_PASSWORD), {"token": token}),
        values={"name": values.get("name", "")},
        problems=problems,
        status=422 if problems else 200,
    )


ROUTES = [
    Route("/invite", invite, methods=["GET", "POST"]),
    Route("/invite/sign-up", invite_sign_up, methods=["GET", "POST"]),
]
