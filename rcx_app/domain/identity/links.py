"""Links that work once: random token in the address, its hash in the database, a short life, one purpose."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.models import OneTimeLink, User

_PATHS = {
    LinkPurpose.VERIFY: "/verify",
    LinkPurpose.SIGN_IN: "/welcome",
    LinkPurpose.RESET: "/reset",
    LinkPurpose.WORKSPACE: "/sign-up",
}


def one_time_link(session: Session, user_id: int, purpose: LinkPurpose, lifetime: timedelta) -> str:
    """A path such as ``/welcome?token=...``. Put `settings().public_url` before it. Older links of its kind die."""
    repository = IdentityRepository(session)
    now, token = clock.now(), new_token()
    repository.retire_links(user_id, purpose.value, now)
    repository.add(
        OneTimeLink(
            user_id=user_id,
            purpose=purpose.value,
            token_hash=hash_token(token),
            created_at=now,
            expires_at=now + lifetime,
        )
    )
    return f"{_PATHS[purpose]}?token={token}"


def is_good(session: Session, token: str, purpose: LinkPurpose) -> bool:
    """Whether the link would still work. Spends nothing, so a mail scanner that opens it does no harm."""
    found = IdentityRepository(session).link(hash_token(token), purpose.value)
    return found is not None and found.used_at is None and clock.now() < found.expires_at


def redeem(session: Session, token: str, purpose: LinkPurpose) -> User | None:
    """Spend the link: whose it was, or None where it is unknown, used or too old. Only one caller ever wins."""
    repository = IdentityRepository(session)
    found = repository.link(hash_token(token), purpose.value)
    now = clock.now()
    if found is None or now >= found.expires_at or not repository.use_link(found.id, now):
        return None
    return repository.user(found.user_id)
