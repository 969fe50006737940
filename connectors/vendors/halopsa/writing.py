"""Writes the quantity of a recurring invoice line of HaloPSA: one line by its id, nothing else of the invoice.

Halo's only way to write is a POST of objects in a list; one without an id would make a new line, so nothing is ever
sent without it. What Halo calculates is never written: it would be lost the next day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.halopsa.about import EDIT
from connectors.vendors.halopsa.history import last_change
from connectors.vendors.halopsa.lists import awaiting_approval, is_calculated, recurring_invoice
from connectors.vendors.halopsa.recurring import day, ends, version, whole_id
from connectors.writing import LOST, AnswerLost, Change, Operation, Receipt, Verified, WriteRefused, opposite

_PAGE = 50
_AGAIN = "Look at the finding again."


@dataclass(frozen=True, slots=True)
class _Seen:
    """A line as it was read: its invoice, its quantity, the marks of the invoice's other lines and of its history."""

    header: Row
    line: Row
    quantity: Decimal
    others: Mapping[str, str]
    last_change: str
    last_words: str

    @property
    def version(self) -> str:
        return f"{version(self.line)}:{self.last_change}"


class HaloWriter:
    """`line_external_id` is the line's id, `agreement_external_id` that of its recurring invoice."""

    def __init__(self, api: Http) -> None:
        self._api = api

    def plan(self, change: Change) -> tuple[Operation, ...]:
        seen = self._read(change.line_external_id, change.agreement_external_id)
        if seen.quantity != change.seen_quantity:
            said = f" Halo says: {seen.last_words}." if seen.last_words else ""
            raise WriteRefused(
                "moved", f"The quantity is {seen.quantity} now, not {change.seen_quantity}.{said}", _AGAIN
            )
        if not _is_same(change.seen_version, seen.version):
            raise WriteRefused("moved", "The line was changed in Halo since it was reviewed.", _AGAIN)
        if seen.quantity == change.quantity:
            return ()
        self._check(seen, change)
        shown = seen.line.text("item_shortdescription") or seen.line.text("item_code") or change.line_external_id
        following = day(seen.header, "nextcreationdate")
        when = f"from the invoice of {following}" if following else "from the next invoice"
        return (
            Operation(
                kind="halopsa.recurring_invoice.line.quantity",
                line_external_id=change.line_external_id,
                agreement_external_id=change.agreement_external_id,
                before=seen.quantity,
                after=change.quantity,
                effective_date=following,
                version=seen.version,
                says=f"Set “{shown}” from {seen.quantity} to {change.quantity}, {when}",
                warnings=_warnings(seen, change),
                payload={
                    "id": int(change.line_external_id),
                    "ihid": int(change.agreement_external_id),
                    "qty_order": str(change.quantity),
                },
                marks={"last_change": seen.last_change},
            ),
        )

    def apply(self, operation: Operation) -> Receipt:
        seen = self._read(operation.line_external_id, operation.agreement_external_id)
        if seen.quantity != operation.before or not _is_same(operation.version, seen.version):
            raise WriteRefused("moved", "The line was changed in Halo since this was planned.", "Plan it again.")
        body = [
            {
                "id": int(operation.line_external_id),
                "ihid": int(operation.agreement_external_id),
                "qty_order": operation.after,
            }
        ]
        try:
            self._api.write("POST", "RecurringInvoice/updatelines", body, needs=EDIT)
        except ApiFailure as failure:
            if failure.kind in LOST:
                raise AnswerLost(operation, str(failure)) from failure
            raise
        try:
            after = self._read(operation.line_external_id, operation.agreement_external_id)
        except (ApiFailure, WriteRefused) as failure:
            raise AnswerLost(operation, str(failure)) from failure
        if after.others != seen.others:
            self._api.wire.note("While a quantity was written, other lines of the same recurring invoice changed too.")
        return Receipt(
            operation=operation,
            quantity=after.quantity,
            version=after.version,
            reference=after.last_change,
            at=datetime.now(UTC),
        )

    def verify(self, operation: Operation) -> Verified:
        seen = self._read(operation.line_external_id, operation.agreement_external_id)
        known = operation.marks.get("last_change", "")
        effect: Literal["applied", "not_applied", "moved"] = "moved"
        if seen.quantity == operation.after:
            effect = "applied"
        elif seen.quantity == operation.before and (not known or known == seen.last_change):
            effect = "not_applied"
        return Verified(effect=effect, quantity=seen.quantity, version=seen.version)

    def inverse(self, receipt: Receipt) -> Change:
        return opposite(receipt)

    def _read(self, line_id: str, invoice_id: str) -> _Seen:
        """Raises WriteRefused where the line is not there, or more than once."""
        if not all(each.lstrip("-").isdigit() for each in (line_id, invoice_id)):
            raise WriteRefused("not_found", f"“{line_id}” of “{invoice_id}” is no line of a recurring invoice.")
        try:
            header = recurring_invoice(self._api, invoice_id)
        except ApiFailure as failure:
            if failure.kind == "not_found":
                raise WriteRefused("not_found", "Halo no longer has this recurring invoice.") from failure
            raise
        lines = header.need_rows("lines", "recurring invoice line")
        found = [row for row in lines if whole_id(row, "id") == line_id]
        if not found:
            raise WriteRefused("not_found", "The recurring invoice no longer has this line.")
        if len(found) > 1:
            raise WriteRefused("ambiguous", "The recurring invoice shows this line more than once.")
        change, words = last_change(self._api, invoice_id, line_id)
        return _Seen(
            header=header,
            line=found[0],
            quantity=found[0].need_exact("qty_order"),
            others={whole_id(row, "id"): version(row) for row in lines if row is not found[0]},
            last_change=change,
            last_words=words,
        )

    def _check(self, seen: _Seen, change: Change) -> None:
        """Raises WriteRefused where this line can't be set to that quantity."""
        if is_calculated(seen.line):
            raise WriteRefused(
                "calculated",
                "Halo calculates this line's quantity and would set it back.",
                "Correct what Halo counts: the filter, the free or the minimum quantity.",
            )
        end, today = ends(seen.line, seen.header), datetime.now(UTC).date()
        if seen.line.flag("isinactive") or seen.header.flag("disabled") or (end is not None and end <= today):
            raise WriteRefused("ended", "The line, or its recurring invoice, is no longer active in Halo.")
        if change.quantity < 0:
            raise WriteRefused("unsupported", "A line can't bill less than nothing.", "Write a credit note instead.")
        if seen.header.flag("requires_approval") and change.agreement_external_id in awaiting_approval(
            self._api, _PAGE
        ):
            raise WriteRefused("unsupported", "The recurring invoice waits for approval in Halo.", "Approve it first.")
        if seen.line.flag("onetimecharge") and (seen.line.exact("onetimechargeinvoiceid") or 0) != 0:
            raise WriteRefused("posted", "This single charge was invoiced already.", "Bill the difference by hand.")
        self._check_date(seen, change.effective_date, today)

    def _check_date(self, seen: _Seen, wanted: date | None, today: date) -> None:
        latest = day(seen.header, "nextcreationdate") or today
        if wanted is not None and wanted > latest:
            raise WriteRefused("date", f"Halo would bill it from {latest} on, not from {wanted}.", "Write it later.")


def _is_same(planned: str, now: str) -> bool:
    """Whether nothing moved between two versions; what either does not know (a history, all of it) decides nothing."""
    mark, _, change = planned.partition(":")
    mark_now, _, change_now = now.partition(":")
    return (not mark or mark == mark_now) and (not change or not change_now or change == change_now)


def _warnings(seen: _Seen, change: Change) -> tuple[str, ...]:
    said = []
    last = day(seen.header, "lastcreated")
    if change.effective_date is not None and last is not None and change.effective_date <= last:
        said.append(f"The invoice of {last} is out and stays as it is.")
    if seen.line.flag("prorata_next_invoice") or seen.line.exact("createproratanormallines"):
        said.append("This line is set up for pro rata: Halo may add rows for the running period by itself.")
    if seen.header.flag("requires_approval"):
        said.append("Halo may ask for the recurring invoice to be approved again.")
    return tuple(said)
