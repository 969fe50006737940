"""Imports that fail, are cancelled or withdrawn leave nothing behind but the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from jobs import runner
from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.integrations import apply, imports, service, uploads
from rcx_app.domain.integrations.schemas import Health, ImportState
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.models import (
    Account,
    Connection,
    ImportProfile,
    Seat,
    StagedRecord,
    SyncRun,
)
from tests.domain.integrations.conftest import bring_in, look, upload, work_off
from tests.domain.integrations.files import devices, lines
from tests.domain.integrations.in_force import TEN, in_force


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
