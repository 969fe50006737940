"""A person's verdicts: given once, on what he saw, recorded as history, taken back as one.

Each asks, in its own transaction, for a reconciliation of the clients it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.queue.repository import QueueRepository
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import AccountRow, BulkPreview, Decided, FileMapping, QueueFilter, Tab, Verdict
from rcx_app.domain.mapping.snapshot import restore, snapshot
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.models import AccountMapping, MappingCandidate, MappingEvent

SNOOZE_DAYS = 7
BULK_LIMIT = 5000
NOTE_LIMIT = 500

_STATE_OF = {
    Verdict.CONFIRM: "mapped",
    Verdict.NO_MATCH: "no_match",
    Verdict.UNSURE: "unsure",
    Verdict.SNOOZE: "snoozed",
    Verdict.EXCLUDE: "excluded",
}
_WORDS = {
    "mapped": "mapped it to {client}",
    "excluded": "excluded it",
    "no_match": "found no match for it",
    "unsure": "was unsure",
    "snoozed": "snoozed it",
}


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

    `version` is the one the person saw: Conflict where it has moved on since. CONFIRM needs `client_id`, EXCLUDE a
    `note` with the reason. Raises NotFound where the account or the client is not ours or gone.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    mapping = repository.mapping(account_id, lock=True)
    if mapping.version != version:
        raise Conflict(_who_was_first(repository, mapping), remedy="Its newest state is shown now.")
    client = _chosen_client(repository, verdict, client_id)
    note = _checked_note(verdict, note)
    done = _Batch(repository).apply([(mapping, client)], verdict, note=note)
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
    return row.state == "suggested" and row.is_preselected and not row.is_ambiguous and row.client_id is not None


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
    mappings = repository.lock(account_id for account_id, _, _ in choices)
    moved = [mappings[account_id] for account_id, version, _ in choices if mappings[account_id].version != version]
    if moved:
        others = f" {len(moved) - 1} more changed too." if len(moved) > 1 else ""
        raise Conflict(
            f"Nothing was confirmed. {_who_was_first(repository, moved[0])}{others}", remedy="Look at the list again."
        )
    repository.check_clients({client_id for _, _, client_id in choices})
    pairs = [(mappings[account_id], client_id) for account_id, _, client_id in choices]
    done = _Batch(repository).apply(pairs, Verdict.CONFIRM)
    audit.record(
        session, context, "mapping:verdict:confirm_many", detail={"accounts": len(choices), "batch": done.batch}
    )
    reconcile.request(session, context, done.touched_clients)
    return done


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
    mappings = repository.lock(event.account_id for event in events)
    newest = repository.newest_events(sorted(mappings))
    touched: set[int] = set()
    for event in events:
        mapping = mappings[event.account_id]
        if newest[event.account_id] != event.id or mapping.state != event.after["state"]:
            raise Conflict(
                f"This can't be undone any more. {_who_was_first(repository, mapping)}",
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


def apply_file(session: Session, context: Context, rows: Sequence[FileMapping]) -> Decided:
    """Take over the mappings of a file as a person's decisions. Rows that say what is already so change nothing.

    Raises Invalid naming every account or client that does not exist, or that the file names twice with different
    answers; then nothing is taken over.
    """
    context.require(Permission.MAP)
    repository = MappingRepository(session, context)
    wanted = _resolve(repository, rows)
    mappings = repository.lock(wanted)
    changed = {
        verdict: [
            (mappings[account_id], client_id)
            for account_id, client_id in wanted.items()
            if (client_id is None) == (verdict is Verdict.EXCLUDE)
            and (mappings[account_id].state, mappings[account_id].client_id) != (_STATE_OF[verdict], client_id)
        ]
        for verdict in (Verdict.CONFIRM, Verdict.EXCLUDE)
    }
    batch = _Batch(repository, how="file")
    mapped = batch.apply(changed[Verdict.CONFIRM], Verdict.CONFIRM)
    excluded = batch.apply(changed[Verdict.EXCLUDE], Verdict.EXCLUDE, note="Excluded by a mapping file")
    done = Decided(
        batch=batch.name,
        accounts=mapped.accounts + excluded.accounts,
        touched_clients=tuple(sorted({*mapped.touched_clients, *excluded.touched_clients})),
        account_ids=(*mapped.account_ids, *excluded.account_ids),
    )
    audit.record(session, context, "mapping:verdict:file", detail={"accounts": done.accounts, "batch": done.batch})
    if done.accounts:
        reconcile.request(session, context, done.touched_clients)
    return done


def _resolve(repository: MappingRepository, rows: Sequence[FileMapping]) -> dict[int, int | None]:
    """Account id -> client id (None: exclude) of a mapping file's rows. Raises Invalid naming each bad row."""
    accounts = repository.accounts_by_external_id((row.connection_id, row.account_external_id) for row in rows)
    clients = repository.clients_by_external_id(row.client_external_id for row in rows if row.client_external_id)
    wanted: dict[int, int | None] = {}
    problems: list[str] = []
    for row in rows:
        account_id = accounts.get((row.connection_id, row.account_external_id))
        known = clients.get(row.client_external_id, [])
        if account_id is None:
            problems.append(f"account {row.account_external_id} is unknown")
        elif row.client_external_id and not known:
            problems.append(f"client {row.client_external_id} is unknown")
        elif len(known) > 1:
            problems.append(f"client {row.client_external_id} exists in {len(known)} PSA connections")
        elif wanted.setdefault(account_id, known[0] if known else None) != (known[0] if known else None):
            problems.append(f"account {row.account_external_id} has two different answers")
    if problems:
        raise Invalid(
            f"{len(problems)} rows of the mapping can't be taken over: {problems[0]}.",
            remedy="Import the clients and the usage first, and name each account once.",
            problems=problems,
        )
    return wanted


