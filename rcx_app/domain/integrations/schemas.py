"""What the integrations slice hands to its callers, and what it keeps as JSON beside an import; no tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from rcx_app.domain.jobs.schemas import JobView


class Health(StrEnum):
    """A connection's light: green, yellow, red; and none, where a person switched it off."""

    HEALTHY = "healthy"
    ATTENTION = "attention"
    FAILED = "failed"
    OFF = "off"


class ImportState(StrEnum):
    """Where a file stands on its way in."""

    UPLOADED = "uploaded"
    ANALYSED = "analysed"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """Why a vendor's API did not give what was asked. `whose` turn it is: admin, vendor, network or rcx.

    `kind` is stable (`connectors.http.failures`); `streams` are those that stay as they were for it.
    """

    kind: str
    whose: str
    message: str
    remedy: str
    streams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A test that signed in: whose account it is, what can't be read for want of a right, and remarks."""

    account: str
    missing: tuple[FailureView, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingView:
    """One thing entered for a connection. The `value` of a secret is always empty."""

    name: str
    label: str
    is_secret: bool
    is_set: bool
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """What was entered for a connection. `is_connected` False: its credentials were deleted."""

    connection_id: int
    connector: str
    label: str
    is_connected: bool
    is_sandbox: bool
    may_write: bool
    checked_at: datetime | None
    fields: tuple[SettingView, ...]
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionView:
    """A connection with its health. `rows` counts what is in force by stream; `word` says the health in words.

    `reason`, `whose` turn it is and `remedy` say why it has that health. `failure` says more of `error` where an API
    was read; `is_connected` is False only for one whose credentials were deleted. `expires_on`: their last day, where
    somebody entered it.
    """

    id: int
    side: str
    vendor: str
    label: str
    connector: str
    is_enabled: bool
    health: Health
    word: str
    error: str
    last_complete_at: datetime | None
    rows: Mapping[str, int]
    last_file: str
    failure: FailureView | None = None
    is_connected: bool = True
    is_sandbox: bool = False
    reason: str = ""
    whose: str = ""
    remedy: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionHealth:
    """How a connection does and why, without what it holds. One that is switched off asks for no attention."""

    id: int
    label: str
    side: str = ""
    connector: str = ""
    is_connected: bool = True
    is_enabled: bool
    health: Health
    word: str
    last_complete_at: datetime | None
    reason: str = ""
    whose: str = ""
    remedy: str = ""

    @property
    def needs_attention(self) -> bool:
        return self.is_enabled and self.health is not Health.HEALTHY


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChangeView:
    """A connection's health became another, or had other causes. `before` is None for the first one that is known."""

    id: int
    connection_id: int
    label: str
    before: Health | None
    after: Health
    word: str
    reason: str
    whose: str
    remedy: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeChoice:
    """A kind of export a person may choose. `fields` are (name, label, kind); `required` lists groups, one of each."""

    id: str
    title: str
    side: str
    fields: tuple[tuple[str, str, str], ...]
    required: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnView:
    """One column of the file and what it feeds; `field` empty: it is kept as an attribute."""

    header: str
    field: str
    confidence: float
    content: str
    samples: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """What is wrong in one cell, row or file (row 0)."""

    row: int
    column: str
    value: str
    message: str
    remedy: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """A row of the file as text, with what is wrong by column."""

    row: int
    cells: tuple[str, ...]
    problems: tuple[ProblemView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A page of the first rows and of the rows with problems. `next_offset` 0: there is no further page."""

    headers: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    next_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A doubt that a person must settle before the import goes on; `code` is stable, `text` is a whole sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What reading the whole file with the chosen columns found. `counts` are records by stream."""

    rows_read: int
    rows_refused: int
    errors: int
    warnings: int
    counts: Mapping[str, int]
    integrations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedConnection:
    """The outcome for one connection: `counts` by stream as in `sync.schemas.StreamCounts`."""

    connection_id: int
    label: str
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """The outcome of an import. `mapped` and `excluded` are for a mapping file."""

    connections: tuple[ImportedConnection, ...] = ()
    left_out: int = 0
    written: int = 0
    mapped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a person settled on for a file.

    `shape`, `columns` (header -> field) and `options` (names as in `connectors.files.Options`, values as text or
    bool) say how it is read; `connection_id`, or else `label`, where it goes. `vendor` is for a new connection.
    """

    shape: str
    columns: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=dict)
    connection_id: int | None = None
    label: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One file in a list of imports. `is_sure`: recognised, without a bad row and settled; it may start as it is."""

    id: int
    filename: str
    size_bytes: int
    state: ImportState
    title: str
    confidence: float
    rows: int
    error_count: int
    connection: str
    error: str
    uploaded_by: str
    uploaded_at: datetime
    finished_at: datetime | None
    job: JobView | None
    is_sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """One file with all that the wizard shows."""

    id: int
    filename: str
    size_bytes: int
    state: ImportState
    error: str
    uploaded_at: datetime
    job: JobView | None
    side: str
    shape: str
    title: str
    confidence: float
    is_remembered: bool
    sheet: str
    sheets: tuple[str, ...]
    header_row: int
    encoding: str
    delimiter: str
    rows: int
    columns: tuple[ColumnView, ...]
    alternatives: tuple[tuple[str, str, float], ...]
    options: Mapping[str, Any]
    connection_id: int | None
    label: str
    vendor: str
    has_several: bool
    needs_target: bool
    same_as: datetime | None
    check: Check | None
    problem_count: int
    has_problem_file: bool
    questions: tuple[Question, ...]
    result: ImportResult | None

    @property
    def may_start(self) -> bool:
        """Whether the import may start as it stands (bad rows may still have to be left out)."""
        is_idle = self.job is None or not self.job.is_open
        is_settled = self.check is not None and not self.needs_target
        return self.state in (ImportState.ANALYSED, ImportState.FAILED) and is_settled and is_idle
