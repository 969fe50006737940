"""Uploaded files on the disk: taking note of one, withdrawing it, and deleting those that nobody needs any more.

A file is kept for `KEEP_DAYS` after its import, so that a person can look at what was imported; then, when it is
withdrawn, or `FAILED_KEEP_DAYS` after it failed, it is deleted. What was imported stays.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import after_commit
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations.notes import effective_state
from rcx_app.domain.integrations.repository import ImportRepository
from rcx_app.domain.integrations.schemas import ImportState
from rcx_app.domain.jobs import service as jobs
from rcx_app.models import ImportFile

KEEP_DAYS = 30
FAILED_KEEP_DAYS = 7


def register_upload(
    session: Session, context: Context, *, filename: str, stored_as: str, sha256: str, size_bytes: int
) -> int:
    """Take note of a file that lies in the upload folder as `stored_as`, and have it analysed; returns the import's id.

    Raises NotFound where no such file lies there, and Invalid for an empty one.
    """
    context.require(Permission.IMPORT)
    folders.existing(folders.uploads(), stored_as)
    if size_bytes <= 0:
        raise Invalid("The file is empty.", remedy="Check it, and choose it again.")
    repository = ImportRepository(session, context)
    row = repository.add(
        ImportFile(
            workspace_id=context.workspace_id,
            filename=filename,
            stored_as=stored_as,
            sha256=sha256,
            size_bytes=size_bytes,
            uploaded_by=context.user_id,
        )
    )
    audit.record(session, context, "import:upload", "import_file", row.id, {"filename": filename, "sha256": sha256})
    row.job_id = jobs.enqueue(session, context, "imports.analyse", {"import_file_id": row.id})
    session.flush()
    return row.id


def withdraw(session: Session, context: Context, import_id: int) -> None:
    """Take a file back that was not imported: it is deleted. Raises Conflict where it is being or was imported."""
    context.require(Permission.IMPORT)
    row = ImportRepository(session, context).file(import_id, lock=True)
    job = jobs.view(session, context, row.job_id) if row.job_id else None
    if effective_state(row, job) in (ImportState.IMPORTING, ImportState.DONE):
        raise Conflict("This file is being imported or was imported.", remedy="Import a newer file to supersede it.")
    if job is not None and job.is_open:
        jobs.cancel(session, context, job.id)
    row.state, row.finished_at = ImportState.WITHDRAWN, clock.now()
    audit.record(session, context, "import:withdraw", "import_file", row.id, {"filename": row.filename})
    _delete_after_commit(session, row)


def sweep(session: Session, context: Context) -> int:
    """Delete uploads that have served their time; returns how many."""
    repository = ImportRepository(session, context)
    now = clock.now()
    old = repository.finished_before(now - timedelta(days=KEEP_DAYS), ("done", "uploaded", "analysed"))
    old += repository.finished_before(now - timedelta(days=FAILED_KEEP_DAYS), ("failed",))
    for row in old:
        if row.state != ImportState.DONE:
            row.state, row.finished_at = ImportState.WITHDRAWN, now
        _delete_after_commit(session, row)
    return len(old)


def _delete_after_commit(session: Session, row: ImportFile) -> None:
    """Delete the upload and the list of its problems once it is sure that nobody will ask for them."""
    gone = [(folders.uploads(), row.stored_as), (folders.exports(row.workspace_id), row.guess.get("problem_file", ""))]
    row.stored_as, row.guess = "", {**row.guess, "problem_file": ""}
    session.flush()

    def delete() -> None:
        for folder, name in gone:
            try:
                folders.existing(folder, name).unlink()
            except (NotFound, FileNotFoundError):
                continue  # there never was one, or somebody else has deleted it

    after_commit(session, delete)
