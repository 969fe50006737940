"""An account's mapping over time, in words: who, when, what."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import HistoryEntry
from rcx_app.models import MappingEvent

_WHAT = {
    "suggested": "Back to the model's suggestion",
    "unmapped": "Back to unmapped",
    "mapped": "Mapped to {client}",
    "client_gone": "{client} is gone from the PSA",
    "excluded": "Excluded",
    "no_match": "No match",
    "unsure": "Unsure",
    "snoozed": "Snoozed",
}


def history(repository: MappingRepository, account_id: int) -> tuple[HistoryEntry, ...]:
    """The newest changes of an account, newest first."""
    events = repository.events(account_id)
    names = repository.client_names(
        event.after["client_id"] for event, _ in events if event.after.get("client_id") is not None
    )
    entries = []
    for event, who in events:
        state, how = event.after["state"], event.after.get("decided_how", "")
        what = _WHAT.get(state, state).format(client=names.get(event.after.get("client_id") or 0, "Its client"))
        if event.batch == "" and state == "mapped":
            what += " again: the client is back in the PSA"
        elif state == "mapped" and event.before.get("has_alarm") and _is_kept(event):
            what = "Alarms looked at, the mapping stands"
        elif how == "model" and state == "mapped":
            at = event.after.get("confidence")
            what += f" by the model at {Decimal(at):.2f}" if at else " by the model"
        elif how == "file" and state in ("mapped", "excluded"):
            what += " by a file"
        entries.append(
            HistoryEntry(
                at=event.created_at,
                who=who or "RCX",
                what=what,
                note=event.after.get("note") or "",
                is_undone=event.undone_at is not None,
                batch=event.batch,
            )
        )
    return tuple(entries)


def _is_kept(event: MappingEvent) -> bool:
    return event.before.get("client_id") == event.after.get("client_id") and not event.after.get("has_alarm")
