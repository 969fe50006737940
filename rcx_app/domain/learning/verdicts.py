"""People's verdicts read as labels: what counts as one, what it says, and what the model had said before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rcx_app.domain.learning.schemas import Label, Told
from rcx_app.models import MappingEvent

_BY_PEOPLE = ("person", "file")


def labels_of(acts: Iterable[tuple[MappingEvent, int]]) -> tuple[Label, ...]:
    """The labels among deeds (oldest first, with the account's connection), by account.

    The newest deed on an account counts and none before it: one that was put back to the model's suggestion, was
    excluded, snoozed or left as unsure says nothing. What the model confirmed by itself is no label, but a person who
    takes such a mapping away without naming another client says that it was wrong.
    """
    newest = {event.account_id: (event, connection) for event, connection in acts}
    read = (_label(event, connection) for _, (event, connection) in sorted(newest.items()))
    return tuple(label for label in read if label is not None)


def _label(event: MappingEvent, connection_id: int) -> Label | None:
    told = _told(event)
    if told is None:
        return None
    client_id = event.before.get("client_id") if told is Told.REJECTED else event.after.get("client_id")
    shown: list[dict[str, Any]] = sorted(event.shown, key=lambda row: int(row["rank"]))
    first = shown[0] if shown else None
    return Label(
        account_id=event.account_id,
        connection_id=connection_id,
        told=told,
        client_id=None if told is Told.NO_MATCH else client_id,
        given_at=event.created_at,
        given_by=event.user_id,
        how=event.after.get("decided_how") or "person",
        first_client_id=int(first["client_id"]) if first else None,
        first_confidence=float(first["confidence"]) if first else None,
        was_preselected=bool(first and first["verdict"] == "preselect"),
        rank=next((int(row["rank"]) for row in shown if row["client_id"] == client_id), None),
    )


def _told(event: MappingEvent) -> Told | None:
    after, before = event.after, event.before
    state, how = after.get("state"), after.get("decided_how")
    if how in _BY_PEOPLE and state in ("mapped", "client_gone") and after.get("client_id") is not None:
        return Told.CONFIRMED
    if how in _BY_PEOPLE and state == "no_match":
        return Told.NO_MATCH
    taken_away = before.get("decided_how") == "model" and before.get("client_id") is not None
    if event.user_id is not None and taken_away and state in ("suggested", "unmapped", "unsure", "snoozed"):
        return Told.REJECTED
    return None
