"""SQL of a client's past: its invoices, and all that happened to it, as one list by time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import col

from rcx_app.core.pagination import after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.domain.reconcile.usage.repository import pick
from rcx_app.models import (
    Account,
    Client,
    Connection,
    Finding,
    Invoice,
    InvoiceLine,
    Line,
    LineChange,
    LineHistory,
    MappingEvent,
    ReviewEvent,
    User,
)

PAGE = 50
INVOICES = 20
FOUND, GONE, DECIDED, LINE, MAPPED, WRITTEN = "found", "gone", "decided", "line", "mapped", "written"


def _before(earlier: Any) -> tuple[Any, Any]:
    """That a reading is of the same line, and came before."""
    return col(earlier.line_id) == LineHistory.line_id, col(earlier.valid_from) < LineHistory.valid_from


class PastRepository(Repository):
    """What is kept of one client of a workspace."""

    noun = "This client"

    def client(self, client_id: int) -> Client:
        return self.get(Client, client_id)

    def invoices(self, client_id: int, cursor: str) -> tuple[list[Any], str]:
        """(invoice, integration) newest first, and the cursor of the next ones."""
        query = (
            pick(Invoice, Connection.label)
            .join(Connection, col(Connection.id) == Invoice.connection_id)
            .where(
                col(Invoice.workspace_id) == self.workspace_id,
                col(Invoice.client_id) == client_id,
                col(Invoice.removed_at).is_(None),
            )
        )
        columns = [(col(Invoice.issued_on), True), (col(Invoice.id), True)]
        if cursor:
            query = query.where(after(columns, decode_cursor(cursor, length=2)))
        query = query.order_by(*(column.desc() for column, _ in columns)).limit(INVOICES + 1)
        rows = list(self.session.execute(query))
        if len(rows) <= INVOICES:
            return rows, ""
        last = rows[INVOICES - 1][0]
        return rows[:INVOICES], encode_cursor([last.issued_on, last.id])

    def invoice_count(self, client_id: int) -> int:
        query = pick(func.count()).where(
            col(Invoice.workspace_id) == self.workspace_id,
            col(Invoice.client_id) == client_id,
            col(Invoice.removed_at).is_(None),
        )
        return self.session.scalar(query) or 0

    def invoice_lines(self, invoice_ids: Collection[int]) -> list[Any]:
        """(invoice line, the agreement's line or None) in the invoice's order."""
        query = (
            pick(InvoiceLine, Line)
            .outerjoin(Line, col(Line.id) == InvoiceLine.line_id)
            .where(
                col(InvoiceLine.workspace_id) == self.workspace_id,
                col(InvoiceLine.invoice_id).in_(invoice_ids),
                col(InvoiceLine.removed_at).is_(None),
            )
            .order_by(col(InvoiceLine.invoice_id), col(InvoiceLine.id))
        )
        return list(self.session.execute(query))

    def lines_of(self, client_id: int) -> list[Line]:
        """The client's lines that the PSA still has."""
        query = self.scoped(Line).where(col(Line.client_id) == client_id, col(Line.removed_at).is_(None))
        return list(self.session.scalars(query.order_by(col(Line.id))))

    def events(self, client_id: int, cursor: str) -> tuple[list[tuple[datetime, str, int]], str]:
        """(when, what, id of its row) of all that happened, newest first, and the cursor of what came before."""
        whole = union_all(
            *(
                query.where(table.workspace_id == self.workspace_id)
                for table, query in (
                    (Finding, self._found(client_id)),
                    (Finding, self._gone(client_id)),
                    (ReviewEvent, self._decided(client_id)),
                    (LineHistory, self._changed(client_id)),
                    (MappingEvent, self._mapped(client_id)),
                    (LineChange, self._written(client_id)),
                )
            )
        ).subquery("past")
        columns = [(whole.c.at, True), (whole.c.what, True), (whole.c.id, True)]
        query = pick(whole)
        if cursor:
            query = query.where(after(columns, decode_cursor(cursor, length=3)))
        query = query.order_by(*(column.desc() for column, _ in columns)).limit(PAGE + 1)
        rows = [(at, what, row_id) for at, what, row_id in self.session.execute(query)]
        return rows[:PAGE], encode_cursor(rows[PAGE - 1]) if len(rows) > PAGE else ""

    def _found(self, client_id: int) -> Any:
        return pick(
            col(Finding.first_found_at).label("at"), literal(FOUND).label("what"), col(Finding.id).label("id")
        ).where(col(Finding.client_id) == client_id)

    def _gone(self, client_id: int) -> Any:
        return pick(col(Finding.resolved_at), literal(GONE), col(Finding.id)).where(
            col(Finding.client_id) == client_id, col(Finding.resolved_at).is_not(None)
        )

    def _decided(self, client_id: int) -> Any:
        return pick(col(ReviewEvent.created_at), literal(DECIDED), col(ReviewEvent.id)).where(
            col(ReviewEvent.client_id) == client_id, col(ReviewEvent.undone_at).is_(None)
        )

    def _changed(self, client_id: int) -> Any:
        """Changes of lines; the first reading of a line is none."""
        earlier = aliased(LineHistory)
        had = pick(literal(1)).where(*_before(earlier)).correlate(LineHistory).exists()
        return (
            pick(col(LineHistory.valid_from), literal(LINE), col(LineHistory.id))
            .join(Line, col(Line.id) == LineHistory.line_id)
            .where(col(Line.client_id) == client_id, had)
        )

    def _mapped(self, client_id: int) -> Any:
        before, now = col(MappingEvent.before)["client_id"], col(MappingEvent.after)["client_id"]
        return pick(col(MappingEvent.created_at), literal(MAPPED), col(MappingEvent.id)).where(
            or_(before.as_integer() == client_id, now.as_integer() == client_id), col(MappingEvent.undone_at).is_(None)
        )

    def _written(self, client_id: int) -> Any:
        return (
            pick(col(LineChange.ended_at), literal(WRITTEN), col(LineChange.id))
            .join(Line, col(Line.id) == LineChange.line_id)
            .where(col(Line.client_id) == client_id, col(LineChange.state).in_(("verified", "applied_outside")))
            .where(col(LineChange.ended_at).is_not(None))
        )

    # --- what the events are about

    def findings(self, ids: Collection[int]) -> Mapping[int, Finding]:
        return {row.id: row for row in self.session.scalars(self.scoped(Finding).where(col(Finding.id).in_(ids)))}

    def deeds(self, ids: Collection[int]) -> dict[int, tuple[ReviewEvent, Finding, str]]:
        """The deed, its finding and who did it."""
        query = (
            pick(ReviewEvent, Finding, User.name)
            .join(Finding, col(Finding.id) == ReviewEvent.finding_id)
            .outerjoin(User, col(User.id) == ReviewEvent.user_id)
            .where(col(ReviewEvent.workspace_id) == self.workspace_id, col(ReviewEvent.id).in_(ids))
        )
        return {event.id: (event, finding, name or "") for event, finding, name in self.session.execute(query)}

    def line_changes(self, ids: Sequence[int]) -> dict[int, tuple[LineHistory, LineHistory, Line]]:
        """The reading, the one before it, and the line."""
        earlier = aliased(LineHistory)
        last = pick(func.max(earlier.valid_from)).where(*_before(earlier)).correlate(LineHistory).scalar_subquery()
        before = aliased(LineHistory)
        query = (
            pick(LineHistory, before, Line)
            .join(Line, col(Line.id) == LineHistory.line_id)
            .join(before, (col(before.line_id) == LineHistory.line_id) & (col(before.valid_from) == last))
            .where(col(LineHistory.workspace_id) == self.workspace_id, col(LineHistory.id).in_(ids))
        )
        return {now.id: (now, old, line) for now, old, line in self.session.execute(query)}

    def mappings(self, ids: Collection[int]) -> dict[int, tuple[MappingEvent, Account, str, str]]:
        """The event, the account, its integration and who decided."""
        query = (
            pick(MappingEvent, Account, Connection.label, User.name)
            .join(Account, col(Account.id) == MappingEvent.account_id)
            .join(Connection, col(Connection.id) == Account.connection_id)
            .outerjoin(User, col(User.id) == MappingEvent.user_id)
            .where(col(MappingEvent.workspace_id) == self.workspace_id, col(MappingEvent.id).in_(ids))
        )
        return {
            event.id: (event, account, label, name or "") for event, account, label, name in self.session.execute(query)
        }

    def writes(self, ids: Collection[int]) -> dict[int, tuple[LineChange, Line]]:
        query = (
            pick(LineChange, Line)
            .join(Line, col(Line.id) == LineChange.line_id)
            .where(col(LineChange.workspace_id) == self.workspace_id, col(LineChange.id).in_(ids))
        )
        return {change.id: (change, line) for change, line in self.session.execute(query)}
