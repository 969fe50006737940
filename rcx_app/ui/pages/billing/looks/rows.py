"""Columns and saved views as lists show them. Pure: no state, no markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rcx_app.domain.views.schemas import LISTS, ViewRow
from rcx_app.ui import addresses

# What every column is called in the menu.
WORDS: dict[str, str] = {
    "amount": "Amount a month",
    "apart": "Apart from calculated",
    "at_stake": "Money at stake",
    "age": "Age",
    "client": "Client",
    "clients": "Clients",
    "cycle": "Billing cycle",
    "delta": "Delta",
    "discrepancies": "Findings",
    "display": "In the display currency",
    "findings": "Findings",
    "flags": "Flags",
    "impact": "Net a month",
    "integration": "Integration",
    "kind": "Kind",
    "moved": "Billed to expected",
    "over": "Over-billed",
    "price": "Unit price",
    "product": "Product",
    "quantity": "Billed to expected",
    "said": "What is said",
    "seats": "Seats",
    "services": "Services",
    "state": "State",
    "trend": "Six months",
    "under": "Under-billed",
}
PATHS = {
    "queue": addresses.REVIEW,
    "clients": addresses.BILLING,
    "services": addresses.BY_SERVICE,
    "flagged": addresses.FLAGGED,
}
# Columns before those that may be left out; the queue begins with its check boxes.
_STANDING = {"queue": 3, "clients": 1, "services": 1, "flagged": 1}


@dataclass
class ViewLine:
    """One saved view: a link to its filters."""

    id: int
    name: str
    href: str
    end: str
    is_own: bool
    is_shared: bool


def view_line(row: ViewRow) -> ViewLine:
    """Whose it is stands at the end, where it is not only one's own."""
    end = ("shared" if row.is_shared else "") if row.is_own else row.owner
    path = addresses.address(PATHS[row.page], row.query)
    return ViewLine(row.view_id, row.name, path, end, row.is_own, row.is_shared)


def shown(page: str, columns: tuple[str, ...]) -> dict[str, bool]:
    """By column, whether it is shown."""
    return {name: name in columns for name in LISTS[page]}


def hides(page: str, columns: tuple[str, ...], *, converts: bool) -> str:
    """Classes of ui.css that leave columns out by their place: ``no-3 no-7``. Nothing is converted: no such column."""
    places = enumerate(LISTS[page], start=_STANDING[page] + 1)
    gone = (at for at, name in places if name not in columns or (name == "display" and not converts))
    return " ".join(f"no-{at}" for at in gone)


def columns_of(chosen: Mapping[str, bool]) -> list[str]:
    return [name for name, is_shown in chosen.items() if is_shown]
