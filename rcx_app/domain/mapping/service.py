"""The mapping queue for people, and the job that fills it. Verdicts live in `verdicts`, the matcher's run in `suggest`.

Permissions: reading needs none beyond membership; each verdict requires `mapping:decide`.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.core.pagination import PAGE_SIZE, Page
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.queue.bands import BULK_FROM, bands_of
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    Band,
    CandidateCard,
    ClientHit,
    HistoryEntry,
    IntegrationOption,
    QueueFilter,
    ReasonRow,
    Standing,
    Tab,
)
from rcx_app.domain.mapping.verdicts import apply_file, confirm_many, decide, preview_confirm, preview_selected, undo
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.models import Account, Client, MappingCandidate

__all__ = [
    "apply_file",
    "bands",
    "client_accounts",
    "confirm_many",
    "confirmable",
    "counts",
    "decide",
    "detail",
    "integrations",
    "preview_confirm",
    "preview_selected",
    "queue",
    "row",
    "run",
    "search_clients",
    "standing",
    "undo",
]

KIND = "mapping.match"
MAX_SIZE = 500
_SEEN_DAYS = 7
_KIND_WORDS = {
    "user": ("user", "users"),
    "device": ("device", "devices"),
    "mailbox": ("mailbox", "mailboxes"),
    "workload": ("workload", "workloads"),
    "agent": ("agent", "agents"),
    "site": ("site", "sites"),
    "licence": ("licence", "licences"),
}
_WHAT = {
    "suggested": "Back to the model's suggestion",
    "unmapped": "Back to unmapped",
    "mapped": "Mapped to {client}",
    "client_gone": "{client} is gone from the PSA",
    "excluded": "Excluded",
    "no_match": "No match",
    "unsure": "Unsure",
    "snoozed": "Snoozed",
}


def counts(session: Session, context: Context) -> dict[Tab, int]:
    """How many accounts stand under each tab."""
    return QueueRepository(session, context).counts()


def queue(
    session: Session, context: Context, chosen: QueueFilter, cursor: str = "", size: int = PAGE_SIZE
) -> Page[AccountRow]:
    """One page of a tab: to review and unmapped by confidence, decided ones newest first, snoozed by return."""
    return QueueRepository(session, context).page(chosen, cursor, min(size, MAX_SIZE))


def bands(session: Session, context: Context, chosen: QueueFilter) -> tuple[Band, ...]:
    """The bands of the filtered list, surest first, with their numbers.

    In front stands the band `gone` where there are accounts whose client is gone.
    """
    known = bands_of(*MappingRepository(session, context).thresholds())
    found = QueueRepository(session, context).bands(chosen, known)
    counted = tuple(Band(key=each.key, low=each.low, high=each.high, accounts=found.get(each.key, 0)) for each in known)
    gone = found.get("gone", 0)
    return (Band(key="gone", low=None, high=None, accounts=gone), *counted) if gone else counted


def integrations(session: Session, context: Context, tab: Tab) -> list[IntegrationOption]:
    """Integrations that have accounts under a tab, by name."""
    return QueueRepository(session, context).integrations(tab)


def confirmable(
    session: Session, context: Context, min_confidence: Decimal = BULK_FROM, *, connection_id: int | None = None
) -> int:
    """How many accounts `preview_confirm` would list."""
    return QueueRepository(session, context).confirmable(min_confidence, connection_id)


def standing(session: Session, context: Context) -> Standing:
    """What there is to map at all."""
    repository = MappingRepository(session, context)
    return Standing(
        usage_connections=repository.connections("usage"),
        psa_connections=repository.connections("psa"),
        accounts=sum(counts(session, context).values()),
        clients=repository.client_count(),
    )


def row(session: Session, context: Context, account_id: int) -> AccountRow:
    """One account as the queue shows it. NotFound where it is not ours."""
    found = QueueRepository(session, context).rows([account_id])
    if not found:
        raise NotFound(MappingRepository.noun)
    return found[0]


def client_accounts(session: Session, context: Context, client_id: int) -> tuple[AccountRow, ...]:
    """The accounts mapped to a client, by integration and name. NotFound where the client is not ours."""
    MappingRepository(session, context).client(client_id)
    return tuple(QueueRepository(session, context).of_client(client_id))


def detail(session: Session, context: Context, account_id: int) -> AccountDetail:
    """The account in hand with its candidates, reasons and history. NotFound where it is not ours."""
    repository = MappingRepository(session, context)
    shown = row(session, context, account_id)
    account = repository.account(account_id)
    pairs = repository.candidates([account_id])
    client_ids = [client.id for _, client in pairs]
    others = repository.mapped_accounts(client_ids, connection_id=account.connection_id, but=account_id)
    agreements = repository.agreement_counts(client_ids)
    return AccountDetail(
        row=shown,
        facts=_account_facts(repository, account),
        candidates=tuple(
            _card(candidate, client, others.get(client.id, 0), agreements.get(client.id, 0))
            for candidate, client in pairs
        ),
        history=_history(repository, account_id),
        model_version=repository.mapping(account_id).model_version,
        suggest_threshold=repository.thresholds()[0],
    )


def search_clients(session: Session, context: Context, text: str, limit: int = 8) -> list[ClientHit]:
    """Clients whose name holds `text` (those that start with it first), or whose PSA id is `text`."""
    return MappingRepository(session, context).search_clients(text, limit) if text.strip() else []


def run(job: JobHandle) -> dict[str, Any]:
    """The job `mapping.match`: suggestions for every account that nobody has decided.

    Everything is reconciled next, which also infers service rules; it is asked for in the same transaction.
    """
    context = job.context
    job.progress(0, 3, "Reading accounts and clients")
    with transaction(context, read_only=True) as session:
        comparison = suggest.read(session, context)
    job.progress(1, 3, f"Comparing {len(comparison.accounts):,} accounts with {len(comparison.clients):,} clients")
    suggestions = suggest.compare(comparison)
    job.progress(2, 3, "Keeping the suggestions")
    with transaction(context) as session:
        changed = suggest.write(session, context, suggestions, suggest.model_version())
        result = {"accounts": len(comparison.accounts), "changed": changed}
        reconcile.request(session, context)
        job.finish(session, result)
    return result


def _history(repository: MappingRepository, account_id: int) -> tuple[HistoryEntry, ...]:
    events = repository.events(account_id)
    names = repository.client_names(
        event.after["client_id"] for event, _ in events if event.after.get("client_id") is not None
    )
    entries = []
    for event, who in events:
        state, how = event.after["state"], event.after.get("decided_how", "")
        what = _WHAT.get(state, state).format(client=names.get(event.after.get("client_id") or 0, "Its client"))
        if event.batch == "" and state == "mapped":
            what += " again: the client is back in the PSA"
        elif how == "file" and state in ("mapped", "excluded"):
            what += " by a file"
        entries.append(
            HistoryEntry(
                at=event.created_at,
                who=who or "RCX",
                what=what,
                note=event.after.get("note") or "",
                is_undone=event.undone_at is not None,
            )
        )
    return tuple(entries)


def _account_facts(repository: MappingRepository, account: Account) -> tuple[tuple[str, str], ...]:
    facts = [
        ("Account id", account.external_id),
        ("Seats", _seats(repository, account.id)),
        ("Domain", account.domain),
        ("Place", ", ".join(part for part in (account.city, account.postcode) if part)),
        ("First seen", f"{account.first_seen_at:%-d %b %Y}"),
    ]
    return tuple((label, value) for label, value in facts if value)


def _seats(repository: MappingRepository, account_id: int) -> str:
    """ "38 agents, 36 seen in 7 days"; what was last seen is told only of kinds that tell it for every seat."""
    parts = []
    for kind, seats, dated, seen in repository.seats_by_kind(account_id, clock.now() - timedelta(days=_SEEN_DAYS)):
        one, many = _KIND_WORDS.get(kind, ("seat", "seats"))
        words = f"{seats:,} {one if seats == 1 else many}"
        parts.append(f"{words}, {seen:,} seen in {_SEEN_DAYS} days" if dated == seats else words)
    return " · ".join(parts) or "none"


def _card(candidate: MappingCandidate, client: Client, others: int, agreements: int) -> CandidateCard:
    facts = [
        ("PSA id", client.external_id),
        ("Agreements", f"{agreements:,}" if agreements else ""),
        ("Domain", client.domain),
        ("Place", ", ".join(part for part in (client.city, client.postcode) if part)),
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
