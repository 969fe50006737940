"""The job `imports.analyse`: recognise an uploaded file (or take what a person settled on) and check all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.errors import FileError, Problem
from connectors.files import SHAPES, Guess, Profile, guess
from rcx_app.core import clock, folders
from rcx_app.core.db import transaction
from rcx_app.domain.integrations import notes
from rcx_app.domain.integrations.checking import Checked, check_file
from rcx_app.domain.integrations.imports import has_several
from rcx_app.domain.integrations.repository import ConnectionRepository, ImportRepository
from rcx_app.domain.integrations.schemas import ImportState
from rcx_app.domain.integrations.service import takes_files
from rcx_app.domain.integrations.vendors import proposed
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.models import Connection, ImportFile, ImportProfile

_FORCED = ("shape", "sheet", "header_row", "encoding", "delimiter")


def run(job: JobHandle) -> dict[str, Any]:
    """Look at the file, check every row, and keep both beside it. A file that can't be read is told on the file."""
    import_id = int(job.args["import_file_id"])
    with transaction(job.context, read_only=True) as session:
        repository = ImportRepository(session, job.context)
        row = repository.file(import_id)
        remembered = repository.profiles()
        profile = notes.profile_of(row) if job.args.get("keep") else None
    path = folders.existing(folders.uploads(), row.stored_as)
    job.progress(0, 0, "Looking at the file")
    recognised: Guess | None = None
    try:
        if profile is None:
            recognised = _recognise(path, remembered, job.args)
            profile = recognised.profile
        checked = _check(job, path, profile, import_id)
    except FileError as error:
        return _refuse(job, import_id, error.problems)
    return _keep(job, import_id, profile, recognised, checked)


def _recognise(path: Path, remembered: list[ImportProfile], args: dict[str, Any]) -> Guess:
    forced = {name: args[name] for name in _FORCED if args.get(name)}
    profiles = [] if forced.get("shape") else [notes.profile_from(each.profile) for each in remembered]
    return guess(path, remembered=profiles, **forced)


def _check(job: JobHandle, path: Path, profile: Profile, import_id: int) -> Checked:
    listing = folders.exports(job.context.workspace_id) / problem_file_name(import_id)

    def tell(done: int, total: int) -> None:
        job.progress(done, max(done, total), "Checking rows")

    return check_file(path, profile, listing, tell)


def problem_file_name(import_id: int) -> str:
    return f"import-{import_id}-problems.csv"


def _keep(
    job: JobHandle, import_id: int, profile: Profile, recognised: Guess | None, checked: Checked
) -> dict[str, Any]:
    context = job.context
    with transaction(context) as session:
        repository = ImportRepository(session, context)
        row = repository.file(import_id, lock=True)
        note = dict(row.guess)
        if recognised is not None:
            note = notes.guess_note(recognised)
            row.profile = {
                "profile": notes.profile_note(profile),
                **_propose(ConnectionRepository(session, context), repository, row, recognised),
            }
        shape = SHAPES[profile.shape]
        earlier = repository.done_with(row.sha256, row.id)
        listing = problem_file_name(import_id) if checked.problem_count else ""
        same_as = earlier.finished_at.isoformat() if earlier and earlier.finished_at else None
        title = {"title": shape.title, "side": shape.side, "same_as": same_as, "problem_file": listing}
        row.guess = {**note, **title, **checked.note(), "questions": [], "result": None}
        row.problems, row.problem_count = checked.problems, checked.problem_count
        row.state, row.error = ImportState.ANALYSED, ""
        result = {"rows": checked.check.rows_read if checked.check else 0, "problems": checked.problem_count}
        job.finish(session, result)
    return result


def _propose(
    connections: ConnectionRepository, repository: ImportRepository, row: ImportFile, recognised: Guess
) -> dict[str, Any]:
    """Where the file probably goes: the connection whose last file looked like it, else a new one."""
    if has_several(recognised.profile) or recognised.side == "mapping":
        return {"connection_id": None, "label": "", "vendor": ""}
    alike = [each for each in repository.profiles() if each.fingerprint == recognised.fingerprint]
    if alike:
        known = connections.get(Connection, alike[-1].connection_id)
        if known.side == recognised.side and takes_files(known):
            return {"connection_id": known.id, "label": known.label, "vendor": known.vendor}
    if row.profile.get("label") and row.guess.get("side") == recognised.side:
        return {name: row.profile[name] for name in ("connection_id", "label", "vendor")}
    vendor, label = proposed(recognised.profile.shape, recognised.side, row.filename)
    found = connections.labelled(label) if label else None
    if found is None and recognised.side == "psa":
        others = [each for each in connections.every() if each.side == "psa" and takes_files(each)]
        found = others[0] if len(others) == 1 else None
    if found is not None and not takes_files(found):
        found, label = None, ""
    if found is not None and found.side == recognised.side:
        return {"connection_id": found.id, "label": found.label, "vendor": found.vendor}
    return {"connection_id": None, "label": label, "vendor": vendor}


def _refuse(job: JobHandle, import_id: int, problems: tuple[Problem, ...]) -> dict[str, Any]:
    with transaction(job.context) as session:
        row = ImportRepository(session, job.context).file(import_id, lock=True)
        row.problems = [notes.problem_note(problem) for problem in problems[: notes.KEPT_PROBLEMS]]
        row.problem_count = len(problems)
        # A profile that does not fit can be corrected; a file that can't be opened can't.
        is_known = bool(row.profile.get("profile"))
        row.state = ImportState.ANALYSED if is_known else ImportState.FAILED
        row.error = notes.say(problems)
        row.guess = {**row.guess, "check": None, "problem_file": "", "questions": []}
        row.finished_at = None if is_known else clock.now()
        job.finish(session, {"problems": len(problems)})
    return {"problems": len(problems)}
