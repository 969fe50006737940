"""Queries over exclusions, and what they can name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from rcx_app.core.repository import Repository
from rcx_app.models import Connection, Exclusion, Line, Product, Seat, Subscription, User


class ExclusionRepository(Repository):
    """Exclusions of one workspace."""

    noun = "This exclusion"

    def connection(self, connection_id: int) -> Connection:
        return self.get(Connection, connection_id)

    def found(self, scope: str, connection_id: int, key: str) -> Exclusion | None:
        query = self.scoped(Exclusion).where(
            col(Exclusion.scope) == scope, col(Exclusion.key) == key, col(Exclusion.connection_id) == connection_id
        )
        one: Exclusion | None = self.session.scalars(query).one_or_none()
        return one

    def name_of(self, scope: str, connection_id: int, key: str) -> str | None:
        """What the source calls the thing; None where the connection has no such thing."""
        for table, column, names in _NAMED[scope]:
            query = select(*names).where(
                table.workspace_id == self.workspace_id,
                table.connection_id == connection_id,
                column == key,
                table.removed_at.is_(None),
            )
            row = self.session.execute(query.order_by(table.id).limit(1)).first()
            if row is not None:
                return next((each for each in row if each), key)
        return None

    def rows(self) -> Sequence[Any]:
        """(exclusion, connection's label, name of who made it), newest first."""
        query = (
            select(Exclusion, Connection.label, User.name)
            .join(Connection, col(Connection.id) == Exclusion.connection_id)
            .outerjoin(User, col(User.id) == Exclusion.user_id)
            .where(col(Exclusion.workspace_id) == self.workspace_id)
        )
        return self.session.execute(query.order_by(col(Exclusion.id).desc())).all()

    def delete(self, row: Exclusion) -> None:
        self.session.delete(row)
        self.session.flush()


_NAMED: dict[str, tuple[tuple[Any, Any, tuple[Any, ...]], ...]] = {
    "product": (
        (Product, Product.code_key, (Product.name, Product.code)),
        (Line, Line.product_key, (Line.product_name, Line.product_code)),
    ),
    "line": ((Line, Line.external_id, (Line.product_name, Line.product_code)),),
    "sku": (
        (Seat, Seat.sku_key, (Seat.sku_name, Seat.sku)),
        (Subscription, Subscription.sku_key, (Subscription.sku_name, Subscription.sku)),
    ),
}
