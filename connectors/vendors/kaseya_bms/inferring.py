"""Infers what contracts bill from what was invoiced: BMS shows a contract's services nowhere else.

A line is a name on a contract. Its quantity and price are those of the latest invoice of a whole period; it began
with the first one that has it, and ended where the contract went on billing without it, or stopped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.http.rows import Row
from connectors.records import InvoiceLine, Line

_WHOLE = 27
"""Days that the shortest period of a contract spans; what is shorter is a part of one, or billed by hand."""
_SILENCE = timedelta(days=62)
"""Nothing invoiced for so long after the end of a period: the contract bills no more."""
_BY_HOUR = ("labor", "labour", "time", "expense", "mileage", "travel", "ticket")


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice, as far as its lines need it. `ends_on` is the last day of its period."""

    client_id: str
    currency: str
    begins_on: date
    ends_on: date
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Contract:
    """What is known of a contract. From `ends_on` it bills nothing."""

    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Billed:
    """A row of an invoice. `key` names its line, "" where it belongs to no contract."""

    row: Row
    issued: Issued
    invoice_id: str
    contract_id: str
    key: str

    @property
    def rank(self) -> tuple[bool, date, int, str]:
        return (self.issued.is_whole, self.issued.begins_on, len(self.invoice_id), self.invoice_id)


def issued(row: Row, currency: str) -> Issued | None:
    """None for an invoice without any date."""
    begins = row.day("InvoiceFrom") or row.day("InvoiceDate")
    if begins is None:
        return None
    ends = row.day("InvoiceTo")
    span = 0 if ends is None else (ends - begins).days
    return Issued(
        client_id=row.need("AccountId"),
        currency=currency,
        begins_on=begins,
        ends_on=ends if ends is not None and span >= 0 else begins,
        is_whole=row.has("InvoiceFrom") and span >= _WHOLE,
    )


def keyed(rows: Iterable[tuple[Row, Issued]]) -> list[Billed]:
    """The rows with the lines they belong to; a name that an invoice bills twice for a contract makes two lines."""
    found, times = [], defaultdict[tuple[str, str, str], int](int)
    for row, of in sorted(rows, key=lambda each: (len(each[0].need("Id")), each[0].need("Id"))):
        contract, invoice = row.need("ContractId"), row.need("InvoiceId")
        name = row.need("Name")
        times[invoice, contract, name] += 1
        number = times[invoice, contract, name]
        is_line = contract not in ("0", "-1") and not _is_by_hour(row)
        key = f"{contract}/{name}" + ("" if number == 1 else f"/{number}") if is_line else ""
        found.append(Billed(row=row, issued=of, invoice_id=invoice, contract_id=contract, key=key))
    return found


def lines(billed: Iterable[Billed], contracts: Mapping[str, Contract], today: date) -> Iterator[Line]:
    """One line a key, marked as inferred."""
    by_key: dict[str, list[Billed]] = defaultdict(list)
    starts: dict[str, set[date]] = defaultdict(set)
    for each in billed:
        if each.key:
            by_key[each.key].append(each)
            if each.issued.is_whole:
                starts[each.contract_id].add(each.issued.begins_on)
    for key, rows in by_key.items():
        latest = max(rows, key=lambda each: each.rank)
        contract = contracts.get(latest.contract_id, Contract(None, None))
        yield _line(key, latest, _begins(rows, starts, contract), _ends(latest, starts, contract, today))


def invoice_line(each: Billed) -> InvoiceLine:
    row = each.row
    return InvoiceLine(
        external_id=row.need("Id"),
        invoice_external_id=each.invoice_id,
        line_external_id=each.key,
        product_code=row.need("Name"),
        quantity=row.need_exact("Qty"),
        unit_price=row.need_exact("UnitPrice"),
        amount=row.need_exact("TotalPrice"),
        attributes=row.attributes({"Id", "InvoiceId", "Name", "Qty", "UnitPrice", "TotalPrice"}),
    )


def _line(key: str, latest: Billed, begins: date | None, ends: date | None) -> Line:
    row, of = latest.row, latest.issued
    return Line(
        external_id=key,
        client_external_id=of.client_id,
        agreement_external_id=latest.contract_id,
        product_code=row.need("Name"),
        product_name=row.text("Description") or row.need("Name"),
        quantity=row.need_exact("Qty"),
        unit_price=row.exact("UnitPrice"),
        currency=of.currency,
        effective_date=begins,
        cancelled_date=ends,
        billing_cycle=_cycle(of),
        attributes={
            **row.attributes({"Id", "InvoiceId", "Name", "Qty", "UnitPrice", "ContractId"}),
            "inferred": "true",
            "inferred_from_invoice": row.text("InvoiceNumber") or latest.invoice_id,
            "inferred_from_period": of.begins_on.isoformat(),
        },
    )


def _begins(rows: list[Billed], starts: Mapping[str, set[date]], contract: Contract) -> date | None:
    first = min(each.issued.begins_on for each in rows)
    known = starts.get(rows[0].contract_id, set())
    if first <= min(known, default=first):
        # As old as the invoices that are read: it may have begun with the contract.
        return contract.starts_on
    return first


def _ends(latest: Billed, starts: Mapping[str, set[date]], contract: Contract, today: date) -> date | None:
    last = latest.issued.ends_on
    has_gone_on = any(start > last for start in starts.get(latest.contract_id, ()))
    found = [last + timedelta(days=1)] if has_gone_on or last + _SILENCE < today else []
    if contract.ends_on is not None:
        found.append(contract.ends_on)
    return min(found, default=None)


def _cycle(of: Issued) -> str:
    days = (of.ends_on - of.begins_on).days
    return "monthly" if days <= 45 else "quarterly" if days <= 135 else "annual"


def _is_by_hour(row: Row) -> bool:
    kind = row.text("TypeName").casefold()
    return any(word in kind for word in _BY_HOUR)
