"""The page where an admin lets RCX write: with another user of the PSA, without, and never with a secret kept."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import api
from rcx_app.domain.writeback import access
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.settings_writing.state import WritingState
from tests.conftest import World
from tests.ui.pages.integrations.tab import Tab

SECRET = "writersSecret0815"
VALUES = {
    "server": "na.myconnectwise.net",
    "company_id": "northbeam",
    "public_key": "readersPublicKey",
    "private_key": "readersPrivateKey",
    "client_id": "01234567-0123-0123-0123-0123456789ab",
    "company_types": "",
}


@pytest.fixture
def ours(sqlite_world: World) -> Iterator[Context]:
    with transaction(sqlite_world.ours) as session:
        api.connect(session, sqlite_world.ours, connector_id="connectwise", label="CW", values=VALUES)
    yield sqlite_world.ours
    forget_caller()


def test_writing_is_off_until_it_is_enabled_and_can_be_disabled(ours: Context) -> None:
    tab = Tab(ours)
    page = tab.opened(WritingState, "/settings/writing?open=1")
    assert [(each.label, each.state) for each in page.psas] == [("CW", "Off")]
    assert "Finance > Agreements: Edit All" in [each.name for each in page.form.rights]
    tab.call(page, "enable", form={})
    assert (page.chosen.state, page.chosen.as_whom) == ("On", "The user that RCX reads with")
    tab.call(page, "disable")
    assert page.chosen.state == "Off"


def test_other_credentials_are_taken_and_never_kept_in_the_page(ours: Context) -> None:
    tab = Tab(ours)
    page = tab.opened(WritingState, "/settings/writing?open=1")
    assert [each.name for each in page.form.fields] == ["public_key", "private_key", "client_id"]
    assert all(each.value == "" for each in page.form.fields)
    tab.call(page, "use_own", on=True)
    tab.call(page, "enable", form={})
    assert "Enter the credentials" in page.wrong
    tab.call(page, "enable", form={"public_key": "no key!", "private_key": SECRET})
    assert [each.name for each in page.form.fields if each.wrong] == ["public_key"]
    tab.call(page, "enable", form={"public_key": "writersPublicKey", "private_key": SECRET, "server": "evil.example"})
    assert (page.wrong, page.chosen.as_whom) == ("", "A user of its own")
    assert SECRET.encode() not in pickle.dumps(page.dict())
    with transaction(ours, read_only=True) as session:
        way = access.way(session, ours, 1)
    assert (way.values["public_key"], way.values["private_key"]) == ("writersPublicKey", SECRET)
    assert way.values["server"] == VALUES["server"]
    assert SECRET not in repr(way)


def test_a_test_that_can_not_be_made_says_so_and_frees_its_button(ours: Context) -> None:
    tab = Tab(ours)
    page = tab.opened(WritingState, "/settings/writing?open=1")
    tab.call(page, "use_own", on=True)
    tab.call(page, "test", form={"public_key": "no key!", "private_key": SECRET})
    assert [each.name for each in page.form.fields if each.wrong] == ["public_key"]
    assert (page.is_testing, page.tried.tone) == (False, "")
    with transaction(ours) as session:
        api.disconnect(session, ours, 1)
    tab.call(page, "test", form={})
    assert (page.is_testing, page.tried.tone) == (False, "fail")
    assert "Enter its credentials again" in page.tried.text
    assert SECRET.encode() not in pickle.dumps(page.dict())


def test_a_change_of_the_connection_holds_writing_until_it_is_enabled_again(ours: Context) -> None:
    tab = Tab(ours)
    page = tab.opened(WritingState, "/settings/writing?open=1")
    tab.call(page, "enable", form={})
    with transaction(ours) as session:
        api.rotate(session, ours, 1, {**VALUES, "server": "eu.myconnectwise.net"})
    page = tab.opened(WritingState, "/settings/writing?open=1")
    assert page.chosen.state == "Held"
    tab.call(page, "enable", form={})
    assert page.chosen.state == "On"


def test_one_click_and_four_eyes_exclude_each_other(ours: Context) -> None:
    tab = Tab(ours)
    page = tab.opened(WritingState, "/settings/writing")
    tab.call(page, "choose", four_eyes=True, one_click=False)
    assert (page.four_eyes, page.one_click) == (True, False)
    tab.call(page, "choose", four_eyes=True, one_click=True)
    assert "second person" in page.wrong_policy
    tab.call(page, "choose", four_eyes=False, one_click=True)
    assert (page.four_eyes, page.one_click, page.wrong_policy) == (False, True, "")
