"""Who acts, in which workspace. No repository can be built and no service called without one."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import NEVER_FOR_GUESTS, STAFF_GRANTS, Permission, Role, Staff, Stage, is_open, may

_STAFF_ONLY = STAFF_GRANTS[Staff.PLATFORM_ADMIN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A person (or a job started by one, or the system) acting in one workspace.

    `user_id` is None only where the system itself acts (a schedule, the demo builder). `stage` is the workspace's
    and narrows what the role grants; jobs and the system are not held up by it. `staff`: what the person is for the
    company that runs RCX. `is_guest`: he is no member of the workspace, but acts in it as such staff.
    """

    workspace_id: int
    user_id: int | None
    role: Role
    user_name: str = ""
    stage: Stage = Stage.ACTIVE
    staff: Staff = Staff.NONE
    is_guest: bool = False

    def visiting(self, workspace_id: int) -> Context:
        """An agent's deed on a workspace from outside of it, for its trail. Raises NotPermitted for who is none."""
        self.require(Permission.AGENT)
        return Context(
            workspace_id=workspace_id,
            user_id=self.user_id,
            role=Role.VIEWER,
            user_name=self.user_name,
            staff=self.staff,
            is_guest=True,
        )

    def allows(self, permission: Permission) -> bool:
        """By role and stage, or as staff: no role of a workspace ever grants what is staff's."""
        if permission in _STAFF_ONLY:
            return permission in STAFF_GRANTS[self.staff]
        if self.is_guest and permission in NEVER_FOR_GUESTS:
            return False
        return may(self.role, permission) and is_open(self.stage, permission)

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted where role, stage or being staff does not grant `permission`."""
        if self.allows(permission):
            return
        if permission in _STAFF_ONLY:
            raise NotPermitted("This is not available.")
        if self.is_guest and permission in NEVER_FOR_GUESTS:
            raise NotPermitted("Agents of RCX may not do this in a workspace.", remedy="Ask one of its admins.")
        if may(self.role, permission):
            suspended = self.stage is Stage.SUSPENDED
            raise NotPermitted(
                "This workspace is suspended: everything can be read, nothing changed."
                if suspended
                else "This opens later in your onboarding.",
                remedy="Ask us for help under Support." if suspended else "See what comes next on the onboarding page.",
            )
        raise NotPermitted(
            f"Your role ({self.role.value}) may not do this ({permission.value}).",
            remedy="Ask an admin of this workspace.",
        )


def system_context(workspace_id: int) -> Context:
    """The system acting in a workspace on nobody's behalf: schedules, sweeps, the demo builder."""
    return Context(workspace_id=workspace_id, user_id=None, role=Role.OWNER, user_name="RCX")
