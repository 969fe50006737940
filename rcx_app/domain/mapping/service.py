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
from rcx_app.domain.mapping.bulk import confirm_many, decide_many, preview_confirm, preview_selected
from rcx_app.domain.mapping.history import history
from rcx_app.domain.mapping.mapping_file import apply_file
from rcx_app.domain.mapping.queue.bands import BULK_FROM, bands_of
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import (
    AccountDetail,
    AccountRow,
    Alarm,
    Band,
    CandidateCard,
    ClientHit,
    IntegrationOption,
    Mark,
    QueueFilter,
    ReasonRow,
    Standing,
    Tab,
)
from rcx_app.domain.mapping.verdicts import decide, undo
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
    "decide_many",
    "detail",
    "integrations",
    "marks",
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

    In front stand the bands `gone` (their client is gone) and `alarm` (mapped, and that makes no sense any more), where
    there are such accounts.
    """
    known = bands_of(*MappingRepository(session, context).thresholds())
    found = QueueRepository(session, context).bands(chosen, known)
    counted = tuple(Band(key=each.key, low=each.low, high=each.high, accounts=found.get(each.key, 0)) for each in known)
    above = [Band(key=key, low=None, high=None, accounts=found[key]) for key in ("gone", "alarm") if found.get(key)]
    return (*above, *counted)


def marks(session: Session, context: Context, chosen: QueueFilter) -> dict[Mark, int]:
    """How many accounts of the filtered list bear each mark."""
    return QueueRepository(session, context).marks(chosen)


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
    account, mapping = repository.account(account_id), repository.mapping(account_id)
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
        history=history(repository, account_id),
        model_version=mapping.model_version,
        suggest_threshold=repository.thresholds()[0],
        alarms=tuple(Alarm(**each) for each in mapping.alarms),
    )


def search_clients(session: Session, context: Context, text: str, limit: int = 8) -> list[ClientHit]:
    """Clients whose name holds `text` (those that start with it first), or whose PSA id is `text`."""
    return MappingRepository(session, context).search_clients(text, limit) if text.strip() else []


def run(job: JobHandle) -> dict[str, Any]:
    """The job `mapping.match`: suggestions for accounts that nobody has decided, alarms on mapped ones.

    Connections of which nothing has changed since the last run are not compared again.

    Everything is reconciled next, which also infers service rules; it is asked for in the same transaction.
    """
    context = job.context
    job.progress(0, 3, "Reading accounts and clients")
    with transaction(context, read_only=True) as session:
        comparison = suggest.read(session, context)
    waiting = sum(comparison.connections[party.id] in comparison.changed for party in comparison.accounts)
    job.progress(1, 3, f"Comparing {waiting:,} accounts with {len(comparison.clients):,} clients")
    outcome = suggest.answer(comparison)
    job.progress(2, 3, "Keeping the suggestions")
    with transaction(context) as session:
        kept = suggest.keep(session, context, comparison, outcome)
        result = {
            "accounts": len(comparison.accounts),
            "compared": waiting,
            "changed": kept.changed,
            "mapped": kept.mapped,
        }
        reconcile.request(session, context)
        job.finish(session, result)
    return result


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
