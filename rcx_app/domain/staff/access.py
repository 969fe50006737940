"""Leave to work inside a workspace: its admins give it for a time, agents enter by it, and it ends for all at once.

Giving and ending it is the workspace's own. Entering makes a session in the workspace: run it in `transaction(None)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Permission, Role
from rcx_app.core.repository import Repository
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Device, Identity, NewSession
from rcx_app.domain.staff.schemas import Leave
from rcx_app.models import SupportAccess, User

LONGEST = timedelta(days=30)
ROLES = (Role.VIEWER, Role.ADMIN)
_LONGEST_REASON = 300


class AccessRepository(Repository):
    """One workspace's leaves."""

    noun = "The leave"

    def every(self, limit: int = 50) -> Sequence[SupportAccess]:
        """Newest first."""
        query = self.scoped(SupportAccess).order_by(col(SupportAccess.id).desc()).limit(limit)
        return self.session.scalars(query).all()

    def in_force(self, now: datetime) -> SupportAccess | None:
        query = (
            self.scoped(SupportAccess)
            .where(col(SupportAccess.ended_at).is_(None), col(SupportAccess.until) > now)
            .order_by(col(SupportAccess.id).desc())
            .limit(1)
        )
        found: SupportAccess | None = self.session.scalars(query).one_or_none()
        return found

    def names(self, ids: set[int]) -> dict[int, str]:
        return dict(self.session.execute(select(User.id, User.name).where(col(User.id).in_(ids))).all())


def grant(session: Session, context: Context, role: Role, lasts: timedelta, reason: str = "") -> Leave:
    """Let agents work here with `role` for `lasts`; an earlier leave ends. Raises NotPermitted, Invalid.

    Only a member gives it: an agent who works here by leave can't extend his own.
    """
    context.require(Permission.PEOPLE)
    if role not in ROLES:
        raise Invalid("Agents can be let in as viewer or as admin.")
    if not timedelta(0) < lasts <= LONGEST:
        raise Invalid(f"Leave lasts at most {LONGEST.days} days.", remedy="Give it again when it is over.")
    if len(reason.strip()) > _LONGEST_REASON:
        raise Invalid(f"Use at most {_LONGEST_REASON} characters for the reason.")
    if context.user_id is None:
        raise NotPermitted("Only a person can let agents in.")
    repository = AccessRepository(session, context)
    now = clock.now()
    before = repository.in_force(now)
    if before is not None:
        _end(session, context, before, now)
    row = SupportAccess(
        workspace_id=context.workspace_id,
        role=role.value,
        reason=reason.strip(),
        granted_by=context.user_id,
        until=now + lasts,
    )
    repository.add(row)
    detail = {"role": role.value, "until": row.until.isoformat(), "reason": row.reason}
    audit.record(session, context, "support_access:grant", "support_access", row.id, detail)
    return _leave(row, repository.names({row.granted_by}), now)


def end(session: Session, context: Context) -> None:
    """End the leave: sessions that agents have by it are over with this commit. Raises NotPermitted, Conflict."""
    context.require(Permission.PEOPLE)
    now = clock.now()
    row = AccessRepository(session, context).in_force(now)
    if row is None:
        raise Conflict("Agents have no leave at the moment.", remedy="Reload the page.")
    _end(session, context, row, now)


def _end(session: Session, context: Context, row: SupportAccess, now: datetime) -> None:
    row.ended_at, row.ended_by = now, context.user_id
    session.add(row)
    audit.record(session, context, "support_access:end", "support_access", row.id)


def leave_of(session: Session, context: Context) -> Leave | None:
    """The leave in force. Raises NotPermitted."""
    context.require(Permission.TEAM)
    repository, now = AccessRepository(session, context), clock.now()
    row = repository.in_force(now)
    return None if row is None else _leave(row, repository.names({row.granted_by}), now)


def leaves(session: Session, context: Context) -> list[Leave]:
    """All that were given, newest first. Raises NotPermitted."""
    context.require(Permission.TEAM)
    repository, now = AccessRepository(session, context), clock.now()
    rows = repository.every()
    names = repository.names({each for row in rows for each in (row.granted_by, row.ended_by) if each is not None})
    return [_leave(row, names, now) for row in rows]


def enter(session: Session, who: Identity, workspace_id: int, device: Device) -> NewSession:
    """An agent begins to work in a workspace; his present session ends. Raises NotPermitted without its leave."""
    who.context.require(Permission.AGENT)
    guest = who.context.visiting(workspace_id)
    row = AccessRepository(session, guest).in_force(clock.now())
    if row is None:
        raise NotPermitted(
            "This workspace gives no leave to work in it at the moment.",
            remedy="Ask one of its admins to let agents in, under Settings, Network.",
        )
    begun = _change(session, who, workspace_id, device, access_id=row.id)
    audit.record(session, begun.identity.context, "support_access:enter", "support_access", row.id, {"role": row.role})
    return begun


def leave(session: Session, who: Identity, device: Device) -> NewSession:
    """An agent is done in a workspace and goes home. Raises Conflict where he is no guest."""
    if not who.is_guest:
        raise Conflict("You are at home in this workspace.")
    audit.record(session, who.context, "support_access:leave", "workspace", who.workspace_id)
    homes = [found.id for _, found in IdentityRepository(session).memberships(who.user_id) if found.is_house]
    return _change(session, who, homes[0] if homes else None, device)


def _change(
    session: Session, who: Identity, workspace_id: int | None, device: Device, *, access_id: int | None = None
) -> NewSession:
    """The present session ends and another begins, proven as far as that one was."""
    user = IdentityRepository(session).user(who.user_id)
    if user is None:
        raise NotFound("The account")
    identity.revoke(session, who.session_id)
    return identity.begin(
        session,
        user,
        device,
        workspace_id=workspace_id,
        method=who.method,
        proven_at=who.proven_at,
        access_id=access_id,
    )


def _leave(row: SupportAccess, names: dict[int, str], now: datetime) -> Leave:
    return Leave(
        access_id=row.id,
        role=Role(row.role),
        reason=row.reason,
        granted_at=row.created_at,
        granted_by=names.get(row.granted_by, "somebody who left"),
        until=row.until,
        ended_at=row.ended_at,
        ended_by=names.get(row.ended_by, "") if row.ended_by is not None else "",
        is_in_force=row.ended_at is None and now < row.until,
    )
