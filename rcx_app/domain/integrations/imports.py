"""A file on its way in, as a person steers it: look at it, settle how it is read and where it goes, start, repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from connectors.files import SHAPES, Options, Profile
from rcx_app.core import folders
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.pagination import Page, decode_cursor, encode_cursor
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import notes
from rcx_app.domain.integrations.repository import ConnectionRepository, ImportRepository
from rcx_app.domain.integrations.schemas import (
    ImportRow,
    ImportState,
    ImportView,
    Preview,
    PreviewRow,
    ProblemView,
    Settlement,
    ShapeChoice,
)
from rcx_app.domain.integrations.service import check_takes_files
from rcx_app.domain.integrations.vendors import proposed
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.models import Connection, ImportFile

PROBLEMS_PAGE = 50
PREVIEW_PAGE = 25
# A file recognised with this confidence needs nobody's look. Known formats reach 0.85 and more, general ones about 0.5.
SURE_FROM = 0.8


def shapes() -> tuple[ShapeChoice, ...]:
    """All kinds of exports that can be read."""
    return tuple(
        ShapeChoice(
            id=shape.id,
            title=shape.title,
            side=shape.side,
            fields=tuple((field.name, field.label, field.kind) for field in shape.fields.values()),
            required=shape.required,
        )
        for shape in SHAPES.values()
    )


def imports(session: Session, context: Context, cursor: str = "") -> Page[ImportRow]:
    """Uploaded files that were not withdrawn, latest first."""

    def row_of(found: tuple[ImportFile, str, str]) -> ImportRow:
        row, who, label = found
        job = _job(session, context, row)
        check = notes.check_of(row)
        return ImportRow(
            id=row.id,
            filename=row.filename,
            size_bytes=row.size_bytes,
            state=notes.effective_state(row, job),
            title=row.guess.get("title", ""),
            confidence=row.guess.get("confidence", 0.0),
            rows=check.rows_read if check else row.guess.get("rows", 0),
            error_count=check.errors if check else row.problem_count,
            connection=label or row.profile.get("label", ""),
            error=_error(row, job),
            uploaded_by=who,
            uploaded_at=row.created_at,
            finished_at=row.finished_at,
            job=job,
            is_sure=_is_sure(row, job),
        )

    return ImportRepository(session, context).files(cursor).map(row_of)


def view(session: Session, context: Context, import_id: int) -> ImportView:
    """One file with all that is known of it. Raises NotFound."""
    row = ImportRepository(session, context).file(import_id)
    job, guess = _job(session, context, row), row.guess
    profile = notes.profile_of(row) or Profile(shape="")
    label = row.profile.get("label", "")
    connection_id = row.profile.get("connection_id")
    if connection_id is not None:
        label = ConnectionRepository(session, context).get(Connection, connection_id).label
    return ImportView(
        id=row.id,
        filename=row.filename,
        size_bytes=row.size_bytes,
        state=notes.effective_state(row, job),
        error=_error(row, job),
        uploaded_at=row.created_at,
        job=job,
        side=guess.get("side", ""),
        shape=profile.shape,
        title=guess.get("title", ""),
        confidence=guess.get("confidence", 0.0),
        is_remembered=guess.get("is_remembered", False),
        sheet=profile.sheet,
        sheets=tuple(guess.get("sheets", ())),
        header_row=profile.header_row,
        encoding=guess.get("encoding", ""),
        delimiter=guess.get("delimiter", ""),
        rows=guess.get("rows", 0),
        columns=notes.columns_of(row, profile),
        alternatives=tuple((each[0], each[1], each[2]) for each in guess.get("alternatives", ())),
        options=notes.profile_note(profile)["options"],
        connection_id=connection_id,
        label=label,
        vendor=row.profile.get("vendor", ""),
        has_several=has_several(profile),
        needs_target=needs_target(row),
        same_as=notes.time_of(guess.get("same_as")),
        check=notes.check_of(row),
        problem_count=row.problem_count,
        has_problem_file=bool(guess.get("problem_file")),
        questions=notes.questions_of(row),
        result=notes.result_of(row),
    )


def needs_target(row: ImportFile) -> bool:
    """Whether it must still be said which connection the file goes to."""
    profile = notes.profile_of(row)
    if profile is None or SHAPES[profile.shape].side == "mapping" or has_several(profile):
        return False
    return not row.profile.get("label")


def has_several(profile: Profile) -> bool:
    """Whether a column of the file says which integration a row belongs to."""
    return "integration" in profile.columns.values()


def preview(session: Session, context: Context, import_id: int, offset: int = 0) -> Preview:
    """The first rows of the file and those with problems, in the file's order, with what is wrong in each cell."""
    row = ImportRepository(session, context).file(import_id)
    by_row: dict[int, list[ProblemView]] = {}
    for note in row.problems:
        by_row.setdefault(note["row"], []).append(notes.problem_view(note))
    kept: dict[int, list[str]] = dict(row.guess.get("preview", ())) | dict(row.guess.get("problem_rows", ()))
    numbers = sorted(kept)
    shown = numbers[offset : offset + PREVIEW_PAGE]
    more = offset + PREVIEW_PAGE if len(numbers) > offset + PREVIEW_PAGE else 0
    rows = tuple(PreviewRow(row=at, cells=tuple(kept[at]), problems=tuple(by_row.get(at, ()))) for at in shown)
    return Preview(headers=tuple(each["header"] for each in row.guess.get("columns", ())), rows=rows, next_offset=more)


