"""The job `imports.apply`: a file's rows are staged, judged, and put into force in one transaction; or nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session

from connectors.errors import FileError
from connectors.files import Conversion, Problem, convert
from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, RcxError, Unavailable
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import notes
from rcx_app.domain.integrations.intake import Intake, Plan, as_note
from rcx_app.domain.integrations.repository import ConnectionRepository, ImportRepository
from rcx_app.domain.integrations.schemas import ImportState, Question
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.jobs.schemas import JobCancelled, JobTakenOver
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.mapping.schemas import FileMapping
from rcx_app.domain.sync import service as sync
from rcx_app.models import Connection, ImportProfile

_OUR_SIDE = "Something went wrong on our side."


def run(job: JobHandle) -> dict[str, Any]:
    """Import the file. Where a doubt about it is not yet confirmed, nothing changes and the file asks its questions."""
    plan = _plan(job)
    intake = Intake(job.context, plan)
    try:
        return _import(job, plan, intake)
    except JobTakenOver:
        raise  # another attempt goes on; it clears this one's stage first
    except (Unavailable, OperationalError, InterfaceError):
        if job.is_last_attempt:
            _leave(job.context, plan, intake, ImportState.FAILED, _OUR_SIDE)
        raise  # else the next attempt clears the stage
    except JobCancelled:
        _leave(job.context, plan, intake, ImportState.ANALYSED, "")
        raise
    except FileError as error:
        reason = notes.say(error.problems)
        _leave(job.context, plan, intake, ImportState.FAILED, reason)
        named = [str(replace(problem, file=plan.filename)) for problem in error.problems[:20]]
        raise Invalid(reason, problems=named) from error
    except RcxError as error:
        _leave(job.context, plan, intake, ImportState.FAILED, str(error))
        raise
    except BaseException:
        _leave(job.context, plan, intake, ImportState.FAILED, _OUR_SIDE)
        raise


def _plan(job: JobHandle) -> Plan:
    context, import_id = job.context, int(job.args["import_file_id"])
    with transaction(context) as session:
        repository = ImportRepository(session, context)
        row = repository.file(import_id, lock=True)
        for run_id in repository.open_runs(import_id):
            sync.abandon(session, context, run_id, "Interrupted, and started again.")
        profile = notes.profile_of(row)
        if profile is None or row.state != ImportState.IMPORTING:
            raise Conflict("This file is not ready to be imported.", remedy="Open it and settle what is asked for.")
        return Plan(
            import_id=row.id,
            job_id=job.job_id,
            filename=row.filename,
            sha256=row.sha256,
            profile=profile,
            connection_id=row.profile.get("connection_id"),
            label=row.profile.get("label", ""),
            vendor=row.profile.get("vendor", ""),
        )


def _import(job: JobHandle, plan: Plan, intake: Intake) -> dict[str, Any]:
    conversion = _read(job, plan, intake)
    if conversion.errors and not job.args.get("leave_out"):
        raise Invalid(
            f"{conversion.rows_refused:,} of {conversion.rows_read:,} rows have errors.",
            remedy="Correct them and upload the file again, or leave these rows out.",
        )
    if not intake.targets and not intake.mappings:
        raise Invalid("The file has no rows to import.", remedy="Export it again.")
    doubts = [] if job.args.get("confirmed") else intake.questions()
    if doubts:
        return _ask(job, plan, intake, doubts)
    rows = intake.staged + len(intake.mappings)
    job.progress(rows, rows, f"Putting {rows:,} records into force")
    with transaction(job.context) as session:
        result = _put_into_force(session, job.context, plan, intake, conversion)
        job.finish(session, result)
    return result


def _read(job: JobHandle, plan: Plan, intake: Intake) -> Conversion:
    with transaction(job.context, read_only=True) as session:
        stored_as = ImportRepository(session, job.context).file(plan.import_id).stored_as
    path = folders.existing(folders.uploads(), stored_as)

    def tell(done: int, total: int) -> None:
        job.progress(done, max(done, total), "Reading rows")

    intake.open_default()
    conversion = convert(path, plan.profile, tell)
    for item in conversion:
        if not isinstance(item, Problem):
            intake.take(item)
    intake.flush()
    return conversion


def _put_into_force(
    session: Session, context: Context, plan: Plan, intake: Intake, conversion: Conversion
) -> dict[str, Any]:
    outcomes, written = [], 0
    for target in intake.targets:
        done = sync.switch(
            session,
            context,
            target.sync_run_id,
            complete_streams=intake.complete_streams(target),
            within_parents=plan.is_of_some_accounts,
            keep_parents=True,
        )
        written += done.total.written
        outcomes.append({"connection_id": target.connection_id, "label": target.label, "counts": done.as_dict()})
    mapped = _map(session, context, intake)
    result = {"connections": outcomes, "left_out": conversion.rows_refused, "written": written, "mapped": mapped}
    _close(session, context, plan, intake, conversion, result)
    if outcomes:
        jobs.enqueue(session, context, "mapping.match", {}, dedupe_key="match")
    return result


def _map(session: Session, context: Context, intake: Intake) -> int:
    """Take over the rows of a mapping file; returns how many accounts it changed."""
    if not intake.mappings:
        return 0
    connections = {row.label_key: row.id for row in ConnectionRepository(session, context).every()}
    unknown = sorted({row.integration for row in intake.mappings if fold(row.integration) not in connections})
    if unknown:
        raise Invalid(
            f"There is no connection called {unknown[0]}.",
            remedy="Import its file first, or correct the name.",
            problems=[f"There is no connection called {each}." for each in unknown],
        )
    rows = [
        FileMapping(
            connection_id=connections[fold(row.integration)],
            account_external_id=row.account_id,
            client_external_id=row.client_id,
        )
        for row in intake.mappings
    ]
    return mapping.apply_file(session, context, rows).accounts


def _close(
    session: Session, context: Context, plan: Plan, intake: Intake, conversion: Conversion, result: dict[str, Any]
) -> None:
    repository = ImportRepository(session, context)
    row = repository.file(plan.import_id, lock=True)
    row.state, row.error, row.finished_at = ImportState.DONE, "", clock.now()
    row.guess = {**row.guess, "result": result, "questions": []}
    if intake.targets:
        row.connection_id = intake.targets[0].connection_id
        _remember(repository, plan, row.connection_id, conversion)
    detail = {"filename": plan.filename, "written": result["written"], "left_out": result["left_out"]}
    audit.record(session, context, "import:apply", "import_file", row.id, detail)


def _remember(repository: ImportRepository, plan: Plan, connection_id: int, conversion: Conversion) -> None:
    """Keep how this header was read, for next month's file of the connection."""
    fingerprint = conversion.header.fingerprint
    known = [each for each in repository.profiles(connection_id) if each.fingerprint == fingerprint]
    note = notes.profile_note(plan.profile) | {"fingerprint": fingerprint}
    if known:
        known[0].profile, known[0].used_at = note, clock.now()
        return
    repository.add(
        ImportProfile(
            workspace_id=repository.workspace_id, connection_id=connection_id, fingerprint=fingerprint, profile=note
        )
    )


