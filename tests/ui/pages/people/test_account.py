"""One's own account: name, signed-in browsers, leaving; a provider's guest sees and changes less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.domain.identity import service
from rcx_app.domain.identity.devices import named
from rcx_app.domain.identity.schemas import Device, Method
from rcx_app.models import Membership, User
from rcx_app.ui.pages.account.state import AccountState
from tests.conftest import World
from tests.support.gate import member
from tests.ui.pages.people.tab import SignedIn, begin

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1"


def alive(session_id: int) -> bool:
    with transaction(None, read_only=True) as session:
        return service.resolve_id(session, session_id) is not None


def test_browsers_are_told_apart_and_ended(ours: Context) -> None:
    phone, old = begin(ours, PHONE), begin(ours, CHROME)
    tab = SignedIn(ours, begin(ours, CHROME))
    state = tab.opened(AccountState, "/account")
    assert {row.device for row in state.browsers} == {"Chrome on Windows", "Safari on iPhone"}
    assert [row.id for row in state.browsers if row.is_this] == [tab.identity.session_id]
    assert state.others == 2
    tab.call(state, "end", session_id=phone.session_id)
    assert (alive(phone.session_id), alive(old.session_id)) == (False, True)
    tab.call(state, "end_others")
    assert (alive(old.session_id), alive(tab.identity.session_id)) == (False, True)
    assert "sign-in" in str(tab.call(state, "end", session_id=tab.identity.session_id))
    assert not alive(tab.identity.session_id)


def test_nobody_ends_anothers_browser(sqlite_world: World) -> None:
    theirs = begin(sqlite_world.theirs)
    mia = begin(member(sqlite_world.ours, "mia"))
    tab = SignedIn(sqlite_world.ours)
    state = tab.opened(AccountState, "/account")
    for forged in (theirs.session_id, mia.session_id, 999, -1):
        with pytest.raises(NotFound):
            tab.call(state, "end", session_id=forged)
    assert alive(theirs.session_id)


@pytest.mark.parametrize(("name", "words"), [("", "Tell us"), ("x" * 101, "at most"), ("a\r\nb", "ordinary signs")])
def test_a_name_is_checked(ours: Context, name: str, words: str) -> None:
    tab = SignedIn(ours)
    state = tab.opened(AccountState, "/account")
    tab.call(state, "rename", form={"name": name})
    assert words in state.wrong
    tab.call(state, "rename", form={"name": "Mia Hollis"})
    assert (state.wrong, state.name) == ("", "Mia Hollis")


def test_leaving_ends_the_session_and_the_last_owner_stays(ours: Context) -> None:
    owner = SignedIn(ours)
    state = owner.opened(AccountState, "/account")
    assert "needs an owner" in str(owner.call(state, "leave"))
    mia = SignedIn(member(ours, "mia"))
    state = mia.opened(AccountState, "/account")
    mia.call(state, "ask_to_leave")
    assert state.is_leaving
    assert "/sign-in" in str(mia.call(state, "leave"))
    assert not alive(mia.identity.session_id)


def test_a_providers_guest_sees_its_workspace_only_and_renames_nobody(sqlite_world: World) -> None:
    ours, theirs = sqlite_world.ours, sqlite_world.theirs
    with transaction(None) as session:
        session.add(Membership(workspace_id=theirs.workspace_id, user_id=ours.user_id or 0, role="viewer"))
    elsewhere = begin(replace(ours, workspace_id=theirs.workspace_id))
    with transaction(None) as session:
        user = session.get_one(User, ours.user_id)
        begun = service.begin(
            session, user, Device(), workspace_id=ours.workspace_id, method=Method.OPENID, proven_at=None
        )
    tab = SignedIn(ours, begun.identity)
    state = tab.opened(AccountState, "/account")
    assert state.is_guest
    assert [row.method for row in state.browsers] == ["Company account"]
    with pytest.raises(NotFound):
        tab.call(state, "end", session_id=elsewhere.session_id)
    tab.call(state, "end_others")
    assert alive(elsewhere.session_id)
    tab.call(state, "rename", form={"name": "Somebody Else"})
    assert "your company's account" in state.wrong


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME, "Chrome on Windows"),
        (PHONE, "Safari on iPhone"),
        (CHROME + " Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)
def test_what_browsers_are_called(agent: str, name: str) -> None:
    assert named(agent) == name