def problems(session: Session, context: Context, import_id: int, cursor: str = "") -> Page[ProblemView]:
    """Problems in the file's order; the first `notes.KEPT_PROBLEMS`, all of them are in the problem file."""
    row = ImportRepository(session, context).file(import_id)
    start = int(decode_cursor(cursor, length=1)[0]) if cursor else 0
    shown = tuple(notes.problem_view(note) for note in row.problems[start : start + PROBLEMS_PAGE])
    more = start + PROBLEMS_PAGE < len(row.problems)
    return Page(shown, encode_cursor([start + PROBLEMS_PAGE]) if more else "", row.problem_count)


def problem_file(session: Session, context: Context, import_id: int) -> Path:
    """All problems of a file as CSV, in the workspace's export folder. Raises NotFound where there are none."""
    row = ImportRepository(session, context).file(import_id)
    if not row.guess.get("problem_file"):
        raise NotFound("The list of problems")
    return folders.existing(folders.exports(context.workspace_id), row.guess["problem_file"])


def look_again(
    session: Session,
    context: Context,
    import_id: int,
    *,
    shape: str = "",
    sheet: str = "",
    header_row: int = 0,
    encoding: str = "",
    delimiter: str = "",
) -> int:
    """Have the file recognised anew with what a person knows better (another format, sheet, header row); a job's id."""
    if shape and shape not in SHAPES:
        raise Invalid(f"There is no format {shape!r}.", remedy="Choose one of the list.")
    row = _open(session, context, import_id)
    audit.record(session, context, "import:look_again", "import_file", row.id, {"filename": row.filename})
    forced = {"sheet": sheet, "header_row": header_row, "encoding": encoding, "delimiter": delimiter}
    return _analyse(session, context, row, {"shape": shape, **forced})


def settle(session: Session, context: Context, import_id: int, settlement: Settlement) -> int:
    """Keep what a person settled on and check the whole file by it; returns the job's id.

    Raises Invalid for an unknown format, column, field or option, or for two columns that feed one field; NotFound for
    a connection that is not ours or of the other side. Where the file goes may stay open until it is started.
    """
    row = _open(session, context, import_id)
    current = notes.profile_of(row)
    if current is None:
        raise Conflict("This file has not been looked at yet.", remedy="Wait a moment.")
    profile = _profile(row, current, settlement)
    row.profile = {"profile": notes.profile_note(profile), **_target(session, context, profile, settlement)}
    detail = {"filename": row.filename, "shape": settlement.shape}
    audit.record(session, context, "import:settle", "import_file", row.id, detail)
    return _analyse(session, context, row, {"keep": True})


def start(
    session: Session, context: Context, import_id: int, *, confirmed: bool = False, leave_out_bad_rows: bool = False
) -> int:
    """Start the import; returns the job's id.

    `confirmed` says that the person has seen the questions of the last try (`ImportView.questions`) and means it.
    `leave_out_bad_rows` imports the good rows only: then a row with an error counts as not in the file.
    Raises Conflict where the file is not ready, and Invalid where it has errors that were not said to be left out.
    """
    row = _open(session, context, import_id)
    check = notes.check_of(row)
    if check is None:
        raise Conflict("This file is not ready to be imported.", remedy="Settle what is asked for first.")
    if needs_target(row):
        raise Invalid("It is not said which system this file comes from.", remedy="Choose a connection or name one.")
    if check.errors and not leave_out_bad_rows:
        raise Invalid(
            f"{check.rows_refused:,} of {check.rows_read:,} rows have errors.",
            remedy="Correct them in the file and upload it again, or leave these rows out.",
        )
    row.state, row.error = ImportState.IMPORTING, ""
    row.guess = {**row.guess, "questions": []}
    args = {"import_file_id": row.id, "confirmed": confirmed, "leave_out": leave_out_bad_rows}
    detail = {"filename": row.filename, "leave_out_bad_rows": leave_out_bad_rows}
    audit.record(session, context, "import:start", "import_file", row.id, detail)
    row.job_id = jobs.enqueue(session, context, "imports.apply", args)
    session.flush()
    return row.job_id


def start_sure(session: Session, context: Context, import_ids: Sequence[int]) -> int:
    """Start those of these files that need nobody's look (`ImportRow.is_sure`); returns how many."""
    started = 0
    for import_id in import_ids:
        row = ImportRepository(session, context).file(import_id, lock=True)
        if _is_sure(row, _job(session, context, row)):
            start(session, context, import_id)
            started += 1
    return started


