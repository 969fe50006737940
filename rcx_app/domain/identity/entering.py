"""The way in once a person has proven the first half: a session, or the question for a code."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import trail, two_factor
from rcx_app.domain.identity.links import redeem
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Device, Entered, LinkPurpose, Method, NewSession, SecondStep
from rcx_app.domain.identity.sessions import begin
from rcx_app.models import OneTimeLink, User

STEP_LIFETIME = timedelta(minutes=10)
KNOWN_DEVICE = timedelta(days=30)
_TAGS = {
    Method.PASSWORD: "account:sign_in",
    Method.LINK: "account:sign_in:link",
    Method.OPENID: "account:sign_in:openid",
}


def enter(
    session: Session,
    user: User,
    device: Device,
    *,
    method: Method = Method.PASSWORD,
    workspace_id: int | None = None,
    tag: str = "",
) -> Entered:
    """Begin a session, or ask for a code where the person has two-factor on.

    Raises NotPermitted where he is in no workspace. `tag`: what the trail says instead of the method's own.
    """
    if user.totp_since is not None:
        return _ask(session, user, method, workspace_id)
    # A link proves a mailbox and a provider its own word; only the password proves the person to this very account.
    proven_at = clock.now() if method is Method.PASSWORD else None
    begun = begin(session, user, device, workspace_id=workspace_id, method=method, proven_at=proven_at)
    return _told(session, begun, tag or _TAGS[method], device)


def whose_step(session: Session, token: str) -> int | None:
    """Whose sign-in waits for a code; None where it is unknown, used or too old."""
    found = IdentityRepository(session).step(hash_token(token))
    good = found is not None and found.used_at is None and clock.now() < found.expires_at
    return found.user_id if good and found is not None else None


def finish(session: Session, token: str, code: str, device: Device) -> NewSession | None:
    """Begin the session with the code; None where the code is wrong or the step is over."""
    repository = IdentityRepository(session)
    found = repository.step(hash_token(token))
    if found is None or whose_step(session, token) is None or not two_factor.accept(session, found.user_id, code):
        return None
    user = repository.user(found.user_id)
    if user is None or not repository.use_link(found.id, clock.now()):
        return None
    _, method, workspace = found.purpose.split(":")
    begun = begin(
        session,
        user,
        device,
        workspace_id=int(workspace) if workspace else None,
        method=Method(method),
        proven_at=clock.now(),
    )
    return _told(session, begun, _TAGS[Method(method)], device, two_factor=True)


def knows_address(session: Session, user_id: int, device: Device) -> bool:
    """Whether he has signed in from there within the last days."""
    since = clock.now() - KNOWN_DEVICE
    return bool(device.address) and IdentityRepository(session).has_signed_in_from(user_id, device.address, since)


def code_failed(session: Session, user_id: int, device: Device) -> None:
    """Note a wrong code; what was typed is not kept."""

    trail.record(session, user_id, "account:two_factor:fail", {"address": device.address[:100]})


def sign_in_by_link(session: Session, token: str, device: Device) -> Entered | None:
    """The way in by a one-time sign-in link; whoever got it by mail or console also owns the address."""
    user = redeem(session, token, LinkPurpose.SIGN_IN)
    if user is None:
        return None
    if user.email_verified_at is None:
        user.email_verified_at = clock.now()
        session.add(user)
    return enter(session, user, device, method=Method.LINK)


def _ask(session: Session, user: User, method: Method, workspace_id: int | None) -> SecondStep:
    # Earlier questions stay open: else whoever knows the password could keep the owner from answering his.
    now, token = clock.now(), new_token()
    purpose = f"second_step:{method.value}:{workspace_id or ''}"
    IdentityRepository(session).add(
        OneTimeLink(
            user_id=user.id,
            purpose=purpose,
            token_hash=hash_token(token),
            created_at=now,
            expires_at=now + STEP_LIFETIME,
        )
    )
    return SecondStep(token=token)


def _told(session: Session, begun: NewSession, tag: str, device: Device, *, two_factor: bool = False) -> NewSession:
    who = begun.identity
    detail = {"address": device.address, **({"two_factor": True} if two_factor else {})}
    audit.record(session, who.context, tag, "session", who.session_id, detail)
    return begun
