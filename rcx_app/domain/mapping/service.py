"""The mapping queue for people, and the job that fills it. Verdicts live in `verdicts`, the matcher's run in `suggest`.

Permissions: reading needs none beyond membership; each verdict requires `mapping:decide`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from matching import MODEL_VERSION
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import Page
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    CandidateCard,
    ClientHit,
    HistoryEntry,
    QueueFilter,
    ReasonRow,
    Tab,
)
from rcx_app.domain.mapping.verdicts import apply_file, confirm_many, decide, preview_confirm, undo
from rcx_app.models import Account, Client, MappingCandidate

__all__ = [
    "apply_file",
    "confirm_many",
    "counts",
    "decide",
    "detail",
    "preview_confirm",
    "queue",
    "row",
    "run",
    "search_clients",
    "undo",
]

_WHAT = {
    "suggested": "Suggested by the model",
    "mapped": "Mapped to {client}",
    "excluded": "Excluded",
    "no_match": "No match",
    "unsure": "Unsure",
    "snoozed": "Snoozed",
    "unmapped": "Unmapped",
}


def counts(session: Session, context: Context) -> dict[Tab, int]:
    """How many accounts stand under each tab."""
    return MappingRepository(session, context).counts()


def queue(session: Session, context: Context, chosen: QueueFilter, cursor: str = "") -> Page[AccountRow]:
    """One page of the queue, surest suggestion first."""
    return MappingRepository(session, context).queue(chosen, cursor)


def row(session: Session, context: Context, account_id: int) -> AccountRow:
    """One account as the queue shows it. NotFound where it is not ours."""
    found = MappingRepository(session, context).row(account_id)
    if found is None:
        raise NotFound(MappingRepository.noun)
    return found


def detail(session: Session, context: Context, account_id: int) -> AccountDetail:
    """The account in hand with its candidates, reasons and history."""
    repository = MappingRepository(session, context)
    account = repository.account(account_id)
    mapping = repository.mapping(account_id)
    pairs = repository.candidates([account_id])
    others = repository.mapped_accounts(
        [client.id for _, client in pairs], connection_id=account.connection_id, but=account_id
    )
    shown = row(session, context, account_id)
    return AccountDetail(
        row=shown,
        facts=_account_facts(account, shown),
        candidates=tuple(_card(candidate, client, others.get(client.id, 0)) for candidate, client in pairs),
        history=_history(repository, account_id),
        model_version=mapping.model_version,
    )


def search_clients(session: Session, context: Context, text: str, limit: int = 8) -> list[ClientHit]:
    """Clients whose name holds `text` (those that start with it first), or whose PSA id is `text`."""
    return MappingRepository(session, context).search_clients(text, limit) if text.strip() else []


def run(job: JobHandle) -> dict[str, Any]:
    """The job `mapping.match`: suggestions for every account that nobody has decided.

    Service rules are inferred next and everything is reconciled, in the transaction that keeps the suggestions.
    """
    from rcx_app.domain.reconcile import service as reconcile
    from rcx_app.domain.service_rules import service as service_rules

    context = job.context
    job.progress(0, 3, "Reading accounts and clients")
    with transaction(context, read_only=True) as session:
        comparison = suggest.read(session, context)
    job.progress(1, 3, f"Comparing {len(comparison.accounts):,} accounts with {len(comparison.clients):,} clients")
    suggestions = suggest.compare(comparison)
    job.progress(2, 3, "Keeping the suggestions")
    with transaction(context) as session:
        changed = suggest.write(session, context, suggestions, MODEL_VERSION)
        rules = service_rules.suggest(session, context)
        result = {"accounts": len(comparison.accounts), "changed": changed, "rules_suggested": rules}
        reconcile.request(session, context)
        job.finish(session, result)
    return result


def _history(repository: MappingRepository, account_id: int) -> tuple[HistoryEntry, ...]:
    names: dict[int, str] = {}
    entries = []
    for event, who in repository.events(account_id):
        client_id = event.after.get("client_id")
        if client_id is not None and client_id not in names:
            names[client_id] = repository.client(client_id).name
        what = _WHAT.get(event.after["state"], event.after["state"]).format(client=names.get(client_id or 0, ""))
        if event.after.get("note"):
            what += f": {event.after['note']}"
        if event.after.get("decided_how") == "file":
            what += ", from a file"
        at: datetime = event.created_at
        entries.append(HistoryEntry(at=at, who=who or "RCX", what=what, is_undone=event.undone_at is not None))
    return tuple(entries)


def _account_facts(account: Account, shown: AccountRow) -> tuple[tuple[str, str], ...]:
    facts = [
        ("Account id", account.external_id),
        ("Seats", f"{shown.seats:,}"),
        ("Domain", account.domain),
        ("Postcode", account.postcode),
        ("City", account.city),
        ("First seen", f"{account.first_seen_at:%-d %b %Y}"),
    ]
    return tuple((label, value) for label, value in facts if value)


def _card(candidate: MappingCandidate, client: Client, others: int) -> CandidateCard:
    facts = [
        ("PSA id", client.external_id),
        ("Domain", client.domain),
        ("City", client.city),
        ("Postcode", client.postcode),
    ]
    return CandidateCard(
        client_id=client.id,
        name=client.name,
        external_id=client.external_id,
        facts=tuple((label, value) for label, value in facts if value),
        other_accounts=others,
        rank=candidate.rank,
        confidence=candidate.confidence,
        verdict=candidate.verdict,
        reasons=tuple(ReasonRow(**reason) for reason in candidate.reasons),
    )
