"""Who works for the company that runs RCX, and the workspace where they are at home. Run in `transaction(None)`."""

from __future__ import annotations

from sqlmodel import Session, col, select

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission, Role, Staff, Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.forms import email_key, is_email
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.staff.schemas import Agent
from rcx_app.models import Membership, User, Workspace

HOUSE = "RCX"
# No hash of any password.
NO_PASSWORD = "!"  # noqa: S105 it is none


def agents(session: Session, context: Context) -> list[Agent]:
    """Everybody who is staff, by name. Raises NotPermitted."""
    context.require(Permission.PLATFORM)
    return listed(session)


def listed(session: Session) -> list[Agent]:
    """As `agents`, for the command line, where whoever reaches the database asks."""
    query = select(User).where(User.staff != "").order_by(col(User.name), col(User.id))
    return [
        Agent(
            user_id=user.id,
            name=user.name,
            email=user.email,
            staff=Staff(user.staff),
            has_two_factor=user.totp_since is not None,
        )
        for user in session.scalars(query)
    ]


def add(session: Session, context: Context, email: str, staff: Staff) -> Agent:
    """Make the owner of an account an agent or platform admin.

    Raises NotPermitted, NotFound, Invalid, and Conflict where nobody has proven yet that the address is his.
    """
    context.require(Permission.PLATFORM)
    user = IdentityRepository(session).user_by_email(email_key(email))
    if user is not None and user.email_verified_at is None:
        raise Conflict(
            "The owner of this account has not confirmed the address yet.",
            remedy="He does so by the mail of his sign-up.",
        )
    return appoint(session, context, email, staff)


def appoint(session: Session, context: Context | None, email: str, staff: Staff, name: str = "") -> Agent:
    """As `add`; without `context` the command line does it, which also makes an account with `name` where none is.

    Raises NotFound where there is no account and no name for one, Invalid.
    """
    if staff is Staff.NONE:
        raise Invalid("Choose agent or platform admin.")
    if not is_email(email):
        raise Invalid("That is no e-mail address.", remedy="Enter one such as elin@rcx.example.")
    repository = IdentityRepository(session)
    user = repository.user_by_email(email_key(email))
    if user is None:
        if not name.strip():
            raise NotFound("An account with this address", remedy="He signs up first, or give a name to make one.")
        # No password opens it: the way in is a link, and then a password of his own choice.
        user = User(email=email.strip(), email_key=email_key(email), name=name.strip()[:100], password_hash=NO_PASSWORD)
        repository.add(user)
    before, user.staff = user.staff, staff.value
    session.add(user)
    house = _house(session)
    if house.id not in {found.id for _, found in repository.memberships(user.id)}:
        repository.add(Membership(workspace_id=house.id, user_id=user.id, role=Role.VIEWER.value))
    _told(session, context, house, "staff:add", user.id, {"before": before, "after": staff.value})
    return next(each for each in listed(session) if each.user_id == user.id)


def remove(session: Session, context: Context, user_id: int) -> None:
    """Somebody is no agent any more; his sessions end at once. Raises NotPermitted, NotFound, Conflict for the last."""
    context.require(Permission.PLATFORM)
    dismiss(session, context, user_id)


def dismiss(session: Session, context: Context | None, user_id: int) -> None:
    """As `remove`; without `context` the command line does it. Raises NotFound, Conflict."""
    user = IdentityRepository(session).user(user_id)
    if user is None or not user.staff:
        raise NotFound("This agent")
    admins = [each for each in listed(session) if each.staff is Staff.PLATFORM_ADMIN]
    if context is not None and [each.user_id for each in admins] == [user_id]:
        raise Conflict("You are the last platform admin.", remedy="Appoint another one first.")
    house, before = _house(session), user.staff
    user.staff = Staff.NONE.value
    session.add(user)
    identity.revoke_all(session, user_id)
    query = select(Membership).where(Membership.workspace_id == house.id, Membership.user_id == user_id)
    for row in session.scalars(query):
        session.delete(row)
    _told(session, context, house, "staff:remove", user_id, {"before": before, "after": ""})


def _house(session: Session) -> Workspace:
    """Where agents are at home: made with the first of them. Its stage opens nothing that belongs to an MSP."""
    query = select(Workspace).where(col(Workspace.is_house)).order_by(col(Workspace.id)).limit(1)
    found = session.scalars(query).one_or_none()
    if found is None:
        found = Workspace(name=HOUSE, stage=Stage.QUESTIONNAIRE.value, is_house=True)
        session.add(found)
        session.flush()
    return found


def _told(
    session: Session, context: Context | None, house: Workspace, tag: str, user_id: int, detail: dict[str, str]
) -> None:
    by = context.user_id if context is not None else None
    audit.record(session, Context(workspace_id=house.id, user_id=by, role=Role.VIEWER), tag, "account", user_id, detail)
