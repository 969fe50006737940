"""What Halo keeps of edits to a recurring invoice line: to see what happened since somebody looked."""

from __future__ import annotations

from connectors.http.client import Http
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.halopsa.about import INVOICES
from connectors.vendors.halopsa.lists import every

_WITHOUT = frozenset({"not_found", "privilege_missing", "refused", "unexpected_shape"})
_PAGE = 50


def last_change(api: Http, invoice_id: str, line_id: str) -> tuple[str, str]:
    """The id of the latest edit of a line and what it was, in words; "0" where there was none.

    A Halo that does not show its history ("") is written to without it: the line itself is compared in any case.
    """
    asked = {"invoice_id": invoice_id, "line_id": line_id}
    try:
        found = list(
            every(api, "InvoiceChange", "changehistory", "invoice change", needs=INVOICES, size=_PAGE, params=asked)
        )
    except ApiFailure as failure:
        if failure.kind not in _WITHOUT:
            raise
        api.wire.note("Halo does not show the history of its recurring invoices; edits are seen by comparing alone.")
        return "", ""
    of_line = [row for row in found if row.text("invoice_line_id") in ("", line_id)]
    if not of_line:
        return "0", ""
    last = max(of_line, key=lambda row: row.need_exact("id"))
    return last.need("id"), _words(last)


def _words(change: Row) -> str:
    when = change.moment("datetime")
    who = change.text("who") or "somebody"
    told = (
        f"{who} changed {change.text('field_name', 'it')} from {change.text('old_value')} to {change.text('new_value')}"
    )
    return told if when is None else f"{told} on {when:%Y-%m-%d}"
