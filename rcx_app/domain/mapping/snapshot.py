"""What a person's verdict changes of a mapping, as history keeps it and undo puts it back."""

from __future__ import annotations

from typing import Any

from rcx_app.core import clock
from rcx_app.models import AccountMapping

_FIELDS = ("state", "client_id", "decided_how", "decided_by", "decided_at", "note", "snoozed_until")
_TIMES = ("decided_at", "snoozed_until")


def snapshot(mapping: AccountMapping) -> dict[str, Any]:
    """The decision of a mapping as JSON values."""
    values = {name: getattr(mapping, name) for name in _FIELDS}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def restore(mapping: AccountMapping, before: dict[str, Any]) -> None:
    """Put the decision of a snapshot back; counts as a change."""
    for name in _FIELDS:
        value = before[name]
        setattr(mapping, name, clock.parse(value) if name in _TIMES and value is not None else value)
    mapping.version += 1
