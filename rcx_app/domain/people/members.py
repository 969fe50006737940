"""Who is in the team and in which role; changing a role, removing somebody, leaving.

Whoever changes the team locks the workspace's row first, so that two at once can't leave it without an owner.
"""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotPermitted
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.people.repository import PeopleRepository
from rcx_app.domain.people.rights import ROLES, is_above
from rcx_app.domain.people.schemas import Member

_LAST_OWNER = "A workspace needs an owner."
_LAST_REMEDY = "Make somebody else an owner first."


def team(session: Session, context: Context) -> list[Member]:
    """Everybody in the workspace, in the order in which they joined."""
    context.require(Permission.TEAM)
    return [
        Member(
            user_id=user.id,
            name=user.name,
            email=user.email,
            role=Role(membership.role),
            joined_at=membership.created_at,
            seen_at=seen_at,
            has_two_factor=user.totp_since is not None,
            is_me=user.id == context.user_id,
        )
        for membership, user, seen_at in PeopleRepository(session, context).members()
    ]


def change_role(session: Session, context: Context, user_id: int, role: Role) -> None:
    """Give a member another role.

    Raises NotPermitted for a role above one's own, somebody above oneself, or raising oneself; Conflict for the last
    owner; NotFound.
    """
    context.require(Permission.PEOPLE)
    repository = PeopleRepository(session, context)
    repository.workspace(lock=True)
    mine = _my_role(repository, context)
    membership, _ = repository.member(user_id)
    before = Role(membership.role)
    if before is role:
        return
    _require_reach(mine, before)
    if is_above(role, mine):
        raise NotPermitted(
            "You can't raise your own role." if user_id == context.user_id else "You can't give a role above your own.",
            remedy="Ask an owner of this workspace.",
        )
    if before is Role.OWNER and repository.owners() < 2:
        raise Conflict(_LAST_OWNER, remedy=_LAST_REMEDY)
    membership.role = role.value
    session.add(membership)
    _take_back_invitations(repository, user_id, role)
    detail = {"before": before.value, "after": role.value}
    audit.record(session, context, "people:role", "person", user_id, detail)


def remove(session: Session, context: Context, user_id: int) -> None:
    """Take somebody out of the workspace: his sessions in it end at once, his work and his account stay.

    Raises NotPermitted for somebody above oneself, Conflict for oneself (see `leave`) and the last owner, NotFound.
    """
    context.require(Permission.PEOPLE)
    if user_id == context.user_id:
        raise Conflict("You can't remove yourself.", remedy="Leave the workspace in your account instead.")
    repository = PeopleRepository(session, context)
    repository.workspace(lock=True)
    membership, _ = repository.member(user_id)
    _require_reach(_my_role(repository, context), Role(membership.role))
    _go(session, repository, user_id)
    audit.record(session, context, "people:remove", "person", user_id, {"role": membership.role})


def leave(session: Session, context: Context) -> None:
    """Leave the workspace. Raises Conflict for its last owner."""
    context.require(Permission.SELF)
    repository = PeopleRepository(session, context)
    repository.workspace(lock=True)
    user_id = context.user_id or 0
    membership, _ = repository.member(user_id)
    _go(session, repository, user_id)
    audit.record(session, context, "people:leave", "person", user_id, {"role": membership.role})


def _go(session: Session, repository: PeopleRepository, user_id: int) -> None:
    membership, _ = repository.member(user_id)
    if Role(membership.role) is Role.OWNER and repository.owners() < 2:
        raise Conflict(_LAST_OWNER, remedy=_LAST_REMEDY)
    _take_back_invitations(repository, user_id, None)
    repository.unlink(user_id)
    repository.end_sessions(user_id, clock.now())
    session.delete(membership)
    session.flush()


def _my_role(repository: PeopleRepository, context: Context) -> Role:
    """As it is now that the workspace is locked: it may have changed since the context was made."""
    if context.user_id is None:
        return context.role
    role = Role(repository.member(context.user_id)[0].role)
    Context(workspace_id=context.workspace_id, user_id=None, role=role, stage=context.stage).require(Permission.PEOPLE)
    return role


def _require_reach(mine: Role, theirs: Role) -> None:
    if is_above(theirs, mine):
        raise NotPermitted(
            f"Only somebody of the same role may do this to an {ROLES[theirs][0].lower()}.",
            remedy="Ask an owner of this workspace.",
        )


def _take_back_invitations(repository: PeopleRepository, user_id: int, role: Role | None) -> None:
    """Invitations that he could send no more: all if he goes or may not invite any longer, else those above him."""
    invites = role in (Role.ADMIN, Role.OWNER)
    for invitation, _ in repository.open_invitations(by=user_id):
        if role is None or not invites or is_above(Role(invitation.role), role):
            invitation.revoked_at = clock.now()
            repository.session.add(invitation)
