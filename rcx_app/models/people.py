"""How people come into workspaces and prove who they are: invitations, codes, new addresses, OpenID Connect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from rcx_app.models.base import WorkspaceRow, id_field, json_field, ref, time_field


class Invitation(WorkspaceRow, table=True):
    """A mailed invitation into a workspace. Open while it is neither accepted nor revoked and has not expired."""

    __tablename__ = "invitation"

    email: str
    email_key: str = Field(index=True)
    role: str
    token_hash: str = Field(unique=True)
    invited_by: int = ref("user_account.id")
    sent_at: datetime = time_field(default_now=True)
    expires_at: datetime = time_field(default_now=True)
    accepted_at: datetime | None = time_field()
    accepted_by: int | None = ref("user_account.id", nullable=True)
    revoked_at: datetime | None = time_field()


class RecoveryCode(SQLModel, table=True):
    """One of the codes that stand in for a lost authenticator. Only its hash is kept; it works once."""

    __tablename__ = "recovery_code"

    id: int = id_field()
    user_id: int = ref("user_account.id", index=True)
    code_hash: str
    created_at: datetime = time_field(default_now=True)
    used_at: datetime | None = time_field()


class EmailChange(SQLModel, table=True):
    """A change of address under way: it happens when the old and the new mailbox have both confirmed it."""

    __tablename__ = "email_change"

    id: int = id_field()
    user_id: int = ref("user_account.id", index=True)
    new_email: str
    old_token_hash: str = Field(unique=True)
    new_token_hash: str = Field(unique=True)
    created_at: datetime = time_field(default_now=True)
    expires_at: datetime = time_field(default_now=True)
    old_confirmed_at: datetime | None = time_field()
    new_confirmed_at: datetime | None = time_field()
    ended_at: datetime | None = time_field()


class IdentityProvider(WorkspaceRow, table=True):
    """A workspace's OpenID Connect provider. `kind`: entra | google | other; `secret` is encrypted.

    `key` is the end of the workspace's own sign-in address. `domains` are the mail domains that may sign in by it.
    """

    __tablename__ = "identity_provider"
    __table_args__ = (UniqueConstraint("workspace_id"),)

    kind: str
    key: str = Field(unique=True)
    issuer: str
    client_id: str
    secret: bytes
    domains: list[Any] = json_field(list)
    is_enabled: bool = False
    changed_at: datetime = time_field(default_now=True)


class IdentityLink(WorkspaceRow, table=True):
    """Whose account a subject of an issuer is, in one workspace."""

    __tablename__ = "identity_link"
    __table_args__ = (
        UniqueConstraint("workspace_id", "issuer", "subject"),
        UniqueConstraint("workspace_id", "user_id"),
    )

    user_id: int = ref("user_account.id", index=True)
    issuer: str
    subject: str


class OpenIdAttempt(WorkspaceRow, table=True):
    """A sign-in that was sent to a provider and is not back yet. `verifier` is PKCE's, encrypted.

    `browser_hash` is of a cookie, so that only the browser that began it can end it.
    """

    __tablename__ = "openid_attempt"

    state_hash: str = Field(unique=True)
    browser_hash: str
    nonce: str
    verifier: bytes
    target: str
    expires_at: datetime = time_field(default_now=True)
    used_at: datetime | None = time_field()
