"""A large made workspace in a database, for measuring reconciliation.

Each client uses the services it is billed for; nine lines in ten bill what their rule counts, the tenth drifted.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.permissions import Role
from rcx_app.domain.service_rules import service as service_rules
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import (
    Account,
    AccountMapping,
    Agreement,
    Client,
    Connection,
    Line,
    Seat,
    User,
    Workspace,
)

INTEGRATIONS = 8
RECENT_DAYS = 30
_CHUNK = 10_000
_DRIFT = 0.1


@dataclass(frozen=True, slots=True)
class Size:
    """How much of what."""

    seats: int = 500_000
    clients: int = 1_000
    lines: int = 20_000
    rules: int = 300

    def __str__(self) -> str:
        return f"{self.seats:,} seats, {self.clients:,} clients, {self.lines:,} lines, {self.rules:,} rules"


@dataclass(frozen=True, slots=True)
class Kind:
    """A SKU that one rule counts. Every third rule asks for recent use, every second counts people."""

    number: int

    @property
    def integration(self) -> int:
        return self.number % INTEGRATIONS

    @property
    def is_recent_only(self) -> bool:
        return self.number % 3 == 0

    @property
    def is_distinct(self) -> bool:
        return self.number % 2 == 0

    @property
    def sku(self) -> str:
        return f"sku-{self.number}"

    def rule(self) -> RuleSpec:
        where: list[dict[str, Any]] = [{"field": "sku", "op": "eq", "value": self.sku}]
        if self.is_recent_only:
            where.append({"field": "last_seen_at", "op": "within_days", "value": RECENT_DAYS})
        return RuleSpec(
            name=f"Rule {self.number}",
            products=(f"P-{self.number}",),
            integration=f"Vendor {self.integration}",
            count="distinct" if self.is_distinct else "seats",
            where={"all": where},
        )


class Used:
    """Which kinds each client uses, and what their rules count there."""

    def __init__(self, size: Size, rng: random.Random) -> None:
        each = max(size.lines // size.clients, 1)
        self.kinds = {c: sorted(rng.sample(range(size.rules), each)) for c in range(1, size.clients + 1)}
        self._rows: Counter[tuple[int, int]] = Counter()
        self._people: defaultdict[tuple[int, int], set[str]] = defaultdict(set)

    def of(self, client: int, integration: int) -> list[int]:
        """The client's kinds of an integration; where it is billed for none, one that nobody bills it for."""
        return [kind for kind in self.kinds[client] if kind % INTEGRATIONS == integration] or [integration]

    def add(self, client: int, kind: Kind, person: str) -> None:
        self._rows[client, kind.number] += 1
        self._people[client, kind.number].add(person)

    def count(self, client: int, number: int) -> int:
        return len(self._people[client, number]) if Kind(number).is_distinct else self._rows[client, number]


def build(session: Session, size: Size) -> Context:
    """Fill a migrated, empty database; the context of its one workspace."""
    rng = random.Random(f"estate {size}")  # noqa: S311 - a repeatable draw
    user = User(email="bench@msp.example", email_key="bench@msp.example", name="Bench", password_hash="!")  # noqa: S106
    workspace = Workspace(name="Bench")
    session.add_all([user, workspace])
    session.flush()
    context = Context(workspace_id=workspace.id, user_id=user.id, role=Role.OWNER, user_name=user.name)
    psa, usage = _connections(session, context)
    used = Used(size, rng)
    _clients(session, context, size, psa)
    _used(session, context, size, usage, used, rng)
    _billed(session, context, size, psa, used, rng)
    for number in range(size.rules):
        service_rules.create(session, context, Kind(number).rule())
    return context


