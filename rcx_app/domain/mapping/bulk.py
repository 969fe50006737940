"""Verdicts on many accounts at once: what a person saw in a preview or selected, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.batch import Batch, checked_note, who_was_first
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import AccountRow, BulkPreview, Decided, QueueFilter, Tab, Verdict
from rcx_app.domain.mapping.snooze import snooze_end
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.models import AccountMapping

BULK_LIMIT = 5000


def preview_confirm(
    session: Session, context: Context, min_confidence: Decimal, *, connection_id: int | None = None
) -> BulkPreview:
    """The accounts that "confirm all" would map: preselected by the model, at or above `min_confidence`.

    Accounts as sure that the model itself leaves to a person are counted in `left_out`. At most `BULK_LIMIT`.
    """
    chosen = QueueFilter(tab=Tab.REVIEW, connection_id=connection_id, min_confidence=min_confidence)
    page = QueueRepository(session, context).page(chosen, "", BULK_LIMIT)
    rows = tuple(row for row in page.items if _is_preselected(row))
    return BulkPreview(min_confidence=min_confidence, rows=rows, left_out=(page.total or 0) - len(rows))


def preview_selected(session: Session, context: Context, account_ids: Sequence[int]) -> BulkPreview:
    """Of these accounts, those that the model preselected; the others are counted in `left_out`."""
    found = QueueRepository(session, context).rows(account_ids[:BULK_LIMIT])
    rows = tuple(row for row in found if _is_preselected(row))
    return BulkPreview(min_confidence=Decimal(0), rows=rows, left_out=len(set(account_ids)) - len(rows))


def _is_preselected(row: AccountRow) -> bool:
    is_sure = row.is_preselected and not row.is_ambiguous and not row.no_client
    return row.state == "suggested" and is_sure and row.client_id is not None


def confirm_many(session: Session, context: Context, choices: Sequence[tuple[int, int, int]]) -> Decided:
    """Confirm exactly what was previewed: (account id, version, client id) each. All or none.

    Raises Conflict where any account changed since the preview.
    """
    context.require(Permission.MAP)
    if len(choices) > BULK_LIMIT:
        raise Invalid(f"At most {BULK_LIMIT} accounts can be confirmed at once.", remedy="Narrow the list by a filter.")
    if not choices or len({account_id for account_id, _, _ in choices}) != len(choices):
        raise Invalid("Nothing to confirm was chosen, or an account twice.", remedy="Choose the accounts again.")
    repository = MappingRepository(session, context)
    mappings = _as_seen(repository, {account_id: version for account_id, version, _ in choices}, "confirmed")
    repository.check_clients({client_id for _, _, client_id in choices})
    pairs = [(mappings[account_id], client_id) for account_id, _, client_id in choices]
    done = Batch(repository).apply(pairs, Verdict.CONFIRM)
    audit.record(
        session, context, "mapping:verdict:confirm_many", detail={"accounts": len(choices), "batch": done.batch}
    )
    reconcile.request(session, context, done.touched_clients)
    return done


def decide_many(
    session: Session,
    context: Context,
    choices: Sequence[tuple[int, int]],
    verdict: Verdict,
    *,
    note: str = "",
    until: date | None = None,
) -> Decided:
    """Give one verdict, other than CONFIRM, on many accounts: (account id, version) each. All or none, undone as one.

    Raises Conflict where any account changed since it was seen, Invalid as `verdicts.decide` does.
    """
    context.require(Permission.MAP)
    if verdict is Verdict.CONFIRM:
        raise Invalid("Many accounts are confirmed from a preview.", remedy="Choose their clients first.")
    _check_number(choices)
    if len({account_id for account_id, _ in choices}) != len(choices):
        raise Invalid("An account was chosen twice.", remedy="Choose the accounts again.")
    repository = MappingRepository(session, context)
    note = checked_note(verdict, note)
    ends = snooze_end(repository, until) if verdict is Verdict.SNOOZE else None
    mappings = _as_seen(repository, dict(choices), "decided")
    if verdict is Verdict.KEEP and any(not mappings[account_id].has_alarm for account_id, _ in choices):
        raise Invalid("Not all of these accounts have an alarm.", remedy="Choose among those under the alarms.")
    pairs = [
        (mappings[account_id], mappings[account_id].client_id if verdict is Verdict.KEEP else None)
        for account_id, _ in choices
    ]
    done = Batch(repository, until=ends).apply(pairs, verdict, note=note)
    detail = {"verdict": verdict.value, "accounts": len(choices), "batch": done.batch}
    audit.record(session, context, "mapping:verdict:many", detail=detail)
    reconcile.request(session, context, done.touched_clients)
    return done


def _check_number(choices: Sequence[object]) -> None:
    if not choices:
        raise Invalid("Nothing was chosen.", remedy="Choose some accounts first.")
    if len(choices) > BULK_LIMIT:
        raise Invalid(f"At most {BULK_LIMIT} accounts can be decided at once.", remedy="Narrow the list by a filter.")


def _as_seen(repository: MappingRepository, versions: Mapping[int, int], what: str) -> dict[int, AccountMapping]:
    """The mappings, locked. Raises Conflict where any is no longer the version that was seen."""
    mappings = repository.lock(versions)
    moved = [
        mappings[account_id] for account_id, version in versions.items() if mappings[account_id].version != version
    ]
    if moved:
        others = f" {len(moved) - 1} more changed too." if len(moved) > 1 else ""
        raise Conflict(
            f"Nothing was {what}. {who_was_first(repository, moved[0])}{others}", remedy="Look at the list again."
        )
    return mappings
