"""Sign-up, sign-in, sign-out and one-time links: plain forms, each followed by a full page load.

A full load matters: the open socket keeps the cookie that it was opened with.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.errors import Invalid, RcxError, TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity.forms import FormInvalid
from rcx_app.domain.identity.schemas import LinkPurpose, SignUpForm
from rcx_app.web import accounts, joining, openid
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.gate import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    TO_SIGN_IN,
    TO_SIGN_UP,
    code_page,
    end_session,
    entered,
    gone,
    plain,
    query_of,
    said,
    signed_in,
    waiting,
    who,
    with_cookie,
)
from rcx_app.web.html import Form, Input, page
from rcx_app.web.origin import local_path
from rcx_app.web.session import clear_cookie, identify
from rcx_app.web.socket import close_sockets

_COMPANY = Input("workspace_name", "Company", autocomplete="organization", max_length=100)
_SIGN_UP_INPUTS = (
    Input("name", "Your name", autocomplete="name", max_length=100),
    EMAIL,
    _COMPANY,
    NEW_PASSWORD,
)
_SIGN_IN_WORDS = {"email": "e-mail address", "password": "password"}
_AGAIN = ("No mail?", "Send it again", "/check-mail")
_FORGOT = ("", "Forgot your password?", "/forgot")


@plain
async def sign_in(request: Request) -> Response:
    target = local_path(request.query_params.get("next", "/"))
    if request.method in ("GET", "HEAD"):
        identity = await identify(request.scope["headers"], half=True)
        if identity is not None:
            return RedirectResponse("/account/two-factor" if identity.must_set_up else target, 303)
        return await _sign_in_page(request, target, email=request.query_params.get("email", "")[:254])
    fields = await read_form(request)
    target, email = local_path(fields.get("next", "/")), fields.get("email", "")
    wrong = {name: f"Enter your {label}." for name, label in _SIGN_IN_WORDS.items() if not fields.get(name)}
    if wrong:
        return await _sign_in_page(request, target, email=email, problems=wrong, status=422)
    invitation = query_of(target, "/invite").get("token", "")
    try:
        outcome = await asyncio.to_thread(
            accounts.sign_in, email, fields["password"], device_of(request), invitation=invitation
        )
    except RcxError as error:
        return await _sign_in_page(request, target, email=email, error=error)
    if invitation and await asyncio.to_thread(joining.look, invitation) is None:
        target = "/"  # joined by signing in
    return await entered(request, outcome, target)


async def _sign_in_page(
    request: Request,
    target: str,
    *,
    email: str = "",
    problems: dict[str, str] | None = None,
    error: RcxError | None = None,
    status: int = 200,
) -> Response:
    invitation = query_of(target, "/invite").get("token", "")
    invited = await asyncio.to_thread(joining.look, invitation) if invitation else None
    answer = page(
        "Sign in",
        text=f"Then you can join {invited.workspace}." if invited else "",
        form=Form("/sign-in", "Sign in", (EMAIL, PASSWORD), {"next": target}),
        values={"email": email or (invited.email if invited else "")},
        problems=problems,
        error=said(error) if error else "",
        after=(_FORGOT, *openid.remembered(request, target), TO_SIGN_UP),
        status=error.status if error else status,
    )
    return waiting(answer, error)


@plain
async def sign_in_code(request: Request) -> Response:
    """The second step: a code after the password."""
    fields = await read_form(request)
    token, target = fields.get("step", ""), local_path(fields.get("next", "/"))
    try:
        begun = await asyncio.to_thread(accounts.finish, token, fields.get("code", ""), device_of(request))
    except accounts.LinkGone:
        return gone(("", "Start again", "/sign-in"))
    except RcxError as error:
        return waiting(code_page(token, target, problem=said(error), status=error.status), error)
    return await signed_in(request, begun, target)


@plain
async def sign_up(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        return await _begin_page(token) if token else _sign_up_page({})
    fields = await read_form(request)
    if fields.get("token"):
        return await _begin_workspace(request, fields)
    form = SignUpForm(**{item.name: fields.get(item.name, "") for item in _SIGN_UP_INPUTS})
    try:
        await asyncio.to_thread(accounts.sign_up, form, device_of(request))
    except FormInvalid as error:
        return _sign_up_page(fields, problems=error.by_field, status=422)
    except RcxError as error:
        return _sign_up_page(fields, error=said(error), status=error.status)
    return RedirectResponse("/check-mail?sent=1", 303)


def _sign_up_page(
    values: dict[str, str], *, problems: dict[str, str] | None = None, error: str = "", status: int = 200
) -> Response:
    return page(
        "Create an account",
        text="A workspace for your company comes with it.",
        form=Form("/sign-up", "Create account", _SIGN_UP_INPUTS),
        values=values,
        problems=problems,
        error=error,
        after=(TO_SIGN_IN,),
        status=status,
    )


async def _begin_page(token: str, values: dict[str, str] | None = None, problem: str = "") -> Response:
    """For who has an account and is in no workspace (any more)."""
    name = await asyncio.to_thread(accounts.whose_beginning, token)
    if not name:
        return gone(("", "Sign in again", "/sign-in"))
    return page(
        "You are not a member of any workspace",
        text=f"Hello {name}, ask an admin of your team to invite you, and open the link in that mail. Or begin with a "
        "workspace of your own:",
        form=Form("/sign-up", "Create a workspace", (_COMPANY,), {"token": token}),
        values=values,
        problems={_COMPANY.name: problem} if problem else None,
        after=(("", "Sign in with another account", "/sign-in"),),
        status=422 if problem else 200,
    )


async def _begin_workspace(request: Request, fields: dict[str, str]) -> Response:
    token, name = fields["token"], fields.get(_COMPANY.name, "")
    try:
        begun = await asyncio.to_thread(accounts.begin_workspace, token, name, device_of(request))
    except accounts.LinkGone:
        return gone(("", "Sign in again", "/sign-in"))
    except Invalid as error:
        return await _begin_page(token, {_COMPANY.name: name}, said(error))
    return await signed_in(request, begun, "/")


@plain
async def check_mail(request: Request) -> Response:
    if request.method == "POST":
        fields = await read_form(request)
        await asyncio.to_thread(accounts.send_again, fields.get("email", ""), device_of(request))
        return RedirectResponse("/check-mail?sent=1", 303)
    if request.query_params.get("sent"):
        where = " On this machine mail is written to the console and to var/mail."
        return page(
            "Check your mail",
            text="We have sent you a mail. Open the link in it to go on."
            + (where if settings().mail_transport == "file" else ""),
            after=(_AGAIN, TO_SIGN_IN),
        )
    return page("Send the mail again", form=Form("/check-mail", "Send", (EMAIL,)), after=(TO_SIGN_IN,))


@plain
async def verify(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        good = await asyncio.to_thread(accounts.is_good_link, token, LinkPurpose.VERIFY)
        return _verify_page(token) if good else gone(("", "Send a new one", "/check-mail"))
    fields = await read_form(request)
    token = fields.get("token", "")
    try:
        outcome = await asyncio.to_thread(accounts.verify, token, fields.get("password", ""), device_of(request))
    except accounts.LinkGone:
        return gone(("", "Send a new one", "/check-mail"))
    except accounts.WrongPassword:
        return _verify_page(token, {"password": "This is not the password of the sign-up."}, status=403)
    except TooMany as error:
        return _verify_page(token, {"password": said(error)}, status=429)
    return await entered(request, outcome, "/")


def _verify_page(token: str, problems: dict[str, str] | None = None, *, status: int = 200) -> Response:
    return page(
        "Confirm your address",
        text="Enter the password that you chose when you signed up.",
        form=Form("/verify", "Confirm and sign in", (PASSWORD,), {"token": token}),
        problems=problems,
        after=(("Did not sign up, or forgot it?", "Sign up anew", "/sign-up"),),
        status=status,
    )


@plain
async def welcome(request: Request) -> Response:
    """The link itself only shows a button: mail scanners open links, people press buttons."""
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        if not await asyncio.to_thread(accounts.is_good_link, token, LinkPurpose.SIGN_IN):
            return gone(("", "Sign in with your password", "/sign-in"))
        form = Form("/welcome", "Sign in", hidden={"token": token})
        return page("Welcome to RCX", text="This link signs you in, once.", form=form)
    fields = await read_form(request)
    try:
        outcome = await asyncio.to_thread(accounts.use_link, fields.get("token", ""), device_of(request))
    except accounts.LinkGone:
        return gone(("", "Sign in with your password", "/sign-in"))
    return await entered(request, outcome, "/")


@plain
async def sign_out(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        return page("Sign out", form=Form("/sign-out", "Sign out"), after=(("", "Back to RCX", "/"),))
    fields = await read_form(request)
    await end_session(request)
    target = local_path(fields.get("next", "/sign-in"))
    return RedirectResponse(target if target != "/" else "/sign-in", 303, headers={"set-cookie": clear_cookie()})


@plain
async def switch_workspace(request: Request) -> Response:
    fields = await read_form(request)
    identity = await who(request, half=True)
    wanted = fields.get("workspace_id", "")
    begun = await asyncio.to_thread(
        accounts.switch, identity, int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0, device_of(request)
    )
    close_sockets(identity.session_id)
    return with_cookie(RedirectResponse("/", 303), begun)


ROUTES = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/sign-in/code", sign_in_code, methods=["POST"]),
    Route("/sign-up", sign_up, methods=["GET", "POST"]),
    Route("/check-mail", check_mail, methods=["GET", "POST"]),
    Route("/verify", verify, methods=["GET", "POST"]),
    Route("/welcome", welcome, methods=["GET", "POST"]),
    Route("/sign-out", sign_out, methods=["GET", "POST"]),
    Route("/workspace", switch_workspace, methods=["POST"]),
]
