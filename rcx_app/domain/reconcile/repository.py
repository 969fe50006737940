"""Queries of a run beside counting: lines, clients, connections, sources, accounts. Each reads many in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_
from sqlmodel import col

from rcx_app.domain.reconcile.counting.repository import CountRepository
from rcx_app.domain.reconcile.facts import (
    HARD,
    CatalogueFact,
    ClientFact,
    ConnectionFact,
    LineFact,
    Price,
    UnmappedAccount,
)
from rcx_app.domain.reconcile.usage.repository import Clients, is_one, micros, pick
from rcx_app.domain.sync.freshness import fresh_for, synced_for
from rcx_app.models import Account, AccountMapping, Client, Connection, Line, Product, Seat

__all__ = ["Clients", "ReconcileRepository", "micros", "pick"]


class ReconcileRepository(CountRepository):
    """What one run reads."""

    def clients(self, clients: Clients) -> dict[int, ClientFact]:
        query = pick(Client.id, Client.external_id, Client.name, Client.connection_id).where(
            col(Client.workspace_id) == self.workspace_id
        )
        return {row[0]: ClientFact(*row) for row in self._chunked(query, col(Client.id), clients)}

    def connections(self) -> dict[int, ConnectionFact]:
        query = pick(
            Connection.id,
            Connection.side,
            Connection.label,
            Connection.vendor,
            Connection.state,
            Connection.last_complete_at,
            Connection.connector,
        ).where(col(Connection.workspace_id) == self.workspace_id)
        synced = synced_for(self.session, self.context)
        found: Iterable[Any] = self.session.execute(query)
        return {
            row.id: ConnectionFact(
                id=row.id,
                side=row.side,
                label=row.label,
                vendor=row.vendor,
                state=row.state,
                last_complete_at=row.last_complete_at,
                fresh_for=fresh_for(row.connector, synced),
            )
            for row in found
        }

    def lines(self, clients: Clients = None, products: Collection[str] | None = None) -> list[LineFact]:
        """Lines of these clients, or all lines of these products, without what is excluded."""
        query = pick(
            Line.id,
            Line.external_id,
            Line.connection_id,
            Line.client_id,
            Line.agreement_id,
            Line.product_key,
            Line.product_code,
            Line.product_name,
            micros(Line.quantity),
            micros(Line.included_quantity),
            micros(Line.unit_price),
            micros(Line.unit_cost),
            Line.currency,
            Line.billing_cycle,
            Line.effective_date,
            Line.cancelled_date,
            Line.is_calculated_by_psa,
            col(Line.removed_at).is_not(None),
        ).where(col(Line.workspace_id) == self.workspace_id)
        hidden = self._hidden_lines()
        query = query.where(not_(hidden)) if hidden is not None else query
        if products is not None:
            return [LineFact(*row) for row in self._chunked(query, col(Line.product_key), sorted(products))]
        return [LineFact(*row) for row in self._chunked(query, col(Line.client_id), clients)]

    def prices(self, products: Collection[str], day: date) -> list[Price]:
        """The prices of all lines of these products that bill on `day`, without what is excluded."""
        query = pick(Line.product_key, Line.client_id, micros(Line.unit_price), Line.currency, Line.billing_cycle)
        hidden = self._hidden_lines()
        query = query.where(col(Line.workspace_id) == self.workspace_id, *self._billing(day))
        query = query.where(not_(hidden)) if hidden is not None else query
        return [Price(*row) for row in self._chunked(query, col(Line.product_key), sorted(products))]

    def _billing(self, day: date) -> tuple[ColumnElement[bool], ...]:
        """That a line bills on `day`, as `LineFact.is_active` says."""
        return (
            col(Line.removed_at).is_(None),
            or_(col(Line.effective_date).is_(None), col(Line.effective_date) <= day),
            or_(col(Line.cancelled_date).is_(None), col(Line.cancelled_date) > day),
        )

    def catalogue(self) -> dict[str, CatalogueFact]:
        query = pick(
            Product.code_key,
            Product.code,
            Product.name,
            micros(Product.unit_price),
            micros(Product.unit_cost),
            Product.currency,
        ).where(col(Product.workspace_id) == self.workspace_id, col(Product.removed_at).is_(None))
        return {row[0]: CatalogueFact(*row[1:]) for row in self._read(query.order_by(col(Product.id).desc()))}

    def sources(self, clients: Clients) -> dict[int, dict[int, bool]]:
        """By client and usage connection, whether every account mapped there is mapped hard."""
        is_soft = case((col(AccountMapping.decided_how).in_(sorted(HARD)), 0), else_=1)
        query = (
            pick(AccountMapping.client_id, Account.connection_id, func.max(is_soft))
            .join(Account, col(Account.id) == AccountMapping.account_id)
            .where(*self._mapped(), col(Account.removed_at).is_(None))
            .group_by(col(AccountMapping.client_id), col(Account.connection_id))
        )
        found: dict[int, dict[int, bool]] = defaultdict(dict)
        for client_id, connection_id, soft in self._chunked(query, col(AccountMapping.client_id), clients):
            found[client_id][connection_id] = not soft
        return dict(found)

    def unmapped_accounts(self, day: date) -> list[UnmappedAccount]:
        """Accounts mapped to no client and not excluded, with their seats that count."""
        live = and_(col(Seat.account_id) == Account.id, *self.live(day))
        seats = pick(func.count()).select_from(Seat).where(live).scalar_subquery()
        query = (
            pick(Account.id, Account.external_id, Account.name, Account.connection_id, seats)
            .outerjoin(AccountMapping, col(AccountMapping.account_id) == Account.id)
            .where(
                col(Account.workspace_id) == self.workspace_id,
                col(Account.removed_at).is_(None),
                or_(
                    col(AccountMapping.id).is_(None),
                    and_(col(AccountMapping.state) != "mapped", col(AccountMapping.state) != "excluded"),
                ),
            )
            .order_by(col(Account.id))
        )
        return [UnmappedAccount(*row) for row in self.session.execute(query)]

    def excluded_accounts(self) -> int:
        query = pick(func.count()).where(
            col(AccountMapping.workspace_id) == self.workspace_id, col(AccountMapping.state) == "excluded"
        )
        return int(self.session.execute(query).scalar_one())

    def unbilled(self, clients: Clients) -> set[tuple[int, str]]:
        """(client, folded product) whose lines are excluded one by one: that nothing is left to bill says nothing."""
        hidden = self.excluded("line")
        if not hidden:
            return set()
        query = pick(Line.client_id, Line.product_key).where(
            col(Line.workspace_id) == self.workspace_id,
            col(Line.removed_at).is_(None),
            is_one(hidden, Line.connection_id, Line.external_id),
        )
        return {(row[0], row[1]) for row in self._chunked(query, col(Line.client_id), clients)}

    def hidden(self, day: date) -> dict[str, int]:
        """How many lines that bill on `day`, and present seats of mapped accounts, are excluded."""
        lines, seats = self._hidden_lines(), self.excluded("sku")
        found = {"hidden_lines": 0, "hidden_seats": 0}
        if lines is not None:
            query = (
                pick(func.count())
                .select_from(Line)
                .where(
                    col(Line.workspace_id) == self.workspace_id,
                    lines,
                    *self._billing(day),
                )
            )
            found["hidden_lines"] = int(self.session.execute(query).scalar_one())
        if seats:
            presence = (*self.present(day), is_one(seats, Seat.connection_id, Seat.sku_key))
            found["hidden_seats"] = int(self.session.execute(self._seats(pick(func.count()), presence)).scalar_one())
        return found

    def _hidden_lines(self) -> ColumnElement[bool] | None:
        """That a line, or its product, is excluded; None where none is."""
        asked = ((self.excluded("product"), Line.product_key), (self.excluded("line"), Line.external_id))
        parts = [is_one(keys, Line.connection_id, column) for keys, column in asked if keys]
        return or_(*parts) if parts else None
