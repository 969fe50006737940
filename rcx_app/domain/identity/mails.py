"""The mails of sign-up and sign-in: plain text, one link each, and never whether somebody else has an account."""

from __future__ import annotations

from rcx_app.core.mail import send_mail
from rcx_app.core.settings import settings


def confirm_address(to: str, name: str, path: str) -> None:
    send_mail(
        to,
        "Confirm your address for RCX",
        f"Hello {name},\n\nconfirm your address and start with RCX:\n\n{settings().public_url}{path}\n\n"
        "You will be asked for the password you chose. The link works once, for two days.\n"
        "If you did not sign up, ignore this mail: without your password nothing happens.\n",
    )


def already_registered(to: str, name: str) -> None:
    send_mail(
        to,
        "You already have an RCX account",
        f"Hello {name},\n\nsomebody, probably you, signed up for RCX with this address. It has an account already:\n\n"
        f"{settings().public_url}/sign-in\n\nIf that was not you, ignore this mail: nothing has changed.\n",
    )


def under_attack(to: str, name: str, path: str) -> None:
    send_mail(
        to,
        "Many sign-in attempts on your RCX account",
        f"Hello {name},\n\nsomebody tried many passwords on your account, so passwords from new places are refused for "
        "a while. If you want to sign in now, this link does it, once, for half an hour:\n\n"
        f"{settings().public_url}{path}\n",
    )
