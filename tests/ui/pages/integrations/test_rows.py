"""Runs, syncs, connectors and forms in words; and a page of many of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors import registry
from connectors.http.failures import Whose
from rcx_app.core.context import Context
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations.catalogue import catalogue
from rcx_app.domain.integrations.schemas import ConnectionView, Health
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync.rows import STREAMS
from rcx_app.domain.sync.schemas import Failure, StreamCounts, SyncRunView
from rcx_app.ui import words
from rcx_app.ui.pages.integrations import about_rows, form_rows, run_rows
from rcx_app.ui.pages.integrations.rows import connection_row, stream_name
from rcx_app.ui.pages.integrations.wizard_rows import target_choices

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB = JobView(
    id=7,
    kind="sync.run",
    state=JobState.RUNNING,
    done=0,
    total=0,
    note="Reading seats",
    error="",
    result={},
    args={"connection_id": 3},
    created_at=NOON,
    finished_at=None,
)
RUN = SyncRunView(
    id=9,
    connection_id=3,
    mode="quick",
    state="done",
    counts={"seats": StreamCounts(read=1308, added=4, changed=1, unchanged=1301, removed=2)},
    error="",
    import_file_id=None,
    started_at=NOON,
    finished_at=NOON + timedelta(seconds=41),
)
VIEWER = Context(workspace_id=1, user_id=1, role=Role.VIEWER)


def connection(**more: object) -> ConnectionView:
    known = ConnectionView(
        id=3,
        side="usage",
        vendor="pax8",
        label="Pax8 EU",
        connector="pax8",
        is_enabled=True,
        health=Health.HEALTHY,
        word="Healthy",
        error="",
        last_complete_at=NOON,
        rows={"accounts": 2, "seats": 53},
        last_file="",
    )
    return replace(known, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.0 s"), (0.42, "0.4 s"), (41.9, "41 s"), (64, "1 min 04 s"), (7500, "2 h 05 min"), (-3, "0.0 s")],
)
def test_durations_are_told_in_two_parts_at_most(seconds: float, said: str) -> None:
    assert run_rows.duration(timedelta(seconds=seconds)) == said


def test_a_run_tells_what_it_did_and_how_long_it_took() -> None:
    row = run_rows.run_row(RUN)
    assert (row.result, row.tone, row.took, row.rows, row.changes) == (
        "Complete",
        "ok",
        "41 s",
        "1,308",
        "4 added, 1 changed, 2 gone",
    )
    detail = run_rows.run_detail(RUN)
    assert detail.lines == [run_rows.StreamLine("Seats", "1,308", "4", "1", "2")]
    assert detail.mode == "Quick sync"


def test_a_run_without_a_change_says_so_and_a_failed_one_claims_no_rows() -> None:
    same = replace(RUN, counts={"seats": StreamCounts(read=5, unchanged=5)})
    assert run_rows.run_row(same).changes == "nothing changed"
    failed = run_rows.run_row(replace(RUN, state="failed", counts={}))
    assert (failed.result, failed.rows, failed.changes) == ("Failed", "", "")


def test_a_run_that_the_vendor_put_off_says_until_when() -> None:
    at = NOON + timedelta(minutes=9)
    later = replace(RUN, state="partial", retry_at=at)
    said = "It is tried again by itself at 20 Nov 2026, 12:09 UTC, as soon as the vendor allows it."
    assert run_rows.run_detail(later, at).again == said
    assert run_rows.run_detail(later).again == "", "what the vendor allows is no promise where nobody tries"
    paused = run_rows.run_detail(replace(later, retry_at=None), at).again
    assert paused == "It is tried again by itself at 20 Nov 2026, 12:09 UTC."


def test_every_turn_and_every_stream_has_its_words() -> None:
    assert set(run_rows.WHOSE) == {each.value for each in Whose}
    assert {stream_name(name) for name in STREAMS} >= {"Invoice lines", "SKUs", "Charges"}
    assert "sync.run" in words.JOBS


def test_the_pace_is_known_after_some_seconds_and_begins_anew_with_the_next_stream() -> None:
    pace = run_rows.Pace()
    assert pace.of(JOB, 0) is None
    assert pace.of(replace(JOB, done=100), 1) is None
    assert pace.of(replace(JOB, done=400), 4) == 100
    assert pace.of(replace(JOB, done=420), 5) == 100
    assert pace.of(replace(JOB, done=10), 6) is None


def test_a_sync_under_way_says_stream_count_rate_and_time() -> None:
    line = run_rows.sync_line(replace(JOB, done=5620), NOON, NOON + timedelta(seconds=64), 88.4)
    assert (line.note, line.detail, line.total) == ("Reading seats", "5,620 read, 88/s, 1 min 04 s", 0)
    waiting = run_rows.sync_line(replace(JOB, state=JobState.SENT), None, NOON + timedelta(seconds=5))
    assert (waiting.note, waiting.detail) == ("Waiting for its turn", "5 s")


def test_the_end_of_a_sync_is_told_with_its_numbers() -> None:
    result = {"label": "Pax8", "counts": {"seats": {"read": 3118}}, "written": 4, "failures": []}
    done = replace(JOB, state=JobState.DONE, result=result)
    assert run_rows.outcome_of(done) == ("Pax8 is synced", "ok", "3,118 seats; 4 records changed.")
    quiet = replace(done, result={**result, "counts": {}, "written": 0})
    assert run_rows.outcome_of(quiet) == ("Pax8 is synced", "ok", "Nothing has changed.")
    part = replace(done, result={**result, "failures": [{}]})
    assert run_rows.outcome_of(part)[:2] == ("Pax8 was read in part", "under")
    failed = replace(JOB, state=JobState.FAILED, error="Pax8: refused.")
    assert run_rows.outcome_of(failed) == ("A sync failed", "fail", "Pax8: refused.")


def test_a_failure_names_the_records_that_stay_as_they_were() -> None:
    failure = Failure(kind="timed_out", whose="vendor", message="m", remedy="r", streams=("seats", "invoice_lines"))
    row = run_rows.failure_row(failure)
    assert (row.whose, row.what) == ("The vendor's turn", "Seats, Invoice lines")


def test_a_connection_says_what_its_label_does_not() -> None:
    names = {"pax8": "Pax8"}
    assert connection_row(connection(), names).detail == ""
    assert connection_row(connection(label="East"), names).detail == "Pax8"
    psa = connection(label="Main", side="psa", connector="connectwise")
    assert connection_row(psa, {"connectwise": "ConnectWise PSA"}).detail == "ConnectWise PSA, PSA"
    assert connection_row(connection(label="Halo PSA", side="psa", connector="file"), {}).detail == ""


def test_a_connection_off_or_disconnected_is_not_offered_a_sync() -> None:
    for off in ({"is_enabled": False}, {"is_connected": False}, {"connector": "file"}):
        assert not connection_row(connection(**off), {}).may_sync
    assert connection_row(connection(), {}, JOB).health == "Syncing"


def test_files_go_only_where_no_api_is_read() -> None:
    views = [connection(id=1), connection(id=2, is_connected=False), connection(id=3, connector="file")]
    assert [each.value for each in target_choices(views, "usage")] == ["2", "3", "new"]


def test_every_connector_there_is_fills_its_card_and_its_form() -> None:
    entries = catalogue(VIEWER)
    assert len(entries) == len(registry.CONNECTORS)
    for entry in entries:
        card, about = about_rows.card(entry, {}), about_rows.about(entry)
        assert all((card.name, card.category, card.summary, card.reads, card.writes, card.proof))
        assert about.streams
        assert about.limits
        assert len(about.rights) + len(about.write_rights) == len(entry.privileges)
        assert about_rows.fits(entry, f"{entry.category} {entry.name}")
        for row in form_rows.field_rows(entry):
            assert row.label
            assert not (row.is_secret and row.value)


def test_only_fields_that_were_asked_are_read_from_a_form() -> None:
    form = {"client_id": "x", "client_secret": {"$ne": None}, "is_sandbox": "on", form_rows.LABEL: " A  b "}
    assert form_rows.entered(form, ["client_id", "client_secret"]) == {"client_id": "x"}
    assert form_rows.label_of(form) == "A b"
    assert form_rows.label_of({form_rows.LABEL: ["x"]}) == ""


def test_a_script_that_fills_fields_holds_values_as_data_only() -> None:
    script = form_rows.filling({"host": '"); alert("x'})
    assert json.dumps({"field-host": '"); alert("x'}) in script
