"""A workspace of one's own: with a sign-up, or for who is in none any more. Needs `transaction(None)`."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.forms import name_objection
from rcx_app.domain.identity.links import is_good, one_time_link, redeem
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import Device, LinkPurpose, Method, NewSession
from rcx_app.domain.identity.sessions import begin
from rcx_app.domain.onboarding.stages import first_stage
from rcx_app.models import Membership, User, Workspace

LIFETIME = timedelta(minutes=30)


def own_workspace(session: Session, user: User, name: str) -> Workspace:
    """A new workspace at the first stage, with its owner."""
    repository = IdentityRepository(session)
    workspace = Workspace(name=name.strip(), stage=first_stage().value)
    repository.add(workspace)
    repository.add(Membership(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER.value))
    context = Context(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER, user_name=user.name)
    audit.record(session, context, "workspace:create", "workspace", workspace.id)
    return workspace


def offer(session: Session, user_id: int) -> str:
    """The path at which somebody who has just proven himself, and is in no workspace, may make one."""
    return one_time_link(session, user_id, LinkPurpose.WORKSPACE, LIFETIME)


def look(session: Session, token: str) -> User | None:
    """Whom such a path is for; None where it was used or is too old. Spends nothing."""
    if not 0 < len(token) <= 200 or not is_good(session, token, LinkPurpose.WORKSPACE):
        return None
    return IdentityRepository(session).link_owner(token, LinkPurpose.WORKSPACE.value)


def start(session: Session, token: str, name: str, device: Device) -> NewSession | None:
    """Make the workspace and sign in to it. None where the path is not good (any more). Raises Invalid for its name."""
    problem = name_objection(name.strip(), "Tell us your company's name.")
    if problem:
        raise Invalid(problem)
    user = redeem(session, token, LinkPurpose.WORKSPACE)
    if user is None:
        return None
    workspace = own_workspace(session, user, name)
    begun = begin(session, user, device, workspace_id=workspace.id, method=Method.LINK)
    detail = {"address": device.address}
    audit.record(session, begun.identity.context, "account:sign_in", "session", begun.identity.session_id, detail)
    return begun
