"""A person's verdicts: given once, on what he saw, recorded as history, taken back as one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import BulkPreview, Decided, FileMapping, QueueFilter, Tab, Verdict
from rcx_app.models import AccountMapping, MappingEvent

SNOOZE_DAYS = 7
BULK_LIMIT = 5000

_STATE_OF = {
    Verdict.CONFIRM: "mapped",
    Verdict.NO_MATCH: "no_match",
    Verdict.UNSURE: "unsure",
    Verdict.SNOOZE: "snoozed",
    Verdict.EXCLUDE: "excluded",
}
_SNAPSHOT = ("state", "client_id", "decided_how", "decided_by", "decided_at", "note", "snoozed_until")


def decide(
    session: Session,
    context: Context,
    account_id: int,
    verdict: Verdict,
    *,
    version: int,
    client_id: int | None = None,
    note: str = "",
) -> Decided:
    """Record a person's verdict on one account.

    `version` is the one the person saw: Conflict where it has moved on since. CONFIRM needs `client_id`.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    mapping = repository.mapping(account_id, lock=True)
    if mapping.version != version:
        raise Conflict(
            "Somebody decided this account since you opened it.", remedy="Look at it again; the newest state is shown."
        )
    if verdict is Verdict.CONFIRM:
        if client_id is None:
            raise Invalid("No client was chosen.", remedy="Choose one of the candidates or search another client.")
        repository.client(client_id)
    batch = new_token()[:16]
    touched = _apply(repository, mapping, verdict, client_id=client_id, note=note, batch=batch)
    audit.record(
        session,
        context,
        f"mapping:verdict:{verdict.value}",
        "account",
        account_id,
        {"client_id": client_id, "confidence": str(mapping.confidence) if mapping.confidence is not None else None},
    )
    return Decided(batch=batch, accounts=1, touched_clients=touched)


def preview_confirm(
    session: Session, context: Context, min_confidence: Decimal, *, connection_id: int | None = None
) -> BulkPreview:
    """The suggested accounts that `confirm_many` would map: at or above `min_confidence` and not ambiguous."""
    chosen = QueueFilter(tab=Tab.REVIEW, connection_id=connection_id, min_confidence=min_confidence)
    page = MappingRepository(session, context).queue(chosen, "", BULK_LIMIT)
    rows = tuple(
        row for row in page.items if row.state == "suggested" and not row.is_ambiguous and row.client_id is not None
    )
    return BulkPreview(min_confidence=min_confidence, rows=rows)


def confirm_many(session: Session, context: Context, choices: Sequence[tuple[int, int, int]]) -> Decided:
    """Confirm exactly what was previewed: (account id, version, client id) each. All or none.

    Raises Conflict where any account changed since the preview.
    """
    context.require(Permission.MAP)
    if len(choices) > BULK_LIMIT:
        raise Invalid(f"At most {BULK_LIMIT} accounts can be confirmed at once.", remedy="Narrow the list by a filter.")
    repository = MappingRepository(session, context)
    batch = new_token()[:16]
    touched: set[int] = set()
    for account_id, version, client_id in choices:
        mapping = repository.mapping(account_id, lock=True)
        if mapping.version != version:
            raise Conflict("An account on this list was decided meanwhile.", remedy="Open the preview again.")
        repository.client(client_id)
        touched |= set(_apply(repository, mapping, Verdict.CONFIRM, client_id=client_id, note="", batch=batch))
    audit.record(session, context, "mapping:verdict:confirm_many", detail={"accounts": len(choices), "batch": batch})
    return Decided(batch=batch, accounts=len(choices), touched_clients=tuple(sorted(touched)))


