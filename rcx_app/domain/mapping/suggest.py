"""Running the matcher over the accounts that nobody has decided, and keeping what it says.

The comparison runs outside any transaction that writes; what a person decides meanwhile always stands. Only
connections of which something has changed are compared at all. What goes in is read by `matcher.reading`, what comes
out is kept by `matcher.keeping`, mapped without a person by `matcher.automatic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from matching.sources import match_by_source
from matching.types import Party, Suggestion
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.learning.service import model_in_use, shipped_version
from rcx_app.domain.mapping.matcher import automatic, keeping, reading
from rcx_app.domain.mapping.matcher.evidence import enriched
from rcx_app.domain.mapping.matcher.keeping import Outcome
from rcx_app.domain.mapping.matcher.reading import OPEN_STATES, Comparison
from rcx_app.domain.mapping.matcher.repository import MatcherRepository

__all__ = [
    "OPEN_STATES",
    "SHOWN",
    "Comparison",
    "Kept",
    "answer",
    "compare",
    "keep",
    "model_version",
    "read",
    "refresh",
    "write",
]

SHOWN = 4


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run changed: accounts with another suggestion or alarm, and accounts that it mapped without a person."""

    changed: int
    mapped: int = 0


def model_version() -> str:
    """What suggestions of the shipped model are signed with; another model has another signature."""
    return shipped_version()


def read(session: Session, context: Context) -> Comparison:
    """Everything the matcher compares: all accounts in force (decided ones are its context) and all clients."""
    return reading.read(session, context, model_in_use(session, context))


def compare(comparison: Comparison) -> list[Suggestion]:
    """Suggestions for every account of the changed connections; a decided one's repeats the decision."""
    return list(answer(comparison, with_mapped=False).suggestions)


def answer(comparison: Comparison, *, with_mapped: bool = True) -> Outcome:
    """Run the matcher over the accounts of each changed connection. Several of them may belong to one client.

    `with_mapped`: also over the mapped ones as if nobody had decided, by themselves so that they are nobody's rivals.
    """
    if not comparison.clients:
        return Outcome()
    suggestions: list[Suggestion] = []
    on_mapped: list[Suggestion] = []
    for connection_id in comparison.changed:
        accounts = [party for party in comparison.accounts if comparison.connections[party.id] == connection_id]
        clients = enriched(comparison.clients, comparison.given, connection_id)
        suggestions += _match(comparison, accounts, clients, is_decided=True)
        mapped = [party for party in accounts if _is_mapped(comparison, party)] if with_mapped else []
        if mapped:
            on_mapped += _match(comparison, mapped, clients, is_decided=False)
    return Outcome(tuple(suggestions), tuple(on_mapped))


def _is_mapped(comparison: Comparison, party: Party) -> bool:
    stands = comparison.standing.get(party.id)
    return stands is not None and stands.state == "mapped"


def _match(
    comparison: Comparison, accounts: Sequence[Party], clients: Sequence[Party], *, is_decided: bool
) -> list[Suggestion]:
    ids = {party.id for party in accounts}
    return match_by_source(
        accounts,
        clients,
        lambda account: str(comparison.connections[account.id]),
        thresholds=comparison.thresholds,
        top_n=SHOWN,
        decided=[each for each in comparison.decided if is_decided and each.left_id in ids],
        assignment="many_to_one",
        model=comparison.model,
        own=comparison.own,
    )


def write(session: Session, context: Context, suggestions: Sequence[Suggestion], model_version: str) -> int:
    """Keep these suggestions for all accounts that no person has decided. Returns how many accounts changed."""
    return keeping.write_open(session, context, suggestions, model_version)


def keep(session: Session, context: Context, comparison: Comparison, outcome: Outcome) -> Kept:
    """Keep a run's answers: suggestions, alarms, what the model may map by itself; and from what they were made."""
    changed = keeping.write_open(
        session, context, outcome.suggestions, comparison.model_version, tuple(comparison.changed)
    )
    changed += keeping.write_alarms(session, context, comparison, outcome)
    session.flush()
    mapped = automatic.confirm(
        session,
        context,
        sorted(set(comparison.changed) & comparison.auto_confirm),
        Decimal(str(round(comparison.auto_from, 6))),
    )
    MatcherRepository(session, context).remember(dict(comparison.changed))
    return Kept(changed, mapped)


def refresh(context: Context) -> int:
    """Read, compare, write, outside a job; opens its own transactions. Returns how many accounts changed."""
    with transaction(context, read_only=True) as session:
        comparison = read(session, context)
    outcome = answer(comparison)
    with transaction(context) as session:
        return keep(session, context, comparison, outcome).changed
