"""What a person's verdict changes of a mapping, as history keeps it and undo puts it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rcx_app.core import clock
from rcx_app.models import AccountMapping

_FIELDS = (
    "state",
    "client_id",
    "decided_how",
    "decided_by",
    "decided_at",
    "note",
    "snoozed_until",
    "confidence",
    "basis",
    "alarms",
    "has_alarm",
    "alarms_kept",
)
_TIMES = ("decided_at", "snoozed_until")
# The model's, told by history and never put back.
_ONLY_TOLD = ("confidence",)


def snapshot(mapping: AccountMapping) -> dict[str, Any]:
    """The decision of a mapping as JSON values."""
    values = {name: getattr(mapping, name) for name in _FIELDS}
    return {name: _plain(value) for name, value in values.items()}


def restore(mapping: AccountMapping, before: dict[str, Any]) -> None:
    """Put the decision of a snapshot back; counts as a change."""
    for name in _FIELDS:
        if name not in before or name in _ONLY_TOLD:
            continue  # an event of before alarms were known says nothing of them
        value = before[name]
        setattr(mapping, name, clock.parse(value) if name in _TIMES and value is not None else value)
    mapping.version += 1


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
