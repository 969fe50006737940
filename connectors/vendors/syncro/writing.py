"""Writes quantities of lines of recurring invoices into Syncro. Lines have no dates: a quantity is replaced, and bills
from the next invoice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any

from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.syncro.about import EDIT, SCHEDULES
from connectors.writing import (
    LOST,
    AnswerLost,
    Change,
    Operation,
    Receipt,
    Verified,
    WriteRefused,
    by_quantity,
    opposite,
)

# Syncro resets what a PUT leaves out, so all that can be set is sent along, as it stands.
_NUMBERS = (
    "product_id", "cost_cents", "retail_cents", "position", "user_id", "asset_type_id", "contact_field_type_id",
    "contact_field_answer_id", "recurring_type_id", "saved_asset_search_id",
)  # fmt: skip
_TEXTS = ("name", "description")
_FLAGS = ("taxable", "one_time_charge")
_COUNTERS = ("asset_type_id", "saved_asset_search_id", "contact_field_type_id", "contact_field_answer_id")


class SyncroWriter:
    """`line_external_id` is the line's id, `agreement_external_id` its recurring invoice's."""

    def __init__(self, api: Http) -> None:
        self._api = api

    def plan(self, change: Change) -> tuple[Operation, ...]:
        schedule, line, today = self._read(change.agreement_external_id, change.line_external_id)
        before = line.need_exact("quantity")
        if before == change.quantity:
            return ()
        _check_moved(line, change)
        _check(schedule, line, change, today)
        first = _next_run(schedule)
        place = f"“{line.text('name')}” on “{schedule.text('name')}”"
        return (
            Operation(
                kind="syncro.line.quantity",
                line_external_id=change.line_external_id,
                agreement_external_id=change.agreement_external_id,
                before=before,
                after=change.quantity,
                effective_date=change.effective_date,
                version=version(line),
                says=f"Set the quantity of {place} from {before} to {change.quantity}",
                warnings=_warnings(change, first),
                payload={**_settable(line), "quantity": str(change.quantity)},
                marks={"next_run": first.isoformat() if first else ""},
            ),
        )

    def apply(self, operation: Operation) -> Receipt:
        schedule, line, _today = self._read(operation.agreement_external_id, operation.line_external_id)
        if line.need_exact("quantity") != operation.before or version(line) != operation.version:
            raise WriteRefused("moved", "The line was changed since this was planned.", "Plan it again.")
        first = _next_run(schedule)
        if (first.isoformat() if first else "") != operation.marks.get("next_run", ""):
            raise WriteRefused("posted", "An invoice was made since this was planned.", "Plan it again.")
        path = f"schedules/{operation.agreement_external_id}/line_items/{operation.line_external_id}"
        body = {**operation.payload, "quantity": operation.after}
        try:
            self._api.write("PUT", path, body, needs=EDIT)
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            raise
        try:
            _schedule, after, _today = self._read(operation.agreement_external_id, operation.line_external_id)
        except (ApiFailure, WriteRefused) as failure:
            raise AnswerLost(operation, str(failure)) from failure
        if _settable(after) != {key: value for key, value in operation.payload.items() if key != "quantity"}:
            self._api.wire.note("Syncro changed more of a line than its quantity; look at it there.")
        return Receipt(
            operation=operation,
            quantity=after.need_exact("quantity"),
            version=version(after),
            at=datetime.now(UTC),
        )

    def verify(self, operation: Operation) -> Verified:
        _schedule, line, _today = self._read(operation.agreement_external_id, operation.line_external_id)
        return by_quantity(operation, line.need_exact("quantity"), version(line))

    def inverse(self, receipt: Receipt) -> Change:
        return opposite(receipt)

    def _read(self, schedule_id: str, line_id: str) -> tuple[Row, Row, date]:
        """The recurring invoice, its line and Syncro's day. Raises WriteRefused where either is gone."""
        if not schedule_id.isdigit():
            raise WriteRefused("not_found", "The line has no recurring invoice of Syncro's.", "Read them again.")
        try:
            answer = self._api.get(f"schedules/{schedule_id}", needs=SCHEDULES)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "Syncro no longer has this recurring invoice.") from failure
            raise
        schedule = answer.row("recurring invoice").row("schedule")
        line = next((each for each in lines_of(schedule) if each.need("id") == line_id), None)
        if line is None:
            raise WriteRefused("not_found", "The recurring invoice no longer has this line.")
        return schedule, line, (answer.at or datetime.now(UTC)).date()


def lines_of(schedule: Row) -> list[Row]:
    """The lines of a recurring invoice. Raises ApiFailure where there is no list of them."""
    return schedule.need_rows("lines", "recurring invoice's line")


def is_counted(line: Row) -> bool:
    """Whether Syncro works the quantity out itself (asset counter, policy folder, saved search ...).

    A standard line has no recurring type; what the numbers of the types mean is not told, so all of them count.
    """
    return any(line.has(key) for key in (*_COUNTERS, "recurring_type_id")) or bool(line.texts("device_ids"))


def version(line: Row) -> str:
    """A digest of the line as it stands; Syncro keeps no time of change for lines."""
    text = json.dumps(line.attributes(), sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _check_moved(line: Row, change: Change) -> None:
    held = line.need_exact("quantity")
    if held != change.seen_quantity:
        raise WriteRefused(
            "moved", f"The quantity is {held} now, not {change.seen_quantity}.", "Look at the finding again."
        )
    if change.seen_version and change.seen_version != version(line):
        raise WriteRefused("moved", "The line was changed since it was reviewed.", "Look at the finding again.")


def _check(schedule: Row, line: Row, change: Change, today: date) -> None:
    """Raises WriteRefused where this line can't be set to that quantity on that day."""
    if is_counted(line):
        raise WriteRefused(
            "calculated", "Syncro counts this quantity itself.", "Correct what it counts, or make it a standard line."
        )
    if line.flag("one_time_charge"):
        raise WriteRefused("unsupported", "The line is billed once, not each period.")
    if schedule.flag("paused"):
        raise WriteRefused("ended", "The recurring invoice is paused.", "Resume it in Syncro first.")
    if change.quantity < 0:
        raise WriteRefused("unsupported", "A quantity below 0 is not written.")
    day, first = change.effective_date, _next_run(schedule)
    if day is not None and day < today:
        raise WriteRefused("date", f"{day} is past; Syncro's lines have no dates.", "Bill the difference once.")
    if day is not None and day > today and (first is None or day > first):
        raise WriteRefused("date", f"Syncro would bill it before {day}; its lines have no dates.", "Write it then.")


def _warnings(change: Change, first: date | None) -> tuple[str, ...]:
    when = f"the invoice of {first}" if first else "the next invoice"
    found = [f"It bills from {when}; Syncro does not prorate."]
    if change.quantity == 0:
        found.append("The line stays with quantity 0; remove it in Syncro if the service has ended.")
    return tuple(found)


def _next_run(schedule: Row) -> date | None:
    return schedule.day("next_run")


def _settable(line: Row) -> dict[str, Any]:
    """What a PUT can set but the quantity, as the line has it."""
    found: dict[str, Any] = {key: int(number) for key in _NUMBERS if (number := line.exact(key)) is not None}
    found |= {key: line.text(key) for key in _TEXTS if line.has(key)}
    return found | {key: line.flag(key) for key in _FLAGS if line.has(key)}
