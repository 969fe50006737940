"""The edge of sign-up and sign-in: counts attempts, opens transactions around the slow hashing, sends the mails.

Whether an address has an account shows neither in the answer nor in the time it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted, TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts, beginning, mails, passwords, service
from rcx_app.domain.identity.accounts import Account
from rcx_app.domain.identity.forms import check_sign_up, email_key, is_email
from rcx_app.domain.identity.schemas import Device, Entered, Identity, LinkPurpose, NewSession, SignUpForm
from rcx_app.domain.identity.sessions import NoWorkspace
from rcx_app.domain.mail import sending
from rcx_app.domain.people import joining
from rcx_app.web.mailing import behind


class WrongPassword(NotPermitted):
    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is wrong.")


class NotVerified(NotPermitted):
    def __init__(self) -> None:
        super().__init__(
            "This address is not confirmed yet.", remedy="Open the link in the mail we have just sent you."
        )


class WrongCode(NotPermitted):
    def __init__(self) -> None:
        super().__init__("This code is wrong or was used before.", remedy="Wait for the next one and try again.")


class LinkGone(NotPermitted):
    def __init__(self) -> None:
        super().__init__("This link was used before or is too old.")


class Homeless(Exception):
    """Somebody proved who he is and is in no workspace: `path` is where he can make one."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@contextmanager
def _led_on() -> Iterator[None]:
    """Who is in no workspace is led on. Stand it around the transaction, which his refusal takes back."""
    try:
        yield
    except NoWorkspace as error:
        with transaction(None) as session:
            path = beginning.offer(session, error.user_id)
        raise Homeless(path) from error


def sign_up(form: SignUpForm, device: Device) -> None:
    """Make the account, or tell its owner that there is one.

    Raises FormInvalid, TooMany, and Unavailable where the mail server does not take the mail now (it is tried again).
    """
    check_sign_up(form)
    attempts.require(attempts.SIGN_UPS_FROM_ADDRESS, "sign-up", attempts.network(device.address))
    hashed = passwords.hash_password(form.password)
    may_mail = attempts.count(attempts.MAILS_TO_ADDRESS, "mail", email_key(form.email))
    try:
        mail_id = _record_sign_up(form, hashed, may_mail=may_mail)
    except IntegrityError:
        # Somebody signed up with the same address at the same moment; now there is an account to find.
        mail_id = _record_sign_up(form, hashed, may_mail=may_mail)
    if mail_id is not None:
        sending.send(mail_id)


def send_again(email: str, device: Device) -> None:
    """Another verification mail, where one is due; silent where it is not. Raises TooMany."""
    attempts.require(attempts.SIGN_UPS_FROM_ADDRESS, "again", attempts.network(device.address))
    if not is_email(email):
        return
    with transaction(None, read_only=True) as session:
        account = service.find(session, email, device)
    if account is not None and not account.is_verified:
        behind(lambda: _send_verification(account), user_id=account.user_id)


def sign_in(email: str, password: str, device: Device, *, invitation: str = "") -> Entered:
    """A session, or the question for a code. Raises WrongPassword, NotVerified (only with the right password), TooMany.

    Who is in no workspace and holds an `invitation` joins by it.
    """
    with transaction(None, read_only=True) as session:
        account = service.find(session, email, device)
    check_password(account, email_key(email), password, device)
    assert account is not None
    if settings().require_verified_email and not account.is_verified:
        _send_verification(account)
        raise NotVerified()
    outdated = passwords.is_outdated(account.password_hash)
    new_hash = passwords.hash_password(password) if outdated else ""
    with _led_on(), transaction(None) as session:
        _join_first(session, account.user_id, invitation)
        entered = service.sign_in(session, account.user_id, device, new_hash=new_hash)
    if entered is None:
        raise WrongPassword()
    return entered


def _join_first(session: Session, user_id: int, invitation: str) -> None:
    """Without a workspace there is nothing to sign in to."""
    if invitation and not service.workspaces(session, user_id):
        joining.accept(session, invitation, user_id)


def verify(token: str, password: str, device: Device) -> Entered:
    """Prove the address by the link and the sign-up by its password. Raises LinkGone, WrongPassword, TooMany."""
    with transaction(None, read_only=True) as session:
        account = service.find_by_link(session, token, device)
    if account is None:
        raise LinkGone()
    check_password(account, email_key(account.email), password, device)
    with _led_on(), transaction(None) as session:
        begun = service.verify(session, token, device)
    if begun is None:
        raise LinkGone()
    return begun


