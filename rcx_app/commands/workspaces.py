"""Which workspace a command means."""

from __future__ import annotations

from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid
from rcx_app.domain.integrations import syncing


def workspace_id(wanted: str) -> int:
    """The workspace of this name or id; "": the only one. Raises Invalid where it is not clear which one is meant."""
    with transaction(None, read_only=True) as session:
        known = syncing.workspaces(session)
    listed = ", ".join(f"{name} ({number})" for number, name in known.items())
    remedy = f"Use --workspace with one of: {listed}." if known else "Sign up in RCX first."
    found = [
        number
        for number, name in known.items()
        if not wanted or wanted == str(number) or wanted.casefold() == name.casefold()
    ]
    if len(found) == 1:
        return found[0]
    if found and wanted:
        raise Invalid(f"Several workspaces are called {wanted}.", remedy=remedy)
    if not known:
        raise Invalid("There is no workspace.", remedy=remedy)
    raise Invalid(f"There is no workspace {wanted}." if wanted else "There are several workspaces.", remedy=remedy)
