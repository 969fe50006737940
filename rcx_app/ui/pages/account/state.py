"""State of the page of one's own account. Passwords, codes and secrets are the server's own pages', never here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.identity import own, service
from rcx_app.domain.identity.schemas import Identity, Method, SessionView, WorkspaceChoice
from rcx_app.domain.people import members
from rcx_app.domain.people.rights import ROLES
from rcx_app.ui import words
from rcx_app.ui.base import AppState, write
from rcx_app.ui.caller import current_identity
from rcx_app.ui.guard import requires, to_sign_in
from rcx_app.ui.own import read_own, write_own

_METHODS = {Method.PASSWORD: "Password", Method.LINK: "Mailed link", Method.OPENID: "Company account"}
_DONE = {
    "password": "Your password is changed; your other browsers are signed out.",
    "two-factor-off": "Two-factor sign-in is off.",
}


@dataclass
class BrowserRow:
    """A signed-in browser."""

    id: int
    device: str
    address: str
    workspace: str
    method: str
    begun: str
    seen: str
    seen_text: str
    is_this: bool


@dataclass
class PlaceRow:
    """A workspace that the person is in."""

    id: str
    name: str
    role: str
    is_this: bool


class AccountState(AppState):
    """The account as it stands. `wrong` is shown beside the name; `is_leaving`: the dialog asks whether to leave."""

    name: str = ""
    password: str = ""
    two_factor: str = ""
    two_factor_on: bool = False
    codes: str = ""
    is_guest: bool = False
    browsers: list[BrowserRow] = []
    places: list[PlaceRow] = []
    others: int = 0
    done: str = ""
    wrong: str = ""
    is_leaving: bool = False
    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""

    @rx.event
    @requires(Permission.SELF)
    async def load(self) -> None:
        self.done = _DONE.get(self.router.url.query_parameters.get("done", ""), "")
        self.is_leaving, self.wrong = False, ""
        await self._load()

    @rx.event
    @requires(Permission.SELF)
    async def rename(self, form: dict[str, Any]) -> Any:
        """Go by another name."""
        try:
            await write_own(own.rename, str(form.get("name", "")))
        except RcxError as error:
            self.wrong = str(error)
            return None
        self.wrong = ""
        await self._load()
        return [AppState.enter, rx.toast.success("Saved.")]

    @rx.event
    @requires(Permission.SELF)
    async def end(self, session_id: int) -> Any:
        """Sign one browser out."""
        await write_own(own.end_session, session_id)
        if session_id == (await current_identity()).session_id:
            return to_sign_in()
        await self._load()
        return rx.toast.success("That browser is signed out.")

    @rx.event
    @requires(Permission.SELF)
    async def end_others(self) -> Any:
        """Sign all other browsers out."""
        ended = await write_own(own.end_others)
        await self._load()
        return rx.toast.success(f"{words.count(len(ended), 'browser')} signed out.")

    @rx.event
    @requires(Permission.SELF)
    async def ask_to_leave(self) -> None:
        self.is_leaving = True

    @rx.event
    @requires(Permission.SELF)
    async def stay(self) -> None:
        self.is_leaving = False

    @rx.event
    @requires(Permission.SELF)
    async def leave(self) -> Any:
        """Leave this workspace: its sessions end, this one too."""
        self.is_leaving = False
        try:
            await write(members.leave)
        except RcxError as error:
            return rx.toast.error(error.message, description=error.remedy, id=error.code)
        return rx.call_script("window.location.assign('/sign-in')")

    async def _load(self) -> None:
        try:
            account, browsers, places = await read_own(_everything)
        except RcxError as error:
            self.problem, self.remedy, self.is_loaded = error.message, error.remedy, True
            return
        here = await current_identity()
        self.name, self.codes = account.name, words.count(account.codes_left, "recovery code")
        changed = account.password_changed_at
        self.password = (
            (f"Changed {words.day(changed.date())}" if changed else "Set") if account.has_password else "None yet"
        )
        since = account.two_factor_since
        self.two_factor_on = since is not None
        self.two_factor = f"On since {words.day(since.date())}" if since else "Off"
        self.is_guest = here.method is Method.OPENID
        self.browsers = [_browser(each) for each in browsers]
        self.others = sum(not each.is_this for each in browsers)
        self.places = [
            PlaceRow(str(each.workspace_id), each.name, ROLES[each.role][0], each.workspace_id == here.workspace_id)
            for each in places
        ]
        self.problem, self.remedy, self.is_loaded = "", "", True


def _everything(session: Any, identity: Identity) -> tuple[Any, list[SessionView], list[WorkspaceChoice]]:
    return (
        own.account(session, identity),
        own.sessions(session, identity),
        service.workspaces(session, identity.user_id),
    )


def _browser(view: SessionView) -> BrowserRow:
    return BrowserRow(
        id=view.session_id,
        device=view.device,
        address=view.address,
        workspace=view.workspace,
        method=_METHODS[view.method],
        begun=words.moment(view.begun_at),
        seen=view.seen_at.isoformat(),
        seen_text=words.moment(view.seen_at),
        is_this=view.is_this,
    )
