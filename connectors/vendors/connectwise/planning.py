"""How a quantity gets onto an agreement: whether it may, in which way, and what to say of it. No requests here.

An agreement that does not prorate bills an addition as it stands when the invoice is made: the quantity is replaced.
One that prorates bills the days of each addition: in mid-period the old addition is ended and a new one begun on that
day, so that dates keep the history. The new one is begun first; if the second step fails, both stand and are seen,
whereas the other order could leave a client without the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.http.rows import Row
from connectors.vendors.connectwise import mapping
from connectors.writing import Change, Operation, WriteRefused

REPLACE, BEGIN, END = "connectwise.addition.quantity", "connectwise.addition.begin", "connectwise.addition.end"
NUMBERS = ("quantity", "lessIncluded", "unitPrice", "unitCost", "sequenceNumber")
"""Fields of an addition that are sent as numbers; an operation keeps them as text, exactly."""

_COPIED = ("billCustomer", "invoiceDescription", "description", "serialNumber", "uom")
_FLAGS = ("taxableFlag", "purchaseItemFlag", "specialOrderFlag")


@dataclass(frozen=True, slots=True)
class Standing:
    """An addition and its agreement as they are now. `today` is ConnectWise's day."""

    addition: Row
    agreement: Row
    today: date

    @property
    def quantity(self) -> Decimal:
        return self.addition.need_exact("quantity")

    @property
    def version(self) -> str:
        return mapping.version(self.addition)

    @property
    def effective(self) -> date | None:
        return self.addition.day("effectiveDate")

    @property
    def cancelled(self) -> date | None:
        return self.addition.day("cancelledDate")

    @property
    def next_invoice(self) -> date | None:
        """When the next invoice is made: the first day that is not invoiced yet, where it is billed in advance."""
        return self.agreement.day("nextInvoiceDate")

    @property
    def product(self) -> str:
        return self.addition.row("product").need("identifier")

    @property
    def place(self) -> str:
        return f"“{self.product}” on “{self.agreement.text('name') or self.agreement.need('id')}”"


def planned(now: Standing, change: Change, fellows: frozenset[str]) -> tuple[Operation, ...]:
    """What would be sent. `fellows` are the ids of the agreement's additions. Raises WriteRefused."""
    if now.quantity == change.quantity:
        return ()
    _check(now, change)
    day = change.effective_date or now.today
    if _is_split(now, day):
        return _split(now, change, day, fellows)
    return (_replacement(now, change, day),)


def _check(now: Standing, change: Change) -> None:
    if now.quantity != change.seen_quantity:
        raise WriteRefused(
            "moved", f"The quantity is {now.quantity} now, not {change.seen_quantity}.", "Look at the finding again."
        )
    if change.seen_version and change.seen_version != now.version:
        raise WriteRefused("moved", "The addition was changed since it was reviewed.", "Look at the finding again.")
    if change.quantity < 0:
        raise WriteRefused("unsupported", "A quantity below 0 is not written.")
    ends = mapping.end_of(now.agreement, lambda _text: None)
    if ends is not None and ends <= now.today:
        raise WriteRefused("ended", f"The agreement ended on {ends}.", "Put the product on a running agreement.")
    if now.cancelled is not None and now.cancelled <= now.today:
        raise WriteRefused("ended", f"The addition ended on {now.cancelled}.", "Choose the one that bills now.")
    day = change.effective_date
    if day is None:
        return
    if day < now.today:
        is_invoiced = now.next_invoice is not None and day < now.next_invoice
        kind, why = ("posted", "is invoiced already") if is_invoiced else ("date", "is past")
        raise WriteRefused(kind, f"{day} {why}.", "Write it from today, and bill the difference once.")
    for end in (now.cancelled, ends):
        if end is not None and end <= day:
            raise WriteRefused("date", f"On {day} this is no longer billed: it ends on {end}.")


def _is_split(now: Standing, day: date) -> bool:
    """Whether a new addition must begin on that day for the days before to keep their quantity."""
    if now.effective is not None and now.effective >= day:
        return False
    if day == now.next_invoice:
        return False
    if now.agreement.flag("prorateFlag"):
        return True
    return now.next_invoice is not None and day > now.next_invoice


