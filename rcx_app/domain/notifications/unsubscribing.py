"""Links that end mails without signing in: signed, for one person, one workspace and one sort of mail, and no more."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from sqlmodel import Session

from rcx_app.core import crypto
from rcx_app.core.context import Context, system_context
from rcx_app.core.errors import NotFound
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.notifications.readers import row_of
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import Choice, Frequency, Scope

_PURPOSE = "unsubscribe"
_SIGNATURE_BYTES = 32
_LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link is about."""

    workspace_id: int
    user_id: int
    scope: Scope

    @property
    def context(self) -> Context:
        """The system acts: whoever has the link may be anybody, and can do nothing else with it."""
        return system_context(self.workspace_id)


def link(workspace_id: int, user_id: int, scope: Scope) -> str:
    """The whole address of the page that asks, and that a mail program posts to."""
    text = f"{workspace_id}.{user_id}.{scope.value}"
    signature = base64.urlsafe_b64encode(crypto.sign(_PURPOSE, text)).decode().rstrip("=")
    return f"{settings().public_url}/unsubscribe?token={text}.{signature}"


def headers(workspace_id: int, user_id: int, scope: Scope) -> dict[str, str]:
    """What mail programs offer "unsubscribe" by, with one click (RFC 2369, RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{link(workspace_id, user_id, scope)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read(token: str) -> Subscription:
    """What a token is about. Raises NotFound for one that RCX did not make, or whose key is gone."""
    text, _, encoded = token.rpartition(".")
    parts = text.split(".")
    try:
        signature = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unknown() from error
    if len(signature) != _SIGNATURE_BYTES or not crypto.is_signed(_PURPOSE, text, signature):
        raise _unknown()
    if len(parts) != 3 or any(not each.isdecimal() or len(each) > _LONGEST_ID for each in parts[:2]):
        raise _unknown()
    return Subscription(int(parts[0]), int(parts[1]), Scope(parts[2]))


def workspace_name(session: Session, chosen: Subscription) -> str:
    """Whose mails they are, for the page that asks."""
    return NoticeRepository(session, chosen.context).workspace().name


def end(session: Session, chosen: Subscription) -> None:
    """End these mails; doing it again changes nothing. Whoever is no member any more gets none anyway."""
    repository = NoticeRepository(session, chosen.context)
    if not repository.members(chosen.user_id):
        return
    repository.keep_missing([row_of(chosen.workspace_id, chosen.user_id, Choice())])
    row = repository.choice(chosen.user_id, lock=True)
    if row is None:
        raise NotFound("This subscription")
    if chosen.scope is Scope.ALARMS:
        changed, row.alarm_mail = row.alarm_mail, False
    else:
        changed, row.frequency, row.next_at = row.frequency != Frequency.OFF, Frequency.OFF.value, None
        repository.hold_back(chosen.user_id)
    session.flush()
    if changed:
        detail = {"user_id": chosen.user_id, "scope": chosen.scope.value}
        audit.record(session, chosen.context, "notices:unsubscribe", detail=detail)


def _unknown() -> NotFound:
    return NotFound("This link", remedy="Sign in and choose your mails under Settings, Notifications.")
