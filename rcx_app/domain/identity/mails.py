"""The mails of sign-up, sign-in and accounts: plain text, one link at most, never whether another has an account."""

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


def forgot_password(to: str, name: str, path: str) -> None:
    send_mail(
        to,
        "Choose a new password for RCX",
        f"Hello {name},\n\nsomebody, probably you, asked for a new password for RCX. Choose it here:\n\n"
        f"{settings().public_url}{path}\n\nThe link works once, for half an hour. All your signed-in browsers will be\n"
        "signed out. If that was not you, ignore this mail: nothing has changed.\n",
    )


def password_changed(to: str, name: str) -> None:
    send_mail(
        to,
        "Your RCX password was changed",
        f"Hello {name},\n\nthe password of your RCX account was changed, and your other browsers were signed out.\n"
        f"\nIf that was not you, choose a new one at once:\n\n{settings().public_url}/forgot\n",
    )


def two_factor_changed(to: str, name: str, what: str) -> None:
    """`what`: a sentence that says what was done."""
    send_mail(
        to,
        "Two-factor sign-in of your RCX account",
        f"Hello {name},\n\n{what}\n\nIf that was not you, change your password at once and write to us:\n\n"
        f"{settings().public_url}/forgot\n",
    )


def confirm_new_email(to: str, name: str, path: str) -> None:
    send_mail(
        to,
        "Confirm your new address for RCX",
        f"Hello {name},\n\nthis address is to become the one of an RCX account. If that is yours, confirm it:\n\n"
        f"{settings().public_url}{path}\n\nThe link works for a day. The change takes effect once the old address has\n"
        "confirmed it too. If you don't know what this is about, ignore this mail.\n",
    )


def confirm_leaving_email(to: str, name: str, new_email: str, path: str) -> None:
    send_mail(
        to,
        "Confirm the change of your address for RCX",
        f"Hello {name},\n\nthe address of your RCX account is to become {new_email}. If you want that, confirm it:\n\n"
        f"{settings().public_url}{path}\n\nThe link works for a day. The change takes effect once the new address has\n"
        "confirmed it too. If that was not you, don't confirm, and change your password.\n",
    )


def email_changed(to: str, name: str, new_email: str) -> None:
    send_mail(
        to,
        "The address of your RCX account was changed",
        f"Hello {name},\n\nfrom now on you sign in to RCX with {new_email}. This address is not used any more.\n",
    )


def linked(to: str, name: str, workspace: str, issuer: str) -> None:
    send_mail(
        to,
        f"Your company's sign-in works for {workspace} on RCX",
        f"Hello {name},\n\nyou have signed in to {workspace} on RCX with your company's account for the first time "
        f"({issuer}).\nFrom now on it opens this workspace for you, and no other.\n\n"
        "If that was not you, tell an owner of the workspace.\n",
    )
