"""What learning tests stand on: a simulated MSP in the real tables, people who decide, and trainings run to an end."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, select

from connectors import records
from matching import simulate
from matching.types import Party
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import ClaimedJob
from rcx_app.domain.learning import service, training
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping import suggest
from rcx_app.domain.mapping.schemas import Verdict
from rcx_app.domain.sync import direct
from rcx_app.models import Account, AccountMapping, Client, JobRun, MappingCandidate
from tests.domain.mapping.making import connection

SIZE = 150


@dataclass(frozen=True)
class Msp:
    """Ids by external id, and which account is which client's."""

    accounts: dict[str, int]
    clients: dict[str, int]
    links: dict[str, str]


def wrong_addresses(parties: Iterable[Party], seed: int) -> list[Party]:
    """A vendor whose accounts carry anybody's address."""
    parties = list(parties)
    rng = random.Random(f"addresses {seed}")
    known = [(party.address, party.postcode) for party in parties]
    moved = []
    for party in parties:
        address, postcode = rng.choice(known)
        moved.append(replace(party, address=address, postcode=postcode))
    return moved


def msp(context: Context, seed: int = 3000, *, size: int = SIZE, words: tuple[str, ...] = ()) -> Msp:
    """A PSA and a vendor with wrong addresses, matched once. `words` stand behind every name, on both sides."""
    tenant = simulate._addressed(simulate.chicago_tenant("test", seed, size=size))
    tail = "".join(f" {word}" for word in words)
    psa, usage = connection(context, "psa", f"PSA {seed}"), connection(context, "usage", f"NinjaOne {seed}")
    clients: list[records.Record] = [
        records.Client(external_id=p.id, name=p.name + tail, address=p.address, postcode=p.postcode)
        for p in tenant.right
    ]
    accounts: list[records.Record] = [
        records.Account(external_id=p.id, name=p.name + tail, address=p.address, postcode=p.postcode)
        for p in wrong_addresses(tenant.left, seed)
    ]
    with transaction(context) as session:
        direct.load(session, context, psa, clients)
        direct.load(session, context, usage, accounts)
        account_ids = session.execute(select(Account.external_id, Account.id).where(Account.connection_id == usage))
        client_ids = session.execute(select(Client.external_id, Client.id).where(Client.connection_id == psa))
        made = Msp(dict(account_ids.all()), dict(client_ids.all()), dict(tenant.links))
    suggest.refresh(context)
    return made


def decide(context: Context, made: Msp, number: int | None = None, *, at_random: bool = False) -> None:
    """A person's right verdict (or one at random) on the first `number` accounts, in no particular order."""
    rng = random.Random("verdicts")
    names = sorted(made.accounts)
    rng.shuffle(names)
    names = names[:number]
    clients = sorted(made.clients)
    right = {name: rng.choice(clients) if at_random else made.links.get(name) for name in names}
    with transaction(context) as session:
        rows = session.scalars(select(AccountMapping).where(AccountMapping.workspace_id == context.workspace_id))
        version = {row.account_id: row.version for row in rows}
        linked = [
            (made.accounts[name], version[made.accounts[name]], made.clients[client])
            for name, client in right.items()
            if client is not None
        ]
        nobody = [
            (made.accounts[name], version[made.accounts[name]]) for name, client in right.items() if client is None
        ]
        if nobody:
            mapping.decide_many(session, context, nobody, Verdict.NO_MATCH)
        if linked:
            mapping.confirm_many(session, context, linked)


def asked(context: Context) -> ClaimedJob:
    """A training that a person asks for, in a worker's hands."""
    with transaction(context) as session:
        job_id = service.request(session, context)
    return claimed(job_id)


def claimed(job_id: int) -> ClaimedJob:
    with transaction(None) as session:
        job = jobs.claim(session, job_id)
    assert job is not None
    return job


def train(context: Context) -> dict[str, Any]:
    """A training from the request to the end."""
    return training.run(JobHandle(asked(context)))


def waiting(context: Context, kind: str) -> int:
    """How many jobs of a kind wait."""
    with transaction(context, read_only=True) as session:
        query = select(JobRun).where(JobRun.workspace_id == context.workspace_id, JobRun.kind == kind)
        return sum(row.state in ("queued", "sent") for row in session.scalars(query))


def drop_waiting(context: Context, kind: str) -> None:
    """As if a worker had done the jobs of a kind that wait."""
    with transaction(context) as session:
        query = select(JobRun).where(JobRun.workspace_id == context.workspace_id, JobRun.kind == kind)
        for row in session.scalars(query):
            row.state = "done"


def suggestions(context: Context) -> list[tuple[Any, ...]]:
    """Everything that is suggested for accounts, with confidences and reasons."""
    with transaction(context, read_only=True) as session:
        query = select(MappingCandidate).where(MappingCandidate.workspace_id == context.workspace_id)
        query = query.order_by(col(MappingCandidate.account_id), col(MappingCandidate.rank))
        return [
            (row.account_id, row.client_id, row.rank, row.confidence, row.verdict, repr(row.reasons))
            for row in session.scalars(query)
        ]
