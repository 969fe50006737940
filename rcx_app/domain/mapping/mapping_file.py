"""A mapping file taken over as a person's decisions, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.mapping.batch import STATE_OF, Batch
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import Decided, FileMapping, Verdict
from rcx_app.domain.reconcile import service as reconcile


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
            and (mappings[account_id].state, mappings[account_id].client_id) != (STATE_OF[verdict], client_id)
        ]
        for verdict in (Verdict.CONFIRM, Verdict.EXCLUDE)
    }
    batch = Batch(repository, how="file")
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
