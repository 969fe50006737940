"""Who may do what: by role in a workspace, by stage of the workspace, and as staff of the company that runs RCX.

Readable tables, used by the guard, the services and the help page. Source: product.md 1, 2 and 19.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A person's role in one workspace, weakest first."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"
    OWNER = "owner"


class Stage(StrEnum):
    """Where a workspace is on its way in, in order; SUSPENDED can follow any."""

    QUESTIONNAIRE = "questionnaire"
    BOOKING = "booking"
    SETUP = "setup"
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Staff(StrEnum):
    """What a person is for the company that runs RCX; most are NONE."""

    NONE = ""
    AGENT = "agent"
    PLATFORM_ADMIN = "platform_admin"


class Permission(StrEnum):
    """What a handler, a route or a service may ask for. `account:self` needs a session but no workspace role."""

    SELF = "account:self"
    READ = "workspace:read"
    IMPORT = "imports:write"
    MAP = "mapping:decide"
    RULES = "rules:write"
    REVIEW = "findings:review"
    APPROVE = "writeback:approve"
    CLOSE = "close:sign"
    CONNECT = "connections:write"
    SETTINGS = "settings:write"
    PEOPLE = "people:write"
    SECURE = "workspace:secure"
    OWN = "workspace:own"
    ONBOARD = "onboarding:answer"
    SUPPORT = "support:ask"
    TEAM = "people:read"
    AGENT = "staff:agent"
    PLATFORM = "staff:platform"


_VIEWER = frozenset({Permission.SELF, Permission.READ, Permission.SUPPORT, Permission.TEAM})
_OPERATOR = _VIEWER | {Permission.IMPORT, Permission.MAP, Permission.RULES, Permission.REVIEW, Permission.ONBOARD}
_APPROVER = _OPERATOR | {Permission.APPROVE, Permission.CLOSE}
_ADMIN = _APPROVER | {Permission.CONNECT, Permission.SETTINGS, Permission.PEOPLE, Permission.SECURE}
_OWNER = _ADMIN | {Permission.OWN}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.APPROVER: _APPROVER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}

STAFF_GRANTS: dict[Staff, frozenset[Permission]] = {
    Staff.NONE: frozenset(),
    Staff.AGENT: frozenset({Permission.AGENT}),
    Staff.PLATFORM_ADMIN: frozenset({Permission.AGENT, Permission.PLATFORM}),
}

# What no leave opens to an agent: writing to the PSA, closing books, who belongs to the workspace and how they prove
# who they are, what it pays.
NEVER_FOR_GUESTS = frozenset(
    {Permission.APPROVE, Permission.CLOSE, Permission.PEOPLE, Permission.SECURE, Permission.OWN}
)

# Getting in: one's own account, team, questions, sessions with us, and what RCX costs.
_COMING_IN = frozenset(
    {
        Permission.SELF,
        Permission.SUPPORT,
        Permission.TEAM,
        Permission.ONBOARD,
        Permission.PEOPLE,
        Permission.SECURE,
        Permission.OWN,
    }
)
STAGE_OPENS: dict[Stage, frozenset[Permission]] = {
    Stage.QUESTIONNAIRE: _COMING_IN,
    Stage.BOOKING: _COMING_IN,
    # All that setting up needs; what reaches into the PSA or closes books waits for full access.
    Stage.SETUP: _OWNER - {Permission.APPROVE, Permission.CLOSE},
    Stage.ACTIVE: _OWNER,
    Stage.SUSPENDED: frozenset({Permission.SELF, Permission.READ, Permission.SUPPORT, Permission.TEAM, Permission.OWN}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether `role` grants `permission`."""
    return permission in GRANTS[role]


def is_open(stage: Stage, permission: Permission) -> bool:
    """Whether a workspace at `stage` lets its people use `permission`."""
    return permission in STAGE_OPENS[stage]
