"""What the identity slice hands out: who is signed in, and what the sign-in pages need to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rcx_app.core.context import Context
from rcx_app.core.permissions import Role, Staff, Stage

# Carries a socket's session to the handler guard. Only the socket gate sets it; it strips what a client sends so.
SESSION_HEADER = "x-rcx-session"


class LinkPurpose(StrEnum):
    """What a one-time link is good for."""

    VERIFY = "verify"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person in the workspace that his session is in. `session_key` names the session without its token."""

    session_id: int
    session_key: str
    user_id: int
    user_name: str
    email: str
    workspace_id: int
    workspace_name: str
    role: Role
    rotation_due: bool
    stage: Stage = Stage.ACTIVE
    staff: Staff = Staff.NONE

    @property
    def initials(self) -> str:
        """First letters of the first and last word of the name: ``MH``."""
        words = self.user_name.split() or self.email.split("@")
        return "".join(word[0].upper() for word in (words[0], *words[1:][-1:]))

    @property
    def context(self) -> Context:
        return Context(
            workspace_id=self.workspace_id,
            user_id=self.user_id,
            role=self.role,
            user_name=self.user_name,
            stage=self.stage,
            staff=self.staff,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session just begun. `token` goes into the browser's cookie and nowhere else."""

    token: str
    identity: Identity
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The browser that asks: its address and what it says it is."""

    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceChoice:
    """A workspace that a person may work in."""

    workspace_id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpForm:
    """What a new person tells us. Checked by `service.sign_up`."""

    name: str
    email: str
    password: str
    workspace_name: str
