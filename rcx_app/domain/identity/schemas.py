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
    RESET = "reset"
    WORKSPACE = "workspace"


class Method(StrEnum):
    """How a session was begun. One of OPENID is good for the workspace whose provider vouched, and for that only."""

    PASSWORD = "password"  # noqa: S105 the name of a way, no password
    LINK = "link"
    OPENID = "openid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person in the workspace that his session is in. `session_key` names the session without its token.

    `proven_at`: when he last proved himself by password or code. `must_set_up`: the workspace (of staff RCX too) asks
    for two-factor and he has none, so he may do nothing here but set it up. `is_guest`: an agent who works here by the
    workspace's leave; `is_house`: the workspace is where agents are at home.
    """

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
    method: Method = Method.PASSWORD
    proven_at: datetime | None = None
    has_two_factor: bool = False
    must_set_up: bool = False
    is_guest: bool = False
    is_house: bool = False

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
            is_guest=self.is_guest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session just begun. `token` goes into the browser's cookie and nowhere else."""

    token: str
    identity: Identity
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondStep:
    """The password was right, and a code is asked for. `token` goes into a hidden field of that form."""

    token: str


Entered = NewSession | SecondStep


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
class SessionView:
    """A signed-in browser, as its person sees it. `workspace` is the one that it works in."""

    session_id: int
    device: str
    address: str
    workspace: str
    begun_at: datetime
    seen_at: datetime
    method: Method
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One's own account. `two_factor_since` None: it is off. `codes_left`: recovery codes not yet used."""

    name: str
    email: str
    has_password: bool
    password_changed_at: datetime | None
    two_factor_since: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpForm:
    """What a new person tells us. Checked by `forms.check_sign_up`."""

    name: str
    email: str
    password: str
    workspace_name: str
