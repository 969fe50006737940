"""Mapping without a person, where an admin allowed it for the connection: only what the model is sure of.

Never where a person has ever decided, or has taken the model's decision back; and taken back by nobody but people.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.crypto import new_token
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.matcher.alarms import basis_of
from rcx_app.domain.mapping.matcher.repository import MatcherRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import shown_of
from rcx_app.domain.mapping.snapshot import snapshot
from rcx_app.models import AccountMapping, MappingCandidate, MappingEvent

BY_MODEL = "model"


def confirm(session: Session, context: Context, connections: Collection[int], at_least: Decimal) -> int:
    """Map the preselected accounts of `connections` whose confidence is `at_least` that. Returns how many.

    Each is an event without a person, all of one batch, and one entry in the audit trail.
    """
    if not connections:
        return 0
    repository = MatcherRepository(session, context)
    sure = [each for each in repository.locked(("suggested",), connections) if _is_sure(each, at_least)]
    theirs = repository.touched_by_people([each.account_id for each in sure])
    chosen = [each for each in sure if each.account_id not in theirs]
    if not chosen:
        return 0
    mappings = MappingRepository(session, context)
    parties = mappings.parties([each.account_id for each in chosen])
    offers: dict[int, list[MappingCandidate]] = {}
    clients: dict[int, tuple[str, str]] = {}
    for candidate, client in mappings.candidates([each.account_id for each in chosen]):
        offers.setdefault(candidate.account_id, []).append(candidate)
        clients[client.id] = (client.name, client.domain)
    batch, events = new_token()[:16], []
    for mapping in chosen:
        best = next(iter(offers.get(mapping.account_id, ())), None)
        if best is None or best.verdict != "preselect":
            continue
        offered = [each.client_id for each in offers[mapping.account_id] if each.verdict != "compare"]
        before = snapshot(mapping)
        mapping.state, mapping.client_id = "mapped", best.client_id
        mapping.decided_how, mapping.decided_by, mapping.decided_at = BY_MODEL, None, clock.now()
        mapping.basis = basis_of(parties[mapping.account_id], clients[best.client_id], offered)
        mapping.version += 1
        events.append(
            MappingEvent(
                workspace_id=context.workspace_id,
                account_id=mapping.account_id,
                batch=batch,
                before=before,
                after=snapshot(mapping),
                shown=shown_of(offers[mapping.account_id]),
            )
        )
    mappings.add_events(events)
    if events:
        detail = {"accounts": len(events), "batch": batch, "at_least": str(at_least)}
        system = system_context(context.workspace_id)
        audit.record(session, system, "mapping:verdict:model", detail=detail)
    return len(events)


def _is_sure(mapping: AccountMapping, at_least: Decimal) -> bool:
    return (
        mapping.is_preselected
        and not mapping.is_ambiguous
        and not mapping.no_client
        and mapping.confidence is not None
        and mapping.confidence >= at_least
    )
