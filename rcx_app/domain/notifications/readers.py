"""Who may be told of what, and how he wants it: members with their roles, the workspace's stage and their choices."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.core.permissions import Role, Stage, is_open, may
from rcx_app.domain.notifications.repository import NoticeRepository
from rcx_app.domain.notifications.schemas import NEEDS, Choice, Frequency, Kind, Reader
from rcx_app.models import NoticeChoice


def readers(repository: NoticeRepository, user_id: int | None = None) -> list[Reader]:
    """The members (or the one) as they are now."""
    stage = Stage(repository.workspace().stage)
    return [
        Reader(
            user_id=user.id,
            name=user.name,
            email=user.email,
            is_verified=user.email_verified_at is not None,
            may=allowed(Role(role), stage),
            choice=choice_of(row),
        )
        for user, role, row in repository.members(user_id)
    ]


def allowed(role: Role, stage: Stage) -> frozenset[Kind]:
    """What a role may be told of at a stage."""
    return frozenset(kind for kind, needed in NEEDS.items() if may(role, needed) and is_open(stage, needed))


def choice_of(row: NoticeChoice | None) -> Choice:
    """A person's choice, or what stands for one who chose nothing."""
    if row is None:
        return Choice()
    known = {each.value for each in Kind}
    return Choice(
        frequency=Frequency(row.frequency),
        kinds=frozenset(Kind(each) for each in row.kinds if each in known),
        min_amount=row.min_amount,
        alarm_mail=row.alarm_mail,
    )


def row_of(workspace_id: int, user_id: int, choice: Choice) -> NoticeChoice:
    """A row for a choice, not yet kept."""
    return NoticeChoice(
        workspace_id=workspace_id,
        user_id=user_id,
        frequency=choice.frequency.value,
        kinds=sorted(each.value for each in choice.kinds),
        min_amount=Decimal(choice.min_amount),
        alarm_mail=choice.alarm_mail,
    )
