"""A change set for people who type it into the PSA themselves: as a table, and as the text of a ticket.

The columns are the words of each PSA's own screens and API; none of them takes such a file as an import of quantities
that RCX knows of, so the ids are there to find each line by.
"""

from __future__ import annotations

from decimal import Decimal
from typing import IO

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.money import format_quantity
from rcx_app.core.permissions import Permission
from rcx_app.domain.reconcile.screens import sheets
from rcx_app.domain.writeback.repository import WritebackRepository
from rcx_app.domain.writeback.schemas import UNSENT
from rcx_app.models import ChangeSet

_HEADS: dict[str, tuple[str, str, str, str, str]] = {
    "connectwise": ("agreementId", "additionId", "product", "quantity", "effectiveDate"),
    "autotask": ("contractID", "contractServiceID", "service", "unitChange", "effectiveDate"),
    "halopsa": ("recurring_invoice_id", "line_id", "item", "qty_order", "startdate"),
    "syncro": ("schedule_id", "line_item_id", "name", "quantity", "effective_date"),
}
_PLAIN = ("agreement_id", "line_id", "product", "quantity", "effective_date")


def export(session: Session, context: Context, change_set_id: int, kind: str, out: IO[bytes]) -> int:
    """Write what is not sent as `kind` (csv | xlsx); returns how many lines. Raises Invalid for another kind."""
    context.require(Permission.READ)
    if kind not in sheets.FORMATS:
        raise Invalid(f"{kind!r} is no format.", remedy="Use csv or xlsx.")
    repository = WritebackRepository(session, context)
    made = repository.get(ChangeSet, change_set_id)
    connector = repository.connection(made.connection_id).connector
    agreement, line_head, product, quantity, effective = _HEADS.get(connector, _PLAIN)
    rows: list[list[str | Decimal | int | None]] = [
        [
            client,
            row.agreement_external_id,
            row.line_external_id,
            line.product_name or line.product_code,
            row.old_quantity,
            row.quantity - row.old_quantity if connector == "autotask" else row.quantity,
            row.effective_date.isoformat() if row.effective_date else "",
        ]
        for row, line, client, _ in repository.shown(made.id)
        if row.state in UNSENT
    ]
    heads = ("client", agreement, line_head, product, "was", quantity, effective)
    return sheets.write(kind, "Changes", heads, rows, out)


def ticket_text(session: Session, context: Context, change_set_id: int) -> str:
    """The same in words, one line a change, for a ticket."""
    context.require(Permission.READ)
    repository = WritebackRepository(session, context)
    made = repository.get(ChangeSet, change_set_id)
    said = [f"Please change these quantities in {repository.connection(made.connection_id).label}:", ""]
    for row, line, client, _ in repository.shown(made.id):
        if row.state not in UNSENT:
            continue
        day = f" from {row.effective_date}" if row.effective_date else ""
        said.append(
            f"- {client}: {line.product_name or line.product_code} (agreement {row.agreement_external_id}, line "
            f"{row.line_external_id}): {format_quantity(row.old_quantity)} -> {format_quantity(row.quantity)}{day}"
        )
    return "\n".join(said) + "\n"
