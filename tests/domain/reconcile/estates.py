"""Small estates for tests: records are loaded as imports load them, accounts mapped as a mapping file does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from connectors import records
from rcx_app.core.clock import now
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.sync import direct
from rcx_app.models import Account, AccountMapping, Client, Connection, Finding, Flag, MappingCandidate

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def line(client: str, line_id: str, product: str, quantity: Any = 1, **more: Any) -> records.Line:
    """A line of `client` on its agreement ``A-<client>``."""
    values: dict[str, Any] = {
        "external_id": line_id,
        "client_external_id": client,
        "agreement_external_id": f"A-{client}",
        "product_code": product,
        "product_name": f"{product} name",
        "quantity": Decimal(quantity),
        "unit_price": Decimal("4.00"),
        "currency": "USD",
    }
    return records.Line(**(values | more))


def seat(account: str, seat_id: str, **more: Any) -> records.Seat:
    return records.Seat(external_id=seat_id, account_external_id=account, **more)


def ago(days: int, *, day: date = DAY) -> datetime:
    """Noon of the day `days` before `day`."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(days=days)


def connect(session: Session, context: Context, label: str, side: str) -> Connection:
    made = Connection(
        workspace_id=context.workspace_id, side=side, vendor=fold(label), label=label, label_key=fold(label)
    )
    session.add(made)
    session.flush()
    return made


def psa_records(lines: Iterable[records.Line], names: Mapping[str, str] | None = None) -> list[records.Record]:
    """The lines with the clients and agreements they stand on."""
    kept = list(lines)
    clients = sorted({each.client_external_id for each in kept} | set(names or {}))
    made: list[records.Record] = [
        records.Client(external_id=client, name=(names or {}).get(client, f"Client {client}")) for client in clients
    ]
    agreements = {each.agreement_external_id: each.client_external_id for each in kept}
    made += [records.Agreement(external_id=key, client_external_id=owner) for key, owner in sorted(agreements.items())]
    return [*made, *kept]


def build(
    context: Context,
    *,
    lines: Iterable[records.Line] = (),
    products: Iterable[records.Product] = (),
    seats: Mapping[str, Iterable[records.Seat]] | None = None,
    accounts: Mapping[str, Iterable[str]] | None = None,
    mapping: Mapping[tuple[str, str], str | None] | None = None,
    rules: Iterable[RuleSpec] = (),
    names: Mapping[str, str] | None = None,
) -> None:
    """Load an estate into an empty workspace.

    `seats` by integration; accounts come from them and from `accounts`. `mapping`: (integration, account) -> client,
    None for excluded; what it leaves out stays unmapped.
    """
    with transaction(context) as session:
        psa = connect(session, context, "PSA", "psa")
        direct.load(session, context, psa.id, [*psa_records(lines, names), *products])
        integrations = sorted({*(seats or {}), *(accounts or {})})
        for label in integrations:
            own = list((seats or {}).get(label, ()))
            known = sorted({each.account_external_id for each in own} | set((accounts or {}).get(label, ())))
            connection = connect(session, context, label, "usage")
            loaded = [records.Account(external_id=each, name=f"Account {each}") for each in known]
            direct.load(session, context, connection.id, [*loaded, *own])
        map_accounts(session, context, mapping or {})
        for spec in rules:
            service_rules.create(session, context, spec)


def map_accounts(
    session: Session, context: Context, mapping: Mapping[tuple[str, str], str | None], how: str = "file"
) -> None:
    """Map accounts by (integration, account id); None excludes, "" leaves unmapped."""
    clients = {
        each.external_id: each.id for each in session.exec(select(Client)) if each.workspace_id == context.workspace_id
    }
    query = (
        select(AccountMapping, Account, Connection)
        .where(AccountMapping.account_id == Account.id, Account.connection_id == Connection.id)
        .where(AccountMapping.workspace_id == context.workspace_id)
    )
    for row, account, connection in session.exec(query):
        key = (connection.label, account.external_id)
        if key not in mapping:
            continue
        client = mapping[key]
        row.state = "excluded" if client is None else "mapped" if client else "unmapped"
        row.client_id = clients[client] if client else None
        row.decided_how, row.decided_at = how, now()
    session.flush()


def standing(session: Session, context: Context) -> list[Finding]:
    """Findings that stand, in a stable order."""
    found = session.exec(select(Finding).where(Finding.workspace_id == context.workspace_id))
    return sorted(
        (each for each in found if each.resolved_at is None),
        key=lambda each: (each.client_name, each.product_code, each.kind, each.sku, each.account_id or 0),
    )


def flags(session: Session, context: Context) -> list[Flag]:
    found = session.exec(select(Flag).where(Flag.workspace_id == context.workspace_id))
    return sorted(found, key=lambda each: (each.kind, each.line_id or 0, each.seat_id or 0))


def offer(
    session: Session,
    context: Context,
    account: str,
    client: str,
    *,
    state: str = "suggested",
    verdict: str = "suggest",
    rank: int = 1,
    confidence: str = "0.94",
) -> None:
    """Put `client` forward for an account as the matching does, and the account's mapping into `state`."""
    scope = context.workspace_id
    found = session.exec(select(Account).where(Account.workspace_id == scope, Account.external_id == account)).one()
    owner = session.exec(select(Client).where(Client.workspace_id == scope, Client.external_id == client)).one()
    session.add(
        MappingCandidate(
            workspace_id=scope,
            account_id=found.id,
            client_id=owner.id,
            rank=rank,
            confidence=Decimal(confidence),
            verdict=verdict,
        )
    )
    session.exec(select(AccountMapping).where(AccountMapping.account_id == found.id)).one().state = state
    session.flush()
