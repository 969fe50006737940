"""Sign-up, sign-in, sign-out and one-time links: plain forms, each followed by a full page load.

A full load matters: the open socket keeps the cookie that it was opened with.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.errors import NotSignedIn, RcxError, TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity.forms import FormInvalid
from rcx_app.domain.identity.passwords import MAX_LENGTH, MIN_LENGTH
from rcx_app.domain.identity.schemas import LinkPurpose, NewSession, SignUpForm
from rcx_app.web import accounts
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.html import Form, Input, page
from rcx_app.web.origin import local_path
from rcx_app.web.session import clear_cookie, identify, set_cookie
from rcx_app.web.socket import close_sockets

Endpoint = Callable[[Request], Awaitable[Response]]

_EMAIL = Input("email", "Work e-mail", "email", "username")
_PASSWORD = Input("password", "Password", "password", "current-password", max_length=MAX_LENGTH)
_SIGN_UP_INPUTS = (
    Input("name", "Your name", autocomplete="name", max_length=100),
    Input("email", "Work e-mail", "email", "username"),
    Input("workspace_name", "Company", autocomplete="organization", max_length=100),
    Input(
        "password",
        "Password",
        "password",
        "new-password",
        f"At least {MIN_LENGTH} characters. A few unrelated words are best.",
        MAX_LENGTH,
    ),
)
_TO_SIGN_UP = ("New to RCX?", "Create an account", "/sign-up")
_TO_SIGN_IN = ("Already have an account?", "Sign in", "/sign-in")
_SIGN_IN_WORDS = {"email": "e-mail address", "password": "password"}
_AGAIN = ("No mail?", "Send it again", "/check-mail")


def _plain(endpoint: Endpoint) -> Endpoint:
    """Errors that no form took up become a page of their own."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RcxError as error:
            text = f"{error.message} {error.remedy}".strip()
            return page(
                "That did not work", error=text, after=(("", "Go to sign-in", "/sign-in"),), status=error.status
            )

    return answer


@_plain
async def sign_in(request: Request) -> Response:
    target = local_path(request.query_params.get("next", "/"))
    if request.method in ("GET", "HEAD"):
        if await identify(request.scope["headers"]) is not None:
            return RedirectResponse(target, 303)
        return _sign_in_page(target)
    fields = await read_form(request)
    target, email = local_path(fields.get("next", "/")), fields.get("email", "")
    wrong = {name: f"Enter your {label}." for name, label in _SIGN_IN_WORDS.items() if not fields.get(name)}
    if wrong:
        return _sign_in_page(target, email=email, problems=wrong, status=422)
    try:
        begun = await asyncio.to_thread(accounts.sign_in, email, fields["password"], device_of(request))
    except RcxError as error:
        return _sign_in_page(target, email=email, error=error)
    return await _signed_in(request, begun, target)


def _sign_in_page(
    target: str,
    *,
    email: str = "",
    problems: dict[str, str] | None = None,
    error: RcxError | None = None,
    status: int = 200,
) -> Response:
    answer = page(
        "Sign in",
        form=Form("/sign-in", "Sign in", (_EMAIL, _PASSWORD), {"next": target}),
        values={"email": email},
        problems=problems,
        error=f"{error.message} {error.remedy}".strip() if error else "",
        after=(_TO_SIGN_UP,),
        status=error.status if error else status,
    )
    if isinstance(error, TooMany) and error.retry_after_s:
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


@_plain
async def sign_up(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        return _sign_up_page({})
    fields = await read_form(request)
    form = SignUpForm(**{item.name: fields.get(item.name, "") for item in _SIGN_UP_INPUTS})
    try:
        await asyncio.to_thread(accounts.sign_up, form, device_of(request))
    except FormInvalid as error:
        return _sign_up_page(fields, problems=error.by_field, status=422)
    except RcxError as error:
        return _sign_up_page(fields, error=f"{error.message} {error.remedy}".strip(), status=error.status)
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
        after=(_TO_SIGN_IN,),
        status=status,
    )


@_plain
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
            after=(_AGAIN, _TO_SIGN_IN),
        )
    return page("Send the mail again", form=Form("/check-mail", "Send", (_EMAIL,)), after=(_TO_SIGN_IN,))


