"""How Halo's lists are read: pages by number with a count of all, lines completed where a list leaves them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.http.client import Answer, Http
from connectors.http.pages import numbered
from connectors.http.rows import Row
from connectors.vendors.halopsa.about import INVOICES


def every(
    api: Http, path: str, key: str, noun: str, *, needs: str, size: int, params: Mapping[str, Any] | None = None
) -> Iterator[Row]:
    """All rows of a list. `key` is where Halo keeps them: {"record_count": 3, "clients": [...]}.

    Ordered by id, so that rows keep their places; without a count no list is believed to be whole.
    """
    return numbered(
        api,
        path,
        lambda answer: answer.row(f"list of {noun}s").need_rows(key, noun),
        noun=noun,
        size=size,
        params={"pageinate": True, "order": "id", **(params or {})},
        page_key="page_no",
        size_key="page_size",
        total=_total,
        needs=needs,
    )


def recurring_invoices(api: Http, size: int) -> Iterator[Row]:
    """Every recurring invoice with its lines in full; where the list gives less, the invoice itself is asked for."""
    found = every(
        api,
        "RecurringInvoice",
        "invoices",
        "recurring invoice",
        needs=INVOICES,
        size=size,
        params={"includelines": True},
    )
    return api.each(found, lambda row: row if _is_whole(row) else recurring_invoice(api, row.need("id")))


def recurring_invoice(api: Http, invoice_id: str) -> Row:
    """One recurring invoice with all details. Raises ApiFailure (not_found)."""
    path = f"RecurringInvoice/{invoice_id}"
    return api.get(path, {"includedetails": True}, needs=INVOICES).row("recurring invoice")


def awaiting_approval(api: Http, size: int) -> frozenset[str]:
    """The ids of recurring invoices that somebody still has to approve."""
    found = every(
        api,
        "RecurringInvoice",
        "invoices",
        "recurring invoice",
        needs=INVOICES,
        size=size,
        params={"awaiting_approval": True},
    )
    return frozenset(row.need("id") for row in found)


def count_lists(line: Row) -> list[Row]:
    """What Halo counts for the line: the entries of `quantity_users`, `quantity_assets` and their like."""
    keys = [key for key, value in line.data.items() if key.startswith("quantity_") and isinstance(value, list)]
    return [entry for key in keys for entry in line.rows(key, f"recurring invoice line, {key}")]


def is_calculated(line: Row) -> bool:
    """Whether Halo sets the line's quantity by itself: what is written to it would be lost the next day."""
    kind = line.exact("recurring_invoice_quantity_type")
    return (
        line.flag("_is_calculated_line")
        or line.flag("is_meter")
        or bool(kind)
        or any(line.flag(key) for key in ("calculate_price_from_assets", "calculate_price_from_users"))
        or bool(count_lists(line))
    )


def _is_whole(row: Row) -> bool:
    """Whether the list gave all that matters: lines, and of calculated ones what is counted."""
    if not isinstance(row.data.get("lines"), list):
        return False
    lines = row.rows("lines")
    if row.flag("contains_calculated_quantity") and not any(is_calculated(line) for line in lines):
        return False
    return all("quantity_users" in line.data for line in lines if is_calculated(line) and not count_lists(line))


def _total(answer: Answer) -> int:
    return int(answer.row("list").need_exact("record_count"))
