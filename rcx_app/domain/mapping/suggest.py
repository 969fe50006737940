"""Running the matcher over the accounts that nobody has decided, and keeping what it says.

The comparison runs outside any transaction that writes; what a person decides meanwhile always stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sqlmodel import Session

from matching import score
from matching.sources import match_by_source
from matching.types import Decided as PairVerdict
from matching.types import Party, Suggestion, Thresholds
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.snapshot import snapshot
from rcx_app.models import Account, AccountMapping, Client, MappingCandidate, MappingEvent

SHOWN = 4
# Decided accounts keep the candidates they were decided on. An account whose client is gone needs new ones.
OPEN_STATES = ("unmapped", "suggested", "unsure", "snoozed", "client_gone")
_DOMAINS_PER_ACCOUNT = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides as matching sees them, with what people decided before. `connections`: account -> its connection."""

    accounts: tuple[Party, ...]
    connections: Mapping[str, int]
    clients: tuple[Party, ...]
    decided: tuple[PairVerdict, ...]
    thresholds: Thresholds


@lru_cache(maxsize=1)
def model_version() -> str:
    """What suggestions are signed with; another model has another signature."""
    # How a model was trained and what it reached on the frozen cases is written in it: unlike for any two models.
    about = json.dumps(dict(score.shipped().about), sort_keys=True, default=str)
    return f"org-match {hashlib.sha256(about.encode()).hexdigest()[:8]}"


def read(session: Session, context: Context) -> Comparison:
    """Everything the matcher compares: all accounts in force (decided ones are its context) and all clients."""
    repository = MappingRepository(session, context)
    seats = repository.seat_counts()
    domains = _domains(repository)
    rows = repository.accounts()
    accounts = tuple(_account(row, seats.get(row.id, 0), domains.get(row.id, ())) for row in rows)
    connections = {str(row.id): row.connection_id for row in rows}
    clients = tuple(_client(row) for row in repository.clients())
    known = {party.id for party in clients}
    verdicts = [_verdict(mapping) for mapping in repository.mappings(states=("mapped", "no_match", "excluded"))]
    decided = tuple(v for v in verdicts if v is not None and (v.right_id is None or v.right_id in known))
    suggest_from, preselect_from = repository.thresholds()
    thresholds = Thresholds(suggest=float(suggest_from), preselect=float(preselect_from))
    return Comparison(accounts, connections, clients, decided, thresholds)


def compare(comparison: Comparison) -> list[Suggestion]:
    """Run the matcher over each connection's accounts. Several of them may belong to one client (sites, tenants)."""
    if not comparison.accounts or not comparison.clients:
        return []
    return match_by_source(
        comparison.accounts,
        comparison.clients,
        lambda account: str(comparison.connections[account.id]),
        thresholds=comparison.thresholds,
        top_n=SHOWN,
        decided=comparison.decided,
        assignment="many_to_one",
    )


def write(session: Session, context: Context, suggestions: Sequence[Suggestion], model_version: str) -> int:
    """Keep the suggestions for accounts that no person has decided. Returns how many accounts changed.

    What is as before is not written again. A snooze that has run out returns to the queue, and so does an account
    whose client the PSA no longer has.
    """
    repository = MappingRepository(session, context)
    changed = _follow_clients(repository, context)
    by_account = {int(suggestion.left_id): suggestion for suggestion in suggestions}
    stored = repository.all_candidates()
    old: list[MappingCandidate] = []
    new: list[MappingCandidate] = []
    # Locked, so that a verdict given at this very moment waits and is then refused if what it was given on moved.
    for mapping in repository.mappings(states=OPEN_STATES, lock=True):
        suggestion = by_account.get(mapping.account_id)
        if suggestion is not None and suggestion.decided_by == "person":
            continue  # was decided when the comparison read it, and was taken back since: what it had stands
        fresh = _candidates(context, mapping.account_id, suggestion)
        before = stored.get(mapping.account_id, [])
        if [_key(row) for row in before] != [_key(row) for row in fresh]:
            old += before
            new += fresh
        changed += _update(mapping, suggestion, fresh, model_version)
    repository.replace_candidates(old, new)
    return changed


def refresh(context: Context) -> int:
    """Read, compare, write, outside a job; opens its own transactions. Returns how many accounts changed."""
    with transaction(context, read_only=True) as session:
        comparison = read(session, context)
    suggestions = compare(comparison)
    with transaction(context) as session:
        return write(session, context, suggestions, model_version())


