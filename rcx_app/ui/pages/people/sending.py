"""Inviting from the page: attempts counted first, the mail sent at once when the invitation is committed."""

from __future__ import annotations

import asyncio

from rcx_app.core.errors import Unavailable
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import attempts
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.mail import sending
from rcx_app.domain.people import invitations
from rcx_app.domain.people.schemas import InvitationMail
from rcx_app.ui.base import current_context, write


async def invite(email: str, role: Role) -> None:
    """Raises what `invitations.invite` does, TooMany, and Unavailable where the mail could not be sent."""
    await _count(email)
    await _send(await write(invitations.invite, email, role))


async def resend(invitation_id: int) -> str:
    """To whom it went. Raises what `invitations.resend` does, TooMany, Unavailable."""
    await _count("")
    mail = await write(invitations.resend, invitation_id)
    await _send(mail)
    return mail.to


async def _count(email: str) -> None:
    context = await current_context()

    def work() -> None:
        attempts.require(attempts.INVITES_BY_PERSON, "invite", str(context.user_id))
        attempts.require(attempts.INVITES_OF_WORKSPACE, "invite-workspace", str(context.workspace_id))
        if email:
            to = email_key(email)
            attempts.require(attempts.INVITES_TO_ADDRESS, "invite-to", str(context.workspace_id), to)
            attempts.require(attempts.INVITES_TO_MAILBOX, "invite-to-all", to)

    await asyncio.to_thread(work)


async def _send(mail: InvitationMail) -> None:
    try:
        await asyncio.to_thread(sending.send, mail.mail_id)
    except Unavailable as error:
        raise Unavailable(
            "The invitation is there, but the mail server did not take its mail.",
            remedy="RCX tries again by itself, every few minutes.",
        ) from error
