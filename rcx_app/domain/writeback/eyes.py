"""Who may approve a change set: by role, by the workspace's four eyes, and in words that name who else can."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Permission, may
from rcx_app.domain.review import service as review
from rcx_app.domain.writeback import access
from rcx_app.models import ChangeSet

_NAMED = 2


class Eyes:
    """The members and the choice of four eyes, read once for any number of sets."""

    def __init__(self, session: Session, context: Context) -> None:
        self._context = context
        self._four_eyes = access.policy(session, context).four_eyes
        self._people = [each for each in review.people_here(session, context) if each.may_approve]

    def approvers(self, made: ChangeSet) -> tuple[str, ...]:
        """The names of those who can approve a set, by name."""
        barred = made.prepared_by if self._four_eyes else None
        return tuple(each.name for each in self._people if each.user_id != barred)

    def check(self, made: ChangeSet) -> None:
        """Raises NotPermitted for a person who has prepared it where the workspace wants four eyes, and for RCX."""
        if self._context.user_id is None:
            raise NotPermitted("RCX itself may not approve.", remedy="A person approves.")
        if self._four_eyes and made.prepared_by in (None, self._context.user_id):
            raise NotPermitted(
                "You prepared this set yourself, and this workspace wants four eyes.",
                remedy=who_can(self.approvers(made)),
            )

    def why_not(self, made: ChangeSet) -> str:
        """Why this person can't approve a set, in words that say who can; "" where nothing in him stands against it."""
        if not may(self._context.role, Permission.APPROVE):
            return f"Your role may not approve changes. {who_can(self.approvers(made))}"
        if not self._context.allows(Permission.APPROVE):
            return "Writing to the PSA is not open to this workspace: see what comes next on the onboarding page."
        try:
            self.check(made)
        except NotPermitted as refused:
            return f"{refused.message} {refused.remedy}"
        return ""


def who_can(names: Sequence[str]) -> str:
    """``Ana Ruiz, Tom Lind or 2 others can.``"""
    if not names:
        return "Nobody else here may approve yet: an admin invites an approver, or switches four eyes off."
    first, rest = list(names[:_NAMED]), len(names) - _NAMED
    if rest > 0:
        return f"{', '.join(first)} or {'another' if rest == 1 else f'{rest} others'} can."
    return f"{' or '.join(first)} can."
