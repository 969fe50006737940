"""Connecting to a vendor's API: what may be entered, what is kept, what is asked for, and what never comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, col, select

from connectors.http.failures import ApiFailure
from connectors.wire import Wire
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api, imports
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.integrations.schemas import CheckView, FailureView, ImportState
from rcx_app.domain.integrations.syncing import cancel_syncs
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState
from rcx_app.domain.sync.opening import FieldsInvalid, stored
from rcx_app.models import AuditEvent, Connection, JobRun
from tests.conftest import World
from tests.domain.integrations.conftest import look, upload, work_off
from tests.domain.integrations.files import seats
from tests.domain.sync.source import SECRET, VALUES, Script, connect


@pytest.fixture
def fake(world: World, vendor: Script) -> int:
    return connect(world.ours)


def row(world: World, connection_id: int) -> Connection:
    with transaction(world.ours, read_only=True) as session:
        return session.get_one(Connection, connection_id)


def trail(world: World) -> list[tuple[str, dict[str, Any]]]:
    with transaction(world.ours, read_only=True) as session:
        found = session.scalars(select(AuditEvent).order_by(col(AuditEvent.id)))
        return [(each.tag, each.detail) for each in found if each.workspace_id == world.ours.workspace_id]


def in_transaction(world: World, call: Callable[[Session], Any]) -> Any:
    with transaction(world.ours) as session:
        return call(session)


# --- the catalogue


def test_the_catalogue_says_in_words_what_a_connector_needs_reads_and_writes(
    sqlite_world: World, vendor: Script
) -> None:
    fake, movable = api.catalogue(sqlite_world.as_role(Role.VIEWER))
    assert (fake.id, fake.name, fake.side, fake.proof) == ("fake", "Fake Vendor", "usage", "facts")
    assert [(each.name, each.is_secret, each.default) for each in fake.fields] == [
        ("region", False, "eu"),
        ("client_id", False, ""),
        ("client_secret", True, ""),
    ]
    assert {each.name for each in fake.streams if each.is_incremental} == {"seats"}
    assert fake.limits == (
        "600 requests a minute, shared with other integrations; RCX uses 540 of them.",
        "At most 2 at once.",
        "The vendor does not confirm these limits; they are RCX's own caution.",
    )
    assert (fake.can_write, fake.writes) == (False, "Usage is only read.")
    assert movable.limits == ("One request at a time.",)
    assert (movable.can_write, movable.writes) == (
        True,
        "Sets the quantity, in effect at once. Never written: a posted period.",
    )
    assert movable.documentation == "connectors/movable.md"


# --- test


def test_a_test_says_whose_account_it_is_and_which_rights_are_missing(world: World, vendor: Script) -> None:
    vendor.steps["charges"] = [ApiFailure("privilege_missing", "Fake Vendor", "Invoices: read")]
    found = api.test(world.ours, "fake", VALUES)
    assert isinstance(found, CheckView)
    assert found.account == "Northbeam at Fake"
    assert [each.message for each in found.missing] == ["The API user lacks “Invoices: read” in Fake Vendor."]
    assert trail(world) == [("connection:test", {"connector": "fake", "outcome": "ok"})]
    assert vendor.closed == 1


def test_a_test_that_fails_says_whose_turn_it_is(world: World, vendor: Script) -> None:
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor", detail=f"no key {SECRET}")
    found = api.test(world.ours, "fake", VALUES)
    assert isinstance(found, FailureView)
    assert (found.kind, found.whose) == ("credentials_refused", "admin")
    assert found.message == "Fake Vendor does not accept the credentials. Fake Vendor says: no key [redacted]"
    assert found.remedy.startswith("Enter them again")
    assert trail(world) == [("connection:test", {"connector": "fake", "outcome": "credentials_refused"})]


def test_the_vendor_is_asked_outside_of_any_transaction(sqlite_world: World, vendor: Script) -> None:
    def write(_: Wire) -> None:
        with transaction(sqlite_world.ours, patience_s=0.0) as session:
            session.add(AuditEvent(workspace_id=sqlite_world.ours.workspace_id, tag="other:work"))

    vendor.sign_in = write
    connection_id = connect(sqlite_world.ours)
    api.test(sqlite_world.ours, "fake", {}, connection_id=connection_id)
    assert "other:work" in [tag for tag, _ in trail(sqlite_world)]


def test_a_test_of_what_is_stored_takes_the_stored_secret_and_is_noted(world: World, vendor: Script, fake: int) -> None:
    api.test(world.ours, "fake", {"client_id": "somebody"}, connection_id=fake)
    assert row(world, fake).checked_at is None
    assert vendor.secrets_seen == [SECRET]
    api.test(world.ours, "fake", {"client_secret": ""}, connection_id=fake)
    assert row(world, fake).checked_at is not None


def test_a_test_names_every_field_that_is_wrong(sqlite_world: World, vendor: Script) -> None:
    with pytest.raises(FieldsInvalid) as caught:
        api.test(sqlite_world.ours, "fake", {"client_secret": "short", "region": "mars"})
    assert caught.value.fields == {
        "region": "Region must be one of Europe, America.",
        "client_id": "Client ID is missing.",
        "client_secret": "Client secret has at least 8 characters.",
    }
    assert vendor.asked == []
    with pytest.raises(Invalid, match="no connector 'nothing'"):
        api.test(sqlite_world.ours, "nothing", {})


# --- connect, rotate, disconnect


def test_a_connection_keeps_secrets_encrypted_and_the_rest_readable(world: World, vendor: Script, fake: int) -> None:
    found = row(world, fake)
    assert (found.side, found.connector, found.vendor, found.label) == ("usage", "fake", "fakevendor", "Fake")
    assert found.settings == {"region": "eu", "client_id": "northbeam"}
    assert found.credentials is not None
    assert SECRET.encode() not in found.credentials
    assert stored(found) == {"region": "eu", **VALUES}
    assert (found.may_write, found.is_sandbox, found.state) == (False, False, "never")
    assert trail(world) == [
        ("connection:connect", {"label": "Fake", "connector": "fake", "is_sandbox": False}),
    ]


def test_settings_tell_of_a_secret_only_that_it_is_set(world: World, vendor: Script, fake: int) -> None:
    found = in_transaction(world, lambda session: api.settings_of(session, world.ours, fake))
    assert [(each.name, each.is_set, each.value) for each in found.fields] == [
        ("region", True, "eu"),
        ("client_id", True, "northbeam"),
        ("client_secret", True, ""),
    ]
    assert SECRET not in repr(found)


def test_an_empty_secret_keeps_the_old_one_and_a_new_one_replaces_it(world: World, vendor: Script, fake: int) -> None:
    with transaction(world.ours) as session:
        session.get_one(Connection, fake).cursors = {"seats": "one"}
    in_transaction(world, lambda session: api.rotate(session, world.ours, fake, {"client_secret": "", "region": "eu"}))
    assert (row(world, fake).must_read_whole, row(world, fake).cursors) == (False, {"seats": "one"})
    in_transaction(world, lambda session: api.rotate(session, world.ours, fake, {"client_secret": "", "region": "us"}))
    assert stored(row(world, fake)) == {**VALUES, "region": "us"}
    in_transaction(world, lambda session: api.rotate(session, world.ours, fake, {"client_secret": "new-secret"}))
    assert stored(row(world, fake)) == {"client_id": "northbeam", "client_secret": "new-secret", "region": "us"}
    assert (row(world, fake).must_read_whole, row(world, fake).cursors) == (True, {})
    assert [detail["fields"] for tag, detail in trail(world) if tag == "connection:rotate"] == [
        ["region"],
        ["client_secret"],
    ]


def test_an_address_is_not_changed_below_a_kept_secret(world: World, vendor: Script) -> None:
    """Else whoever may change the address could have the secret sent to a server of his own."""
    values = {**VALUES, "host": "psa.northbeam.example"}
    with transaction(world.ours) as session:
        psa = api.connect(session, world.ours, connector_id="movable", label="PSA", values=values)
    away = {"host": "psa.attacker.example"}
    with pytest.raises(FieldsInvalid, match="Client secret must be entered again"):
        in_transaction(world, lambda session: api.rotate(session, world.ours, psa, away))
    with pytest.raises(FieldsInvalid):
        api.test(world.ours, "movable", away, connection_id=psa)
    assert vendor.secrets_seen == []
    in_transaction(world, lambda session: api.rotate(session, world.ours, psa, {**away, "client_secret": SECRET}))
    assert row(world, psa).settings["host"] == "psa.attacker.example"


def test_disconnecting_deletes_the_credentials_and_ends_the_syncs(world: World, vendor: Script, fake: int) -> None:
    job_id = in_transaction(world, lambda session: api.request_sync(session, world.ours, fake))
    in_transaction(world, lambda session: api.disconnect(session, world.ours, fake))
    found = row(world, fake)
    assert (found.credentials, found.cursors) == (None, {})
    assert found.settings == {"region": "eu", "client_id": "northbeam"}
    assert in_transaction(world, lambda session: jobs.view(session, world.ours, job_id)).state is JobState.CANCELLED
    view = in_transaction(world, lambda session: integrations.connection(session, world.ours, fake))
    assert (view.is_connected, view.word) == (False, "Disconnected")
    with pytest.raises(Conflict, match="disconnected"):
        in_transaction(world, lambda session: api.request_sync(session, world.ours, fake))
    with pytest.raises(FieldsInvalid, match="Client secret is missing"):
        in_transaction(world, lambda session: api.rotate(session, world.ours, fake, {}))
    in_transaction(world, lambda session: api.rotate(session, world.ours, fake, {"client_secret": SECRET}))
    assert in_transaction(world, lambda session: api.request_sync(session, world.ours, fake)) > job_id


def test_labels_are_free_once(world: World, vendor: Script, fake: int) -> None:
    with pytest.raises(Conflict, match="already a connection called Fake"):
        connect(world.ours, "fAKE")
    connect(world.theirs, "Fake")


def test_a_sandbox_is_possible_only_where_the_server_has_one(
    sqlite_world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="no sandbox"):
        connect(sqlite_world.ours, is_sandbox=True)
    with pytest.raises(Invalid, match="no sandbox"):
        api.test(sqlite_world.ours, "fake", VALUES, is_sandbox=True)
    monkeypatch.setenv("RCX_SANDBOX_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    found = row(sqlite_world, connect(sqlite_world.ours, is_sandbox=True))
    assert found.is_sandbox
    api.test(sqlite_world.ours, "fake", {}, connection_id=found.id)
    assert vendor.wires[-1].sandbox_url == "http://127.0.0.1:9"


# --- asking for syncs


def test_requests_that_wait_are_one_job_and_the_fuller_one_wins(world: World, vendor: Script, fake: int) -> None:
    first = in_transaction(world, lambda session: api.request_sync(session, world.ours, fake))
    assert in_transaction(world, lambda session: api.request_sync(session, world.ours, fake, full=True)) == first
    assert in_transaction(world, lambda session: api.request_sync(session, world.ours, fake)) == first
    with transaction(world.ours, read_only=True) as session:
        assert session.get_one(JobRun, first).args == {"connection_id": fake, "full": True}
        assert api.open_syncs(session, world.ours)[fake].id == first
    assert [detail["full"] for tag, detail in trail(world) if tag == "connection:sync"] == [False, True, False]


def test_all_means_those_that_can_be_synced(world: World, vendor: Script, fake: int) -> None:
    off, gone = connect(world.ours, "Off"), connect(world.ours, "Gone")
    with transaction(world.ours) as session:
        integrations.create(session, world.ours, side="usage", label="Files")
        integrations.set_enabled(session, world.ours, off, enabled=False)
        api.disconnect(session, world.ours, gone)
    with transaction(world.ours) as session:
        assert set(api.request_all(session, world.ours)) == {fake}
    with pytest.raises(Conflict, match="Off is switched off"):
        in_transaction(world, lambda session: api.request_sync(session, world.ours, off))


def test_a_connection_filled_by_files_has_no_settings(world: World, vendor: Script) -> None:
    with transaction(world.ours) as session:
        files = integrations.create(session, world.ours, side="usage", label="Files")
    calls: tuple[Callable[[Session], Any], ...] = (
        lambda session: api.settings_of(session, world.ours, files),
        lambda session: api.rotate(session, world.ours, files, VALUES),
        lambda session: api.disconnect(session, world.ours, files),
        lambda session: api.request_sync(session, world.ours, files),
    )
    for call in calls:
        with pytest.raises(Conflict, match="filled by files"):
            in_transaction(world, call)


def test_a_file_does_not_fill_what_an_api_fills(world: World, vendor: Script) -> None:
    fake = connect(world.ours, "NinjaOne")
    export = seats(("NinjaOne", "1", "a"))
    import_id = upload(world.ours, export, "seats.csv")
    with transaction(world.ours) as session:
        imports.start(session, world.ours, import_id)
    work_off(world.ours)
    assert look(world.ours, import_id).error == (
        "NinjaOne reads its vendor's API. Choose another label, or disconnect it first."
    )
    assert row(world, fake).state == "never"
    in_transaction(world, lambda session: api.disconnect(session, world.ours, fake))
    with transaction(world.ours) as session:
        imports.start(session, world.ours, import_id)
    work_off(world.ours)
    assert look(world.ours, import_id).state is ImportState.DONE


def test_cancelling_is_kept_in_the_trail_and_foreign_ids_are_not_found(world: World, vendor: Script, fake: int) -> None:
    job_id = in_transaction(world, lambda session: api.request_sync(session, world.ours, fake))
    with pytest.raises(NotFound), transaction(world.theirs) as session:
        cancel_syncs(session, world.theirs, fake)
    in_transaction(world, lambda session: cancel_syncs(session, world.ours, fake))
    assert in_transaction(world, lambda session: jobs.view(session, world.ours, job_id)).state is JobState.CANCELLED
    assert trail(world)[-1] == ("connection:sync:cancel", {"label": "Fake"})


# --- who may


def test_ids_of_another_workspace_are_not_found(world: World, vendor: Script, fake: int) -> None:
    theirs, before = world.theirs, row(world, fake)
    calls: tuple[Callable[[Session], Any], ...] = (
        lambda session: api.settings_of(session, theirs, fake),
        lambda session: api.rotate(session, theirs, fake, {"client_secret": "stolen-away"}),
        lambda session: api.disconnect(session, theirs, fake),
        lambda session: api.request_sync(session, theirs, fake),
    )
    for call in calls:
        with pytest.raises(NotFound), transaction(theirs) as session:
            call(session)
    with pytest.raises(NotFound):
        api.test(theirs, "fake", {}, connection_id=fake)
    with transaction(theirs) as session:
        assert api.request_all(session, theirs) == {}
        assert api.open_syncs(session, theirs) == {}
    assert vendor.secrets_seen == []
    assert row(world, fake) == before


def test_only_admins_connect_and_operators_sync(world: World, vendor: Script, fake: int) -> None:
    operator, viewer = world.as_role(Role.OPERATOR), world.as_role(Role.VIEWER)
    calls: tuple[Callable[[Session], Any], ...] = (
        lambda session: api.connect(session, operator, connector_id="fake", label="New", values=VALUES),
        lambda session: api.settings_of(session, operator, fake),
        lambda session: api.rotate(session, operator, fake, {}),
        lambda session: api.disconnect(session, operator, fake),
        lambda session: api.request_sync(session, viewer, fake),
        lambda session: api.request_all(session, viewer),
    )
    for call in calls:
        with pytest.raises(NotPermitted):
            in_transaction(world, call)
    with pytest.raises(NotPermitted):
        api.test(operator, "fake", VALUES)
    assert in_transaction(world, lambda session: api.request_sync(session, operator, fake))
