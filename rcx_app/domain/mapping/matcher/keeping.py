"""Keeping what the matcher says: suggestions of accounts that nobody has decided, alarms on those that are mapped.

What is as before is not written again, and nothing here changes what a person decided.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from sqlmodel import Session

from matching.types import Party, Suggestion
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.mapping.matcher import alarms
from rcx_app.domain.mapping.matcher.evidence import domain_owners
from rcx_app.domain.mapping.matcher.reading import OPEN_STATES, Comparison
from rcx_app.domain.mapping.matcher.repository import MatcherRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.snapshot import snapshot
from rcx_app.models import AccountMapping, MappingCandidate, MappingEvent

_PLACES = Decimal("0.0001")
_SUGGESTED = ("state", "confidence", "is_preselected", "is_ambiguous", "no_client", "doubt")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The matcher's answers over the changed connections: on open accounts, and on mapped ones as if they were open."""

    suggestions: tuple[Suggestion, ...] = ()
    on_mapped: tuple[Suggestion, ...] = ()


def write_open(
    session: Session,
    context: Context,
    suggestions: Sequence[Suggestion],
    model_version: str,
    connections: Collection[int] | None = None,
) -> int:
    """Keep the suggestions for accounts that no person has decided, of `connections` (None: of all). Returns how many
    accounts changed.

    A snooze that has run out returns to the queue, and so does an account whose client the PSA no longer has.
    """
    repository = MatcherRepository(session, context)
    changed = follow_clients(MappingRepository(session, context), context)
    if connections is not None and not connections:
        return changed
    by_account = {int(suggestion.left_id): suggestion for suggestion in suggestions}
    stored = repository.candidates(connections)
    old: list[MappingCandidate] = []
    new: list[MappingCandidate] = []
    # Locked, so that a verdict given at this very moment waits and is then refused if what it was given on moved.
    for mapping in repository.locked(OPEN_STATES, connections):
        suggestion = by_account.get(mapping.account_id)
        if suggestion is not None and suggestion.decided_by == "person":
            continue  # was decided when the comparison read it, and was taken back since: what it had stands
        fresh = candidates_of(context, mapping.account_id, suggestion)
        before = stored.get(mapping.account_id, [])
        if not _same(before, fresh):
            old += before
            new += fresh
        changed += _update(mapping, suggestion, fresh, model_version)
    MappingRepository(session, context).replace_candidates(old, new)
    return changed


def write_alarms(session: Session, context: Context, comparison: Comparison, outcome: Outcome) -> int:
    """Raise and end alarms on mapped accounts of the changed connections. Returns how many accounts changed.

    An alarmed account gets the candidates of today, so that it can be mapped elsewhere; others keep those on which
    they were decided.
    """
    if not comparison.changed:
        return 0
    repository = MatcherRepository(session, context)
    accounts = {party.id: party for party in comparison.accounts}
    clients = {party.id: party for party in comparison.clients}
    names = {party.id: party.name for party in comparison.clients}
    owners = domain_owners(comparison.clients)
    suggested = {suggestion.left_id: suggestion for suggestion in outcome.on_mapped}
    stored = repository.candidates(comparison.changed)
    changed, old, new = 0, list[MappingCandidate](), list[MappingCandidate]()
    for mapping in repository.locked(("mapped",), comparison.changed):
        key = str(mapping.account_id)
        read = comparison.standing.get(key)
        client = clients.get(str(mapping.client_id))
        if client is None or key not in accounts or read is None or read.client_id != client.id:
            continue  # was decided since the comparison read it: the next run looks at it
        mapped = _mapped(mapping, accounts[key], client, comparison, suggested.get(key))
        changed += _raise(mapping, alarms.alarms(mapped, names, owners))
        if mapping.has_alarm:
            fresh = candidates_of(context, mapping.account_id, suggested.get(key))
            before = stored.get(mapping.account_id, [])
            if not _same(before, fresh):
                old += before
                new += fresh
    MappingRepository(session, context).replace_candidates(old, new)
    return changed


def _mapped(
    mapping: AccountMapping, account: Party, client: Party, comparison: Comparison, suggestion: Suggestion | None
) -> alarms.Mapped:
    """The mapping as it is now; writes its basis where nobody has looked since it was decided."""
    mapped = alarms.Mapped(
        account=account,
        client=client,
        basis=mapping.basis,
        people_domains=comparison.people_domains.get(account.id, {}),
        suggestion=suggestion,
    )
    basis = alarms.looked_at(mapped)
    if basis == mapping.basis:
        return mapped
    mapping.basis = basis
    return replace(mapped, basis=basis)


def _raise(mapping: AccountMapping, found: Sequence[alarms.Alarm]) -> int:
    left = alarms.without_kept(found, mapping.alarms_kept)
    if left == mapping.alarms:
        return 0
    mapping.alarms, mapping.has_alarm = left, bool(left)
    mapping.version += 1
    return 1


def follow_clients(repository: MappingRepository, context: Context) -> int:
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
        suggestion.no_client if suggestion is not None else "",
        _probability(suggestion.candidates[0].doubt) if suggestion and suggestion.candidates else None,
    )
    if new == tuple(getattr(mapping, name) for name in _SUGGESTED):
        return 0
    for name, value in zip(_SUGGESTED, new, strict=True):
        setattr(mapping, name, value)
    mapping.model_version = model_version
    mapping.version += 1
    return 1


def candidates_of(context: Context, account_id: int, suggestion: Suggestion | None) -> list[MappingCandidate]:
    """A suggestion's candidates as rows."""
    if suggestion is None:
        return []
    return [
        MappingCandidate(
            workspace_id=context.workspace_id,
            account_id=account_id,
            client_id=int(candidate.right_id),
            rank=rank,
            confidence=_probability(candidate.confidence) or Decimal(0),
            verdict=candidate.verdict,
            reasons=[
                {"code": r.code, "text": r.text, "left": r.left, "right": r.right, "weight": round(r.weight, 2)}
                for r in candidate.reasons
            ],
        )
        for rank, candidate in enumerate(suggestion.candidates, 1)
    ]


def _probability(value: float | None) -> Decimal | None:
    """To four decimals, rounded down: so it stands on the same side of any threshold of four decimals as `value`."""
    return None if value is None else Decimal(str(value)).quantize(_PLACES, ROUND_DOWN)


def _same(before: Sequence[MappingCandidate], fresh: Sequence[MappingCandidate]) -> bool:
    return [_key(row) for row in before] == [_key(row) for row in fresh]


def _key(row: MappingCandidate) -> tuple[object, ...]:
    return row.client_id, row.rank, row.confidence, row.verdict, repr(row.reasons)
