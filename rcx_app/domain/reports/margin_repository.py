"""SQL of margins: active lines gathered by product, price and cost, without what is excluded."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import case, func, not_, or_
from sqlmodel import col

from rcx_app.domain.reconcile.repository import ReconcileRepository, micros, pick
from rcx_app.models import Line


class MarginRepository(ReconcileRepository):
    """Lines of one workspace."""

    def priced(self, day: date, currency: str) -> list[Any]:
        """(product key, code, name, currency, cycle, price, cost, quantity, billed above what is included, lines); the
        two quantities in millionths, since a sum of cases has no type of its own."""
        above = micros(Line.quantity) - micros(Line.included_quantity)
        keys = (Line.product_key, Line.currency, Line.billing_cycle, Line.unit_price, Line.unit_cost)
        query = pick(
            Line.product_key,
            func.max(Line.product_code),
            func.max(Line.product_name),
            *keys[1:],
            func.sum(micros(Line.quantity)),
            func.sum(case((above > 0, above), else_=0)),
            func.count(),
        ).where(
            col(Line.workspace_id) == self.workspace_id,
            col(Line.removed_at).is_(None),
            or_(col(Line.effective_date).is_(None), col(Line.effective_date) <= day),
            or_(col(Line.cancelled_date).is_(None), col(Line.cancelled_date) > day),
        )
        hidden = self._hidden_lines()
        query = query.where(not_(hidden)) if hidden is not None else query
        query = query.where(col(Line.currency) == currency) if currency else query
        return list(self.session.execute(query.group_by(*keys)))