def finish(token: str, code: str, device: Device) -> NewSession:
    """The second step of a sign-in. Raises LinkGone, WrongCode, TooMany."""
    with transaction(None, read_only=True) as session:
        user_id = service.whose_step(session, token)
        is_familiar = user_id is not None and service.knows_address(session, user_id, device)
    if user_id is None:
        raise LinkGone()
    count_code(user_id, device, is_familiar=is_familiar)
    with _led_on(), transaction(None) as session:
        begun = service.finish(session, token, code, device)
        if begun is None:
            service.code_failed(session, user_id, device)
    if begun is None:
        raise WrongCode()
    attempts.forget(attempts.CODES_FROM_ADDRESS, "code-address", str(user_id), attempts.network(device.address))
    return begun


def count_code(user_id: int, device: Device, *, is_familiar: bool) -> None:
    """Raises TooMany. As with passwords, an address that signed in before is exempt from the account's own limit."""
    attempts.require(attempts.CODES_FROM_ADDRESS, "code-address", str(user_id), attempts.network(device.address))
    if not is_familiar:
        attempts.require(attempts.CODES, "code", str(user_id))


def is_good_link(token: str, purpose: LinkPurpose) -> bool:
    with transaction(None, read_only=True) as session:
        return service.is_good(session, token, purpose)


def use_link(token: str, device: Device) -> Entered:
    """Raises LinkGone."""
    attempts.require(attempts.ADDRESS, "address", attempts.network(device.address))
    with _led_on(), transaction(None) as session:
        entered = service.sign_in_by_link(session, token, device)
    if entered is None:
        raise LinkGone()
    return entered


def whose_beginning(token: str) -> str:
    """The name of who may make a workspace by this path; empty where it is good no more."""
    with transaction(None, read_only=True) as session:
        user = beginning.look(session, token)
        return user.name if user is not None else ""


def begin_workspace(token: str, name: str, device: Device) -> NewSession:
    """Make a workspace and sign in to it. Raises LinkGone, Invalid, TooMany."""
    attempts.require(attempts.SIGN_UPS_FROM_ADDRESS, "sign-up", attempts.network(device.address))
    with transaction(None) as session:
        begun = beginning.start(session, token, name, device)
    if begun is None:
        raise LinkGone()
    return begun


def sign_out(identity: Identity) -> None:
    with transaction(None) as session:
        service.sign_out(session, identity)


def switch(identity: Identity, workspace_id: int, device: Device) -> NewSession:
    """Raises NotFound where the person is no member."""
    with transaction(None) as session:
        return service.switch_workspace(session, identity, workspace_id, device)


def check_password(account: Account | None, who: str, password: str, device: Device) -> None:
    """Count the attempt and compare the password. Raises TooMany, WrongPassword."""
    place = attempts.network(device.address)
    attempts.require(attempts.ADDRESS, "address", place)
    attempts.require(attempts.ACCOUNT_FROM_ADDRESS, "account-address", who, place)
    is_familiar = account is not None and account.knows_address
    if not is_familiar and not attempts.is_open(attempts.ACCOUNT, "account", who):
        _rescue(account, who)
        wait = attempts.wait_s(attempts.ACCOUNT, "account", who)
        raise TooMany(
            "Too many attempts on this account.",
            remedy="If it is yours, use the link we have mailed to its address, or try again in 15 minutes.",
            retry_after_s=wait,
        )
    if not passwords.is_right(account.password_hash if account else None, password):
        # Only failures count here: else the limit would tell strangers that somebody signs in with this address.
        attempts.count(attempts.ACCOUNT, "account", who)
        with transaction(None) as session:
            service.sign_in_failed(session, account.user_id if account else None, device)
        raise WrongPassword()
    attempts.forget(attempts.ACCOUNT_FROM_ADDRESS, "account-address", who, place)


def _record_sign_up(form: SignUpForm, hashed: str, *, may_mail: bool) -> int | None:
    """The mail that is to be sent."""
    with transaction(None) as session:
        done = service.sign_up(session, form, hashed)
        if not may_mail:
            return None
        if done.verify_path:
            return mails.confirm_address(session, done.email, done.name, done.verify_path)
        return mails.already_registered(session, done.email, done.name)


def _rescue(account: Account | None, who: str) -> None:
    if account is not None and account.is_verified and attempts.count(attempts.RESCUE_MAILS, "rescue", who):
        behind(lambda: _send_rescue(account), user_id=account.user_id)


def _send_rescue(account: Account) -> None:
    with transaction(None) as session:
        path = service.rescue_path(session, account.user_id)
        mail_id = mails.under_attack(session, account.email, account.name, path)
    sending.send(mail_id)


def _send_verification(account: Account) -> None:
    if not attempts.count(attempts.MAILS_TO_ADDRESS, "mail", email_key(account.email)):
        return
    with transaction(None) as session:
        path = service.verify_path(session, account.user_id)
        mail_id = mails.confirm_address(session, account.email, account.name, path)
    sending.send(mail_id)
