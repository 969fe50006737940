"""What is known of each kind of mail: the function of its slice that looks at it once more before it is sent.

The functions are imported only when such a mail is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.mail import Letter
from rcx_app.domain.mail.schemas import Taken


class Kind(StrEnum):
    """What a mail is about."""

    ACCOUNT = "account"
    ALERT = "alert"
    BOOKING = "booking"
    DIGEST = "digest"
    INVITATION = "invitation"
    TICKET = "ticket"


Look = Callable[[Session, Context, Taken], Letter | None]
"""The letter as the person may have it at this moment; None where he may not have it, or it is of no use any more."""

_LOOKS = {
    Kind.ALERT: "rcx_app.domain.integrations.alerts_sending:look",
    Kind.BOOKING: "rcx_app.domain.booking.sending:look",
    Kind.DIGEST: "rcx_app.domain.notifications.sending:look",
    Kind.INVITATION: "rcx_app.domain.people.mails:look",
    Kind.TICKET: "rcx_app.domain.support.sending:look",
}


def look(kind: str) -> Look | None:
    """How mails of this kind are looked at; None where they go out as they were written."""
    if kind not in _LOOKS:
        return None
    module, _, name = _LOOKS[Kind(kind)].partition(":")
    found: Look = getattr(import_module(module), name)
    return found
