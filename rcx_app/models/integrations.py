"""Connections to systems, uploaded files with their remembered profiles, and the runs that filled our tables."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from rcx_app.models.base import WorkspaceRow, json_field, ref, time_field


class Connection(WorkspaceRow, table=True):
    """One instance of a source. `side` is psa or usage, `vendor` what it is ("ninjaone"), `connector` how it is read.

    `label` is what people call it, unique in the workspace; rules name it by label or vendor (folded in `label_key`).
    `state`: never | ok | partial | failed, of the last run.
    A connection that reads an API: `settings` are what was entered, without secrets; `credentials` the secrets,
    encrypted, None once it is disconnected. `cursors`: stream -> where its next incremental read begins.
    `must_read_whole`: the settings were changed, so that the next run trusts no cursor. `last_failure` says more of
    `last_error`: kind, whose, message, remedy, streams. `expires_on`: the last day of the credentials, where somebody
    entered it. `auto_confirm`: an admin lets the model map accounts of this connection by itself above the workspace's
    auto-confirm threshold. `matched_from`: a hash of all that its accounts were last matched from; while it is the
    same there is nothing to match.
    """

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("workspace_id", "label_key"),)

    side: str
    vendor: str
    connector: str = "file"
    label: str
    label_key: str
    is_enabled: bool = True
    state: str = "never"
    credentials: bytes | None = Field(default=None, sa_type=LargeBinary)
    last_complete_at: datetime | None = time_field()
    last_failed_at: datetime | None = time_field()
    last_error: str = ""
    last_failure: dict[str, Any] = json_field(dict)
    settings: dict[str, Any] = json_field(dict)
    is_sandbox: bool = False
    may_write: bool = False
    cursors: dict[str, Any] = json_field(dict)
    must_read_whole: bool = False
    checked_at: datetime | None = time_field()
    expires_on: date | None = None
    auto_confirm: bool = False
    matched_from: str = ""


class ImportProfile(WorkspaceRow, table=True):
    """How a file of this connection was read the last time. `fingerprint` recognises the header row next month."""

    __tablename__ = "import_profile"
    __table_args__ = (UniqueConstraint("workspace_id", "connection_id", "fingerprint"),)

    connection_id: int = ref("connection.id", index=True)
    fingerprint: str = Field(index=True)
    profile: dict[str, Any] = json_field(dict)
    used_at: datetime = time_field(default_now=True)


class ImportFile(WorkspaceRow, table=True):
    """An uploaded file on its way in.

    `state`: uploaded -> analysed -> importing -> done | failed | withdrawn. `stored_as` is a name inside the upload
    folder, never a path from outside. `guess` is what was recognised, `profile` what the person settled on.
    """

    __tablename__ = "import_file"
    __table_args__ = (Index("ix_import_file_workspace_id_state", "workspace_id", "state"),)

    filename: str
    stored_as: str
    sha256: str
    size_bytes: int
    state: str = "uploaded"
    connection_id: int | None = ref("connection.id", nullable=True)
    uploaded_by: int | None = ref("user_account.id", nullable=True)
    job_id: int | None = ref("job_run.id", nullable=True)
    guess: dict[str, Any] = json_field(dict)
    profile: dict[str, Any] = json_field(dict)
    problems: list[Any] = json_field(list)
    problem_count: int = 0
    error: str = ""
    finished_at: datetime | None = time_field()


class SyncRun(WorkspaceRow, table=True):
    """One run over a connection. `counts` by stream: read, added, changed, unchanged, removed.

    `mode`: quick | full. `state`: running -> done | partial | failed | cancelled. `failures`: list of {stream, kind,
    whose, message, remedy}; `notes`: remarks of the connector. `retry_at`: when the vendor allows another try.
    """

    __tablename__ = "sync_run"

    connection_id: int = ref("connection.id", index=True)
    job_id: int | None = ref("job_run.id", nullable=True)
    import_file_id: int | None = ref("import_file.id", nullable=True)
    mode: str = "full"
    state: str = "running"
    counts: dict[str, Any] = json_field(dict)
    error: str = ""
    failures: list[Any] = json_field(list)
    notes: list[Any] = json_field(list)
    retry_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()


class StagedRecord(WorkspaceRow, table=True):
    """A record read but not yet in force. A stream takes effect only when complete; then its stage is emptied.

    An unchanged record has an empty payload; one that the source says is gone has the `content_hash` "gone".
    """

    __tablename__ = "staged_record"
    __table_args__ = (UniqueConstraint("sync_run_id", "stream", "external_id"),)

    sync_run_id: int = ref("sync_run.id", cascade=True)
    stream: str
    external_id: str
    content_hash: str
    payload: dict[str, Any] = json_field(dict)
