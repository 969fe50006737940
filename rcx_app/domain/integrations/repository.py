"""SQL of the integrations slice: connections, uploaded files, remembered profiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as pick
from sqlmodel import Session, col, select

from rcx_app.core.pagination import PAGE_SIZE, Page, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.models import (
    Account,
    Agreement,
    Charge,
    Client,
    Connection,
    ImportFile,
    ImportProfile,
    Invoice,
    InvoiceLine,
    Line,
    Product,
    Seat,
    Sku,
    Subscription,
    SyncRun,
    User,
    Workspace,
)

_COUNTED: dict[str, Any] = {
    "clients": Client,
    "products": Product,
    "agreements": Agreement,
    "lines": Line,
    "accounts": Account,
    "seats": Seat,
    "subscriptions": Subscription,
    "skus": Sku,
    "charges": Charge,
    "invoices": Invoice,
    "invoice_lines": InvoiceLine,
}


class ConnectionRepository(Repository):
    """Connections of one workspace."""

    noun = "This connection"

    def every(self) -> list[Connection]:
        query = self.scoped(Connection).order_by(col(Connection.side), col(Connection.label_key))
        return list(self.session.scalars(query))

    def labelled(self, label: str) -> Connection | None:
        query = self.scoped(Connection).where(col(Connection.label_key) == fold(label))
        found: Connection | None = self.session.scalars(query).one_or_none()
        return found

    def numbered(self, text: str) -> Connection | None:
        """The connection whose id `text` is."""
        if not (text.isascii() and text.isdecimal() and len(text) < 19):  # of 64 bits
            return None
        found: Connection | None = self.session.scalars(
            self.scoped(Connection).where(col(Connection.id) == int(text))
        ).one_or_none()
        return found

    def brief(self) -> list[Any]:
        """All, in the same order, with what decides their health and no more: `credentials` is empty or None."""
        columns: tuple[Any, ...] = (
            Connection.id,
            Connection.side,
            Connection.label,
            Connection.connector,
            Connection.is_enabled,
            func.substr(Connection.credentials, 1, 0).label("credentials"),
            Connection.state,
            Connection.last_complete_at,
            Connection.last_error,
            Connection.last_failure,
            Connection.expires_on,
        )
        query = pick(*columns).where(col(Connection.workspace_id) == self.workspace_id)
        return list(self.session.execute(query.order_by(col(Connection.side), col(Connection.label_key))))

    def following(self, side: str, label_key: str, size: int) -> list[Connection]:
        """The next ones after a side and label, letter by letter: databases sort text by language else."""
        key: Any = col(Connection.label_key)
        if self.session.get_bind().dialect.name == "postgresql":
            key = key.collate("C")
        query = self.scoped(Connection).where(after([(col(Connection.side), False), (key, False)], [side, label_key]))
        return list(self.session.scalars(query.order_by(col(Connection.side), key).limit(size)))

    def these(self, ids: Sequence[int]) -> list[Connection]:
        return list(self.session.scalars(self.scoped(Connection).where(col(Connection.id).in_(ids))))

    def row_counts(self, ids: Sequence[int] | None = None) -> dict[int, dict[str, int]]:
        """Rows in force: connection id -> stream -> number; of these connections, or of all."""
        counts: dict[int, dict[str, int]] = {}
        for stream, table in _COUNTED.items():
            query = (
                select(table.connection_id, func.count())
                .where(table.workspace_id == self.workspace_id, table.removed_at.is_(None))
                .group_by(table.connection_id)
            )
            if ids is not None:
                query = query.where(table.connection_id.in_(ids))
            for connection_id, number in self.session.execute(query):
                counts.setdefault(connection_id, {})[stream] = number
        return counts

    def last_files(self, ids: Sequence[int] | None = None) -> dict[int, str]:
        """The file imported last into each of these connections, or into each there is."""
        done = select(col(SyncRun.connection_id), func.max(SyncRun.id).label("run_id")).where(
            SyncRun.workspace_id == self.workspace_id, SyncRun.state == "done"
        )
        if ids is not None:
            done = done.where(col(SyncRun.connection_id).in_(ids))
        latest = done.group_by(col(SyncRun.connection_id)).subquery()
        query = (
            select(latest.c.connection_id, ImportFile.filename)
            .join(SyncRun, col(SyncRun.id) == latest.c.run_id)
            .join(ImportFile, col(ImportFile.id) == SyncRun.import_file_id)
        )
        return {connection_id: filename for connection_id, filename in self.session.execute(query)}  # noqa: C416

    def newest_sign_of_life(self, connection_id: int) -> datetime | None:
        query = select(func.max(Seat.last_seen_at)).where(col(Seat.connection_id) == connection_id)
        found: datetime | None = self.session.scalar(query)
        return found

    def is_made_by(self, connection_id: int, import_id: int) -> bool:
        """Whether only this import has ever begun to fill the connection, and never ended: it was made for it."""
        query = self.scoped(SyncRun).where(col(SyncRun.connection_id) == connection_id)
        runs = list(self.session.scalars(query.limit(100)))
        return bool(runs) and all(run.import_file_id == import_id and run.state != "done" for run in runs)

    def delete(self, connection: Connection) -> None:
        """Delete a connection that holds nothing, with its runs."""
        for run in self.session.scalars(self.scoped(SyncRun).where(col(SyncRun.connection_id) == connection.id)):
            self.session.delete(run)
        self.session.flush()
        self.session.delete(connection)
        self.session.flush()


class AllWorkspaces:
    """The workspaces of this server, for its operator's commands; needs a transaction without a workspace."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def names(self) -> dict[int, str]:
        """Id -> name, oldest first."""
        return {row.id: row.name for row in self.session.scalars(select(Workspace).order_by(col(Workspace.id)))}


