"""A change set for people who type it into the PSA themselves: as a table, and as the text of a ticket.

The columns are the words of each PSA's own screens and API; none of them takes such a file as an import of quantities
that RCX knows of, so names and ids are there to find each line by, and who approved it to know whether it may be done.
"""

from __future__ import annotations

from collections import defaultdict
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
_WHERE = {
    "connectwise": "Finance > Agreements, the agreement, Additions: set the quantity of the addition.",
    "autotask": "Contracts, the contract, Services: adjust the units by the difference, from the day that is named.",
    "halopsa": "The recurring invoice, its lines: set the quantity of the line.",
    "syncro": "The recurring invoice, its line items: set the quantity of the line.",
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
    is_delta, approved = connector == "autotask", _approved(repository, made)
    rows: list[list[str | Decimal | int | None]] = [
        [
            client,
            name,
            row.agreement_external_id,
            row.line_external_id,
            line.product_name or line.product_code,
            line.product_code,
            row.old_quantity,
            *([row.quantity - row.old_quantity] if is_delta else []),
            row.quantity,
            row.effective_date.isoformat() if row.effective_date else "",
            approved,
        ]
        for row, line, client, name in repository.shown(made.id)
        if row.state in UNSENT
    ]
    numbers = (quantity, "becomes") if is_delta else (quantity,)
    heads = ("client", "agreement", agreement, line_head, product, "code", "was", *numbers, effective, "approved")
    return sheets.write(kind, "Changes", heads, rows, out)


def ticket_text(session: Session, context: Context, change_set_id: int) -> str:
    """The same in words, client by client, for a ticket. It begins with where, or with that it is not approved."""
    context.require(Permission.READ)
    repository = WritebackRepository(session, context)
    made = repository.get(ChangeSet, change_set_id)
    connection, approved = repository.connection(made.connection_id), _approved(repository, made)
    asked = f"Please change these quantities in {connection.label} (CS-{made.id}, approved: {approved})."
    if made.approved_at is None:
        asked = f"CS-{made.id} for {connection.label} is NOT approved yet: please change nothing of it before it is."
    said = [asked, *([_WHERE[connection.connector]] if connection.connector in _WHERE else [])]
    by_client: dict[str, list[str]] = defaultdict(list)
    for row, line, client, agreement in repository.shown(made.id):
        if row.state not in UNSENT:
            continue
        day = f" from {row.effective_date}" if row.effective_date else ""
        place = f"agreement {row.agreement_external_id}" + (f" “{agreement}”" if agreement else "")
        by_client[client].append(
            f"- {line.product_name or line.product_code} ({place}, line {row.line_external_id}): "
            f"{format_quantity(row.old_quantity)} -> {format_quantity(row.quantity)}"
            f" ({format_quantity(row.quantity - row.old_quantity, signed=True)}){day}"
        )
    for client, lines in by_client.items():
        said += ["", client, *lines]
    said += ["", "Nothing has to be reported back: the next sync of RCX sees the new quantities."]
    return "\n".join(said) + "\n"


def _approved(repository: WritebackRepository, made: ChangeSet) -> str:
    """``Priya Raman, 2026-11-21``, or that nobody has."""
    if made.approved_at is None:
        return "not yet"
    return f"{repository.name_of(made.approved_by)}, {made.approved_at.date().isoformat()}".strip(", ")