def _is_sure(row: ImportFile, job: JobView | None) -> bool:
    """Whether a file may be imported as it stands: known for certain, without a bad row, a doubt or a question."""
    check = notes.check_of(row)
    return (
        row.state == ImportState.ANALYSED
        and (job is None or not job.is_open)
        and check is not None
        and check.rows_read > 0
        and check.errors == 0
        and row.guess.get("confidence", 0.0) >= SURE_FROM
        and not needs_target(row)
        and not notes.questions_of(row)
    )


def cancel(session: Session, context: Context, import_id: int) -> None:
    """Stop the analysis or the import that is under way. Raises Conflict where none is."""
    context.require(Permission.IMPORT)
    row = ImportRepository(session, context).file(import_id)
    if row.job_id is None:
        raise Conflict("Nothing is under way for this file.")
    jobs.cancel(session, context, row.job_id)
    audit.record(session, context, "import:cancel", "import_file", row.id, {"filename": row.filename})


def _open(session: Session, context: Context, import_id: int) -> ImportFile:
    """The file, where a person may still decide about it."""
    context.require(Permission.IMPORT)
    row = ImportRepository(session, context).file(import_id, lock=True)
    job = _job(session, context, row)
    state = notes.effective_state(row, job)
    if state in (ImportState.IMPORTING, ImportState.DONE, ImportState.WITHDRAWN) or not row.stored_as:
        raise Conflict("This file is being imported, was imported or was withdrawn.", remedy="Upload it again.")
    if job is not None and job.is_open:
        jobs.cancel(session, context, job.id)
    return row


def _analyse(session: Session, context: Context, row: ImportFile, args: dict[str, Any]) -> int:
    row.guess = {**row.guess, "check": None, "questions": []}
    row.error = ""
    row.job_id = jobs.enqueue(session, context, "imports.analyse", {"import_file_id": row.id, **args})
    session.flush()
    return row.job_id


def _profile(row: ImportFile, current: Profile, settlement: Settlement) -> Profile:
    shape = SHAPES.get(settlement.shape)
    if shape is None:
        raise Invalid(f"There is no format {settlement.shape!r}.", remedy="Choose one of the list.")
    headers = {note["header"] for note in row.guess.get("columns", ())}
    columns = {header: field for header, field in settlement.columns.items() if field}
    for header, field in columns.items():
        if header not in headers:
            raise Invalid(f'The file has no column "{header}".')
        if field not in shape.fields:
            raise Invalid(f'"{field}" is no field of {shape.title}.', remedy="Choose another field.")
    doubled = [field for field in set(columns.values()) if list(columns.values()).count(field) > 1]
    if doubled:
        raise Invalid(f"Two columns feed {shape.fields[doubled[0]].label}.", remedy="Choose one of them.")
    return replace(current, shape=shape.id, columns=columns, options=_options(current.options, settlement.options))


def _options(current: Options, chosen: Mapping[str, Any]) -> Options:
    known = asdict(current)
    unknown = set(chosen) - set(known)
    if unknown:
        raise Invalid(f"There is no option {sorted(unknown)[0]!r}.")
    merged = {**known, **chosen}
    as_of = merged["as_of"]
    merged["as_of"] = as_of.isoformat() if isinstance(as_of, date) else as_of or None
    try:
        return Profile.from_json(json.dumps({"shape": "", "options": merged})).options
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][-1]) if wrong["loc"] else "option"
        raise Invalid(f"{name}: {wrong['msg']}.", remedy="Choose another value.") from error


def _target(session: Session, context: Context, profile: Profile, settlement: Settlement) -> dict[str, Any]:
    side = SHAPES[profile.shape].side
    if side == "mapping" or (has_several(profile) and side == "usage"):
        return {"connection_id": None, "label": "", "vendor": ""}
    repository = ConnectionRepository(session, context)
    if settlement.connection_id is not None:
        found = repository.get(Connection, settlement.connection_id)
        if found.side != side:
            raise NotFound(repository.noun, remedy=f"Choose one of the {'PSA' if side == 'psa' else 'usage'} side.")
        check_takes_files(found)
        return {"connection_id": found.id, "label": found.label, "vendor": found.vendor}
    label = " ".join(settlement.label.split())
    known = repository.labelled(label) if label else None
    if known is not None and known.side != side:
        raise Conflict(f"{known.label} is a connection of the other side.", remedy="Choose another label.")
    if known is not None:
        check_takes_files(known)
    vendor = settlement.vendor or proposed(profile.shape, side)[0]
    return {"connection_id": known.id if known else None, "label": label, "vendor": vendor}


def _job(session: Session, context: Context, row: ImportFile) -> JobView | None:
    return jobs.view(session, context, row.job_id) if row.job_id else None


def _error(row: ImportFile, job: JobView | None) -> str:
    return row.error or (job.error if job is not None else "")
