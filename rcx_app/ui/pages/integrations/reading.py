"""What the integrations page reads, each in one transaction; no state and no markup."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.pagination import Page
from rcx_app.domain.integrations import imports, service
from rcx_app.domain.integrations.schemas import (
    ConnectionView,
    ImportRow,
    ImportView,
    Preview,
    ProblemView,
    Settlement,
)
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.schemas import SyncRunView


@dataclass(frozen=True)
class Lists:
    """The page without an open import. `runs` are of the open connection; `is_missing` where it is not there."""

    connections: list[ConnectionView]
    files: Page[ImportRow]
    runs: tuple[SyncRunView, ...] = ()
    is_missing: bool = False


@dataclass(frozen=True)
class OpenImport:
    """One import with what its page shows around it."""

    view: ImportView
    preview: Preview
    problems: Page[ProblemView]
    connections: list[ConnectionView] = field(default_factory=list)
    problem_file: str = ""


def lists(session: Any, context: Context, connection_id: int = 0) -> Lists:
    """Connections and files, and the runs of one connection."""
    runs: tuple[SyncRunView, ...] = ()
    is_missing = False
    if connection_id:
        try:
            runs = sync.runs(session, context, connection_id).items
        except NotFound:
            is_missing = True
    return Lists(service.connections(session, context), imports.imports(session, context), runs, is_missing)


def open_import(session: Any, context: Context, import_id: int) -> OpenImport:
    """One import. Raises NotFound."""
    view = imports.view(session, context, import_id)
    return OpenImport(
        view=view,
        preview=imports.preview(session, context, import_id),
        problems=imports.problems(session, context, import_id),
        connections=service.connections(session, context),
        problem_file=imports.problem_file(session, context, import_id).name if view.has_problem_file else "",
    )


def change(session: Any, context: Context, import_id: int, **changed: Any) -> int:
    """Settle the import as it stands, but for `changed`: columns and options are added to, the rest is replaced."""
    view = imports.view(session, context, import_id)
    if not view.columns:
        raise Conflict("This file has not been read yet.", remedy="Wait a moment.")
    now = Settlement(
        shape=view.shape,
        columns={column.header: column.field for column in view.columns if column.field},
        options={},
        connection_id=view.connection_id,
        label=view.label,
        vendor=view.vendor,
    )
    columns = {**now.columns, **changed.pop("columns", {})}
    return imports.settle(session, context, import_id, replace(now, columns=columns, **changed))


def take_field(view_columns: dict[str, str], header: str, field_name: str) -> dict[str, str]:
    """The changes that give `field_name` to `header`, taking it from the column that feeds it now."""
    taken = {other: "" for other, fed in view_columns.items() if field_name and fed == field_name and other != header}
    return {**taken, header: field_name}
