"""State of the page "Network": addresses, what each integration asks for, and leave for agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.integrations import catalogue
from rcx_app.domain.integrations.catalogue import CatalogueEntry
from rcx_app.domain.staff import access, egress
from rcx_app.domain.staff.schemas import Address, Leave
from rcx_app.ui import words
from rcx_app.ui.banners import BannersState
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires

# What leave lasts, as it is offered.
LASTS: tuple[tuple[str, str, timedelta], ...] = (
    ("4h", "4 hours", timedelta(hours=4)),
    ("1d", "1 day", timedelta(days=1)),
    ("7d", "7 days", timedelta(days=7)),
    ("30d", "30 days", timedelta(days=30)),
)
_LASTS = {key: lasts for key, _, lasts in LASTS}


@dataclass
class EgressRow:
    """An address that RCX calls from."""

    id: int
    network: str
    note: str
    since: str


@dataclass
class RightRow:
    """A right that an integration's API user needs."""

    name: str
    why: str
    mark: str


@dataclass
class IntegrationRow:
    """What an integration calls, and the least it asks for. `is_yours`: it is called at an address that you enter."""

    key: str
    name: str
    calls: str
    is_yours: bool
    rights: list[RightRow]


@dataclass
class LeaveRow:
    """A leave as it was given."""

    id: int
    said: str
    given: str
    state: str


def _everything(session: Any, context: Context) -> tuple[list[Address], list[Leave], tuple[CatalogueEntry, ...]]:
    return egress.addresses(session, context), access.leaves(session, context), catalogue.entries()


class NetworkState(AppState):
    """`may_let_in`: whether this person gives and ends leave."""

    addresses: list[EgressRow] = []
    integrations: list[IntegrationRow] = []
    leaves: list[LeaveRow] = []
    in_force: str = ""
    may_let_in: bool = False
    is_loaded: bool = False
    wrong: str = ""
    form_key: int = 0

    @rx.event
    @requires(Permission.TEAM)
    async def load(self) -> None:
        self.wrong = ""
        await self._read()

    @rx.event
    @requires(Permission.PEOPLE)
    async def grant(self, form: dict[str, Any]) -> Any:
        """Let agents work here."""
        role, lasts = str(form.get("role", "")), _LASTS.get(str(form.get("lasts", "")), timedelta(0))
        try:
            chosen = Role(role) if role in set(Role) else Role.OWNER
            await write(access.grant, chosen, lasts, str(form.get("reason", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._read()
        return [BannersState.load, notify("Agents of RCX may work here now")]

    @rx.event
    @requires(Permission.PEOPLE)
    async def end(self) -> Any:
        """End the leave at once."""
        await write(access.end)
        await self._read()
        return [BannersState.load, notify("Leave ended", detail="Agents who worked here are out.")]

    async def _read(self) -> None:
        addresses, leaves, entries = await read(_everything)
        self.addresses = [
            EgressRow(each.address_id, each.network, each.note, words.day(each.added_at.date())) for each in addresses
        ]
        self.integrations = [_integration(each) for each in entries]
        self.leaves = [_leave(each) for each in leaves]
        current = next((each for each in leaves if each.is_in_force), None)
        self.in_force = f"as {current.role.value} until {words.moment(current.until)}" if current else ""
        self.may_let_in = Permission.PEOPLE.value in self.opens
        self.is_loaded = True


def _integration(entry: CatalogueEntry) -> IntegrationRow:
    is_yours = "*" in entry.hosts
    hosts = [each for each in entry.hosts if each != "*"]
    return IntegrationRow(
        key=entry.id,
        name=entry.name,
        calls=", ".join([*hosts, *(["the address that you enter"] if is_yours else [])]),
        is_yours=is_yours,
        rights=[
            RightRow(each.name, each.why, "for writing" if each.for_writing else "optional" if each.is_optional else "")
            for each in entry.privileges
        ],
    )


def _leave(each: Leave) -> LeaveRow:
    if each.is_in_force:
        state = "In force"
    elif each.ended_at is not None:
        state = f"Ended {words.moment(each.ended_at)}" + (f" by {each.ended_by}" if each.ended_by else "")
    else:
        state = "Over"
    said = f"As {each.role.value} until {words.moment(each.until)}"
    given = f"{words.moment(each.granted_at)} by {each.granted_by}" + (f": {each.reason}" if each.reason else "")
    return LeaveRow(each.access_id, said, given, state)
