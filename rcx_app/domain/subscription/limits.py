"""Which clients a plan includes. Limits are soft: a warning, then no new clients are included; nothing is ever deleted.

A client account is a client that at least one account is mapped to. Those that have a place keep it, the first first;
a place is free again when nothing is mapped to its client any more.
"""

from __future__ import annotations

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.subscription.arithmetic import clients
from rcx_app.domain.subscription.keeping import standing_of
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import Limit
from rcx_app.models import PlanClient


def included(session: Session, context: Context) -> Limit:
    """Who takes part as of now. A workspace without a subscription has no limit."""
    repository = SubscriptionRepository(session, context)
    row = repository.subscription()
    return limit(session, repository, clients(standing_of(repository, row).items) if row is not None else None)


def limit(session: Session, repository: SubscriptionRepository, allowed: int | None) -> Limit:
    """Who would take part if `allowed` client accounts were included; None: all of them."""
    mapped = dict(repository.mapped_clients())
    placed = [each.client_id for each in repository.admitted() if each.client_id in mapped]
    order = [*placed, *(client_id for client_id in mapped if client_id not in set(placed))]
    inside = order if allowed is None else order[:allowed]
    warn_percent = Offers(session).issuer().warn_percent
    return Limit(
        allowed=allowed,
        used=len(order),
        included=frozenset(inside),
        left_out=tuple((client_id, mapped[client_id]) for client_id in order[len(inside) :]),
        is_near=allowed is not None and len(order) * 100 >= allowed * warn_percent,
    )


def admit(session: Session, context: Context) -> int:
    """Keep the places: clients that are included get theirs, those that are gone lose it. Returns how many changed."""
    repository = SubscriptionRepository(session, context)
    mapped = {client_id for client_id, _ in repository.mapped_clients()}
    rows = repository.admitted()
    gone = [each for each in rows if each.client_id not in mapped]
    have = {each.client_id for each in rows}
    new = sorted(included(session, context).included - have)
    for each in gone:
        session.delete(each)
    for client_id in new:
        session.add(PlanClient(workspace_id=context.workspace_id, client_id=client_id))
    session.flush()
    return len(gone) + len(new)