def _connections(session: Session, context: Context) -> tuple[int, list[int]]:
    at = clock.now()
    made = [
        Connection(
            workspace_id=context.workspace_id,
            side="usage" if number else "psa",
            vendor=f"vendor {number - 1}" if number else "psa",
            label=f"Vendor {number - 1}" if number else "PSA",
            label_key=f"vendor {number - 1}" if number else "psa",
            state="ok",
            last_complete_at=at,
        )
        for number in range(INTEGRATIONS + 1)
    ]
    session.add_all(made)
    session.flush()
    return made[0].id, [connection.id for connection in made[1:]]


def _billed(session: Session, context: Context, size: Size, psa: int, used: Used, rng: random.Random) -> None:
    base = {"workspace_id": context.workspace_id, "connection_id": psa}
    clients = range(1, size.clients + 1)

    def lines() -> Iterator[dict[str, Any]]:
        for client in clients:
            for kind in used.kinds[client]:
                drift = rng.choice((-2, -1, 1, 2, 3)) if rng.random() < _DRIFT else 0
                yield {
                    **base,
                    "external_id": f"{client}-{kind}",
                    "client_id": client,
                    "agreement_id": client,
                    "product_code": f"P-{kind}",
                    "product_key": f"p-{kind}",
                    "product_name": f"Product {kind}",
                    "quantity": Decimal(max(used.count(client, kind) + drift, 0)),
                    "included_quantity": Decimal(0),
                    "unit_price": Decimal(rng.randrange(200, 3000)) / 100,
                    "currency": "USD",
                }

    _fill(session, Line, lines())


def _clients(session: Session, context: Context, size: Size, psa: int) -> None:
    base = {"workspace_id": context.workspace_id, "connection_id": psa}
    clients = range(1, size.clients + 1)
    _fill(
        session,
        Client,
        ({**base, "id": c, "external_id": str(c), "name": f"Client {c}", "name_key": f"client {c}"} for c in clients),
    )
    _fill(
        session,
        Agreement,
        ({**base, "id": c, "external_id": str(c), "client_id": c, "name": "Managed"} for c in clients),
    )


def _used(session: Session, context: Context, size: Size, usage: list[int], used: Used, rng: random.Random) -> None:
    base = {"workspace_id": context.workspace_id}
    at = clock.now()
    places = [(client, number) for client in range(1, size.clients + 1) for number in range(INTEGRATIONS)]
    numbered = list(enumerate(places, 1))
    _fill(
        session,
        Account,
        (
            {
                **base,
                "id": key,
                "connection_id": usage[number],
                "external_id": str(client),
                "name": f"Account {client}",
                "name_key": f"account {client}",
            }
            for key, (client, number) in numbered
        ),
    )
    _fill(
        session,
        AccountMapping,
        (
            {**base, "account_id": key, "client_id": client, "state": "mapped", "decided_how": "person"}
            for key, (client, _) in numbered
        ),
    )
    start = datetime.combine(at.date() - timedelta(days=RECENT_DAYS), datetime.min.time(), UTC)

    def seats() -> Iterator[dict[str, Any]]:
        for number in range(size.seats):
            key, (client, integration) = numbered[number % len(numbered)]
            kind = Kind(rng.choice(used.of(client, integration)))
            sku = kind.sku
            person = f"user{rng.randrange(2000)}@client{client}.example"
            status = rng.choices(("active", "disabled", "deleted"), (90, 7, 3))[0]
            seen = at - timedelta(days=rng.randrange(90), hours=1)
            if status != "deleted" and (seen >= start or not kind.is_recent_only):
                used.add(client, kind, person)
            yield {
                **base,
                "connection_id": usage[integration],
                "external_id": str(number),
                "account_id": key,
                "kind": "licence",
                "sku": sku,
                "sku_key": sku,
                "sku_name": sku,
                "sku_name_key": sku,
                "identity": person,
                "identity_key": person,
                "display_name": person,
                "display_name_key": person,
                "status": status,
                "last_seen_at": seen,
            }

    _fill(session, Seat, seats())


def _fill(session: Session, table: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        session.execute(insert(table), chunk)
