"""A mail's words as they lie in the outbox: encrypted with the application's key."""

from __future__ import annotations

import json

from rcx_app.core import crypto
from rcx_app.core.mail import Invitation, Letter


def seal(letter: Letter) -> bytes:
    """The letter as only RCX can read it."""
    invitation = letter.invitation
    return crypto.encrypt(
        {
            "to": letter.to,
            "subject": letter.subject,
            "body": letter.body,
            "html": letter.html,
            "headers": json.dumps(dict(letter.headers)),
            "calendar": invitation.calendar.decode() if invitation is not None else "",
            "method": invitation.method if invitation is not None else "",
        }
    )


def unseal(sealed: bytes) -> Letter:
    """The letter again. Raises Unavailable where its key is gone."""
    found = crypto.decrypt(sealed)
    return Letter(
        to=found["to"],
        subject=found["subject"],
        body=found["body"],
        html=found["html"],
        headers=json.loads(found["headers"]),
        invitation=Invitation(found["calendar"].encode(), found["method"]) if found["calendar"] else None,
    )
