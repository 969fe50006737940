"""A file comes in whole or not at all: recognised, checked, asked about where it looks wrong, superseded by key."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from connectors.files.cells import LONGEST_KEY
from jobs import runner
from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import apply, imports, service, uploads
from rcx_app.domain.integrations.schemas import Health, ImportState, Settlement
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.models import (
    Account,
    AccountMapping,
    AuditEvent,
    Client,
    Connection,
    ImportProfile,
    JobRun,
    Line,
    Seat,
    StagedRecord,
    SyncRun,
)
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in, look, upload, work_off
from tests.domain.integrations.files import devices, lines, seats

TEN = [("Acme", f"d{number}") for number in range(10)]


def in_force(context: Context) -> set[str]:
    with transaction(context, read_only=True) as session:
        return set(
            session.scalars(
                select(Seat.external_id).where(
                    Seat.workspace_id == context.workspace_id, col(Seat.removed_at).is_(None)
                )
            )
        )


def test_a_device_export_is_recognised_and_imported(ours: Context) -> None:
    import_id = upload(ours, devices(*TEN), "devices.csv")
    seen = look(ours, import_id)
    assert (seen.state, seen.shape, seen.side) == (ImportState.ANALYSED, "ninjaone_devices", "usage")
    assert seen.confidence > 0.9
    assert (seen.label, seen.vendor, seen.connection_id) == ("NinjaOne", "ninjaone", None)
    assert seen.check is not None
    assert (seen.check.rows_read, seen.check.errors, seen.check.counts["seats"]) == (10, 0, 10)
    assert in_force(ours) == set()
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert look(ours, import_id).state is ImportState.IMPORTING
    assert work_off(ours) == ["done"]
    done = look(ours, import_id)
    assert done.state is ImportState.DONE
    assert done.result is not None
    assert done.result.connections[0].counts["seats"] == {
        "read": 10,
        "added": 10,
        "changed": 0,
        "unchanged": 0,
        "removed": 0,
    }
    assert len(in_force(ours)) == 10
    with transaction(ours, read_only=True) as session:
        view = service.connections(session, ours)[0]
        assert (view.label, view.vendor, view.health, view.word) == (
            "NinjaOne",
            "ninjaone",
            Health.HEALTHY,
            "Healthy",
        )
        assert (view.rows["seats"], view.rows["accounts"], view.last_file) == (10, 1, "devices.csv")
        assert [job.kind for job in jobs.open_jobs(session, ours, ["mapping.match"])] == ["mapping.match"]
        assert {row.tag for row in session.scalars(select(AuditEvent))} >= {"import:upload", "import:apply"}
        assert session.scalars(select(StagedRecord)).all() == []


def test_the_same_file_again_is_told_and_writes_no_row(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    import_id = upload(ours, devices(*TEN), "again.csv")
    assert look(ours, import_id).same_as is not None
    assert look(ours, import_id).is_remembered
    with transaction(ours, read_only=True) as session:
        before = [(row.id, row.changed_at, row.content_hash) for row in session.scalars(select(Seat).order_by(Seat.id))]
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    work_off(ours)
    result = look(ours, import_id).result
    assert result is not None
    assert result.written == 0
    assert result.connections[0].counts["seats"]["unchanged"] == 10
    with transaction(ours, read_only=True) as session:
        assert before == [
            (row.id, row.changed_at, row.content_hash) for row in session.scalars(select(Seat).order_by(Seat.id))
        ]


def test_a_newer_file_supersedes_by_key_and_marks_what_is_gone(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    newer = [*TEN[2:], ("Acme", "new")]
    done = bring_in(ours, devices(*newer, seen="2026-11-19 08:00:00"))
    assert done.result is not None
    assert done.result.connections[0].counts["seats"] == {
        "read": 9,
        "added": 1,
        "changed": 8,
        "unchanged": 0,
        "removed": 2,
    }
    assert in_force(ours) == {device for _, device in newer}
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Connection)).all()) == 1


@pytest.mark.parametrize(
    ("rows", "seen", "codes"),
    [
        (TEN[:3], "2026-11-18 08:00:00", ["fall"]),
        ([("Acme", f"x{number}") for number in range(10)], "2026-11-18 08:00:00", ["few_common"]),
        (TEN, "2026-10-18 08:00:00", ["older"]),
    ],
)
def test_a_file_that_looks_wrong_asks_before_it_changes_anything(
    ours: Context, rows: list[tuple[str, str]], seen: str, codes: list[str]
) -> None:
    bring_in(ours, devices(*TEN))
    asked = bring_in(ours, devices(*rows, seen=seen))
    assert (asked.state, [question.code for question in asked.questions]) == (ImportState.ANALYSED, codes)
    assert in_force(ours) == {device for _, device in TEN}
    with transaction(ours, read_only=True) as session:
        assert service.connections(session, ours)[0].health is Health.HEALTHY
        assert session.scalars(select(StagedRecord)).all() == []
    with transaction(ours) as session:
        imports.start(session, ours, asked.id, confirmed=True)
    assert work_off(ours) == ["done"]
    assert look(ours, asked.id).state is ImportState.DONE
    assert in_force(ours) == {device for _, device in rows}


def test_a_file_that_a_newer_one_has_superseded_asks(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    bring_in(ours, devices(*TEN, ("Acme", "new")))
    asked = bring_in(ours, devices(*TEN))
    assert [question.code for question in asked.questions] == ["superseded"]
    assert "new" in in_force(ours)


def test_rows_with_errors_are_refused_until_they_are_left_out(ours: Context) -> None:
    bad = lines(("c1", "l1", "P1", "5"), ("c1", "l2", "P2", "many"), ("c2", "l3", "P1", "7"))
    import_id = upload(ours, bad, "lines.csv")
    seen = look(ours, import_id)
    assert seen.check is not None
    assert (seen.check.rows_read, seen.check.rows_refused, seen.check.errors) == (3, 1, 1)
    with transaction(ours, read_only=True) as session:
        problem = imports.problems(session, ours, import_id).items[0]
        assert (problem.row, problem.column, problem.value, problem.is_error) == (3, "quantity", "many", True)
        assert problem.remedy
        preview = imports.preview(session, ours, import_id)
        assert [(row.row, len(row.problems)) for row in preview.rows] == [(2, 0), (3, 1), (4, 0)]
        listing = imports.problem_file(session, ours, import_id).read_text("utf-8-sig").splitlines()
    assert listing[0].startswith("severity,sheet,row,column")
    assert listing[1].startswith("error,,3,quantity,many")
    with pytest.raises(Invalid, match="1 of 3 rows have errors"), transaction(ours) as session:
        imports.start(session, ours, import_id)
    with transaction(ours) as session:
        imports.start(session, ours, import_id, leave_out_bad_rows=True)
    work_off(ours)
    done = look(ours, import_id)
    assert done.result is not None
    assert done.result.left_out == 1
    with transaction(ours, read_only=True) as session:
        assert set(session.scalars(select(Line.external_id))) == {"l1", "l3"}


def test_several_integrations_in_one_file_become_several_connections(ours: Context) -> None:
    done = bring_in(ours, seats(("NinjaOne", "1", "a"), ("Acronis", "1", "a"), ("ninjaone ", "2", "b")), "seats.csv")
    assert done.result is not None
    assert sorted(each.label for each in done.result.connections) == ["Acronis", "NinjaOne"]
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Account)).all()) == 3
        assert len(session.scalars(select(AccountMapping)).all()) == 3
    newer = bring_in(
        ours, seats(("NinjaOne", "1", "a"), ("NinjaOne", "2", "b"), seen="2026-11-19T08:00:00Z"), "seats.csv"
    )
    assert newer.result is not None
    assert [each.label for each in newer.result.connections] == ["NinjaOne"]
    with transaction(ours, read_only=True) as session:
        assert len(session.scalars(select(Seat).where(col(Seat.removed_at).is_(None))).all()) == 3


def test_a_mapping_file_is_taken_over_as_decisions(ours: Context) -> None:
    bring_in(ours, lines(("c1", "l1", "P1", "5")), "lines.csv")
    bring_in(ours, seats(("NinjaOne", "1", "a"), ("NinjaOne", "2", "b")), "seats.csv")
    done = bring_in(ours, "integration,account_id,client_id\nninjaone,1,c1\nNinjaOne,2,\n", "mapping.csv")
    assert done.state is ImportState.DONE
    assert done.result is not None
    assert done.result.mapped == 2
    with transaction(ours, read_only=True) as session:
        assert sorted(row.state for row in session.scalars(select(AccountMapping))) == ["excluded", "mapped"]
    failed = bring_in(ours, "integration,account_id,client_id\nGhost,1,c1\n", "mapping.csv")
    assert (failed.state, failed.error) == (
        ImportState.FAILED,
        "There is no connection called Ghost. Import its file first, or correct the name.",
    )


def test_a_list_of_clients_knows_better_than_lines_do(ours: Context) -> None:
    bring_in(ours, lines(("c1", "l1", "P1", "5"), ("c2", "l2", "P1", "5")), "lines.csv")
    listed = bring_in(ours, "id,name,domain\nc1,Acme,acme.example\nc3,Gamma,\n", "clients.csv")
    assert listed.result is not None
    assert listed.result.connections[0].counts["clients"] == {
        "read": 2,
        "added": 1,
        "changed": 1,
        "unchanged": 0,
        "removed": 0,
    }
    bring_in(ours, lines(("c1", "l1", "P1", "6"), ("c4", "l4", "P1", "1"), ("c2", "l2", "P1", "5")), "lines.csv")
    with transaction(ours, read_only=True) as session:
        names = {
            row.external_id: row.name for row in session.scalars(select(Client).where(col(Client.removed_at).is_(None)))
        }
    assert names == {"c1": "Acme", "c2": "Client c2", "c3": "Gamma", "c4": "Client c4"}


def test_settling_other_columns_and_another_connection(ours: Context) -> None:
    import_id = upload(ours, "Firm;Gadget;Count\nAcme;Thing;3\nBeta;Thing;4\n", "odd.csv")
    with transaction(ours) as session:
        imports.look_again(session, ours, import_id, shape="generic_usage")
    work_off(ours)
    assert look(ours, import_id).shape == "generic_usage"
    with transaction(ours) as session:
        settle_odd(session, ours, import_id, label=" ")
    work_off(ours)
    assert (look(ours, import_id).needs_target, look(ours, import_id).may_start) == (True, False)
    with pytest.raises(Invalid, match="which system"), transaction(ours) as session:
        imports.start(session, ours, import_id)
    with transaction(ours) as session:
        settle_odd(session, ours, import_id, label="Gadget shop")
    work_off(ours)
    seen = look(ours, import_id)
    assert [(column.header, column.field) for column in seen.columns] == [
        ("Firm", "account_name"),
        ("Gadget", "sku_name"),
        ("Count", "quantity"),
    ]
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert work_off(ours) == ["done"]
    second = look(ours, upload(ours, "Firm;Gadget;Count\nAcme;Thing;5\nBeta;Thing;4\n", "odd.csv"))
    assert (second.is_remembered, second.label, second.shape) == (True, "Gadget shop", "generic_usage")
    assert second.connection_id is not None


def settle_odd(session: object, context: Context, import_id: int, **target: object) -> int:
    columns = {"Firm": "account_name", "Gadget": "sku_name", "Count": "quantity"}
    return imports.settle(
        session,  # type: ignore[arg-type]
        context,
        import_id,
        Settlement(shape="generic_usage", columns=columns, **target),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": "nonsense"}, "no format"),
        ({"columns": {"Nope": "seat_id"}}, 'no column "Nope"'),
        ({"columns": {"ID": "nope"}}, "no field"),
        ({"columns": {"ID": "seat_id", "Display Name": "seat_id"}}, "Two columns feed"),
        ({"options": {"nope": 1}}, "no option"),
        ({"options": {"date_order": "backwards"}}, "date_order"),
    ],
)
def test_a_settlement_that_makes_no_sense_is_refused(
    sqlite_world: World, changes: dict[str, object], message: str
) -> None:
    ours = sqlite_world.ours
    import_id = upload(ours, devices(*TEN))
    base: dict[str, object] = {"shape": "ninjaone_devices", "columns": {"ID": "seat_id"}, "label": "NinjaOne"}
    with pytest.raises(Invalid, match=message), transaction(ours) as session:
        imports.settle(session, ours, import_id, Settlement(**(base | changes)))  # type: ignore[arg-type]


def test_nothing_of_a_failed_import_remains(ours: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = upload(ours, devices(*TEN))

    def fail(*_: object, **__: object) -> None:
        raise Invalid("The disk is on fire.")

    with monkeypatch.context() as patch:
        patch.setattr(apply, "_close", fail)
        with transaction(ours) as session:
            imports.start(session, ours, import_id)
        assert work_off(ours) == ["failed"]
    failed = look(ours, import_id)
    assert (failed.state, failed.error, failed.may_start) == (ImportState.FAILED, "The disk is on fire.", True)
    with transaction(ours, read_only=True) as session:
        for table in (Connection, Account, Seat, SyncRun, StagedRecord, ImportProfile):
            assert session.scalars(select(table)).all() == []
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert work_off(ours) == ["done"]
    assert len(in_force(ours)) == 10


def test_nothing_remains_of_an_import_that_used_up_its_attempts(ours: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = upload(ours, devices(*TEN))

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the database does not take this row"))

    with monkeypatch.context() as patch:
        patch.setattr(apply, "_close", fail)
        with transaction(ours) as session:
            job_id = imports.start(session, ours, import_id)
        outcomes = [runner.run_job(job_id) for _ in range(jobs.MAX_ATTEMPTS)]
    assert outcomes == ["put back", "put back", "failed"]
    assert look(ours, import_id).state is ImportState.FAILED
    with transaction(ours, read_only=True) as session:
        for table in (Connection, Account, Seat, SyncRun, StagedRecord, ImportProfile):
            assert session.scalars(select(table)).all() == []


def test_a_name_longer_than_an_index_takes_is_a_bad_cell(ours: Context) -> None:
    """Letters at random: PostgreSQL packs a repeated one and would take it."""
    name = secrets.token_hex(6000)
    import_id = upload(ours, devices(("Acme", "d0"), (name, "d1")))
    view = look(ours, import_id)
    assert view.check is not None
    assert (view.check.rows_read, view.check.rows_refused) == (2, 1)
    with transaction(ours, read_only=True) as session:
        (problem,) = imports.problems(session, ours, import_id).items
    assert (problem.row, problem.column) == (3, "Organization")
    assert "12,000 characters" in problem.message


def test_the_longest_name_that_is_read_is_stored(ours: Context) -> None:
    name = "".join(chr(0x4E00 + secrets.randbelow(20_000)) for _ in range(LONGEST_KEY))
    assert bring_in(ours, devices((name, "d0"))).state is ImportState.DONE
    assert in_force(ours) != set()


def test_a_failed_import_into_a_known_connection_says_why_and_leaves_the_data(
    ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_in(ours, devices(*TEN))
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_close", lambda *_: (_ for _ in ()).throw(Invalid("The disk is on fire.")))
        bring_in(ours, devices(*TEN[:8]))
    assert len(in_force(ours)) == 10
    with transaction(ours, read_only=True) as session:
        view = service.connections(session, ours)[0]
    assert (view.health, view.error) == (Health.FAILED, "The disk is on fire.")


def test_a_cancelled_import_changes_nothing_and_can_be_started_again(
    ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = upload(ours, devices(*TEN))
    original = JobHandle.progress

    def cancel_first(self: JobHandle, done: int, total: int = 0, note: str = "") -> None:
        with transaction(ours) as session:
            imports.cancel(session, ours, import_id)
        self._told_at = float("-inf")
        original(self, done, total, note)

    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    with monkeypatch.context() as patch:
        patch.setattr(JobHandle, "progress", cancel_first)
        assert work_off(ours) == ["stopped"]
    assert look(ours, import_id).state is ImportState.ANALYSED
    assert in_force(ours) == set()
    with transaction(ours) as session:
        imports.start(session, ours, import_id)
    assert work_off(ours) == ["done"]
    assert len(in_force(ours)) == 10


def test_a_file_that_can_not_be_read_says_why(ours: Context) -> None:
    seen = look(ours, upload(ours, b"%PDF-1.7 nothing", "invoice.csv"))
    assert seen.state is ImportState.FAILED
    assert seen.error.startswith("This is a PDF document")
    with pytest.raises(Conflict), transaction(ours) as session:
        imports.start(session, ours, seen.id)


def test_withdrawing_deletes_the_file(ours: Context) -> None:
    import_id = upload(ours, lines(("c1", "l1", "P1", "many")))
    problem_files = folders.exports(ours.workspace_id)
    assert [len(list(folder.iterdir())) for folder in (folders.uploads(), problem_files)] == [1, 1]
    with transaction(ours) as session:
        uploads.withdraw(session, ours, import_id)
    assert [*folders.uploads().iterdir(), *problem_files.iterdir()] == []
    with transaction(ours, read_only=True) as session:
        assert imports.imports(session, ours).items == ()
    with pytest.raises(Conflict), transaction(ours) as session:
        imports.start(session, ours, import_id)
    done = bring_in(ours, devices(*TEN))
    with pytest.raises(Conflict), transaction(ours) as session:
        uploads.withdraw(session, ours, done.id)


def test_old_uploads_are_deleted_and_their_data_stays(ours: Context) -> None:
    bring_in(ours, devices(*TEN))
    with transaction(ours) as session:
        assert uploads.sweep(session, ours) == 0
    with clock.frozen(clock.now() + timedelta(days=uploads.KEEP_DAYS + 1)), transaction(ours) as session:
        assert uploads.sweep(session, ours) == 1
    assert list(folders.uploads().iterdir()) == []
    assert len(in_force(ours)) == 10


def test_another_workspace_finds_nothing(world: World) -> None:
    ours, theirs = world.ours, world.theirs
    done = bring_in(ours, devices(*TEN))
    waiting = upload(ours, devices(*TEN))
    assert done.result is not None
    connection_id = done.result.connections[0].connection_id
    settlement = Settlement(shape="ninjaone_devices", columns={}, label="X")
    calls = (
        lambda session: imports.view(session, theirs, waiting),
        lambda session: imports.preview(session, theirs, waiting),
        lambda session: imports.problems(session, theirs, waiting),
        lambda session: imports.problem_file(session, theirs, waiting),
        lambda session: imports.settle(session, theirs, waiting, settlement),
        lambda session: imports.look_again(session, theirs, waiting),
        lambda session: imports.start(session, theirs, waiting),
        lambda session: imports.cancel(session, theirs, waiting),
        lambda session: uploads.withdraw(session, theirs, waiting),
        lambda session: service.connection(session, theirs, connection_id),
        lambda session: service.rename(session, theirs, connection_id, "Mine"),
        lambda session: service.set_enabled(session, theirs, connection_id, enabled=False),
    )
    for call in calls:
        with pytest.raises(NotFound), transaction(theirs) as session:
            call(session)
    with transaction(theirs, read_only=True) as session:
        assert service.connections(session, theirs) == []
        assert imports.imports(session, theirs).items == ()
    own = upload(theirs, devices(*TEN))
    settlement = Settlement(shape="ninjaone_devices", columns={}, connection_id=connection_id)
    with pytest.raises(NotFound), transaction(theirs) as session:
        imports.settle(session, theirs, own, settlement)


def test_a_viewer_may_look_but_not_import(sqlite_world: World) -> None:
    import_id = upload(sqlite_world.ours, devices(*TEN))
    viewer = sqlite_world.as_role(Role.VIEWER)
    assert look(viewer, import_id).shape == "ninjaone_devices"
    for call in (
        lambda session: imports.start(session, viewer, import_id),
        lambda session: uploads.withdraw(session, viewer, import_id),
        lambda session: imports.look_again(session, viewer, import_id),
        lambda session: service.create(session, viewer, side="psa", label="X"),
    ):
        with pytest.raises(NotPermitted), transaction(viewer) as session:
            call(session)


def test_lists_are_paged(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    wrong = lines(*[("c1", f"l{number}", "P1", "many") for number in range(120)])
    import_id = upload(ours, wrong)
    with transaction(ours, read_only=True) as session:
        page = imports.problems(session, ours, import_id)
        assert (len(page.items), page.total) == (imports.PROBLEMS_PAGE, 120)
        rest = imports.problems(session, ours, import_id, page.next_cursor)
        assert rest.items[0].row == page.items[-1].row + 1
        first = imports.preview(session, ours, import_id)
        second = imports.preview(session, ours, import_id, first.next_offset)
        assert second.rows[0].row == first.rows[-1].row + 1
    with transaction(ours, read_only=True) as session:
        assert session.scalars(select(JobRun.state)).all() == ["done"]


def test_the_registered_file_must_lie_in_the_upload_folder(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("a,b\n1,2\n")
    for name in ("../elsewhere.csv", "/etc/passwd", "missing"):
        with pytest.raises(NotFound), transaction(sqlite_world.ours) as session:
            uploads.register_upload(
                session, sqlite_world.ours, filename="x.csv", stored_as=name, sha256="0", size_bytes=1
            )