@_plain
async def verify(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        good = await asyncio.to_thread(accounts.is_good_link, token, LinkPurpose.VERIFY)
        return _verify_page(token) if good else _gone(("", "Send a new one", "/check-mail"))
    fields = await read_form(request)
    token = fields.get("token", "")
    try:
        begun = await asyncio.to_thread(accounts.verify, token, fields.get("password", ""), device_of(request))
    except accounts.LinkGone:
        return _gone(("", "Send a new one", "/check-mail"))
    except accounts.WrongPassword:
        return _verify_page(token, {"password": "This is not the password of the sign-up."}, status=403)
    except TooMany as error:
        return _verify_page(token, {"password": f"{error.message} {error.remedy}"}, status=429)
    return await _signed_in(request, begun, "/")


def _verify_page(token: str, problems: dict[str, str] | None = None, *, status: int = 200) -> Response:
    return page(
        "Confirm your address",
        text="Enter the password that you chose when you signed up.",
        form=Form("/verify", "Confirm and sign in", (_PASSWORD,), {"token": token}),
        problems=problems,
        after=(("Did not sign up, or forgot it?", "Sign up anew", "/sign-up"),),
        status=status,
    )


@_plain
async def welcome(request: Request) -> Response:
    """The link itself only shows a button: mail scanners open links, people press buttons."""
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        if not await asyncio.to_thread(accounts.is_good_link, token, LinkPurpose.SIGN_IN):
            return _gone(("", "Sign in with your password", "/sign-in"))
        form = Form("/welcome", "Sign in", hidden={"token": token})
        return page("Welcome to RCX", text="This link signs you in, once.", form=form)
    fields = await read_form(request)
    try:
        begun = await asyncio.to_thread(accounts.use_link, fields.get("token", ""), device_of(request))
    except accounts.LinkGone:
        return _gone(("", "Sign in with your password", "/sign-in"))
    return await _signed_in(request, begun, "/")


def _gone(onward: tuple[str, str, str]) -> Response:
    return page("This link does not work any more", error=str(accounts.LinkGone()), after=(onward,), status=410)


@_plain
async def sign_out(request: Request) -> Response:
    if request.method in ("GET", "HEAD"):
        return page("Sign out", form=Form("/sign-out", "Sign out"), after=(("", "Back to RCX", "/"),))
    await read_form(request)
    await _end_session(request)
    return RedirectResponse("/sign-in", 303, headers={"set-cookie": clear_cookie()})


@_plain
async def switch_workspace(request: Request) -> Response:
    fields = await read_form(request)
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    wanted = fields.get("workspace_id", "")
    begun = await asyncio.to_thread(
        accounts.switch, identity, int(wanted) if wanted.isdecimal() and len(wanted) < 19 else 0, device_of(request)
    )
    close_sockets(identity.session_id)
    return _with_cookie(RedirectResponse("/", 303), begun)


async def _signed_in(request: Request, begun: NewSession, target: str) -> Response:
    """The answer that carries the new cookie; a session that the browser had before ends here."""
    await _end_session(request)
    return _with_cookie(RedirectResponse(quote(target, safe="/?&=%:@!$'()*+,;~#[]-._"), 303), begun)


async def _end_session(request: Request) -> None:
    identity = await identify(request.scope["headers"])
    if identity is not None:
        await asyncio.to_thread(accounts.sign_out, identity)
        close_sockets(identity.session_id)


def _with_cookie(answer: Response, begun: NewSession) -> Response:
    answer.headers["set-cookie"] = set_cookie(begun.token, settings().session_max_s)
    return answer


ROUTES = [
    Route("/sign-in", sign_in, methods=["GET", "POST"]),
    Route("/sign-up", sign_up, methods=["GET", "POST"]),
    Route("/check-mail", check_mail, methods=["GET", "POST"]),
    Route("/verify", verify, methods=["GET", "POST"]),
    Route("/welcome", welcome, methods=["GET", "POST"]),
    Route("/sign-out", sign_out, methods=["GET", "POST"]),
    Route("/workspace", switch_workspace, methods=["POST"]),
]