def undo(session: Session, context: Context, batch: str = "") -> Decided:
    """Take back this person's newest verdict, or the one named by `batch`. All of a batch or nothing.

    Raises Invalid where there is nothing to take back, Conflict where an account was decided anew since.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    chosen = batch or repository.last_batch()
    events = repository.batch(chosen) if chosen else []
    if not events:
        raise Invalid("There is nothing to undo.")
    touched: set[int] = set()
    for event in events:
        mapping = repository.mapping(event.account_id, lock=True)
        if mapping.state != event.after["state"] or mapping.client_id != event.after["client_id"]:
            raise Conflict("Somebody decided this account anew since.", remedy="Open the account and decide there.")
        touched |= {client for client in (mapping.client_id, event.before["client_id"]) if client is not None}
        _restore(mapping, event.before)
        event.undone_at = clock.now()
    session.flush()
    audit.record(session, context, "mapping:verdict:undo", detail={"batch": chosen, "accounts": len(events)})
    return Decided(batch=chosen, accounts=len(events), touched_clients=tuple(sorted(touched)))


def apply_file(session: Session, context: Context, rows: Sequence[FileMapping]) -> Decided:
    """Take over the mappings of a file as a person's decisions. Rows that say what is already so change nothing.

    Raises Invalid naming every account or client that does not exist; then nothing is taken over.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    accounts = repository.accounts_by_external_id((row.connection_id, row.account_external_id) for row in rows)
    clients = repository.clients_by_external_id(row.client_external_id for row in rows if row.client_external_id)
    missing = [
        f"account {r.account_external_id}" for r in rows if (r.connection_id, r.account_external_id) not in accounts
    ]
    missing += [
        f"client {r.client_external_id}" for r in rows if r.client_external_id and r.client_external_id not in clients
    ]
    if missing:
        raise Invalid(
            f"{len(missing)} rows of the mapping name something unknown.",
            remedy="Import the clients and the usage first.",
            problems=missing,
        )
    by_account = {mapping.account_id: mapping for mapping in repository.mappings()}
    batch = new_token()[:16]
    touched: set[int] = set()
    changed = 0
    for row in rows:
        mapping = by_account[accounts[row.connection_id, row.account_external_id]]
        client_id = clients[row.client_external_id] if row.client_external_id else None
        verdict = Verdict.CONFIRM if client_id is not None else Verdict.EXCLUDE
        if (mapping.state, mapping.client_id) == (_STATE_OF[verdict], client_id):
            continue
        touched |= set(_apply(repository, mapping, verdict, client_id=client_id, note="", batch=batch, how="file"))
        changed += 1
    audit.record(session, context, "mapping:verdict:file", detail={"accounts": changed, "batch": batch})
    return Decided(batch=batch, accounts=changed, touched_clients=tuple(sorted(touched)))


def _apply(
    repository: MappingRepository,
    mapping: AccountMapping,
    verdict: Verdict,
    *,
    client_id: int | None,
    note: str,
    batch: str,
    how: str = "person",
) -> tuple[int, ...]:
    before = _snapshot(mapping)
    candidates = [candidate for candidate, _ in repository.candidates([mapping.account_id])]
    mapping.client_id = client_id if verdict is Verdict.CONFIRM else None
    mapping.note = note.strip()
    mapping.snoozed_until = None
    if verdict is Verdict.RESET:
        best = next((candidate for candidate in candidates if candidate.verdict != "compare"), None)
        mapping.state = "suggested" if best else "unmapped"
        mapping.decided_how, mapping.decided_by, mapping.decided_at = "", None, None
    else:
        mapping.state = _STATE_OF[verdict]
        mapping.decided_how, mapping.decided_by = how, repository.context.user_id
        mapping.decided_at = clock.now()
    if verdict is Verdict.SNOOZE:
        mapping.snoozed_until = clock.now() + timedelta(days=SNOOZE_DAYS)
    mapping.version += 1
    shown = [
        {"client_id": row.client_id, "rank": row.rank, "confidence": str(row.confidence), "verdict": row.verdict}
        for row in candidates
    ]
    repository.add(
        MappingEvent(
            workspace_id=repository.workspace_id,
            account_id=mapping.account_id,
            user_id=repository.context.user_id,
            batch=batch,
            before=before,
            after=_snapshot(mapping),
            shown=shown,
        )
    )
    return tuple(client for client in {before["client_id"], mapping.client_id} if client is not None)


def _snapshot(mapping: AccountMapping) -> dict[str, Any]:
    values = {name: getattr(mapping, name) for name in _SNAPSHOT}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _restore(mapping: AccountMapping, before: dict[str, Any]) -> None:
    for name in _SNAPSHOT:
        value = before[name]
        if name in ("decided_at", "snoozed_until") and value is not None:
            value = clock.parse(value)
        setattr(mapping, name, value)
    mapping.version += 1
