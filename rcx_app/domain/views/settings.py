"""What a workspace chooses about its data: the currency that amounts are shown in, the lines first shown, and when a
seat counts as inactive."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile import asking
from rcx_app.domain.views import currencies
from rcx_app.domain.views.currency_repository import CurrencyRepository
from rcx_app.domain.views.currency_schemas import DataSettings

CONTRACT_VIEWS = ("all", "mapped")
MOST_DAYS = 365


def data_settings(session: Session, context: Context) -> DataSettings:
    """What is chosen, and in which currencies lines are billed."""
    context.require(Permission.READ)
    repository = CurrencyRepository(session, context)
    row = repository.workspace()
    billed = repository.billed_currencies()
    known = currencies.rates(session, context)
    rateless = tuple(each for each in billed if known.quote and each not in (known.quote, *known.by_currency))
    return DataSettings(row.display_currency, row.contract_view, row.inactive_days, billed, rateless)


def contract_view(session: Session, context: Context) -> str:
    """Which lines a page shows that was asked for none: all | mapped."""
    context.require(Permission.READ)
    return CurrencyRepository(session, context).workspace().contract_view


def save(session: Session, context: Context, *, display_currency: str, contract_view: str, inactive_days: int) -> None:
    """Keep what is chosen; asks for a reconciliation where other seats are inactive now. Raises Invalid.

    Rates into a former display currency stay, and hold again when it comes back.
    """
    context.require(Permission.SETTINGS)
    if contract_view not in CONTRACT_VIEWS:
        raise Invalid("There is no such contract view.", remedy=f"Use one of {', '.join(CONTRACT_VIEWS)}.")
    if not 1 <= inactive_days <= MOST_DAYS:
        raise Invalid(f"A seat is inactive after 1 to {MOST_DAYS} days.", remedy="Enter a number of days.")
    chosen = {
        "display_currency": currencies.code(display_currency) if display_currency.strip() else "",
        "contract_view": contract_view,
        "inactive_days": inactive_days,
    }
    row = CurrencyRepository(session, context).workspace(lock=True)
    was = {name: getattr(row, name) for name in chosen}
    changed = {name: {"from": was[name], "to": value} for name, value in chosen.items() if was[name] != value}
    if not changed:
        return
    for name, value in chosen.items():
        setattr(row, name, value)
    session.flush()
    audit.record(session, context, "workspace:data", "workspace", row.id, changed)
    if "inactive_days" in changed:
        asking.request(session, context)