def _replacement(now: Standing, change: Change, day: date) -> Operation:
    warnings = []
    first = now.next_invoice
    if first is None:
        warnings.append("ConnectWise does not say when the next invoice is made; the change bills from that one.")
    elif first > day:
        warnings.append(
            f"The running period is invoiced already: the change bills from the invoice of {first}. "
            "Bill the days before by a one-off line if they are to be charged."
        )
    return Operation(
        kind=REPLACE,
        line_external_id=change.line_external_id,
        agreement_external_id=change.agreement_external_id,
        before=now.quantity,
        after=change.quantity,
        effective_date=change.effective_date,
        version=now.version,
        says=f"Replace the quantity {now.quantity} of {now.place} by {change.quantity}",
        warnings=(*warnings, *_remarks(now, change)),
        payload={"patch": [{"op": "replace", "path": "quantity", "value": str(change.quantity)}]},
        marks={"next_invoice": _text(first)},
    )


def _split(now: Standing, change: Change, day: date, fellows: frozenset[str]) -> tuple[Operation, ...]:
    marks = {
        "next_invoice": _text(now.next_invoice),
        "day": _text(day),
        "product": now.addition.row("product").need("id"),
        "fellows": ",".join(sorted(fellows)),
    }
    prorates = now.agreement.flag("prorateFlag")
    said = (
        f"ConnectWise charges the days from {day} and credits those of the old addition, as far as the agreement's "
        "type invoices prorated additions. Check the next invoice."
        if prorates
        else f"The agreement does not prorate: the new quantity bills from the first invoice after {day}."
    )
    begin = Operation(
        kind=BEGIN,
        line_external_id=change.line_external_id,
        agreement_external_id=change.agreement_external_id,
        before=now.quantity,
        after=change.quantity,
        effective_date=day,
        version=now.version,
        says=f"Begin a new addition of {now.place} with {change.quantity} on {day}",
        warnings=(said, *_remarks(now, change)),
        payload=_copy(now, change.quantity, day),
        marks=marks,
    )
    end = Operation(
        kind=END,
        line_external_id=change.line_external_id,
        agreement_external_id=change.agreement_external_id,
        before=now.quantity,
        after=Decimal(0),
        effective_date=day,
        version=now.version,
        says=f"End the addition of {now.place} with {now.quantity} on {day}",
        warnings=("Until this is done, both additions are billed.",),
        payload={"patch": [{"op": "replace", "path": "cancelledDate", "value": f"{day}T00:00:00Z"}]},
        marks=marks,
    )
    return begin, end


def _copy(now: Standing, quantity: Decimal, day: date) -> Mapping[str, object]:
    """The new addition: all that can be set on the old one, and nothing that ConnectWise works out itself."""
    old = now.addition
    made: dict[str, object] = {"product": {"id": old.row("product").need("id")}}
    made |= {key: str(number) for key in NUMBERS if (number := old.exact(key)) is not None}
    made |= {key: old.text(key) for key in _COPIED if old.has(key)}
    made |= {key: old.flag(key) for key in _FLAGS if old.has(key)}
    for key in ("invoiceGrouping", "opportunity"):
        if old.row(key).has("id"):
            made[key] = {"id": old.row(key).need("id")}
    if fields := old.rows("customFields", "custom field"):
        made["customFields"] = [{key: _plain(value) for key, value in each.data.items()} for each in fields]
    made["quantity"] = str(quantity)
    made["effectiveDate"] = f"{day}T00:00:00Z"
    if now.cancelled is not None:
        made["cancelledDate"] = f"{now.cancelled}T00:00:00Z"
    return made


def _remarks(now: Standing, change: Change) -> tuple[str, ...]:
    """What is worth knowing before such a quantity is approved."""
    found = []
    bills = now.addition.text("billCustomer", "Billable")
    if bills != "Billable":
        found.append(f"The addition is marked {bills}: its quantity changes no invoice.")
    included = now.addition.exact("lessIncluded")
    if included and change.quantity < included:
        found.append(f"{included} are included in the fee, more than the new quantity: nothing will be charged.")
    if change.quantity == 0:
        found.append("The addition stays with quantity 0; give it a cancelled date if the service has ended.")
    if now.cancelled is not None:
        found.append(f"The addition ends on {now.cancelled} in any case.")
    return tuple(found)


def _plain(value: object) -> object:
    """A value as JSON keeps it: an operation is stored before it is sent."""
    return float(value) if isinstance(value, Decimal) else value


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
