"""The mails of invitations: plain text, one link."""

from __future__ import annotations

from rcx_app.core.mail import send_mail
from rcx_app.core.settings import settings
from rcx_app.domain.people.rights import ROLES
from rcx_app.domain.people.schemas import InvitationMail


def invitation(mail: InvitationMail) -> None:
    """Raises Unavailable where the mail server does not take it."""
    name, does = ROLES[mail.role]
    send_mail(
        mail.to,
        f"Join {mail.workspace} on RCX",
        f"Hello,\n\n{mail.inviter} invites you to the workspace of {mail.workspace} on RCX, as {name.lower()}:\n"
        f"{does[0].lower()}{does[1:]}.\n\n{settings().public_url}{mail.path}\n\n"
        f"The link works once, for {mail.days} days, and for this address. If you have no account yet, it leads you\n"
        "through making one first. If you don't know what this is about, ignore this mail.\n",
    )
