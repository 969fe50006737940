"""Changing one's address: both mailboxes confirm it, the old and the new, before anything changes.

The old one, so that an open browser is not enough to take an account away; the new one, so that it is really there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.core.errors import Invalid
from rcx_app.domain.identity import trail
from rcx_app.domain.identity.forms import email_key, is_email
from rcx_app.domain.identity.own import require_own, require_proof
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Identity
from rcx_app.models import EmailChange, User

LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to mail to whom. The same is mailed whether or not the new address has an account already."""

    old_email: str
    new_email: str
    name: str
    old_path: str
    new_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What a good link of either mailbox shows."""

    old_email: str
    new_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How it stands. `is_done`: both have confirmed, and `old_email` is to be told. `is_taken`: it could not."""

    old_email: str
    new_email: str
    name: str
    is_done: bool
    is_taken: bool = False


def ask(session: Session, identity: Identity, new_email: str) -> Asked:
    """Begin a change; an earlier one ends. Raises Invalid, NotPermitted without a fresh proof."""
    require_own(identity)
    require_proof(identity)
    user = IdentityRepository(session).user(identity.user_id, lock=True)
    wanted = new_email.strip()
    if user is None or not is_email(wanted):
        raise Invalid("Enter an e-mail address, such as you@company.com.")
    if email_key(wanted) == user.email_key:
        raise Invalid("This is your address already.")
    now, old_token, new = clock.now(), new_token(), new_token()
    _end_open(session, user.id)
    IdentityRepository(session).add(
        EmailChange(
            user_id=user.id,
            new_email=wanted,
            old_token_hash=hash_token(old_token),
            new_token_hash=hash_token(new),
            created_at=now,
            expires_at=now + LIFETIME,
        )
    )
    trail.record(session, user.id, "account:email:ask")
    return Asked(
        old_email=user.email,
        new_email=wanted,
        name=user.name,
        old_path=f"/confirm-email?token={old_token}",
        new_path=f"/confirm-email?token={new}",
    )


def look(session: Session, token: str) -> Side | None:
    """What the link is about, or None where it is not good. Spends nothing."""
    found = _open(session, token)
    return Side(old_email=found[1].email, new_email=found[0].new_email) if found else None


def confirm(session: Session, token: str) -> Confirmed | None:
    """One side confirms; with the second the address changes. None where the link is not good."""
    found = _open(session, token, lock=True)
    if found is None:
        return None
    change, user = found
    now, old_email = clock.now(), user.email
    if change.old_token_hash == hash_token(token):
        change.old_confirmed_at = change.old_confirmed_at or now
    else:
        change.new_confirmed_at = change.new_confirmed_at or now
    session.add(change)
    is_done = change.old_confirmed_at is not None and change.new_confirmed_at is not None
    other = IdentityRepository(session).user_by_email(email_key(change.new_email)) if is_done else None
    if is_done:
        change.ended_at = now
    if is_done and other is None:
        user.email, user.email_key, user.email_verified_at = change.new_email, email_key(change.new_email), now
        session.add(user)
        IdentityRepository(session).retire_links(user.id, "", now)
        trail.record(session, user.id, "account:email:change")
    return Confirmed(
        old_email=old_email,
        new_email=change.new_email,
        name=user.name,
        is_done=is_done and other is None,
        is_taken=other is not None,
    )


def _open(session: Session, token: str, *, lock: bool = False) -> tuple[EmailChange, User] | None:
    hashed = hash_token(token)
    query = select(EmailChange).where(
        (col(EmailChange.old_token_hash) == hashed) | (col(EmailChange.new_token_hash) == hashed)
    )
    change = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if change is None or change.ended_at is not None or clock.now() >= change.expires_at:
        return None
    user = IdentityRepository(session).user(change.user_id, lock=lock)
    return (change, user) if user is not None else None


def _end_open(session: Session, user_id: int) -> None:
    query = update(EmailChange).where(col(EmailChange.user_id) == user_id, col(EmailChange.ended_at).is_(None))
    session.execute(query.values(ended_at=clock.now()))
