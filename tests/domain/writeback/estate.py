"""Lines of a PSA that RCX reads from files, findings on them, and change sets of them: no PSA is asked."""

from __future__ import annotations

from decimal import Decimal

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.domain.writeback import service
from rcx_app.domain.writeback.schemas import ChangeState, SetState, Wanted
from rcx_app.models import Agreement, Client, Connection, Finding, Line, Membership, User
from tests.conftest import World


def connection(world: World, who: Context | None = None) -> int:
    owner = who or world.ours
    with transaction(owner) as session:
        row = Connection(workspace_id=owner.workspace_id, side="psa", vendor="connectwise", label="CW", label_key="cw")
        session.add(row)
        session.flush()
        return row.id


def line(world: World, connection_id: int, number: str, who: Context | None = None, **more: object) -> int:
    owner = who or world.ours
    common = {"workspace_id": owner.workspace_id, "connection_id": connection_id}
    with transaction(owner) as session:
        client = Client(**common, external_id=number, name="Harbour", name_key="harbour")
        session.add(client)
        session.flush()
        agreement = Agreement(**common, external_id=number, client_id=client.id)
        session.add(agreement)
        session.flush()
        given = {
            "product_code": "M365",
            "product_key": "m365",
            "product_name": "Microsoft 365",
            "quantity": Decimal(10),
            "unit_price": Decimal(20),
            "currency": "USD",
        }
        row = Line(**common, external_id=number, client_id=client.id, agreement_id=agreement.id, **{**given, **more})
        session.add(row)
        session.flush()
        return row.id


def finding(world: World, lines: list[int], delta: int) -> int:
    with transaction(world.ours) as session:
        row = Finding(
            workspace_id=world.ours.workspace_id,
            period=clock.today().replace(day=1),
            fingerprint="f",
            scope="group",
            line_ids=lines,
            kind="calculated",
            delta=Decimal(delta),
            as_of=clock.today(),
        )
        session.add(row)
        session.flush()
        return row.id


def prepare(world: World, *items: Wanted, who: Context | None = None, **more: bool) -> int:
    with transaction(who or world.ours) as session:
        (found,) = service.prepare(session, who or world.ours, items, **more)
    return found


def want(line_id: int, quantity: object = 12, **more: object) -> Wanted:
    return Wanted(**{"finding_id": None, "line_id": line_id, "quantity": Decimal(str(quantity)), **more})


def state(world: World, change_set_id: int) -> tuple[SetState, list[ChangeState], list[str]]:
    with transaction(world.ours, read_only=True) as session:
        found = service.view(session, world.ours, change_set_id)
    return found.state, [each.state for each in found.changes], [each.reason for each in found.changes]


def colleague(world: World, role: Role = Role.APPROVER) -> Context:
    with transaction(None) as session:
        user = User(email="c@msp.example", email_key="c@msp.example", name="C", password_hash="!")
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=world.ours.workspace_id, user_id=user.id, role=role.value))
        return Context(workspace_id=world.ours.workspace_id, user_id=user.id, role=role)


def waiting(world: World) -> int:
    made = prepare(world, want(line(world, connection(world), "1")))
    with transaction(world.ours) as session:
        service.submit(session, world.ours, made)
    return made


def approve(world: World, made: int, who: Context, revision: int = 1) -> None:
    with transaction(who) as session:
        service.approve(session, who, made, revision=revision)
