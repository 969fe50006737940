"""Roles and what each may do: one readable table, used by the guard, the services and the help page."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A person's role in one workspace, weakest first."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"
    OWNER = "owner"


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
    OWN = "workspace:own"


_VIEWER = frozenset({Permission.SELF, Permission.READ})
_OPERATOR = _VIEWER | {Permission.IMPORT, Permission.MAP, Permission.RULES, Permission.REVIEW}
_APPROVER = _OPERATOR | {Permission.APPROVE, Permission.CLOSE}
_ADMIN = _APPROVER | {Permission.CONNECT, Permission.SETTINGS, Permission.PEOPLE}
_OWNER = _ADMIN | {Permission.OWN}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.APPROVER: _APPROVER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}


def may(role: Role, permission: Permission) -> bool:
    """Whether `role` grants `permission`."""
    return permission in GRANTS[role]