def _follow_clients(repository: MappingRepository, context: Context) -> int:
    """Raise the alarm where a mapped client is gone, and end it where it is back. The person's verdict stays."""
    moves = [
        *((mapping, "client_gone") for mapping in repository.in_state_of_client("mapped", is_client_gone=True)),
        *((mapping, "mapped") for mapping in repository.in_state_of_client("client_gone", is_client_gone=False)),
    ]
    events = []
    for mapping, state in moves:
        before = snapshot(mapping)
        mapping.state = state
        mapping.version += 1
        events.append(
            MappingEvent(
                workspace_id=context.workspace_id,
                account_id=mapping.account_id,
                before=before,
                after=snapshot(mapping),
            )
        )
    repository.add_events(events)
    return len(moves)


def _update(
    mapping: AccountMapping, suggestion: Suggestion | None, fresh: Sequence[MappingCandidate], model_version: str
) -> int:
    best = fresh[0] if fresh else None
    offered = best is not None and best.verdict != "compare"
    state = mapping.state
    if state == "snoozed" and mapping.snoozed_until is not None and mapping.snoozed_until <= clock.now():
        state = "unmapped"
    if state in ("unmapped", "suggested"):
        state = "suggested" if offered else "unmapped"
    new = (
        state,
        best.confidence if best is not None else None,
        offered and best is not None and best.verdict == "preselect",
        bool(suggestion and suggestion.candidates and suggestion.candidates[0].ambiguous),
    )
    if new == (mapping.state, mapping.confidence, mapping.is_preselected, mapping.is_ambiguous):
        return 0
    mapping.state, mapping.confidence, mapping.is_preselected, mapping.is_ambiguous = new
    mapping.model_version = model_version
    mapping.version += 1
    return 1


def _candidates(context: Context, account_id: int, suggestion: Suggestion | None) -> list[MappingCandidate]:
    if suggestion is None:
        return []
    return [
        MappingCandidate(
            workspace_id=context.workspace_id,
            account_id=account_id,
            client_id=int(candidate.right_id),
            rank=rank,
            confidence=_probability(candidate.confidence),
            verdict=candidate.verdict,
            reasons=[
                {"code": r.code, "text": r.text, "left": r.left, "right": r.right, "weight": round(r.weight, 2)}
                for r in candidate.reasons
            ],
        )
        for rank, candidate in enumerate(suggestion.candidates, 1)
    ]


def _probability(value: float) -> Decimal:
    return Decimal(str(round(value, 4)))


def _key(row: MappingCandidate) -> tuple[object, ...]:
    return row.client_id, row.rank, row.confidence, row.verdict, repr(row.reasons)


def _verdict(mapping: AccountMapping) -> PairVerdict | None:
    right = str(mapping.client_id) if mapping.client_id is not None else None
    return PairVerdict(left_id=str(mapping.account_id), right_id=right, verdict="confirmed")


def _domains(repository: MappingRepository) -> dict[int, tuple[str, ...]]:
    """The mail domains that an account's people use, as addresses (the matcher compares domains only)."""
    found: dict[int, dict[str, None]] = {}
    for account_id, identity_key in repository.identities():
        seen = found.setdefault(account_id, {})
        if len(seen) < _DOMAINS_PER_ACCOUNT:
            seen.setdefault(f"people@{identity_key.rpartition('@')[2]}")
    return {account_id: tuple(domains) for account_id, domains in found.items()}


def _account(row: Account, seats: int, people: tuple[str, ...]) -> Party:
    return Party(
        id=str(row.id),
        name=row.name,
        domain=row.domain,
        emails=(*row.emails, *people),
        phone=row.phone,
        address=row.address,
        city=row.city,
        region=row.region,
        postcode=row.postcode,
        country=row.country,
        aliases=tuple(row.aliases),
        seat_count=seats,
    )


def _client(row: Client) -> Party:
    return Party(
        id=str(row.id),
        name=row.name,
        domain=row.domain,
        emails=tuple(row.emails),
        phone=row.phone,
        address=row.address,
        city=row.city,
        region=row.region,
        postcode=row.postcode,
        country=row.country,
        aliases=tuple(row.aliases),
    )
