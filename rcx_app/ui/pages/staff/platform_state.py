"""State of what platform admins keep: notices, agents, and the addresses that RCX calls from."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission, Staff
from rcx_app.domain.booking import calendars
from rcx_app.domain.staff import agents, announcements, egress
from rcx_app.ui.across import read_across, write_across
from rcx_app.ui.base import AppState
from rcx_app.ui.components.feedback import notify
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.staff.rows import AddressLine, AgentLine, NoticeLine, address_line, agent_line, notice_line


class NoticesState(AppState):
    """All notices. `form_key` empties the form once its notice is out."""

    rows: list[NoticeLine] = []
    is_loaded: bool = False
    wrong: str = ""
    form_key: int = 0

    @rx.event
    @requires(Permission.AGENT)
    async def load(self) -> None:
        self.wrong = ""
        await self._read()

    @rx.event
    @requires(Permission.PLATFORM)
    async def publish(self, form: dict[str, Any]) -> Any:
        """Tell all workspaces' admins."""
        try:
            await write_across(announcements.publish, str(form.get("title", "")), str(form.get("body", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._read()
        return notify("All workspaces are told")

    @rx.event
    @requires(Permission.PLATFORM)
    async def withdraw(self, notice_id: int) -> None:
        """Show a notice no more."""
        await write_across(announcements.withdraw, notice_id)
        await self._read()

    async def _read(self) -> None:
        zone = await read_across(calendars.zone_of)
        self.rows = [notice_line(each, zone) for each in await read_across(announcements.written)]
        self.is_loaded = True


class AgentsState(AppState):
    """Everybody who is staff. `leaving`: whose removal is asked about."""

    rows: list[AgentLine] = []
    is_loaded: bool = False
    wrong: str = ""
    form_key: int = 0
    leaving: int = 0
    leaving_name: str = ""

    @rx.event
    @requires(Permission.PLATFORM)
    async def load(self) -> None:
        self.wrong, self.leaving = "", 0
        await self._read()

    @rx.event
    @requires(Permission.PLATFORM)
    async def add(self, form: dict[str, Any]) -> Any:
        """Make the owner of an account an agent."""
        wanted = str(form.get("staff", ""))
        staff = Staff(wanted) if wanted in set(Staff) else Staff.NONE
        try:
            found = await write_across(agents.add, str(form.get("email", "")).strip(), staff)
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._read()
        return notify(f"{found.name} works for RCX now")

    @rx.event
    @requires(Permission.PLATFORM)
    async def ask(self, user_id: int) -> None:
        """Ask before somebody is removed; 0 closes the question."""
        self.leaving = user_id
        self.leaving_name = next((each.name for each in self.rows if each.id == user_id), "")

    @rx.event
    @requires(Permission.PLATFORM)
    async def remove(self) -> Any:
        """Somebody is no agent any more."""
        try:
            await write_across(agents.remove, self.leaving)
        except RcxError as error:
            self.leaving = 0
            self.wrong = str(error)
            return None
        self.leaving, self.wrong = 0, ""
        await self._read()
        return notify(f"{self.leaving_name} is no agent any more")

    async def _read(self) -> None:
        self.rows = [agent_line(each) for each in await read_across(agents.agents)]
        self.is_loaded = True


class EgressState(AppState):
    """The addresses in use. `going`: whose removal is asked about."""

    rows: list[AddressLine] = []
    is_loaded: bool = False
    wrong: str = ""
    form_key: int = 0
    going: int = 0
    going_network: str = ""

    @rx.event
    @requires(Permission.PLATFORM)
    async def load(self) -> None:
        self.wrong, self.going = "", 0
        await self._read()

    @rx.event
    @requires(Permission.PLATFORM)
    async def add(self, form: dict[str, Any]) -> Any:
        """RCX calls from one more address."""
        try:
            found = await write_across(egress.add, str(form.get("network", "")), str(form.get("note", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        self.form_key += 1
        await self._read()
        return notify(f"{found.network} added", detail="All workspaces' admins are told.")

    @rx.event
    @requires(Permission.PLATFORM)
    async def ask(self, address_id: int) -> None:
        """Ask before an address is removed; 0 closes the question."""
        self.going = address_id
        self.going_network = next((each.network for each in self.rows if each.id == address_id), "")

    @rx.event
    @requires(Permission.PLATFORM)
    async def remove(self) -> Any:
        """RCX calls from there no more."""
        await write_across(egress.remove, self.going)
        self.going = 0
        await self._read()
        return notify(f"{self.going_network} removed", detail="All workspaces' admins are told.")

    async def _read(self) -> None:
        self.rows = [address_line(each) for each in await read_across(egress.addresses)]
        self.is_loaded = True
