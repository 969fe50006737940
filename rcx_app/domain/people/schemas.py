"""What the team's slice hands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rcx_app.core.permissions import Role, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the team. `seen_at`: when he was last at work in this workspace, None if never."""

    user_id: int
    name: str
    email: str
    role: Role
    joined_at: datetime
    seen_at: datetime | None
    has_two_factor: bool
    is_me: bool


class InvitationState(StrEnum):
    """What became of an invitation so far."""

    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView:
    """An invitation that nobody has accepted or taken back."""

    invitation_id: int
    email: str
    role: Role
    state: InvitationState
    invited_by: str
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationMail:
    """The mail of an invitation, as it lies in the outbox. `path` holds the token, which is kept nowhere else."""

    to: str
    path: str
    mail_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """What a good invitation says to whoever holds its link."""

    email: str
    role: Role
    workspace: str
    workspace_id: int
    inviter: str
    has_account: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceSettings:
    """A workspace's own settings. `has_data`: amounts are there already, so the currency stands."""

    name: str
    time_zone: str
    currency: str
    stage: Stage
    created_at: datetime
    has_data: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPolicy:
    """What the workspace asks of its people. `without`: names of those who have no two-factor yet."""

    needs_two_factor: bool
    without: tuple[str, ...]
