"""What the pages around sign-in share: errors as pages, the answer that signs a browser in, and who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rcx_app.core.errors import NotSignedIn, RcxError, TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity.passwords import MAX_LENGTH, MIN_LENGTH
from rcx_app.domain.identity.schemas import Entered, Identity, NewSession, SecondStep
from rcx_app.web import accounts
from rcx_app.web.html import Form, Input, page
from rcx_app.web.session import identify, set_cookie
from rcx_app.web.socket import close_sockets

Endpoint = Callable[[Request], Awaitable[Response]]

EMAIL = Input("email", "Work e-mail", "email", "username")
PASSWORD = Input("password", "Password", "password", "current-password", max_length=MAX_LENGTH)
NEW_PASSWORD = Input(
    "password",
    "Password",
    "password",
    "new-password",
    f"At least {MIN_LENGTH} characters. A few unrelated words are best.",
    MAX_LENGTH,
)
CODE = Input(
    "code",
    "Code",
    autocomplete="one-time-code",
    hint="The six figures that your app shows, or one of your recovery codes.",
    max_length=40,
    is_code=True,
)
TO_SIGN_UP = ("New to RCX?", "Create an account", "/sign-up")
TO_SIGN_IN = ("Already have an account?", "Sign in", "/sign-in")


def plain(endpoint: Endpoint) -> Endpoint:
    """Errors that no form took up become a page of their own."""

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except NotSignedIn:
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", 303)
        except accounts.Homeless as led:
            return RedirectResponse(led.path, 303)
        except RcxError as error:
            onward = ("", "Go back to RCX", "/")
            return page("That did not work", error=said(error), after=(onward,), status=error.status)

    return answer


def said(error: RcxError) -> str:
    """Message and remedy in one."""
    return str(error)


def waiting(answer: Response, error: RcxError | None) -> Response:
    """The answer, with when to try again where a limit was reached."""
    if isinstance(error, TooMany) and error.retry_after_s:
        answer.headers["retry-after"] = str(error.retry_after_s)
    return answer


def gone(onward: tuple[str, str, str]) -> Response:
    return page("This link does not work any more", error=str(accounts.LinkGone()), after=(onward,), status=410)


async def who(request: Request, *, half: bool = False) -> Identity:
    """Who asks; with `half` also somebody who must set up two-factor first. Raises NotSignedIn."""
    identity = await identify(request.scope["headers"], half=half)
    if identity is None:
        raise NotSignedIn()
    return identity


async def entered(request: Request, outcome: Entered, target: str) -> Response:
    """The answer that carries the new cookie, or the question for a code."""
    if isinstance(outcome, SecondStep):
        return code_page(outcome.token, target)
    return await signed_in(request, outcome, target)


async def signed_in(request: Request, begun: NewSession, target: str) -> Response:
    """A session that the browser had before ends here."""
    await end_session(request)
    return with_cookie(RedirectResponse(address(target), 303), begun)


def code_page(token: str, target: str, *, problem: str = "", status: int = 200) -> Response:
    return page(
        "Enter a code",
        text="Your account asks for a second proof: the code of your authenticator app.",
        form=Form("/sign-in/code", "Go on", (CODE,), {"step": token, "next": target}),
        problems={"code": problem} if problem else None,
        after=(("", "Start again", "/sign-in"),),
        status=status,
    )


async def end_session(request: Request) -> None:
    identity = await identify(request.scope["headers"], half=True)
    if identity is not None:
        await asyncio.to_thread(accounts.sign_out, identity)
        close_sockets(identity.session_id)


def with_cookie(answer: Response, begun: NewSession) -> Response:
    answer.headers["set-cookie"] = set_cookie(begun.token, settings().session_max_s)
    return answer


def address(target: str) -> str:
    """A path of this site, as a header may carry it."""
    return quote(target, safe="/?&=%:@!$'()*+,;~#[]-._")


def query_of(target: str, path: str) -> dict[str, str]:
    """The query of `target` where it is the page at `path`, else nothing."""
    parts = urlsplit(target)
    return dict(parse_qsl(parts.query)) if parts.path == path else {}
