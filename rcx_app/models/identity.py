"""People, workspaces, memberships, sessions and one-time links."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import Id, WorkspaceRow, exact_field, id_field, ref, time_field


class User(SQLModel, table=True):
    """A person with an account. `email_key` is the folded address; `password_hash` is argon2.

    `staff`: what he is for the company that runs RCX, "" | agent | platform_admin. `totp_secret` and `totp_pending`
    (shown but not confirmed yet) are encrypted; two-factor is on since `totp_since`. `totp_last_step` is the time step
    of the last code that was accepted, so that none is accepted again.
    """

    __tablename__ = "user_account"

    id: int = id_field()
    email: str
    email_key: str = Field(unique=True)
    name: str
    password_hash: str
    email_verified_at: datetime | None = time_field()
    staff: str = ""
    password_changed_at: datetime | None = time_field()
    totp_secret: bytes = b""
    totp_pending: bytes = b""
    totp_since: datetime | None = time_field()
    totp_last_step: int = Field(default=0, sa_type=Id)
    created_at: datetime = time_field(default_now=True)


class Workspace(SQLModel, table=True):
    """An MSP. `stage` is its place on the way in (`core.permissions.Stage`); thresholds are probabilities 0..1.

    `match_aim`: "" (thresholds by hand), "precision" (`match_aim_value` is the share of preselected links that must be
    right) or "cost" (it is how many look-ups one wrong link costs). `display_currency`: for viewing only, empty for
    none. `contract_view`: all | mapped, the lines that pages show first. `inactive_days`: without a sign of life for so
    long a seat is flagged. `needs_two_factor`: who has not set it up can do nothing else here.
    `stage_since` is empty where it is still at its first stage. `is_house`: no MSP, but the company that runs RCX,
    where its agents are at home.
    """

    __tablename__ = "workspace"

    id: int = id_field()
    name: str
    stage: str = "active"
    currency: str = "USD"
    time_zone: str = "UTC"
    suggest_threshold: Decimal = exact_field(default=Decimal("0.5"))
    preselect_threshold: Decimal = exact_field(default=Decimal("0.85"))
    auto_confirm_threshold: Decimal = exact_field(default=Decimal("0.97"))
    match_aim: str = ""
    match_aim_value: Decimal | None = exact_field(nullable=True)
    display_currency: str = ""
    contract_view: str = "all"
    inactive_days: int = 30
    needs_two_factor: bool = False
    stage_since: datetime | None = time_field()
    is_house: bool = False
    created_at: datetime = time_field(default_now=True)


class Membership(WorkspaceRow, table=True):
    """A person's role in a workspace."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id"),)

    user_id: int = ref("user_account.id", index=True)
    role: str


class AuthSession(SQLModel, table=True):
    """A signed-in browser. The token itself is never stored; `previous_hash` stays good for a moment after rotation.

    `method`: password | link | openid; one of openid is good for its workspace only. `proven_at`: when the person last
    proved himself in it, by password or code.
    """

    __tablename__ = "auth_session"

    id: int = id_field()
    user_id: int = ref("user_account.id", index=True)
    workspace_id: int | None = ref("workspace.id", nullable=True)
    token_hash: str = Field(unique=True)
    previous_hash: str = Field(default="", index=True)
    created_at: datetime = time_field(default_now=True)
    rotated_at: datetime = time_field(default_now=True)
    last_seen_at: datetime = time_field(default_now=True)
    expires_at: datetime = time_field(default_now=True)
    revoked_at: datetime | None = time_field()
    access_id: int | None = Field(default=None, sa_type=Id, nullable=True)
    user_agent: str = ""
    address: str = ""
    method: str = "password"
    proven_at: datetime | None = time_field()


class OneTimeLink(SQLModel, table=True):
    """A link that works once: verify an address, sign in (demo), reset a password."""

    __tablename__ = "one_time_link"

    id: int = id_field()
    user_id: int = ref("user_account.id", index=True)
    purpose: str
    token_hash: str = Field(unique=True)
    created_at: datetime = time_field(default_now=True)
    expires_at: datetime = time_field(default_now=True)
    used_at: datetime | None = time_field()
