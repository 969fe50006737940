"""What mapping tests stand on: clients and accounts loaded as imports do, and suggestions without the matcher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlmodel import select

from connectors import records
from matching.types import Candidate, Reason, Suggestion
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.text import fold
from rcx_app.domain.mapping import suggest
from rcx_app.domain.sync import direct, service
from rcx_app.models import Account, AccountMapping, Client, Connection, JobRun, Workspace


@dataclass
class Made:
    """Ids by external id."""

    psa: int
    usage: int
    clients: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)


def connection(context: Context, side: str, label: str) -> int:
    with transaction(context) as session:
        row = Connection(
            workspace_id=context.workspace_id, side=side, vendor=fold(label), label=label, label_key=fold(label)
        )
        session.add(row)
        session.flush()
        return row.id


def make(
    context: Context,
    clients: Iterable[str] = ("Acme", "Birch", "Cedar"),
    accounts: Iterable[str] = ("Acme Ltd", "Birch Ltd", "Cedar Ltd"),
    *,
    label: str = "NinjaOne",
    seats: Mapping[str, int] = {},
) -> Made:
    """Clients `c-<n>` and accounts `a-<n>` (from 1) with these names; `seats` by account id."""
    made = Made(connection(context, "psa", f"PSA of {label}"), connection(context, "usage", label))
    psa = [records.Client(external_id=f"c-{n}", name=name) for n, name in enumerate(clients, 1)]
    usage: list[records.Record] = [
        records.Account(external_id=f"a-{n}", name=name) for n, name in enumerate(accounts, 1)
    ]
    usage += [
        records.Seat(external_id=f"{account}-{n}", account_external_id=account, kind="agent")
        for account, number in seats.items()
        for n in range(number)
    ]
    with transaction(context) as session:
        workspace = session.get_one(Workspace, context.workspace_id)
        workspace.suggest_threshold, workspace.preselect_threshold = Decimal("0.5"), Decimal("0.8")
        direct.load(session, context, made.psa, psa)
        direct.load(session, context, made.usage, usage)
        found = session.execute(select(Client.external_id, Client.id).where(Client.connection_id == made.psa))
        made.clients = dict(found.all())
        found = session.execute(select(Account.external_id, Account.id).where(Account.connection_id == made.usage))
        made.accounts = dict(found.all())
    return made


def keep(context: Context, made: Made, offers: Mapping[str, Iterable[tuple[str, float, str]]]) -> int:
    """Keep suggestions as the matcher would: account -> (client, confidence, verdict) best first."""
    suggestions = [
        suggestion(made.accounts[account], [(made.clients[client], at, verdict) for client, at, verdict in candidates])
        for account, candidates in offers.items()
    ]
    with transaction(context) as session:
        return suggest.write(session, context, suggestions, "test-model")


def suggestion(account_id: int, candidates: Iterable[tuple[int, float, str]], *, ambiguous: bool = False) -> Suggestion:
    listed = tuple(
        Candidate(
            right_id=str(client_id),
            confidence=confidence,
            rank=rank,
            verdict=verdict,  # type: ignore[arg-type]
            reasons=(Reason("name", "Names are alike", "Acme Ltd", "Acme", 2.5),),
            ambiguous=ambiguous,
        )
        for rank, (client_id, confidence, verdict) in enumerate(candidates, 1)
    )
    best = "none" if not listed or listed[0].verdict == "compare" else listed[0].verdict
    return Suggestion(left_id=str(account_id), verdict=best, candidates=listed, decided_by="model")


def load_clients(context: Context, made: Made, names: Iterable[tuple[str, str]]) -> None:
    """A complete new read of the PSA's clients: those not named are gone."""
    with transaction(context) as session:
        run = service.begin(session, context, made.psa)
        batch = [records.Client(external_id=key, name=name) for key, name in names]
        service.stage(session, context, run, "clients", batch)
        service.switch(session, context, run, complete_streams=["clients"])


def mapping_of(context: Context, account_id: int) -> AccountMapping:
    with transaction(context, read_only=True) as session:
        return session.scalars(select(AccountMapping).where(AccountMapping.account_id == account_id)).one()


def reconciliations(context: Context) -> list[list[int] | None]:
    """The clients of each reconciliation that waits."""
    with transaction(context, read_only=True) as session:
        query = select(JobRun).where(JobRun.kind == "reconcile.run", JobRun.workspace_id == context.workspace_id)
        return [row.args["clients"] for row in session.scalars(query)]
