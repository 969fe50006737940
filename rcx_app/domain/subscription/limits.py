"""Which clients a plan includes. Limits are soft: a warning, then no new clients are included; nothing is ever deleted.

A client account is a client that at least one account is mapped to. Those that have a place keep it, the first first;
a place is free again when nothing is mapped to its client any more. Who has a place keeps it when the subscription
ends, too; then none is added. Clients without a place are not compared (`left_out`). The workspace's own choice
between clients is in `places`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.subscription.arithmetic import clients
from rcx_app.domain.subscription.keeping import standing_of
from rcx_app.domain.subscription.life import State
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import Limit
from rcx_app.models import PlanClient, PlanSubscription


def included(session: Session, context: Context) -> Limit:
    """Who takes part as of now. A workspace without a subscription has no limit."""
    repository = SubscriptionRepository(session, context)
    return limit(session, repository, _room(repository, repository.subscription()))


def left_out(session: Session, context: Context) -> Mapping[int, str]:
    """The clients that are not compared, by id, with their names: those that the plan has no room for."""
    repository = SubscriptionRepository(session, context)
    room = _room(repository, repository.subscription())
    if room is None or repository.count_mapped() <= room:
        return {}
    return dict(limit(session, repository, room).left_out)


def limit(session: Session, repository: SubscriptionRepository, allowed: int | None) -> Limit:
    """Who would take part if `allowed` client accounts were included; None: all of them."""
    mapped = dict(repository.mapped_clients())
    placed = [client_id for client_id in repository.admitted() if client_id in mapped]
    have = set(placed)
    order = [*placed, *(client_id for client_id in mapped if client_id not in have)]
    inside = order if allowed is None else order[:allowed]
    warn_percent = Offers(session).issuer().warn_percent
    return Limit(
        allowed=allowed,
        used=len(order),
        included=frozenset(inside),
        inside=tuple((client_id, mapped[client_id]) for client_id in inside),
        left_out=tuple((client_id, mapped[client_id]) for client_id in order[len(inside) :]),
        is_near=allowed is not None and len(order) * 100 >= allowed * warn_percent,
    )


def admit(session: Session, context: Context) -> frozenset[int]:
    """Keep the places: clients that are included get theirs, those that are gone lose it. Returns who got one."""
    repository = SubscriptionRepository(session, context)
    if repository.subscription() is None:
        return frozenset()
    mapped = {client_id for client_id, _ in repository.mapped_clients()}
    have = set(repository.admitted())
    new = included(session, context).included - have
    repository.give_up(have - mapped)
    for client_id in sorted(new):
        session.add(PlanClient(workspace_id=context.workspace_id, client_id=client_id))
    session.flush()
    return new


def _room(repository: SubscriptionRepository, row: PlanSubscription | None) -> int | None:
    if row is None:
        return None
    standing = standing_of(repository, row)
    if standing.state is not State.ENDED:
        return clients(standing.items)
    mapped = {client_id for client_id, _ in repository.mapped_clients()}
    return sum(client_id in mapped for client_id in repository.admitted())
