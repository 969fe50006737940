"""A workspace with a large review queue, for measuring pages: findings, the clients' numbers and flags of one run."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import insert
from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.clock import month_start
from rcx_app.core.db import keep_statistics, transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device
from rcx_app.models import (
    Client,
    ClientTotal,
    Connection,
    Finding,
    Flag,
    Membership,
    ReconcileRun,
    User,
    Workspace,
)

CLIENTS = 1_000
_CHUNK = 5_000
_FLAGS_A_CLIENT = 20
_KINDS = ("inactive_seat", "ghost", "price_differs", "mismatched_service")


def fill(findings: int) -> str:
    """A workspace with so many open findings, kept as a run leaves it; the token of its owner's session."""
    day, at = clock.today(), clock.now()
    with transaction(None) as session:
        user = User(email="bench@msp.example", email_key="bench@msp.example", name="Bench", password_hash="!")  # noqa: S106
        workspace = Workspace(name="Bench")
        session.add_all([user, workspace])
        session.flush()
        session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER.value))
        psa = Connection(
            workspace_id=workspace.id, side="psa", vendor="psa", label="PSA", label_key="psa", state="ok",
            last_complete_at=at,
        )  # fmt: skip
        session.add(psa)
        session.flush()
        base = {"workspace_id": workspace.id, "connection_id": psa.id}
        clients = min(CLIENTS, findings)
        rows = [
            {**base, "id": n, "external_id": f"{n}", "name": f"Client {n}", "name_key": f"client {n}"}
            for n in range(1, clients + 1)
        ]
        session.execute(insert(Client), rows)
        _findings(session, workspace.id, findings, clients)
        _around(session, workspace.id, findings, clients)
        session.add(ReconcileRun(workspace_id=workspace.id, as_of=day, scope="full", totals={}, finished_at=at))
        token = identity.begin(session, user, Device(), workspace_id=workspace.id).token
    keep_statistics()
    return token


def _findings(session: Session, workspace_id: int, findings: int, clients: int) -> None:
    day, at = clock.today(), clock.now()
    for start in range(0, findings, _CHUNK):
        made = []
        for number in range(start, min(start + _CHUNK, findings)):
            client, product = number % clients + 1, number // clients % 100
            delta, price = Decimal(number % 9 + 1), Decimal(number % 700 + 100) / 100
            found = at - timedelta(minutes=number % 40_000)
            made.append(
                {
                    "workspace_id": workspace_id,
                    "created_at": at,
                    "period": month_start(day),
                    "as_of": day,
                    "fingerprint": f"f{number}",
                    "series": f"s{number}",
                    "scope": "group",
                    "client_id": client,
                    "client_name": f"Client {client}",
                    "client_key": f"client {client}",
                    "product_code": f"P-{product}",
                    "product_name": f"Product {product}",
                    "service_key": f"product {product}",
                    "integration": f"Vendor {product % 8}",
                    "kind": "calculated" if number % 4 else "estimated",
                    "direction": "under" if number % 3 else "over",
                    "billed_quantity": Decimal(10),
                    "expected_quantity": Decimal(10) + delta,
                    "system_count": Decimal(10) + delta,
                    "delta": delta,
                    "sort_delta": delta,
                    "unit_price": price,
                    "amount": delta * price,
                    "monthly_amount": delta * price,
                    "sort_amount": delta * price,
                    "currency": "USD",
                    "is_ready": number % 5 != 0,
                    "first_found_at": found,
                    "changed_at": found,
                }
            )
        session.execute(insert(Finding), made)


def _around(session: Session, workspace_id: int, findings: int, clients: int) -> None:
    """What a run leaves beside its findings: each client's numbers, and flags."""
    day, at = clock.today(), clock.now()
    base = {"workspace_id": workspace_id, "created_at": at, "period": month_start(day)}
    numbers = {"seats": 120, "services": 14, "lines": 20, "discrepancies": findings // clients}
    totals = [
        {
            **base,
            **numbers,
            "client_id": client,
            "client_name": f"Client {client}",
            "client_key": f"client {client}",
            "flags": _FLAGS_A_CLIENT,
            "currency": "USD",
            "net_amount": Decimal(client % 900) - 300,
            "sums": [],
        }
        for client in range(1, clients + 1)
    ]
    flags = [
        {
            **base,
            "fingerprint": f"g{number}",
            "kind": _KINDS[number % len(_KINDS)],
            "client_id": number % clients + 1,
            "product_code": f"P-{number % 100}",
            "message": f"Seat {number} was not seen for 60 days.",
            "detail": {},
        }
        for number in range(clients * _FLAGS_A_CLIENT)
    ]
    session.execute(insert(ClientTotal), totals)
    session.execute(insert(Flag), flags)
