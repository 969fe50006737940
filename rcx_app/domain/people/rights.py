"""What each role may do, in words: the permission table of `core.permissions` as people read it."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.core.permissions import GRANTS, Permission, Role

# Every permission that a role can grant; a test holds that none is left out.
WORDS: dict[Permission, str] = {
    Permission.SELF: "Run one's own account: name, address, password, sessions",
    Permission.READ: "See all of the workspace's data, and export it",
    Permission.TEAM: "See who is in the team",
    Permission.SUPPORT: "Ask for help: tickets and meetings",
    Permission.ONBOARD: "Answer the questions of the onboarding, book its session",
    Permission.IMPORT: "Import files",
    Permission.MAP: "Decide which client an account belongs to",
    Permission.RULES: "Decide what is counted: services, rules, exclusions",
    Permission.REVIEW: "Review findings: approve, dismiss, comment, assign",
    Permission.APPROVE: "Approve what is written into the PSA",
    Permission.CLOSE: "Sign the close of a month",
    Permission.CONNECT: "Connect systems, change their credentials and schedules",
    Permission.SETTINGS: "Change the workspace's settings, read its audit log",
    Permission.PEOPLE: "Invite people, change their roles, remove them",
    Permission.SECURE: "Ask two-factor sign-in of everybody, let the PSA be written to, settle who approves that",
    Permission.OWN: "Own the workspace: company sign-in, subscription, other owners",
}
ROLES: dict[Role, tuple[str, str]] = {
    Role.VIEWER: ("Viewer", "Reads and exports, changes nothing"),
    Role.OPERATOR: ("Operator", "Does the daily work: maps, counts, reviews"),
    Role.APPROVER: ("Approver", "Also lets changes into the PSA and signs the close"),
    Role.ADMIN: ("Admin", "Also connects systems, settles things, runs the team"),
    Role.OWNER: ("Owner", "Also answers for the workspace as a whole"),
}
_ORDER = tuple(Role)


@dataclass(frozen=True, slots=True)
class Right:
    """One line of the table: `held_by` are the roles that may, weakest first."""

    permission: Permission
    words: str
    held_by: tuple[Role, ...]


def table() -> tuple[Right, ...]:
    """All rights of roles, those of everybody first."""
    return tuple(
        Right(permission, words, tuple(role for role in Role if permission in GRANTS[role]))
        for permission, words in WORDS.items()
    )


def is_above(role: Role, other: Role) -> bool:
    """Whether `role` stands above `other`."""
    return _ORDER.index(role) > _ORDER.index(other)


def may_give(role: Role) -> tuple[Role, ...]:
    """The roles that somebody of `role` may give: none above his own."""
    return tuple(each for each in Role if not is_above(each, role))
