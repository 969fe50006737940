"""A new MSP before anything is mapped: the made estate's clients and accounts in a database, and who is who."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from connectors import records
from connectors.files.strict import read_seats
from connectors.sandbox.estate import build, write_rcx_files
from rcx_app.core import clock
from rcx_app.core.context import system_context
from rcx_app.core.db import transaction
from rcx_app.core.text import fold
from rcx_app.domain.identity.links import one_time_link
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import QueueFilter, Tab
from rcx_app.domain.sync import direct
from rcx_app.models import Connection, Membership, User, Workspace

_DAY = date(2026, 11, 1)
# The estate has eight integrations; two more are copies of two of them under other ids.
_COPIES = {"Huntress": "Duo", "Proofpoint": "Keeper"}


@dataclass
class NewMsp:
    """`link` signs in, once. `truth`: by (integration, account's name) the names of the clients it may belong to."""

    workspace_id: int
    link: str
    accounts: int
    clients: int
    integrations: int
    truth: dict[tuple[str, str], set[str]] = field(default_factory=dict)


def make(clients: int, seats: int, *, seed: int = 7) -> NewMsp:
    """Load the estate into the database of the settings and match it, as the first syncs would."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rcx_files(build(seed, clients, seats, as_of=_DAY), folder)
        parties = {row["id"]: row for row in _table(folder / "accounts.csv")}
        theirs = [_client(row) for row in _table(folder / "clients.csv")]
        file = read_seats(folder / "seats.csv")
        mapped = {(row["integration"], row["account_id"]): row["client_id"] for row in _table(folder / "mapping.csv")}
    workspace_id, link = _workspace()
    names = {client.external_id: client.name for client in theirs}
    made = NewMsp(workspace_id, link, 0, len(theirs), 0)
    _load(workspace_id, "psa", "PSA", theirs)
    labels = sorted({account.integration for account in file.accounts})
    for label in labels:
        accounts = [_account(account, parties) for account in file.accounts if account.integration == label]
        used = [seat for seat in file.seats if seat.integration == label]
        for shown in filter(None, (label, _COPIES.get(label))):
            of = {account.external_id: f"{shown} {account.external_id}" for account in accounts}
            _load(
                workspace_id,
                "usage",
                shown,
                [replace(account, external_id=of[account.external_id]) for account in accounts]
                + [replace(seat, account_external_id=of[seat.account_external_id]) for seat in used],
            )
            made.integrations += 1
            made.accounts += len(accounts)
            for account in accounts:
                found = mapped.get((label, account.external_id), "")
                made.truth.setdefault((shown, account.name), set()).add(names.get(found, ""))
    suggest.refresh(system_context(workspace_id))
    return made


def outcome(made: NewMsp) -> tuple[int, int]:
    """How many accounts are mapped to another client than theirs, and how many nobody has decided."""
    context = system_context(made.workspace_id)
    wrong = 0
    with transaction(context, read_only=True) as session:
        counts = mapping.counts(session, context)
        cursor = ""
        while True:
            page = mapping.queue(session, context, QueueFilter(tab=Tab.MAPPED), cursor, 500)
            wrong += sum(row.client_name not in made.truth[row.integration, row.name] for row in page.items)
            cursor = page.next_cursor
            if not cursor:
                break
        unmapped = mapping.queue(session, context, QueueFilter(tab=Tab.UNMAPPED), "", 500).items
    return wrong, counts[Tab.REVIEW] + sum(row.state == "unmapped" for row in unmapped)


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


def _client(row: dict[str, str]) -> records.Client:
    return records.Client(
        external_id=row["id"],
        name=row["name"],
        domain=row["domain"],
        emails=tuple(filter(None, row["emails"].split(";"))),
        **{name: row[name] for name in ("phone", "address", "city", "region", "postcode", "country")},
    )


def _account(account: records.Account, parties: dict[str, dict[str, str]]) -> records.Account:
    row = parties.get(f"{account.integration}:{account.external_id}", {})
    known = {
        name: row.get(name, "") for name in ("domain", "phone", "address", "city", "region", "postcode", "country")
    }
    return replace(account, **known)


def _workspace() -> tuple[int, str]:
    with transaction(None) as session:
        workspace = Workspace(name="Northbeam IT")
        user = User(
            email="dana@northbeam.example",
            email_key="dana@northbeam.example",
            name="Dana Whitfield",
            password_hash="",
            email_verified_at=clock.now(),
        )
        session.add_all([workspace, user])
        session.flush()
        session.add(Membership(workspace_id=workspace.id, user_id=user.id, role="owner"))
        return workspace.id, one_time_link(session, user.id, LinkPurpose.SIGN_IN, timedelta(hours=1))


def _load(workspace_id: int, side: str, label: str, rows: list[records.Record]) -> None:
    context = system_context(workspace_id)
    with transaction(context) as session:
        connection = Connection(
            workspace_id=workspace_id, side=side, vendor=fold(label), label=label, label_key=fold(label)
        )
        session.add(connection)
        session.flush()
        direct.load(session, context, connection.id, rows)
