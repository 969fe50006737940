"""All flags of a run, from its outcome and a few queries beside it. What each means: see the modules that raise it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.reconcile.engine import Outcome
from rcx_app.domain.reconcile.flagged.across import AcrossRepository
from rcx_app.domain.reconcile.flagged.ghosts import GhostRepository
from rcx_app.domain.reconcile.flagged.lines import line_flags
from rcx_app.domain.reconcile.flagged.purchases import PurchaseRepository
from rcx_app.domain.reconcile.flagged.repository import SeatFlagRepository
from rcx_app.domain.reconcile.flagged.schemas import FlagDraft
from rcx_app.domain.reconcile.flagged.stale import StaleRepository
from rcx_app.domain.reconcile.usage.repository import Clients


def flags(
    session: Session, context: Context, outcome: Outcome, clients: Clients, *, each_seat: bool = False
) -> Iterator[FlagDraft]:
    """Flags at these clients (None: all). `each_seat`: inactive seats one by one, not gathered."""
    yield from line_flags(outcome)
    yield from SeatFlagRepository(session, context).seat_flags(outcome, clients, each_seat=each_seat)
    yield from AcrossRepository(session, context).across_flags(outcome, clients)
    yield from GhostRepository(session, context).ghost_flags(outcome)
    yield from StaleRepository(session, context).stale_flags(outcome, clients)
    yield from PurchaseRepository(session, context).purchase_flags(outcome, clients)
