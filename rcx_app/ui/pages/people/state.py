"""State of the page "People": the team, open invitations, and what each role may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.identity import own, recovering
from rcx_app.domain.people import invitations, members
from rcx_app.domain.people.rights import ROLES, is_above, may_give
from rcx_app.domain.people.schemas import InvitationState, InvitationView, Member
from rcx_app.ui import words
from rcx_app.ui.base import AppState, current_context, read, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import requires
from rcx_app.ui.own import write_own
from rcx_app.ui.pages.people import sending


@dataclass
class PersonRow:
    """Somebody of the team. `can_change`: his role may be changed here, and he removed.

    `can_reset`: his second factor may be asked to be reset.
    """

    id: int
    name: str
    initials: str
    email: str
    role: str
    role_name: str
    joined: str
    seen: str
    seen_text: str
    two_factor: bool
    is_me: bool
    can_change: bool
    can_reset: bool


@dataclass
class InvitationRow:
    """An invitation without an answer."""

    id: int
    email: str
    role: str
    by: str
    sent: str
    ends: str
    is_expired: bool
    can_change: bool


@dataclass
class Choice:
    """A role to choose."""

    value: str
    label: str


class PeopleState(AppState):
    """`leaving_*`: who is about to be removed, while the dialog asks."""

    people: list[PersonRow] = []
    invited: list[InvitationRow] = []
    choices: list[Choice] = []
    may_invite: bool = False
    wrong: str = ""
    form_key: int = 0
    removing: int = 0
    removing_name: str = ""
    resetting: int = 0
    resetting_name: str = ""
    is_proven: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> None:
        self.removing, self.resetting, self.wrong = 0, 0, ""
        await self._load()

    @rx.event
    @requires(Permission.PEOPLE)
    async def invite(self, form: dict[str, Any]) -> Any:
        """Mail an invitation."""
        email, role = str(form.get("email", "")), str(form.get("role", ""))
        if role not in set(Role):
            self.wrong = "Choose a role."
            return None
        try:
            await sending.invite(email, Role(role))
        except RcxError as error:
            self.wrong = str(error)
            await self._load()
            return None
        self.wrong = ""
        self.form_key += 1
        await self._load()
        return rx.toast.success(f"Invited {email.strip()}.")

    @rx.event
    @requires(Permission.PEOPLE)
    async def resend(self, invitation_id: int) -> Any:
        """Mail an invitation again, with a new link."""
        to = await sending.resend(invitation_id)
        await self._load()
        return rx.toast.success(f"Sent to {to} again; the earlier link works no more.")

    @rx.event
    @requires(Permission.PEOPLE)
    async def take_back(self, invitation_id: int) -> Any:
        await write(invitations.revoke, invitation_id)
        await self._load()
        return rx.toast.success("The invitation is taken back.")

    @rx.event
    @requires(Permission.PEOPLE)
    async def set_role(self, user_id: int, role: Role) -> Any:
        """Give somebody another role."""
        try:
            await write(members.change_role, user_id, role)
        except RcxError as error:
            await self._load()
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        await self._load()
        return [AppState.enter, rx.toast.success(f"The role is {ROLES[role][0].lower()} now.")]

    @rx.event
    @requires(Permission.PEOPLE)
    async def ask_to_remove(self, user_id: int) -> None:
        self.removing = user_id
        self.removing_name = next((row.name for row in self.people if row.id == user_id), "")

    @rx.event
    @requires(Permission.PEOPLE)
    async def keep(self) -> None:
        self.removing = 0

    @rx.event
    @requires(Permission.PEOPLE)
    async def remove(self) -> Any:
        """Take the person that the dialog names out of the workspace."""
        user_id, self.removing = self.removing, 0
        if not user_id:
            return None
        try:
            await write(members.remove, user_id)
        except RcxError as error:
            await self._load()
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        await self._load()
        return rx.toast.success(f"{self.removing_name} is removed.")

    @rx.event
    @requires(Permission.OWN)
    async def ask_to_reset(self, user_id: int) -> None:
        """Whether to switch somebody's second factor off."""
        self.is_proven = own.is_proven(await current_identity())
        self.resetting = user_id
        self.resetting_name = next((row.name for row in self.people if row.id == user_id), "")

    @rx.event
    @requires(Permission.OWN)
    async def leave_factor(self) -> None:
        self.resetting = 0

    @rx.event
    @requires(Permission.OWN)
    async def reset_factor(self) -> Any:
        """Switch off the second factor of the person that the dialog names."""
        user_id, self.resetting = self.resetting, 0
        if not user_id:
            return None
        try:
            name = await write_own(recovering.reset_by_owner, user_id)
        except RcxError as error:
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        await self._load()
        return rx.toast.success(f"{name} signs in with the password alone now, and is told by mail.")

    async def _load(self) -> None:
        try:
            team, waiting = await read(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        context = await current_context()
        self.may_invite = context.allows(Permission.PEOPLE)
        self.choices = [Choice(role.value, ROLES[role][0]) for role in may_give(context.role)]
        self.people = [_person(each, context, self.may_invite) for each in team]
        self.invited = [_invitation(each, context, self.may_invite) for each in waiting]
        self.problem, self.remedy, self.is_loaded = "", "", True


def _everything(session: Any, context: Context) -> tuple[list[Member], list[InvitationView]]:
    return members.team(session, context), invitations.listed(session, context)


def _person(each: Member, context: Context, may_change: bool) -> PersonRow:
    parts = each.name.split() or ["?"]
    return PersonRow(
        id=each.user_id,
        name=each.name,
        initials="".join(part[0].upper() for part in (parts[0], *parts[1:][-1:])),
        email=each.email,
        role=each.role.value,
        role_name=ROLES[each.role][0],
        joined=words.day(each.joined_at.date()),
        seen=each.seen_at.isoformat() if each.seen_at else "",
        seen_text=words.moment(each.seen_at) if each.seen_at else "",
        two_factor=each.has_two_factor,
        is_me=each.is_me,
        can_change=may_change and not is_above(each.role, context.role),
        can_reset=each.has_two_factor and not each.is_me and context.allows(Permission.OWN),
    )


def _invitation(each: InvitationView, context: Context, may_change: bool) -> InvitationRow:
    return InvitationRow(
        id=each.invitation_id,
        email=each.email,
        role=ROLES[each.role][0],
        by=each.invited_by,
        sent=words.day(each.sent_at.date()),
        ends=words.day(each.expires_at.date()),
        is_expired=each.state is InvitationState.EXPIRED,
        can_change=may_change and not is_above(each.role, context.role),
    )