def _ask(job: JobHandle, plan: Plan, intake: Intake, doubts: list[Question]) -> dict[str, Any]:
    with transaction(job.context) as session:
        row = ImportRepository(session, job.context).file(plan.import_id, lock=True)
        row.state = ImportState.ANALYSED
        row.guess = {**row.guess, "questions": [as_note(doubt) for doubt in doubts]}
        for target in intake.targets:
            sync.abandon(session, job.context, target.sync_run_id, "A person must confirm it first.")
        result = {"questions": [as_note(doubt) for doubt in doubts]}
        job.finish(session, result)
    return result


def _leave(context: Context, plan: Plan, intake: Intake, state: ImportState, reason: str) -> None:
    """Nothing of a failed import remains: its stage, and connections it made. A connection that was there says why."""
    with transaction(context) as session:
        row = ImportRepository(session, context).file(plan.import_id, lock=True)
        if row.state != ImportState.IMPORTING:
            return
        row.state, row.error = state, reason
        connections = ConnectionRepository(session, context)
        for target in intake.targets:
            if state is ImportState.FAILED:
                sync.fail(session, context, target.sync_run_id, reason)
            else:
                sync.abandon(session, context, target.sync_run_id, reason)
            if target.is_new:
                connections.delete(connections.get(Connection, target.connection_id))
