"""Addresses that mails about tickets are answered to: ``tickets+12-7-p.<signature>@<domain>``.

The address says which ticket, whose it is and for which side he speaks; the signature makes it one that only RCX can
write. Lower case and short, since mail servers may fold a local part's case and need not take more than 64 characters
(RFC 5321 4.5.3.1.1).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from rcx_app.core.crypto import is_signed, sign
from rcx_app.core.settings import settings
from rcx_app.domain.support.mails import Side

_PURPOSE = "ticket address"
_BYTES = 15
_SIDES = {"p": Side.PEOPLE, "s": Side.STAFF}
_TOKEN = re.compile(
    r"(?P<what>(?P<ticket>[1-9]\d{0,17})-(?P<user>[1-9]\d{0,17})-(?P<side>[ps]))\.(?P<sign>[a-z2-7]{24})"
)
_ADDRESS = re.compile(r"(?<![\w.+-])tickets\+([a-z0-9.-]{1,70})@([a-z0-9.-]{1,253})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """What an address says: who was mailed about which ticket, and as whom."""

    ticket_id: int
    user_id: int
    side: Side


def reply_address(told: Told) -> str:
    """The address to answer to; nothing where the operator has set no domain."""
    domain = settings().support_mail_domain
    if not domain:
        return ""
    side = next(letter for letter, side in _SIDES.items() if side is told.side)
    what = f"{told.ticket_id}-{told.user_id}-{side}"
    signature = base64.b32encode(sign(_PURPOSE, what)[:_BYTES]).decode().lower()
    return f"tickets+{what}.{signature}@{domain}"


def read_token(token: str) -> Told | None:
    """What a token says; None where RCX did not write it."""
    found = _TOKEN.fullmatch(token.lower())
    if found is None:
        return None
    try:
        signature = base64.b32decode(found["sign"].upper())
    except binascii.Error:
        return None
    if not is_signed(_PURPOSE, found["what"], signature):
        return None
    return Told(int(found["ticket"]), int(found["user"]), _SIDES[found["side"]])


def tokens_in(text: str) -> list[str]:
    """The tokens of our addresses in a header or envelope address."""
    domain = settings().support_mail_domain.lower()
    return [token.lower() for token, where in _ADDRESS.findall(text) if domain and where.lower() == domain]
