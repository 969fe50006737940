"""Who acts, in which workspace. No repository can be built and no service called without one."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.core.errors import NotPermitted
from rcx_app.core.permissions import Permission, Role, may


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A person (or a job started by one, or the system) acting in one workspace.

    `user_id` is None only where the system itself acts (a schedule, the demo builder).
    """

    workspace_id: int
    user_id: int | None
    role: Role
    user_name: str = ""

    def allows(self, permission: Permission) -> bool:
        return may(self.role, permission)

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted where the role does not grant `permission`."""
        if not self.allows(permission):
            raise NotPermitted(
                f"Your role ({self.role.value}) may not do this ({permission.value}).",
                remedy="Ask an admin of this workspace.",
            )


def system_context(workspace_id: int) -> Context:
    """The system acting in a workspace on nobody's behalf: schedules, sweeps, the demo builder."""
    return Context(workspace_id=workspace_id, user_id=None, role=Role.OWNER, user_name="RCX")
