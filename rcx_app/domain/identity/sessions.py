"""Server-side sessions: begin, resolve, rotate, end. The browser holds a random token, the database its hash."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.permissions import Role, Staff, Stage
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Device, Identity, Method, NewSession, WorkspaceChoice
from rcx_app.models import AuthSession, Membership, User, Workspace

ROTATE_AFTER = timedelta(minutes=30)
# Requests that were already under way with the old token when it was rotated.
GRACE = timedelta(seconds=60)
# Writing "last seen" at every event would make every read a write.
SEEN_EVERY = timedelta(seconds=60)


class NoWorkspace(NotPermitted):
    """Somebody proved who he is, and belongs to no workspace (any more)."""

    def __init__(self, user_id: int) -> None:
        super().__init__("You are not a member of any workspace.", remedy="Ask an admin of your team to invite you.")
        self.user_id = user_id


def begin(
    session: Session,
    user: User,
    device: Device,
    *,
    workspace_id: int | None = None,
    method: Method = Method.PASSWORD,
    proven_at: datetime | None = None,
    access_id: int | None = None,
) -> NewSession:
    """A new session for a person whose identity has been proven: in the given workspace, else the one he was in last.

    `access_id`: the leave by which an agent works in a workspace that is not his own. Raises NoWorkspace where he is
    in none, NotPermitted where he is not in the given one.
    """
    repository = IdentityRepository(session)
    if access_id is None or workspace_id is None:
        workspace_id = _choose(repository, user.id, workspace_id).workspace_id
    now, token = clock.now(), new_token()
    row = AuthSession(
        user_id=user.id,
        workspace_id=workspace_id,
        access_id=access_id,
        token_hash=hash_token(token),
        created_at=now,
        rotated_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(seconds=settings().session_max_s),
        user_agent=device.user_agent[:300],
        address=device.address[:100],
        method=method.value,
        proven_at=proven_at,
    )
    repository.add(row)
    identity = resolve_id(session, row.id, half=True)
    if identity is None:
        raise NotFound("The session")
    return NewSession(token=token, identity=identity, expires_at=row.expires_at)


def resolve(session: Session, token: str, *, half: bool = False) -> Identity | None:
    """Who the cookie's token belongs to, or None. One indexed query, no write.

    Who must set up two-factor first counts as nobody, so that all doors are shut to him, but where `half` asks for him.
    """
    if not token or len(token) > 200:
        return None
    token_hash = hash_token(token)
    found = IdentityRepository(session).signed_in(token_hash=token_hash)
    if found is None:
        return None
    row = found[0]
    now = clock.now()
    if row.token_hash != token_hash and now > row.rotated_at + GRACE:
        return None
    return _whole(_identity(*found), half) if is_alive(row, now) else None


def resolve_id(session: Session, session_id: int, *, half: bool = False) -> Identity | None:
    """Who an open socket's session belongs to, or None as soon as it is revoked or expired. `half` as in `resolve`."""
    found = IdentityRepository(session).signed_in(session_id=session_id)
    return _whole(_identity(*found), half) if found is not None and is_alive(found[0], clock.now()) else None


def _whole(identity: Identity, half: bool) -> Identity | None:
    return None if identity.must_set_up and not half else identity


def is_alive(row: AuthSession, now: datetime) -> bool:
    """Neither revoked, nor idle for too long, nor past its end."""
    idle_until = row.last_seen_at + timedelta(seconds=settings().session_idle_s)
    return row.revoked_at is None and now < row.expires_at and now < idle_until


def touch(session: Session, session_id: int) -> None:
    """Note that the session is in use."""
    row = IdentityRepository(session).auth_session(session_id)
    if row is not None and row.revoked_at is None:
        row.last_seen_at = clock.now()
        session.add(row)


def rotate(session: Session, token: str) -> str | None:
    """A new token for the session of `token` if it is due (or None); the old one stays good for `GRACE`.

    Only the current token rotates: a request that lost the race against another keeps the one it will be given there.
    """
    found = IdentityRepository(session).signed_in(token_hash=hash_token(token))
    now = clock.now()
    if found is None or not is_alive(found[0], now):
        return None
    row = IdentityRepository(session).auth_session(found[0].id, lock=True)
    if row is None or row.token_hash != hash_token(token) or now < row.rotated_at + ROTATE_AFTER:
        return None
    fresh = new_token()
    row.previous_hash, row.token_hash, row.rotated_at, row.last_seen_at = row.token_hash, hash_token(fresh), now, now
    session.add(row)
    return fresh