class ImportRepository(Repository):
    """Uploaded files of one workspace."""

    noun = "This import"

    def file(self, import_id: int, *, lock: bool = False) -> ImportFile:
        return self.get(ImportFile, import_id, lock=lock)

    def files(self, cursor: str, size: int = PAGE_SIZE) -> Page[tuple[ImportFile, str, str]]:
        """Files that were not withdrawn, latest first, with who uploaded them and the label of their connection."""
        query = (
            select(ImportFile, User.name, Connection.label)
            .outerjoin(User, col(User.id) == ImportFile.uploaded_by)
            .outerjoin(Connection, col(Connection.id) == ImportFile.connection_id)
            .where(ImportFile.workspace_id == self.workspace_id, ImportFile.state != "withdrawn")
        )
        if cursor:
            query = query.where(after([(ImportFile.id, True)], decode_cursor(cursor, length=1)))
        rows = self.session.execute(query.order_by(col(ImportFile.id).desc()).limit(size + 1)).all()
        found = tuple((row[0], row[1] or "RCX", row[2] or "") for row in rows[:size])
        return Page(found, encode_cursor([found[-1][0].id]) if len(rows) > size else "")

    def done_with(self, sha256: str, but: int) -> ImportFile | None:
        """The latest finished import of a file with this content."""
        query = self.scoped(ImportFile).where(
            col(ImportFile.sha256) == sha256, col(ImportFile.state) == "done", col(ImportFile.id) != but
        )
        found: ImportFile | None = self.session.scalars(
            query.order_by(col(ImportFile.finished_at).desc(), col(ImportFile.id).desc()).limit(1)
        ).one_or_none()
        return found

    def last_of(self, connection_id: int) -> int | None:
        """The file behind the run that last filled a connection."""
        query = (
            select(SyncRun.import_file_id)
            .where(
                SyncRun.workspace_id == self.workspace_id,
                SyncRun.connection_id == connection_id,
                SyncRun.state == "done",
            )
            .order_by(col(SyncRun.id).desc())
            .limit(1)
        )
        found: int | None = self.session.scalar(query)
        return found

    def open_runs(self, import_id: int) -> list[int]:
        query = select(SyncRun.id).where(
            SyncRun.workspace_id == self.workspace_id, SyncRun.import_file_id == import_id, SyncRun.state == "running"
        )
        return list(self.session.scalars(query))

    def profiles(self, connection_id: int | None = None) -> list[ImportProfile]:
        """Remembered profiles, the one used last comes last."""
        query = self.scoped(ImportProfile).order_by(col(ImportProfile.used_at), col(ImportProfile.id))
        if connection_id is not None:
            query = query.where(col(ImportProfile.connection_id) == connection_id)
        return list(self.session.scalars(query))

    def finished_before(self, before: datetime, states: Sequence[str]) -> list[ImportFile]:
        """Files in one of these states since before a time, whose upload may still lie on the disk."""
        query = self.scoped(ImportFile).where(
            col(ImportFile.state).in_(states),
            func.coalesce(ImportFile.finished_at, ImportFile.created_at) < before,
            col(ImportFile.stored_as) != "",
        )
        return list(self.session.scalars(query))
