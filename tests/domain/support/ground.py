"""What tests of support stand on: people of a workspace, agents, and tickets between them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role, Staff
from rcx_app.domain.support import desk, service
from rcx_app.domain.support.schemas import DeskView, NewTicket, TicketView
from rcx_app.models import Membership, User
from tests.conftest import make_workspace

_keys = count(1)


def once() -> str:
    """A form's own name."""
    return f"form-{next(_keys)}"


def verify(context: Context) -> None:
    """Let a person's address be confirmed, so that he gets mail."""
    with transaction(None) as session:
        session.get_one(User, context.user_id).email_verified_at = clock.now()


def colleague(context: Context, name: str, role: Role) -> Context:
    """Another person of the workspace."""
    with transaction(None) as session:
        email = f"{name.lower()}@msp.example"
        user = User(email=email, email_key=email, name=name, password_hash="!", email_verified_at=clock.now())
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=context.workspace_id, user_id=user.id, role=role.value))
        return replace(context, user_id=user.id, role=role, user_name=name)


def agent(name: str = "Elin") -> Context:
    """Somebody who answers tickets; his own workspace is not the askers'."""
    own = make_workspace(f"{name} Support", Role.VIEWER)
    with transaction(None) as session:
        user = session.get_one(User, own.user_id)
        user.staff, user.name, user.email_verified_at = Staff.AGENT.value, name, clock.now()
    return replace(own, staff=Staff.AGENT, user_name=name)


def form(subject: str = "Sync fails", text: str = "It failed at 14:20.", **more: object) -> NewTicket:
    return NewTicket(subject=subject, text=text, **{"once_key": once(), **more})  # type: ignore[arg-type]


def opened(context: Context, **more: object) -> int:
    with transaction(context) as session:
        return service.open_ticket(session, context, form(**more))  # type: ignore[arg-type]


def seen(context: Context, ticket_id: int) -> TicketView:
    with transaction(context, read_only=True) as session:
        return service.view(session, context, ticket_id)


def at_desk(who: Context, ticket_id: int) -> DeskView:
    with transaction(None, read_only=True) as session:
        return desk.view(session, who, ticket_id)


def write(context: Context, ticket_id: int, text: str = "More.") -> None:
    with transaction(context) as session:
        service.reply(session, context, ticket_id, text, once_key=once())


def answer(who: Context, ticket_id: int, text: str = "Try this.", *, solve: bool = False) -> None:
    with transaction(None) as session:
        last = desk.view(session, who, ticket_id).ticket.seen
        desk.answer(session, who, ticket_id, text, once_key=once(), seen=last, solve=solve)