def revoke(session: Session, session_id: int) -> None:
    """End a session for good."""
    row = IdentityRepository(session).auth_session(session_id)
    if row is not None and row.revoked_at is None:
        row.revoked_at = clock.now()
        session.add(row)


def revoke_all(session: Session, user_id: int, *, but: int | None = None) -> list[int]:
    """End all sessions of a person (`but` one); returns their ids. Told to each session's workspace."""
    ended = [row for row in IdentityRepository(session).live_sessions(user_id) if row.id != but]
    for row in ended:
        row.revoked_at = clock.now()
        session.add(row)
        if row.workspace_id is not None:
            context = Context(workspace_id=row.workspace_id, user_id=user_id, role=Role.VIEWER)
            audit.record(session, context, "account:revoke", "session", row.id)
    return [row.id for row in ended]


def workspaces(session: Session, user_id: int) -> list[WorkspaceChoice]:
    """Where the person may work, in the order he joined."""
    return [
        WorkspaceChoice(workspace_id=workspace.id, name=workspace.name, role=Role(membership.role))
        for membership, workspace in IdentityRepository(session).memberships(user_id)
    ]


def switch_workspace(session: Session, identity: Identity, workspace_id: int, device: Device) -> NewSession:
    """Work in another workspace: the present session ends and another begins.

    Raises NotFound where he is no member, NotPermitted where only one workspace's provider vouched for him.
    """
    user = IdentityRepository(session).user(identity.user_id)
    if user is None or workspace_id not in {choice.workspace_id for choice in workspaces(session, identity.user_id)}:
        raise NotFound("The workspace")
    if identity.method is Method.OPENID and workspace_id != identity.workspace_id:
        raise NotPermitted(
            "You signed in with your company's account, which is good for its own workspace only.",
            remedy="Sign out, and sign in with your password to work in the other one.",
        )
    revoke(session, identity.session_id)
    audit.record(session, identity.context, "account:sign_out", "session", identity.session_id, {"switched": True})
    begun = begin(
        session,
        user,
        device,
        workspace_id=workspace_id,
        method=identity.method,
        proven_at=identity.proven_at,
    )
    who, detail = begun.identity, {"address": device.address, "switched": True}
    audit.record(session, who.context, "account:sign_in", "session", who.session_id, detail)
    return begun


def _choose(repository: IdentityRepository, user_id: int, workspace_id: int | None) -> Membership:
    memberships = [membership for membership, _ in repository.memberships(user_id)]
    if workspace_id is None and len(memberships) > 1:
        last = repository.last_workspace(user_id)
        workspace_id = last if last in {membership.workspace_id for membership in memberships} else None
    for membership in memberships:
        if workspace_id in (None, membership.workspace_id):
            return membership
    if not memberships:
        raise NoWorkspace(user_id)
    raise NotPermitted("You are not a member of any workspace.", remedy="Ask an admin of your team to invite you.")


def _identity(row: AuthSession, user: User, membership: Membership, workspace: Workspace) -> Identity:
    method, has_two_factor = Method(row.method), user.totp_since is not None
    # What a workspace's provider vouches for is worth nothing outside that workspace: not for being staff either.
    staff = Staff.NONE if method is Method.OPENID else Staff(user.staff)
    asks_staff = staff is not Staff.NONE and settings().staff_needs_two_factor
    is_asked = (workspace.needs_two_factor and method is not Method.OPENID) or asks_staff
    return Identity(
        session_id=row.id,
        session_key=f"{row.id}.{row.created_at:%Y%m%dT%H%M%S%f}",
        user_id=user.id,
        user_name=user.name,
        email=user.email,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=Role(membership.role),
        rotation_due=clock.now() >= row.rotated_at + ROTATE_AFTER,
        stage=Stage(workspace.stage),
        staff=staff,
        method=method,
        proven_at=row.proven_at,
        has_two_factor=has_two_factor,
        is_guest=row.access_id is not None,
        is_house=workspace.is_house,
        must_set_up=is_asked and not has_two_factor,
    )
