"""Proving oneself again, two-factor sign-in, and changing one's address: what of an account wants a fresh proof.

They are the server's own pages, so that no secret ever passes through the user interface's state.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.domain.identity import attempts, email_change, mails, own, service, two_factor
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.schemas import Device, Identity
from rcx_app.web import accounts, passwords
from rcx_app.web.forms import device_of, read_form
from rcx_app.web.gate import CODE, PASSWORD, gone, plain, said, waiting, who
from rcx_app.web.html import Form, Input, Shown, page
from rcx_app.web.mailing import send_behind
from rcx_app.web.origin import local_path

_TWO_FACTOR = "/account/two-factor"
_BACK = ("", "Back to your account", "/account")
_OUT = ("Not now?", "Sign out", "/sign-out")
_FIRST_CODE = Input(
    "code",
    "Code",
    autocomplete="one-time-code",
    hint="The six figures that your app shows.",
    max_length=10,
    is_code=True,
)


def prove(identity: Identity, proof: str, device: Device) -> None:
    """By a code where two-factor is on, else by the password. Raises WrongCode, WrongPassword, TooMany."""
    if not identity.has_two_factor:
        passwords.check_own_password(identity, proof, device)
        with transaction(None) as session:
            own.prove(session, identity)
        return
    with transaction(None, read_only=True) as session:
        is_familiar = service.knows_address(session, identity.user_id, device)
    accounts.count_code(identity.user_id, device, is_familiar=is_familiar)
    with transaction(None) as session:
        good = two_factor.accept(session, identity.user_id, proof)
        if good:
            own.prove(session, identity)
        else:
            service.code_failed(session, identity.user_id, device)
    if not good:
        raise accounts.WrongCode()


def confirm_two_factor(identity: Identity, code: str, device: Device) -> list[str]:
    """Switch it on: the recovery codes. Raises WrongCode, Conflict, TooMany."""
    own.require_proof(identity)
    accounts.count_code(identity.user_id, device, is_familiar=True)
    with transaction(None) as session:
        codes = two_factor.confirm(session, identity.user_id, code)
        if codes is not None:
            own.prove(session, identity)
            said = "Two-factor sign-in is on now: besides the password a code of your app is asked."
            mail_id = mails.two_factor_changed(session, identity.email, identity.user_name, said)
    if codes is None:
        raise accounts.WrongCode()
    send_behind(mail_id, user_id=identity.user_id)
    return codes


@plain
async def confirm_page(request: Request) -> Response:
    """Confirm that it is you, then go back to where that was wanted."""
    identity = await who(request, half=True)
    if request.method in ("GET", "HEAD"):
        return _confirm_page(identity, local_path(request.query_params.get("next", "/account")))
    fields = await read_form(request)
    target, item = local_path(fields.get("next", "/account")), _proof_input(identity)
    try:
        await asyncio.to_thread(prove, identity, fields.get(item.name, ""), device_of(request))
    except accounts.WrongPassword:
        return _confirm_page(identity, target, "This is not your password.", status=403)
    except RcxError as error:
        return waiting(_confirm_page(identity, target, said(error), status=error.status), error)
    return RedirectResponse(target, 303)


def _proof_input(identity: Identity) -> Input:
    return CODE if identity.has_two_factor else PASSWORD


def _confirm_page(identity: Identity, target: str, problem: str = "", *, status: int = 200) -> Response:
    item = _proof_input(identity)
    forgot = () if identity.has_two_factor else (("", "Forgot your password?", "/forgot"),)
    return page(
        "Confirm that it is you",
        text=f"You are signed in as {identity.email}. What you are about to do is asked for once more.",
        form=Form("/account/confirm", "Confirm", (item,), {"next": target}),
        problems={item.name: problem} if problem else None,
        after=(*forgot, ("", "Back", target)),
        status=status,
    )


def _to_confirm(target: str) -> Response:
    return RedirectResponse(f"/account/confirm?next={quote(target, safe='')}", 303)


@plain
async def two_factor_page(request: Request) -> Response:
    identity = await who(request, half=True)
    if not own.is_proven(identity):
        return _to_confirm(_TWO_FACTOR)
    if identity.has_two_factor:
        return _settled_page(identity)
    if request.method in ("GET", "HEAD"):
        return await asyncio.to_thread(_setup_page, identity)
    fields = await read_form(request)
    try:
        codes = await asyncio.to_thread(confirm_two_factor, identity, fields.get("code", ""), device_of(request))
    except RcxError as error:
        return waiting(await asyncio.to_thread(_setup_page, identity, said(error), error.status), error)
    return _codes_page(codes)


def _setup_page(identity: Identity, problem: str = "", status: int = 200) -> Response:
    with transaction(None) as session:
        setup = two_factor.start(session, identity.user_id)
    asker = "RCX" if identity.is_house else identity.workspace_name
    asked = f"{asker} asks for two-factor sign-in. " if identity.must_set_up else ""
    return page(
        "Set up two-factor sign-in",
        text=f"{asked}Scan this with an authenticator app, or type the key into it. Then enter the code it shows.",
        shown=Shown(setup.picture, "QR code with the key below it", setup.secret),
        form=Form(_TWO_FACTOR, "Switch on", (_FIRST_CODE,)),
        problems={"code": problem} if problem else None,
        after=(_OUT if identity.must_set_up else _BACK,),
        status=status,
    )


def _codes_page(codes: list[str]) -> Response:
    return page(
        "Keep your recovery codes",
        text="Each signs you in once in place of a code, should you lose your app. They are shown only now: print them "
        "or keep them with your passwords.",
        shown=Shown(lines=codes),
        onward=("I have kept them", "/account"),
    )


def _settled_page(identity: Identity) -> Response:
    with transaction(None, read_only=True) as session:
        view = own.account(session, identity)
    return page(
        "Two-factor sign-in is on",
        text=f"Of your recovery codes {view.codes_left} are left.",
        others=(
            Form(f"{_TWO_FACTOR}/codes", "Make new recovery codes", is_secondary=True),
            Form(f"{_TWO_FACTOR}/off", "Switch two-factor sign-in off", is_secondary=True),
        ),
        after=(_BACK,),
    )


@plain
async def renew_codes(request: Request) -> Response:
    await read_form(request)
    identity = await who(request)
    if not own.is_proven(identity):
        return _to_confirm(_TWO_FACTOR)

    def work() -> list[str]:
        with transaction(None) as session:
            codes = two_factor.renew_codes(session, identity.user_id)
            what = "New recovery codes were made; the old ones work no more."
            mail_id = mails.two_factor_changed(session, identity.email, identity.user_name, what)
        send_behind(mail_id, user_id=identity.user_id)
        return codes

    return _codes_page(await asyncio.to_thread(work))


@plain
async def switch_off(request: Request) -> Response:
    await read_form(request)
    identity = await who(request)
    if not own.is_proven(identity):
        return _to_confirm(_TWO_FACTOR)

    def work() -> None:
        with transaction(None) as session:
            two_factor.switch_off(session, identity.user_id)
            what = "Two-factor sign-in is off now: the password alone signs in."
            mail_id = mails.two_factor_changed(session, identity.email, identity.user_name, what)
        send_behind(mail_id, user_id=identity.user_id)

    await asyncio.to_thread(work)
    return RedirectResponse("/account?done=two-factor-off", 303)


@plain
async def email_page(request: Request) -> Response:
    identity = await who(request)
    if not own.is_proven(identity):
        return _to_confirm("/account/email")
    if request.method in ("GET", "HEAD"):
        return _email_page(identity)
    email = (await read_form(request)).get("email", "")
    try:
        await asyncio.to_thread(ask_email, identity, email)
    except RcxError as error:
        return waiting(_email_page(identity, email, said(error), status=error.status), error)
    text = "Open the link in each of both mails, the old mailbox's and the new one's. Then the address changes."
    return page("Check both mailboxes", text=text, after=(_BACK,))


def ask_email(identity: Identity, email: str) -> None:
    """Mail to both addresses. Raises Invalid, NotPermitted, TooMany."""
    if not attempts.is_open(attempts.MAILS_TO_ADDRESS, "email-change", email_key(email)):
        raise Invalid("This address was mailed too often.", remedy="Try again in an hour.")
    attempts.require(attempts.MAILS_TO_ADDRESS, "email-change-by", str(identity.user_id))
    with transaction(None) as session:
        asked = email_change.ask(session, identity, email)
        written = (
            mails.confirm_new_email(session, asked.new_email, asked.name, asked.new_path),
            mails.confirm_leaving_email(session, asked.old_email, asked.name, asked.new_email, asked.old_path),
        )
    attempts.count(attempts.MAILS_TO_ADDRESS, "email-change", email_key(email))
    for mail_id in written:
        send_behind(mail_id, user_id=identity.user_id)


def _email_page(identity: Identity, email: str = "", problem: str = "", *, status: int = 200) -> Response:
    item = Input("email", "New e-mail address", "email", "email")
    return page(
        "Change your address",
        text=f"Now it is {identity.email}. Both mailboxes are asked before anything changes.",
        form=Form("/account/email", "Send both mails", (item,)),
        values={"email": email},
        problems={"email": problem} if problem else None,
        after=(_BACK,),
        status=status,
    )


@plain
async def confirm_email(request: Request) -> Response:
    """Both mails lead here. The link only shows a button, since mail scanners open links."""
    if request.method in ("GET", "HEAD"):
        token = request.query_params.get("token", "")
        side = await asyncio.to_thread(_look, token)
        if side is None:
            return gone(("", "Go to RCX", "/"))
        text = f"The address of your RCX account changes from {side.old_email} to {side.new_email}."
        form = Form("/confirm-email", "Confirm the change", hidden={"token": token})
        return page("Confirm the change of your address", text=text, form=form)
    token = (await read_form(request)).get("token", "")
    done = await asyncio.to_thread(_confirm_email, token)
    if done is None:
        return gone(("", "Go to RCX", "/"))
    if done.is_taken:
        return page("That did not work", error="This address is in use already.", after=(_BACK,), status=409)
    if not done.is_done:
        return page("Half way", text="Now open the link in the other mailbox too.", after=(_BACK,))
    return page("Done", text=f"From now on you sign in with {done.new_email}.", onward=("Go to RCX", "/"))


def _look(token: str) -> email_change.Side | None:
    with transaction(None, read_only=True) as session:
        return email_change.look(session, token)


def _confirm_email(token: str) -> email_change.Confirmed | None:
    with transaction(None) as session:
        done = email_change.confirm(session, token)
        is_done = done is not None and done.is_done
        mail_id = mails.email_changed(session, done.old_email, done.name, done.new_email) if done and is_done else None
    if mail_id is not None:
        send_behind(mail_id)
    return done


ROUTES = [
    Route("/account/confirm", confirm_page, methods=["GET", "POST"]),
    Route(_TWO_FACTOR, two_factor_page, methods=["GET", "POST"]),
    Route(f"{_TWO_FACTOR}/codes", renew_codes, methods=["POST"]),
    Route(f"{_TWO_FACTOR}/off", switch_off, methods=["POST"]),
    Route("/account/email", email_page, methods=["GET", "POST"]),
    Route("/confirm-email", confirm_email, methods=["GET", "POST"]),
]
