"""Signing up, proving an address, and signing in with a password.

Hashing takes long on purpose, so it happens between transactions: look up, compute, then write.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import trail
from rcx_app.domain.identity.beginning import own_workspace
from rcx_app.domain.identity.entering import enter, knows_address
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.links import is_good, one_time_link, redeem
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Device, Entered, Identity, LinkPurpose, SignUpForm
from rcx_app.domain.identity.sessions import revoke
from rcx_app.models import User

VERIFY_LIFETIME = timedelta(days=2)
RESCUE_LIFETIME = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What sign-in needs to know of an account before it has checked the password. Never leaves the server."""

    user_id: int
    email: str
    name: str
    password_hash: str
    is_verified: bool
    knows_address: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedUp:
    """What to mail after a sign-up. `verify_path` is empty where the address has an account already."""

    email: str
    name: str
    verify_path: str


def find(session: Session, email: str, device: Device) -> Account | None:
    """The account of an address, if there is one."""
    repository = IdentityRepository(session)
    user = repository.user_by_email(email_key(email))
    return _account(repository, user, device) if user is not None else None


def find_by_link(session: Session, token: str, device: Device) -> Account | None:
    """Whose address a good verification link proves."""
    if not is_good(session, token, LinkPurpose.VERIFY):
        return None
    repository = IdentityRepository(session)
    user = repository.link_owner(token, LinkPurpose.VERIFY.value)
    return _account(repository, user, device) if user is not None else None


def sign_up(session: Session, form: SignUpForm, password_hash: str) -> SignedUp:
    """A new account with its workspace, or what to tell the owner of the existing one. `form` has been checked.

    An address that was never proven is taken over by the newest sign-up: its link asks for that sign-up's password,
    so nobody can prepare an account for somebody else's address.
    """
    repository = IdentityRepository(session)
    user = repository.user_by_email(email_key(form.email))
    if user is not None and user.email_verified_at is not None:
        return SignedUp(email=user.email, name=user.name, verify_path="")
    if user is None:
        user = _create(repository, form, password_hash)
    else:
        user.name, user.password_hash = form.name.strip(), password_hash
        for _, workspace in repository.memberships(user.id):
            workspace.name = form.workspace_name.strip()
            context = Context(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER)
            audit.record(session, context, "account:sign_up:again", "account", user.id)
    return SignedUp(email=user.email, name=user.name, verify_path=verify_path(session, user.id))


def verify_path(session: Session, user_id: int) -> str:
    """A fresh verification link's path; older ones work no more."""
    return one_time_link(session, user_id, LinkPurpose.VERIFY, VERIFY_LIFETIME)


def rescue_path(session: Session, user_id: int) -> str:
    """A sign-in link for the owner of an account under attack."""
    return one_time_link(session, user_id, LinkPurpose.SIGN_IN, RESCUE_LIFETIME)


def verify(session: Session, token: str, device: Device) -> Entered | None:
    """Spend a verification link after its account's password was found right; None where somebody was faster."""
    user = redeem(session, token, LinkPurpose.VERIFY)
    if user is None:
        return None
    user.email_verified_at = user.email_verified_at or clock.now()
    session.add(user)
    return enter(session, user, device, tag="account:verify")


def sign_in(session: Session, user_id: int, device: Device, *, new_hash: str = "") -> Entered | None:
    """The way in after the password was found right; `new_hash` replaces one made with old parameters."""
    user = IdentityRepository(session).user(user_id)
    if user is None:
        return None
    if new_hash:
        user.password_hash = new_hash
        session.add(user)
    return enter(session, user, device)


def sign_in_failed(session: Session, user_id: int | None, device: Device) -> None:
    """Note a wrong password: with the account's workspaces, or with none where there is no such account.

    What was typed is not kept: people type passwords into the wrong field.
    """
    trail.record(session, user_id, "account:sign_in:fail", {"address": device.address[:100]})


def sign_out(session: Session, identity: Identity) -> None:
    """End the session."""
    revoke(session, identity.session_id)
    audit.record(session, identity.context, "account:sign_out", "session", identity.session_id)


def _account(repository: IdentityRepository, user: User, device: Device) -> Account:
    return Account(
        user_id=user.id,
        email=user.email,
        name=user.name,
        password_hash=user.password_hash,
        is_verified=user.email_verified_at is not None,
        knows_address=knows_address(repository.session, user.id, device),
    )


def _create(repository: IdentityRepository, form: SignUpForm, password_hash: str) -> User:
    email = form.email.strip()
    user = User(email=email, email_key=email_key(email), name=form.name.strip(), password_hash=password_hash)
    repository.add(user)
    own_workspace(repository.session, user, form.workspace_name)
    return user
