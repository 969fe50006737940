"""Forgotten passwords and changing one's own: a link by mail, or the old password.

Whether an address has an account shows neither in the answer nor in the time it takes: looking and mailing happen
behind the answer.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, RcxError
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts, mails, own, passwords, service
from rcx_app.domain.identity.forms import FormInvalid, email_key, is_email
from rcx_app.domain.identity.schemas import Device, Identity
from rcx_app.domain.mail import sending
from rcx_app.web import accounts
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.gate import EMAIL, NEW_PASSWORD, PASSWORD, TO_SIGN_IN, gone, plain, said, waiting, who
from rcx_app.web.html import Form, Input, page
from rcx_app.web.mailing import behind, send_behind
from rcx_app.web.socket import close_sockets

_OLD = Input("old", "Your password now", "password", "current-password", max_length=PASSWORD.max_length)
_ANEW = ("", "Ask for a new link", "/forgot")


def forgot(email: str, device: Device) -> None:
    """Mail a link to choose another password, where there is a proven account. Raises TooMany."""
    attempts.require(attempts.RESETS_FROM_ADDRESS, "forgot", attempts.network(device.address))
    if is_email(email):
        behind(lambda: _mail_link(email, device))


def _mail_link(email: str, device: Device) -> None:
    with transaction(None, read_only=True) as session:
        account = service.find(session, email, device)
    if account is None or not account.is_verified:
        return
    if attempts.count(attempts.MAILS_TO_ADDRESS, "reset", email_key(email)):
        with transaction(None) as session:
            path = own.reset_path(session, account.user_id)
            mail_id = mails.forgot_password(session, account.email, account.name, path)
        sending.send(mail_id)


def owner(token: str) -> tuple[str, str] | None:
    with transaction(None, read_only=True) as session:
        return own.link_owner(session, token)


def reset(token: str, password: str, device: Device) -> None:
    """Choose another password by a mailed link. Raises LinkGone, FormInvalid, TooMany."""
    attempts.require(attempts.ADDRESS, "address", attempts.network(device.address))
    found = owner(token)
    if found is None:
        raise accounts.LinkGone()
    _require_fit(password, *found)
    hashed = passwords.hash_password(password)
    with transaction(None) as session:
        done = own.reset_password(session, token, hashed)
        if done is None:
            raise accounts.LinkGone()
        mail_id = mails.password_changed(session, *done)
    send_behind(mail_id)


def change(identity: Identity, old: str, password: str, device: Device) -> list[int]:
    """Another password, for whoever knows the present one. Ends the other sessions: their ids.

    Raises WrongPassword, FormInvalid, TooMany.
    """
    check_own_password(identity, old, device)
    _require_fit(password, identity.email, identity.user_name)
    hashed = passwords.hash_password(password)
    with transaction(None) as session:
        ended = own.set_password(
            session, identity.user_id, hashed, but=identity.session_id, tag="account:password:change"
        )
        own.prove(session, identity)
        mail_id = mails.password_changed(session, identity.email, identity.user_name)
    send_behind(mail_id, user_id=identity.user_id)
    return ended


def check_own_password(identity: Identity, password: str, device: Device) -> None:
    """Raises WrongPassword, TooMany: the signed-in count like anybody else."""
    with transaction(None, read_only=True) as session:
        account = service.find(session, identity.email, device)
    if account is None or account.user_id != identity.user_id:
        raise NotFound("The account")
    accounts.check_password(account, email_key(identity.email), password, device)


def _require_fit(password: str, email: str, name: str) -> None:
    problem = passwords.objection(password, email=email, names=(name,))
    if problem:
        raise FormInvalid({"password": problem})


@plain
async def forgot_page(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        if request.query_params.get("sent"):
            where = " On this machine mail is written to the console and to var/mail."
            text = "If the address has an account, a mail with a link is on its way. It works for half an hour."
            text += where if settings().mail_transport == "file" else ""
            return page("Check your mail", text=text, after=(("No mail?", "Try again", "/forgot"), TO_SIGN_IN))
        return _forgot_page()
    fields = await read_form(request)
    email = fields.get("email", "")
    if not is_email(email):
        return _forgot_page(email, "Enter your e-mail address, such as you@company.com.", status=422)
    try:
        await asyncio.to_thread(forgot, email, device_of(request))
    except RcxError as error:
        return waiting(_forgot_page(email, said(error), status=error.status), error)
    return RedirectResponse("/forgot?sent=1", 303)


def _forgot_page(email: str = "", problem: str = "", *, status: int = 200) -> Response:
    return page(
        "Forgot your password?",
        text="We mail you a link to choose another one.",
        form=Form("/forgot", "Send the link", (EMAIL,)),
        values={"email": email},
        problems={"email": problem} if problem else None,
        after=(("", "Back to sign-in", "/sign-in"),),
        status=status,
    )


@plain
async def reset_page(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        found = await asyncio.to_thread(owner, token)
        return _reset_page(token) if found else gone(_ANEW)
    fields = await read_form(request)
    token = fields.get("token", "")
    try:
        await asyncio.to_thread(reset, token, fields.get("password", ""), device_of(request))
    except accounts.LinkGone:
        return gone(_ANEW)
    except FormInvalid as error:
        return _reset_page(token, error.by_field)
    text = "Your password is changed, and all browsers are signed out."
    return page("Done", text=text, onward=("Sign in", "/sign-in"))


def _reset_page(token: str, problems: dict[str, str] | None = None) -> Response:
    return page(
        "Choose a new password",
        text="All browsers that are signed in to your account will be signed out.",
        form=Form("/reset", "Change password", (NEW_PASSWORD,), {"token": token}),
        problems=problems,
        status=422 if problems else 200,
    )


@plain
async def change_page(request: Request) -> Response:
    identity = await who(request)
    if request.method in ("GET", "HEAD"):
        return _change_page()
    fields = await read_form(request)
    try:
        ended = await asyncio.to_thread(
            change, identity, fields.get("old", ""), fields.get("password", ""), device_of(request)
        )
    except accounts.WrongPassword:
        return _change_page({"old": "This is not your password."}, status=403)
    except FormInvalid as error:
        return _change_page(error.by_field, status=422)
    except RcxError as error:
        return waiting(_change_page({"old": said(error)}, status=error.status), error)
    for session_id in ended:
        close_sockets(session_id)
    return RedirectResponse("/account?done=password", 303)


def _change_page(problems: dict[str, str] | None = None, *, status: int = 200) -> Response:
    new = Input(
        NEW_PASSWORD.name, "New password", "password", "new-password", NEW_PASSWORD.hint, NEW_PASSWORD.max_length
    )
    return page(
        "Change your password",
        text="Your other browsers will be signed out.",
        form=Form("/account/password", "Change password", (_OLD, new)),
        problems=problems,
        after=(("No password yet, or forgot it?", "Get a link by mail", "/forgot"), ("", "Back", "/account")),
        status=status,
    )


ROUTES = [
    Route("/forgot", forgot_page, methods=["GET", "POST"]),
    Route("/reset", reset_page, methods=["GET", "POST"]),
    Route("/account/password", change_page, methods=["GET", "POST"]),
]
