"""Which clients the workspace wants compared where its plan has no room for all, and what follows when that changes."""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.reconcile.asking import request
from rcx_app.domain.subscription import limits
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import Limit
from rcx_app.models import PlanClient


def exchange(session: Session, context: Context, client_id: int, instead_of: int) -> None:
    """Compare one client in another's place from the next run on.

    Raises NotPermitted, Conflict where the one has a place meanwhile or the other has none.
    """
    context.require(Permission.OWN)
    repository = SubscriptionRepository(session, context)
    # Two who choose at once come one after the other.
    repository.workspace(lock=True)
    limits.admit(session, context)
    found = limits.included(session, context)
    out = dict(found.left_out)
    if client_id not in out or instead_of not in found.included:
        raise Conflict("The places are given otherwise meanwhile.", remedy="Look at the list again and choose anew.")
    names = {"client": out[client_id], "instead_of": dict(found.inside)[instead_of]}
    given, waiting = repository.place(instead_of), repository.place(client_id)
    if waiting is not None:
        session.delete(waiting)
        session.flush()
    if given is not None:
        given.client_id = client_id
        session.flush()
    if waiting is not None:
        repository.add(PlanClient(workspace_id=context.workspace_id, client_id=instead_of))
    audit.record(session, context, "subscription:place", "client", client_id, names)
    request(session, context, (client_id, instead_of))


def follow(session: Session, context: Context, before: Limit) -> None:
    """After a change of the plan: places are kept anew, and whoever lost or got one is reconciled."""
    limits.admit(session, context)
    moved = before.included ^ limits.included(session, context).included
    if moved:
        request(session, context, moved)


def beyond(session: Session, context: Context) -> int:
    """How many clients the last run left out, so what the numbers on the screens are without."""
    context.require(Permission.READ)
    last = SubscriptionRepository(session, context).last_run()
    return int(last.totals.get("beyond_plan", 0)) if last is not None else 0