def _chosen_client(repository: MappingRepository, verdict: Verdict, client_id: int | None) -> int | None:
    if verdict is not Verdict.CONFIRM:
        return None
    if client_id is None:
        raise Invalid("No client was chosen.", remedy="Choose one of the candidates or search another client.")
    repository.check_clients({client_id})
    return client_id


def _checked_note(verdict: Verdict, note: str) -> str:
    text = note.strip()
    if verdict is Verdict.EXCLUDE and not text:
        raise Invalid("An exclusion needs a reason.", remedy="Write why this account is not billed to any client.")
    if len(text) > NOTE_LIMIT:
        raise Invalid(f"A note has at most {NOTE_LIMIT} characters.", remedy="Shorten it.")
    return text


def _who_was_first(repository: MappingRepository, mapping: AccountMapping) -> str:
    """What happened to an account that changed since a person looked, in a sentence."""
    words = _WORDS.get(mapping.state)
    if words is None or not mapping.decided_how:
        return "The suggestion for this account has changed since you opened it."
    if mapping.decided_by == repository.context.user_id:
        return f"You {words} meanwhile in another window.".format(client=_client_name(repository, mapping))
    who = repository.user_name(mapping.decided_by) or "RCX"
    return f"{who} {words} meanwhile.".format(client=_client_name(repository, mapping))


def _client_name(repository: MappingRepository, mapping: AccountMapping) -> str:
    return repository.client(mapping.client_id).name if mapping.client_id is not None else ""


@dataclass
class _Batch:
    """Verdicts that are given, and taken back, as one."""

    repository: MappingRepository
    how: str = "person"

    def __post_init__(self) -> None:
        self.name = new_token()[:16]
        self._at = clock.now()

    def apply(self, pairs: Iterable[tuple[AccountMapping, int | None]], verdict: Verdict, *, note: str = "") -> Decided:
        """Give one verdict on each (mapping, client id)."""
        chosen = list(pairs)
        shown: dict[int, list[MappingCandidate]] = {}
        for candidate, _ in self.repository.candidates([mapping.account_id for mapping, _ in chosen]):
            shown.setdefault(candidate.account_id, []).append(candidate)
        events, touched = [], set()
        for mapping, client_id in chosen:
            candidates = shown.get(mapping.account_id, [])
            event = self._apply(mapping, verdict, client_id, note, candidates)
            events.append(event)
            touched |= {event.before["client_id"], client_id} - {None}
        self.repository.add_events(events)
        return Decided(
            batch=self.name,
            accounts=len(events),
            touched_clients=tuple(sorted(touched)),
            account_ids=tuple(mapping.account_id for mapping, _ in chosen),
        )

    def _apply(
        self,
        mapping: AccountMapping,
        verdict: Verdict,
        client_id: int | None,
        note: str,
        candidates: Sequence[MappingCandidate],
    ) -> MappingEvent:
        context = self.repository.context
        before = snapshot(mapping)
        mapping.client_id = client_id
        mapping.note = note
        mapping.snoozed_until = self._at + timedelta(days=SNOOZE_DAYS) if verdict is Verdict.SNOOZE else None
        if verdict is Verdict.RESET:
            mapping.state = "suggested" if any(each.verdict != "compare" for each in candidates) else "unmapped"
            mapping.decided_how, mapping.decided_by, mapping.decided_at = "", None, None
        else:
            mapping.state = _STATE_OF[verdict]
            mapping.decided_how, mapping.decided_by, mapping.decided_at = self.how, context.user_id, self._at
        mapping.version += 1
        return MappingEvent(
            workspace_id=context.workspace_id,
            account_id=mapping.account_id,
            user_id=context.user_id,
            batch=self.name,
            before=before,
            after=snapshot(mapping),
            shown=[
                {
                    "client_id": row.client_id,
                    "rank": row.rank,
                    "confidence": str(row.confidence),
                    "verdict": row.verdict,
                }
                for row in candidates
            ],
        )
