"""A person's verdict on one account: given on what he saw, recorded as history, and taken back.

Each asks, in its own transaction, for a reconciliation of the clients it touches. Many at once are in `bulk`.
"""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.batch import Batch, checked_note, who_was_first
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import Decided, Verdict
from rcx_app.domain.mapping.snapshot import restore
from rcx_app.domain.mapping.snooze import snooze_end
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.models import AccountMapping


def decide(
    session: Session,
    context: Context,
    account_id: int,
    verdict: Verdict,
    *,
    version: int,
    client_id: int | None = None,
    note: str = "",
    until: date | None = None,
) -> Decided:
    """Record a person's verdict on one account.

    `version` is the one the person saw: Conflict where it has moved on since. CONFIRM needs `client_id`, EXCLUDE a
    `note` with the reason; a SNOOZE ends with the day `until` (none: in 7 days). KEEP lets a mapping stand whose alarms
    the person saw: they return only with other values. Raises NotFound where the account or the client is not ours or
    gone.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    mapping = repository.mapping(account_id, lock=True)
    if mapping.version != version:
        raise Conflict(who_was_first(repository, mapping), remedy="Its newest state is shown now.")
    client = _chosen_client(repository, mapping, verdict, client_id)
    note = checked_note(verdict, note)
    ends = snooze_end(repository, until) if verdict is Verdict.SNOOZE else None
    done = Batch(repository, until=ends).apply([(mapping, client)], verdict, note=note)
    audit.record(
        session,
        context,
        f"mapping:verdict:{verdict.value}",
        "account",
        account_id,
        {"client_id": client, "confidence": str(mapping.confidence) if mapping.confidence is not None else None},
    )
    reconcile.request(session, context, done.touched_clients)
    return done


def undo(session: Session, context: Context, batch: str = "") -> Decided:
    """Take back this person's newest verdict, or the one named by `batch`. All of a batch or nothing.

    A `batch` may also be one of the model's; its accounts are never mapped without a person again.

    Raises Invalid where there is nothing to take back, Conflict where an account was decided anew since.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    chosen = batch or repository.last_batch()
    events = repository.batch(chosen) if chosen else []
    if not events:
        raise Invalid("There is nothing to undo.")
    mappings = repository.lock(event.account_id for event in events)
    newest = repository.newest_events(sorted(mappings))
    touched: set[int] = set()
    for event in events:
        mapping = mappings[event.account_id]
        if newest[event.account_id] != event.id or mapping.state != event.after["state"]:
            raise Conflict(
                f"This can't be undone any more. {who_was_first(repository, mapping)}",
                remedy="Open the account and decide there.",
            )
        touched |= {client for client in (mapping.client_id, event.before["client_id"]) if client is not None}
        restore(mapping, event.before)
        event.undone_at = clock.now()
    session.flush()
    audit.record(session, context, "mapping:verdict:undo", detail={"batch": chosen, "accounts": len(events)})
    reconcile.request(session, context, sorted(touched))
    return Decided(
        batch=chosen, accounts=len(events), touched_clients=tuple(sorted(touched)), account_ids=tuple(sorted(mappings))
    )


def _chosen_client(
    repository: MappingRepository, mapping: AccountMapping, verdict: Verdict, client_id: int | None
) -> int | None:
    if verdict is Verdict.KEEP:
        if mapping.state != "mapped" or not mapping.has_alarm:
            raise Invalid("This mapping has no alarm.", remedy="It stands as it is.")
        return mapping.client_id
    if verdict is not Verdict.CONFIRM:
        return None
    if client_id is None:
        raise Invalid("No client was chosen.", remedy="Choose one of the candidates or search another client.")
    repository.check_clients({client_id})
    return client_id
