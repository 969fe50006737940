"""The mails of sign-up, sign-in and accounts: plain text, one link at most, never whether another has an account.

Each is written into the outbox in the transaction of its cause, which belongs to no workspace. Its id is returned for
the edge to send it at once (`domain.mail.sending.send`), since somebody waits for it.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.core.mail import Letter
from rcx_app.core.settings import settings
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.mail.kinds import Kind
from rcx_app.domain.mail.schemas import NewMail

_NEWS = timedelta(days=2)
"""How long it is of use to tell what has happened."""


def confirm_address(session: Session, to: str, name: str, path: str) -> int:
    return _write(
        session,
        to,
        "Confirm your address for RCX",
        f"Hello {name},\n\nconfirm your address and start with RCX:\n\n{settings().public_url}{path}\n\n"
        "You will be asked for the password you chose. The link works once, for two days.\n"
        "If you did not sign up, ignore this mail: without your password nothing happens.\n",
        link=path,
        lives=timedelta(days=2),
    )


def already_registered(session: Session, to: str, name: str) -> int:
    return _write(
        session,
        to,
        "You already have an RCX account",
        f"Hello {name},\n\nsomebody, probably you, signed up for RCX with this address. It has an account already:\n\n"
        f"{settings().public_url}/sign-in\n\nIf that was not you, ignore this mail: nothing has changed.\n",
    )


def under_attack(session: Session, to: str, name: str, path: str) -> int:
    return _write(
        session,
        to,
        "Many sign-in attempts on your RCX account",
        f"Hello {name},\n\nsomebody tried many passwords on your account, so passwords from new places are refused for "
        "a while. If you want to sign in now, this link does it, once, for half an hour:\n\n"
        f"{settings().public_url}{path}\n",
        link=path,
        lives=timedelta(minutes=30),
    )


def forgot_password(session: Session, to: str, name: str, path: str) -> int:
    return _write(
        session,
        to,
        "Choose a new password for RCX",
        f"Hello {name},\n\nsomebody, probably you, asked for a new password for RCX. Choose it here:\n\n"
        f"{settings().public_url}{path}\n\nThe link works once, for half an hour. All your signed-in browsers will be\n"
        "signed out. If that was not you, ignore this mail: nothing has changed.\n",
        link=path,
        lives=timedelta(minutes=30),
    )


def password_changed(session: Session, to: str, name: str) -> int:
    return _write(
        session,
        to,
        "Your RCX password was changed",
        f"Hello {name},\n\nthe password of your RCX account was changed, and your other browsers were signed out.\n"
        f"\nIf that was not you, choose a new one at once:\n\n{settings().public_url}/forgot\n",
    )


def two_factor_changed(session: Session, to: str, name: str, what: str) -> int:
    """`what`: a sentence that says what was done."""
    return _write(
        session,
        to,
        "Two-factor sign-in of your RCX account",
        f"Hello {name},\n\n{what}\n\nIf that was not you, change your password at once and write to us:\n\n"
        f"{settings().public_url}/forgot\n",
    )


def confirm_new_email(session: Session, to: str, name: str, path: str) -> int:
    return _write(
        session,
        to,
        "Confirm your new address for RCX",
        f"Hello {name},\n\nthis address is to become the one of an RCX account. If that is yours, confirm it:\n\n"
        f"{settings().public_url}{path}\n\nThe link works for a day. The change takes effect once the old address has\n"
        "confirmed it too. If you don't know what this is about, ignore this mail.\n",
        link=path,
        lives=timedelta(days=1),
    )


def confirm_leaving_email(session: Session, to: str, name: str, new_email: str, path: str) -> int:
    return _write(
        session,
        to,
        "Confirm the change of your address for RCX",
        f"Hello {name},\n\nthe address of your RCX account is to become {new_email}. If you want that, confirm it:\n\n"
        f"{settings().public_url}{path}\n\nThe link works for a day. The change takes effect once the new address has\n"
        "confirmed it too. If that was not you, don't confirm, and change your password.\n",
        link=path,
        lives=timedelta(days=1),
    )


def email_changed(session: Session, to: str, name: str, new_email: str) -> int:
    return _write(
        session,
        to,
        "The address of your RCX account was changed",
        f"Hello {name},\n\nfrom now on you sign in to RCX with {new_email}. This address is not used any more.\n",
    )


def linked(session: Session, to: str, name: str, workspace: str, issuer: str) -> int:
    return _write(
        session,
        to,
        f"Your company's sign-in works for {workspace} on RCX",
        f"Hello {name},\n\nyou have signed in to {workspace} on RCX with your company's account for the first time "
        f"({issuer}).\nFrom now on it opens this workspace for you, and no other.\n\n"
        "If that was not you, tell an owner of the workspace.\n",
    )


def _write(session: Session, to: str, subject: str, body: str, *, link: str = "", lives: timedelta = _NEWS) -> int:
    """`lives`: how long the mail is of use, such as its link."""
    new = NewMail(
        kind=Kind.ACCOUNT,
        key=f"account:{hash_token(link) if link else new_token()}",
        letter=Letter(to=to, subject=subject, body=body),
        send_before=clock.now() + lives,
    )
    mail_id = outbox.write(session, new, is_awaited=True)
    assert mail_id is not None, "no link and no news is mailed by two mails"
    return mail_id
