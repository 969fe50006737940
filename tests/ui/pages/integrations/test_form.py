"""The form of a connection, handler by handler: what it asks, tests, saves, and what it never holds."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.http.failures import ApiFailure
from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import Sandbox
from connectors.sandbox.server.serve import running
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotPermitted, Unavailable
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api, service
from rcx_app.domain.integrations.schemas import SettingsView
from rcx_app.ui.pages.integrations.form_rows import LABEL
from rcx_app.ui.pages.integrations.form_state import FormState
from tests.conftest import World
from tests.domain.sync.source import SECRET, Script, connect
from tests.ui.pages.integrations.tab import Tab

TYPED = {LABEL: "Fake EU", "region": "us", "client_id": "northbeam", "client_secret": SECRET}


def new(tab: Tab, connector: str = "fake") -> Any:
    return tab.opened(FormState, f"/integrations?add={connector}")


def stored(context: Context, connection_id: int) -> SettingsView:
    with transaction(context, read_only=True) as session:
        return api.settings_of(session, context, connection_id)


def wrong(state: Any) -> dict[str, str]:
    return {row.name: row.wrong for row in state.fields if row.wrong}


def test_the_form_asks_for_what_the_connector_declares(ours: Context, vendor: Script) -> None:
    state = new(Tab(ours))
    region, client_id, secret = state.fields
    assert (region.value, [(each.value, each.label) for each in region.options]) == (
        "eu",
        [("eu", "Europe"), ("us", "America")],
    )
    assert (client_id.label, client_id.help, client_id.is_required, client_id.is_secret) == (
        "Client ID",
        "In the vendor's settings.",
        True,
        False,
    )
    assert (secret.is_secret, secret.value, secret.is_set) == (True, "", False)
    assert [(right.name, right.is_optional) for right in state.about.rights] == [("Invoices: read", True)]
    assert state.about.limits[0] == "600 requests a minute, shared with other integrations; RCX uses 540 of them."
    assert state.about.guide == "/guides/fake"


def test_the_label_is_proposed_so_that_it_is_free(ours: Context, vendor: Script) -> None:
    connect(ours, "fake vendor")
    connect(ours, "Fake Vendor 2")
    assert new(Tab(ours)).label == "Fake Vendor 3"


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = new(tab)
    for handler in ("test", "save"):
        tab.call(state, handler, form={**TYPED, "client_id": " ", "client_secret": "short"})
        assert wrong(state) == {
            "client_id": "Client ID is missing.",
            "client_secret": "Client secret has at least 8 characters.",
        }
    assert not state.is_testing
    tab.call(state, "save", form={**TYPED, LABEL: "  "})
    assert state.label_wrong == "Give it a label of 1 to 80 characters."
    connect(ours, "fake eu")
    tab.call(state, "save", form=TYPED)
    assert state.label_wrong.startswith("There is already a connection called fake eu.")
    assert wrong(state) == {}
    with transaction(ours, read_only=True) as session:
        assert [view.label for view in service.connections(session, ours)] == ["fake eu"]


def test_a_test_that_is_let_in_is_green_until_something_is_typed(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = new(tab)
    assert not state.is_proven
    tab.call(state, "test", form=TYPED)
    assert (state.outcome.tone, state.outcome.title) == ("ok", "Signed in to Northbeam at Fake")
    assert (state.is_testing, state.has_outcome, state.is_proven) == (False, True, True)
    tab.call(state, "touch")
    assert not state.is_proven


def test_a_missing_right_is_amber_and_named(ours: Context, vendor: Script) -> None:
    vendor.steps["charges"] = [ApiFailure("privilege_missing", "Fake Vendor", "Invoices: read")]
    tab = Tab(ours)
    state = new(tab)
    tab.call(state, "test", form=TYPED)
    assert state.outcome.tone == "under"
    (missing,) = state.outcome.missing
    assert missing.message == "The API user lacks “Invoices: read” in Fake Vendor."
    assert (missing.whose, missing.remedy) == (
        "Yours to fix",
        "Grant it to the API user in Fake Vendor, then test the connection.",
    )


def test_a_refusal_is_red_with_whose_turn_it_is_and_what_to_do(ours: Context, vendor: Script) -> None:
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor")
    tab = Tab(ours)
    state = new(tab)
    tab.call(state, "test", form=TYPED)
    assert (state.outcome.tone, state.outcome.title, state.outcome.whose) == (
        "fail",
        "Fake Vendor does not accept the credentials.",
        "Yours to fix",
    )
    assert state.outcome.remedy.startswith("Enter them again")
    assert not state.is_proven


def test_saving_stores_the_secret_and_leads_to_the_connection(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = new(tab)
    way, _, word = tab.call(state, "save", form=TYPED)
    with transaction(ours, read_only=True) as session:
        (view,) = service.connections(session, ours)
    assert f"/integrations?connection={view.id}" in str(way.args)
    assert "They were not tested." in str(word.args)
    assert (view.label, view.connector, view.is_sandbox) == ("Fake EU", "fake", False)
    tab.call(new(tab), "test_stored", connection_id=view.id)
    assert vendor.secrets_seen == [SECRET]


def test_nothing_secret_stays_in_a_state_or_is_sent_to_the_browser(ours: Context, vendor: Script) -> None:
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor", detail=f"bad key {SECRET}")
    tab = Tab(ours)
    state = new(tab)
    for handler in ("test", "save"):
        tab.call(state, handler, form=TYPED)
    change = tab.opened(FormState, "/integrations?connection=1&view=settings")
    tab.call(change, "test", form=TYPED)
    assert change.outcome.tone == "fail"
    root = change._get_root_state()
    sent = json.dumps(root.dict(), default=str)
    assert "northbeam" in sent, "what is no secret is shown"
    assert SECRET not in sent
    assert SECRET.encode() not in b"".join(each._serialize() for each in (root, change))


def test_credentials_are_changed_and_an_empty_secret_keeps_the_old_one(ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    tab = Tab(ours)
    state = tab.opened(FormState, f"/integrations?connection={connection_id}&view=settings")
    assert {row.name: (row.value, row.is_set) for row in state.fields} == {
        "region": ("eu", False),
        "client_id": ("northbeam", False),
        "client_secret": ("", True),
    }
    typed = {"region": "us", "client_id": "other", "client_secret": ""}
    tab.call(state, "test", form=typed)
    assert state.outcome.tone == "ok"
    assert vendor.secrets_seen == [SECRET]
    tab.call(state, "save", form=typed)
    assert tab.opened(FormState, f"/integrations?connection={connection_id}&view=settings").checked == ""
    tab.call(state, "test_stored", connection_id=connection_id)
    assert tab.opened(FormState, f"/integrations?connection={connection_id}&view=settings").checked != ""
    assert {each.name: (each.is_set, each.value) for each in stored(ours, connection_id).fields} == {
        "region": (True, "us"),
        "client_id": (True, "other"),
        "client_secret": (True, ""),
    }


def test_a_disconnected_connection_takes_new_credentials(ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    with transaction(ours) as session:
        api.disconnect(session, ours, connection_id)
    tab = Tab(ours)
    state = tab.opened(FormState, f"/integrations?connection={connection_id}&view=settings")
    assert not state.is_connected
    assert {row.name: (row.value, row.is_set) for row in state.fields}["client_secret"] == ("", False)
    typed = {"region": "eu", "client_id": "northbeam", "client_secret": ""}
    tab.call(state, "save", form=typed)
    assert wrong(state) == {"client_secret": "Client secret is missing."}
    tab.call(state, "save", form={**typed, "client_secret": SECRET})
    assert stored(ours, connection_id).is_connected


def test_a_form_that_the_server_has_forgotten_says_so_and_saves_nothing(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = tab.state(FormState)
    for handler in ("test", "save"):
        said = tab.call(state, handler, form=TYPED)
        assert "This form has expired" in str(said.args)
    with transaction(ours, read_only=True) as session:
        assert service.connections(session, ours) == []


def test_an_outcome_is_shown_only_beside_what_it_is_about(ours: Context, vendor: Script) -> None:
    first, second = connect(ours, "One"), connect(ours, "Two")
    tab = Tab(ours)
    state = tab.opened(FormState, f"/integrations?connection={first}")
    tab.call(state, "test_stored", connection_id=first)
    assert state.has_outcome
    state = tab.opened(FormState, f"/integrations?connection={second}")
    assert not state.has_outcome
    state = tab.opened(FormState, f"/integrations?connection={first}")
    assert state.has_outcome
    state = new(tab)
    tab.call(state, "test", form=TYPED)
    assert state.has_outcome
    assert not new(tab).has_outcome, "the fields of a form that was left are empty again"


def test_a_test_of_what_was_typed_says_nothing_of_what_is_stored(ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    tab = Tab(ours)
    here = f"/integrations?connection={connection_id}"
    typed = {"region": "us", "client_id": "other", "client_secret": "another-secret"}
    state = tab.opened(FormState, f"{here}&view=settings")
    tab.call(state, "test", form=typed)
    assert state.is_proven
    assert not tab.opened(FormState, here).has_outcome
    state = tab.opened(FormState, f"{here}&view=settings")
    assert (state.has_outcome, state.is_proven) == (False, False)
    tab.call(state, "test", form=typed)
    *_, word = tab.call(state, "save", form=typed)
    assert "not tested" not in str(word.args)
    assert tab.opened(FormState, here).outcome.title == "Signed in to Northbeam at Fake"
    assert tab.opened(FormState, here).has_outcome, "now it is what is stored"


def test_only_what_is_typed_into_a_secrets_field_can_be_revealed(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = new(tab)
    tab.call(state, "reveal", name="client_id")
    tab.call(state, "reveal", name="nothing")
    assert state.revealed == []
    tab.call(state, "reveal", name="client_secret")
    assert state.revealed == ["client_secret"]
    tab.call(state, "reveal", name="client_secret")
    assert state.revealed == []


@pytest.mark.parametrize("query", ["add=nope", "connection=999&view=settings"])
def test_what_is_not_there_is_said(ours: Context, vendor: Script, query: str) -> None:
    state = Tab(ours).opened(FormState, f"/integrations?{query}")
    assert state.problem.endswith("was not found.")
    assert state.fields == []


def test_a_connection_of_another_workspace_is_not_found(sqlite_world: World, ours: Context, vendor: Script) -> None:
    theirs = connect(sqlite_world.theirs, "Theirs")
    tab = Tab(ours)
    state = tab.opened(FormState, f"/integrations?connection={theirs}&view=settings")
    assert (state.problem, state.fields) == ("This connection was not found.", [])
    tab.call(state, "test", form=TYPED)
    tab.call(state, "save", form=TYPED)
    assert stored(sqlite_world.theirs, theirs).checked_at is None
    assert vendor.asked == []


def test_a_viewer_sees_the_rights_and_no_form(sqlite_world: World, ours: Context, vendor: Script) -> None:
    connection_id = connect(ours)
    tab = Tab(sqlite_world.as_role(Role.VIEWER))
    for query in ("add=fake", f"connection={connection_id}&view=settings"):
        state = tab.opened(FormState, f"/integrations?{query}")
        assert (state.fields, state.problem, len(state.about.rights)) == ([], "", 1)
    with pytest.raises(NotPermitted):
        tab.call(state, "fill_in")


def test_the_sandbox_is_offered_only_where_there_is_one(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = new(tab)
    tab.call(state, "use_sandbox", on=True)
    assert (state.has_sandbox, state.is_sandbox) == (False, False)


def test_the_sandbox_fills_in_its_own_credentials(ours: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(Sandbox(Town(build(3, 5, 20, as_of=clock.today())))) as address:
        monkeypatch.setenv("RCX_SANDBOX_URL", address)
        settings.cache_clear()
        tab = Tab(ours)
        state = new(tab, "pax8")
        tab.call(state, "use_sandbox", on=True)
        (script,) = tab.call(state, "fill_in")
        assert "field-client_secret" in str(script.args)
        assert (state.has_sandbox, state.is_sandbox) == (True, True)
    with pytest.raises(Unavailable, match="The sandbox does not answer"):
        tab.call(state, "fill_in")


def test_the_last_day_of_the_credentials_is_kept_with_them(ours: Context, vendor: Script) -> None:
    tab = Tab(ours)
    state = tab.opened(FormState, "/integrations?add=fake")
    last = clock.today() + timedelta(days=90)
    ends = last.isoformat()
    entered = {**TYPED, "credentials-end": ends}
    tab.call(state, "save", form=entered | {"credentials-end": "soon"})
    assert state.expires_wrong == "This is no date. Write it as 2027-03-31, or leave it empty."
    tab.call(state, "save", form=entered | {"credentials-end": "2020-01-01"})
    assert "must be today or later" in state.expires_wrong
    with transaction(ours, read_only=True) as session:
        assert service.connections(session, ours) == [], "all or nothing is saved"
    tab.call(state, "save", form=entered)
    assert state.expires_wrong == ""
    state = tab.opened(FormState, "/integrations?connection=1&view=settings")
    assert state.expires == ends
    tab.call(state, "save", form={"client_id": "northbeam", "credentials-end": ""})
    assert stored(ours, 1).expires_on is None
    tab.call(state, "save", form={"client_id": "northbeam", "credentials-end": ends})
    assert stored(ours, 1).expires_on == last
    state = tab.opened(FormState, "/integrations?connection=1&view=settings")
    tab.call(state, "save", form={"client_secret": "a-new-secret-of-theirs", "credentials-end": ends})
    assert stored(ours, 1).expires_on is None, "left as it was, the day was said of the old secret"
    later = clock.today() + timedelta(days=300)
    tab.call(state, "save", form={"client_secret": "yet-another-secret", "credentials-end": later.isoformat()})
    assert stored(ours, 1).expires_on == later
