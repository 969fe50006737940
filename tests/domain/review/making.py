"""What tests of reviewing stand on: clients whose servers are counted against one or two lines, in one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlmodel import Session, insert, select

from connectors import records
from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.reconcile import service as reconcile
from rcx_app.domain.review import service
from rcx_app.domain.review.schemas import Decided, Deed, Seen, Verdict
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.models import Finding, Line, Membership, Seat, User
from tests.domain.reconcile.estates import NOON, build, line, seat, standing

SERVERS = RuleSpec(name="Servers", products=("SRV",), integration="NinjaOne", where={"all": []})
DECEMBER = datetime(2026, 12, 2, 12, tzinfo=UTC)
DEC_1 = date(2026, 12, 1)
APPROVE = Verdict(Deed.APPROVE)
GONE_BY = Verdict(Deed.DISMISS, reason="Agreed with them", scope="until_changed")


def estate(context: Context, counts: Mapping[str, int], billed: Mapping[str, Sequence[int]] | None = None) -> None:
    """Clients by id with so many servers, each billed 1 unless `billed` says otherwise (a line each); reconciled."""
    lines = [
        line(client, f"{client}-L{number}", "SRV", quantity)
        for client in counts
        for number, quantity in enumerate((billed or {}).get(client, (1,)))
    ]
    build(
        context,
        names={client: f"Client {client}" for client in counts},
        lines=lines,
        seats={"NinjaOne": [each for client, number in counts.items() for each in servers(client, number)]},
        mapping={("NinjaOne", f"N{client}"): client for client in counts},
        rules=[SERVERS],
    )
    run(context)


def servers(client: str, number: int) -> list[records.Seat]:
    return [seat(f"N{client}", f"N{client}-{each}", device_class="server") for each in range(number)]


def add_servers(context: Context, client: str, extra: int) -> None:
    """`extra` more servers at a client; no run."""
    with transaction(context) as session:
        own = (Seat.workspace_id == context.workspace_id, Seat.external_id == f"N{client}-0")
        first = session.exec(select(Seat).where(*own)).one().model_dump(exclude={"id", "external_id"})
        session.add_all(Seat(**first, external_id=f"N{client}-more-{each}") for each in range(extra))


def set_billed(context: Context, line_id: str, quantity: int) -> None:
    """Change a line as the PSA would; no run."""
    with transaction(context) as session:
        found = session.exec(
            select(Line).where(Line.external_id == line_id, Line.workspace_id == context.workspace_id)
        ).one()
        found.quantity = Decimal(quantity)


def run(context: Context, clients: Sequence[int] | None = None, at: datetime = NOON) -> None:
    with frozen(at), transaction(context) as session:
        reconcile.reconcile(session, context, clients=clients)


def findings(context: Context) -> list[Finding]:
    with transaction(context, read_only=True) as session:
        return standing(session, context)


def finding(context: Context, client: str = "1") -> Finding:
    return next(each for each in findings(context) if each.client_name == f"Client {client}")


def seen(context: Context, finding_id: int) -> Seen:
    with transaction(context, read_only=True) as session:
        return service.states(session, context, [finding_id])[finding_id].seen


def decide(
    context: Context,
    finding_id: int,
    verdict: Verdict,
    *,
    at: datetime = NOON,
    known: Seen | None = None,
    token: str = "",
) -> Decided:
    looked = known or seen(context, finding_id)
    with frozen(at), transaction(context) as session:
        return service.decide(session, context, finding_id, verdict, seen=looked, token=token)


def join(context: Context, name: str, role: Role = Role.OPERATOR) -> Context:
    """Another member of the workspace."""
    address = f"{name.split()[0].lower()}@msp.example"
    with transaction(None) as session:
        user = User(email=address, email_key=address, name=name, password_hash="!")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=context.workspace_id, user_id=user.id, role=role.value))
        return Context(workspace_id=context.workspace_id, user_id=user.id, role=role, user_name=name)


def multiply(session: Session, template: Finding, number: int) -> None:
    """`number` more findings like one, each on a line of its own."""
    line = session.get_one(Line, template.line_id)
    common = line.model_dump(exclude={"id", "external_id"})
    session.execute(insert(Line), [{**common, "external_id": f"many-{each}"} for each in range(number)])
    ids = session.scalars(select(Line.id).where(Line.external_id.like("many-%"))).all()  # type: ignore[attr-defined]
    own = template.model_dump(exclude={"id", "fingerprint", "series", "line_id", "line_ids", "client_key"})
    session.execute(
        insert(Finding),
        [
            {
                **own,
                "fingerprint": f"many-{each}",
                "series": f"many-{each}",
                "line_id": each,
                "line_ids": [each],
                "client_key": "many",
            }
            for each in ids
        ],
    )
