"""Queries behind the flagged page: flags of a period with what they stand on, in keyset pages by kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col

from rcx_app.core.pagination import PAGE_SIZE, after, decode_cursor, encode_cursor
from rcx_app.core.repository import Repository
from rcx_app.core.text import fold
from rcx_app.domain.reconcile.repository import pick
from rcx_app.models import Account, Client, Connection, Finding, Flag, Line, Seat


class FlagRepository(Repository):
    """Flags of one workspace."""

    def numbers(self, period: date) -> dict[str, int]:
        """Flags by kind."""
        query = pick(Flag.kind, func.count()).where(*self._of(period)).group_by(col(Flag.kind))
        return {row[0]: row[1] for row in self.session.execute(query)}

    def integrations(self) -> list[Any]:
        """(id, label) of all connections, by label."""
        query = pick(Connection.id, Connection.label).where(col(Connection.workspace_id) == self.workspace_id)
        return list(self.session.execute(query.order_by(col(Connection.label_key), col(Connection.id))))

    def client_name(self, client_id: int) -> str:
        query = pick(Client.name).where(col(Client.workspace_id) == self.workspace_id, col(Client.id) == client_id)
        return str(self.session.execute(query).scalar_one_or_none() or "")

    def count(
        self, period: date, kinds: Sequence[str], client_id: int | None, connection_id: int | None, text: str
    ) -> int:
        query = self._filtered(pick(func.count()), period, kinds, client_id, connection_id, text)
        return int(self.session.execute(query).scalar_one())

    def page(
        self,
        period: date,
        kinds: Sequence[str],
        client_id: int | None,
        connection_id: int | None,
        text: str,
        cursor: str,
    ) -> tuple[list[Any], str]:
        """Rows by kind and id, and the cursor of the next page."""
        columns: tuple[Any, ...] = (
            Flag.id,
            Flag.kind,
            Flag.client_id,
            col(Client.name).label("client_name"),
            Flag.line_id,
            Flag.seat_id,
            Flag.product_code,
            Flag.message,
            Flag.detail,
            func.coalesce(col(Account.connection_id), col(Line.connection_id)).label("connection_id"),
            func.coalesce(func.nullif(col(Seat.display_name), ""), col(Seat.identity)).label("seat_name"),
            self._finding(period).label("finding_id"),
        )
        query = self._filtered(pick(*columns), period, kinds, client_id, connection_id, text)
        query = query.outerjoin(Client, col(Client.id) == col(Flag.client_id))
        query = query.outerjoin(Seat, col(Seat.id) == col(Flag.seat_id))
        order: list[tuple[Any, bool]] = [(Flag.kind, False), (Flag.id, False)]
        if cursor:
            query = query.where(after(order, decode_cursor(cursor, length=2)))
        query = query.order_by(col(Flag.kind), col(Flag.id)).limit(PAGE_SIZE + 1)
        rows = list(self.session.execute(query))
        shown = rows[:PAGE_SIZE]
        return shown, encode_cursor([shown[-1].kind, shown[-1].id]) if len(rows) > PAGE_SIZE else ""

    def _of(self, period: date) -> tuple[Any, ...]:
        return (col(Flag.workspace_id) == self.workspace_id, col(Flag.period) == period)

    def _finding(self, period: date) -> Any:
        """The finding that stands on the flag's line."""
        return (
            pick(func.min(Finding.id))
            .where(
                col(Finding.workspace_id) == self.workspace_id,
                col(Finding.period) == period,
                col(Finding.client_id) == col(Flag.client_id),
                col(Finding.line_id) == col(Flag.line_id),
                col(Finding.resolved_at).is_(None),
            )
            .scalar_subquery()
        )

    def _filtered(
        self,
        query: Any,
        period: date,
        kinds: Sequence[str],
        client_id: int | None,
        connection_id: int | None,
        text: str,
    ) -> Any:
        query = query.select_from(Flag).where(*self._of(period), col(Flag.kind).in_(list(kinds)))
        query = query.outerjoin(Account, col(Account.id) == col(Flag.account_id))
        query = query.outerjoin(Line, col(Line.id) == col(Flag.line_id))
        if client_id is not None:
            query = query.where(col(Flag.client_id) == client_id)
        if connection_id is not None:
            query = query.where(
                or_(
                    col(Account.connection_id) == connection_id,
                    col(Line.connection_id) == connection_id,
                    # Seats that are gathered into one flag name their integration only in its detail.
                    col(Flag.detail)["connection_id"].as_integer() == connection_id,
                )
            )
        if text.strip():
            of_client = pick(Client.id).where(
                col(Client.workspace_id) == self.workspace_id,
                col(Client.name_key).contains(fold(text), autoescape=True),
            )
            said = func.lower(Flag.message).contains(text.strip().lower(), autoescape=True)
            query = query.where(or_(col(Flag.client_id).in_(of_client), said))
        return query
