"""Findings on lines of a PSA that somebody approved: what change sets are prepared from."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.models import Client, Finding, Line, ReconcileRun


def approved(who: Context, lines: Sequence[Line], by: int = 1) -> list[int]:
    """One finding a line, each approved to `by` more from the first of next month; their ids."""
    today = clock.today()
    with transaction(who) as session:
        session.add(ReconcileRun(workspace_id=who.workspace_id, as_of=today, finished_at=clock.now()))
        found = []
        for line in lines:
            client = session.get_one(Client, line.client_id)
            row = Finding(
                workspace_id=who.workspace_id,
                period=today.replace(day=1),
                fingerprint=f"line {line.id}",
                series=f"line {line.id}",
                scope="group",
                client_id=client.id,
                client_name=client.name,
                client_key=client.name_key,
                product_code=line.product_code,
                product_name=line.product_name,
                line_id=line.id,
                line_ids=[line.id],
                kind="calculated",
                direction="under" if by > 0 else "over",
                billed_quantity=line.quantity,
                expected_quantity=line.quantity + by,
                system_count=line.quantity + by,
                delta=Decimal(by),
                currency=line.currency,
                unit_price=line.unit_price,
                as_of=today,
            )
            session.add(row)
            session.flush()
            found.append(row.id)
    for finding_id in found:
        with transaction(who) as session:
            seen = review.states(session, who, [finding_id])[finding_id].seen
            review.decide(session, who, finding_id, Verdict(Deed.APPROVE), seen=seen)
    return found
