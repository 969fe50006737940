"""The sandbox that stands in for the vendors, where this server has one: whether it is there, and what gets in."""

from __future__ import annotations

import httpx

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid, Unavailable
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.sync.opening import need_sandbox

_ANSWERS_WITHIN_S = 5.0


def is_there() -> bool:
    """Whether connections of this server may use a sandbox."""
    return bool(settings().sandbox_url)


def credentials(context: Context, connector_id: str) -> dict[str, str]:
    """What is entered to get into the sandbox as this vendor: the made MSP's own, nobody's secret.

    Raises Invalid where this server has no sandbox or the sandbox no such vendor, Unavailable where it is silent.
    """
    context.require(Permission.CONNECT)
    need_sandbox()
    try:
        answer = httpx.get(f"{settings().sandbox_url}/_sandbox", timeout=_ANSWERS_WITHIN_S, trust_env=False)
        vendors = answer.raise_for_status().json()["vendors"]
        found = {name: dict(each["settings"]) for name, each in vendors.items()}
    except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
        raise Unavailable("The sandbox does not answer.", remedy="Start it with `rcx sandbox`.") from None
    if connector_id not in found:
        raise Invalid("The sandbox does not have this vendor.", remedy="Enter credentials of the vendor itself.")
    return {str(name): str(value) for name, value in found[connector_id].items()}
