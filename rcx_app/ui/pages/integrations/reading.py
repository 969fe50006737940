"""What the integrations page reads, each in one transaction; no state and no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.pagination import PAGE_SIZE, Page
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import api, imports, service
from rcx_app.domain.integrations.catalogue import CatalogueEntry, catalogue
from rcx_app.domain.integrations.listing import Listing, following, listing
from rcx_app.domain.integrations.schemas import (
    ConnectionView,
    ImportRow,
    ImportView,
    Preview,
    ProblemView,
    SettingsView,
    Settlement,
)
from rcx_app.domain.integrations.syncing import open_syncs
from rcx_app.domain.jobs.schemas import JobView
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync import history
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.retries import service as retries
from rcx_app.domain.sync.schemas import SyncRunView


@dataclass(frozen=True)
class Lists:
    """The page without an open import. `syncs` wait or run, by connection; `names`: connector -> its vendor's name.

    `opened` is the open connection, on this page of the list or not, and `runs` are its; `is_missing` where it is not
    there. `next_at`: when all are read by themselves; `tries`: when single ones are tried again, as their last run
    failed.
    """

    connections: Listing
    opened: ConnectionView | None
    files: Page[ImportRow]
    syncs: Mapping[int, JobView]
    names: Mapping[str, str]
    connectors: int
    runs: Page[SyncRunView]
    is_missing: bool = False
    next_at: datetime | None = None
    tries: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Syncs:
    """Syncs that wait or run, by connection, and since when the runs that have begun are under way."""

    jobs: Mapping[int, JobView]
    since: Mapping[int, datetime]


@dataclass(frozen=True)
class Form:
    """What the form of a connection is made from. `settings` is None for a new one; `labels` are taken."""

    entry: CatalogueEntry
    settings: SettingsView | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenImport:
    """One import with what its page shows around it."""

    view: ImportView
    preview: Preview
    problems: Page[ProblemView]
    connections: list[ConnectionView] = field(default_factory=list)
    problem_file: str = ""


def lists(session: Any, context: Context, connection_id: int = 0, *, find: str = "", size: int = PAGE_SIZE) -> Lists:
    """Connections and files, and one connection with its runs. `size`: how many connections are listed already."""
    runs: Page[SyncRunView] = Page(())
    is_missing, opened = False, None
    if connection_id:
        try:
            runs = sync.runs(session, context, connection_id)
            opened = service.connection(session, context, connection_id)
        except NotFound:
            is_missing = True
    known = catalogue(context)
    names = {entry.id: entry.name for entry in known}
    return Lists(
        connections=listing(session, context, find=find, names=names, size=max(size, PAGE_SIZE)),
        opened=opened,
        files=imports.imports(session, context),
        syncs=open_syncs(session, context),
        names=names,
        connectors=len(known),
        runs=runs,
        is_missing=is_missing,
        next_at=schedules.next_start(session, context),
        tries=retries.planned(session, context),
    )


def more(session: Any, context: Context, cursor: str, find: str) -> Page[ConnectionView]:
    """The next page of connections."""
    names = {entry.id: entry.name for entry in catalogue(context)}
    return following(session, context, cursor, find=find, names=names)


def syncs(session: Any, context: Context) -> Syncs:
    """How far the syncs under way are."""
    return Syncs(open_syncs(session, context), history.running_since(session, context))


def connected(session: Any, context: Context) -> dict[str, int]:
    """How many connections there are of each connector."""
    return dict(Counter(view.connector for view in service.health(session, context)))


def new_form(session: Any, context: Context, connector_id: str) -> Form:
    """Raises NotFound for a connector that this version does not have."""
    labels = tuple(view.label for view in service.health(session, context))
    return Form(_entry(context, connector_id), None, labels)


def form_of(session: Any, context: Context, connection_id: int) -> Form:
    """The form of a connection that reads an API; without its settings for a role that may not change them.

    Raises NotFound, and Conflict where the connection is filled by files.
    """
    if not context.allows(Permission.CONNECT):
        return Form(_entry(context, service.connection(session, context, connection_id).connector))
    settings = api.settings_of(session, context, connection_id)
    return Form(_entry(context, settings.connector), settings)


def _entry(context: Context, connector_id: str) -> CatalogueEntry:
    found = next((entry for entry in catalogue(context) if entry.id == connector_id), None)
    if found is None:
        raise NotFound("This connector", remedy="Choose one from the catalogue.")
    return found


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
