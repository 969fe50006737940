"""An MSP whose billing is out of line at many clients: its findings in a database, and links for two who review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlmodel import col, func, select

from connectors import records
from rcx_app.core import clock
from rcx_app.core.context import Context, system_context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.identity.links import one_time_link
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Finding, Membership, User, Workspace
from tests.domain.reconcile.estates import build, line, seat

_PRODUCTS = ("SRV", "MAIL", "EDR")
_NAMES = ("Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Juniper", "Larch", "Maple", "Oak", "Pine", "Rowan")


@dataclass(frozen=True, slots=True)
class OutOfLine:
    """`dana` and `bea` sign in, once each; `findings` are open, all of them ready."""

    workspace_id: int
    dana: str
    bea: str
    findings: int


def make(findings: int) -> OutOfLine:
    """Clients with three counted products each, every one of them billed wrong."""
    workspace_id, dana, bea = _workspace()
    context = system_context(workspace_id)
    clients = -(-findings // len(_PRODUCTS))
    lines, seats, mapping = [], [], {}
    for number in range(clients):
        client = f"C{number}"
        mapping["NinjaOne", f"N{number}"] = client
        for at, product in enumerate(_PRODUCTS):
            if number * len(_PRODUCTS) + at < findings:
                billed = 2 + (number + at) % 4
                due = billed + (1 if (number + at) % 3 else -1) * (1 + number % 3 % billed)
                price = Decimal(10 + number % 7)
                lines.append(line(client, f"{client}-{product}", product, billed, unit_price=price))
                seats += _seats(number, product, max(due, 0 if due != billed else 1))
    build(
        context,
        names={f"C{number}": f"{_NAMES[number % len(_NAMES)]} {number:03d}" for number in range(clients)},
        lines=lines,
        seats={"NinjaOne": seats},
        mapping=mapping,
        rules=[_rule(product) for product in _PRODUCTS],
    )
    with transaction(context) as session:
        reconcile.reconcile(session, context)
    return OutOfLine(workspace_id, dana, bea, still_open(context))


def still_open(context: Context) -> int:
    """Findings that nobody has decided."""
    with transaction(context, read_only=True) as session:
        query = select(func.count()).where(
            col(Finding.workspace_id) == context.workspace_id, col(Finding.state) == "open"
        )
        return int(session.scalar(query.where(col(Finding.resolved_at).is_(None))) or 0)


def _rule(product: str) -> RuleSpec:
    where = {"all": [{"field": "sku", "op": "eq", "value": product}]}
    return RuleSpec(name=f"Rule {product}", products=(product,), integration="NinjaOne", where=where)


def _seats(number: int, product: str, due: int) -> list[records.Seat]:
    return [seat(f"N{number}", f"{number}-{product}-{each}", sku=product) for each in range(due)]


def _workspace() -> tuple[int, str, str]:
    with transaction(None) as session:
        workspace = Workspace(name="Northbeam IT", stage="active")
        session.add(workspace)
        links = []
        for name, role in (("Dana Whitfield", Role.OWNER), ("Bea Blue", Role.OPERATOR)):
            address = f"{name.split()[0].lower()}@northbeam-msp.example"
            user = User(email=address, email_key=address, name=name, password_hash="", email_verified_at=clock.now())
            session.add(user)
            session.flush()
            session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=role.value))
            links.append(one_time_link(session, user.id, LinkPurpose.SIGN_IN, timedelta(hours=1)))
        return workspace.id, links[0], links[1]
