"""The flagged page's rows. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.domain.reconcile.screens.flag_list import FlaggedRow
from rcx_app.ui import addresses, words


@dataclass
class FlagLine:
    """One flag. `href` leads to its line or its seats."""

    id: int
    client: str
    kind: str
    what: str
    message: str
    integration: str
    href: str


def flag_line(row: FlaggedRow) -> FlagLine:
    return FlagLine(
        id=row.flag_id,
        client=row.client_name,
        kind=words.flag(row.kind),
        what=_what(row),
        message=row.message,
        integration=row.integration,
        href=href(row),
    )


def href(row: FlaggedRow) -> str:
    """The finding on the flag's line, else the client's page: its seats where the flag stands on seats."""
    if row.client_id is None:
        return addresses.MAPPING
    page = addresses.client(row.client_id)
    if row.finding_id is not None:
        return addresses.address(page, open=row.finding_id)
    if row.seat_id is not None or row.seats:
        return addresses.address(page, tab="seats", find=row.seat)
    return page


def _what(row: FlaggedRow) -> str:
    if row.seats:
        return words.count(row.seats, "seat") + (f" of {row.sku}" if row.sku else "")
    return row.seat or row.product_code or row.sku
