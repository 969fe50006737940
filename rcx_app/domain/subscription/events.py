"""Events for the accounting system: written with the change that they tell of, sent later (`sending`), each under one
id for ever."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.subscription.life import Step
from rcx_app.domain.subscription.offers_repository import Offers
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import InvoiceView
from rcx_app.models import PlanDelivery, PlanSubscription

ISSUED = "invoice.issued"
CHANGED = "subscription.changed"
JOB = "subscription.tell"


def issued(session: Session, context: Context, invoice: InvoiceView) -> None:
    """Tell of an invoice or credit note with all its lines."""
    said = {
        "number": invoice.number,
        "kind": invoice.kind,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "period": {"from": invoice.period_from, "to": invoice.period_to},
        "corrects": invoice.corrects,
        "currency": invoice.currency,
        "net": invoice.net,
        "tax": {"name": invoice.tax_name, "rate": invoice.tax_rate, "amount": invoice.tax},
        "total": invoice.total,
        "credit_used": invoice.credit_used,
        "due": invoice.due,
        "customer": dict(invoice.customer),
        "lines": [
            {"text": line.text, "from": line.day_from, "to": line.day_to, "amount": line.amount}
            for line in invoice.lines
        ],
    }
    _write(session, context, ISSUED, {"invoice": said})


def changed(session: Session, context: Context, row: PlanSubscription, step: Step) -> None:
    """Tell that a subscription is another one, or will end, or goes on."""
    said = {
        "step": step.kind,
        "on": step.day,
        "state": row.state,
        "renews": row.renews,
        "next_bill_on": row.next_bill_on,
        "ended_on": row.ended_on,
        "currency": row.currency,
        "items": [
            {"plan": each.key, "name": each.name, "quantity": each.quantity, "unit_price": each.unit_price}
            for each in step.after.items
        ],
    }
    _write(session, context, CHANGED, {"subscription": said})


def _write(session: Session, context: Context, kind: str, said: Mapping[str, Any]) -> None:
    if not Offers(session).issuer().webhook_url:
        return
    repository = SubscriptionRepository(session, context)
    event_id = f"evt_{secrets.token_hex(16)}"
    workspace = repository.workspace()
    whole = {
        "id": event_id,
        "type": kind,
        "created": clock.now(),
        "workspace": {"id": workspace.id, "name": workspace.name},
        **said,
    }
    body = json.dumps(whole, default=_text, ensure_ascii=False, separators=(",", ":"))
    repository.add(
        PlanDelivery(
            workspace_id=context.workspace_id, event_id=event_id, kind=kind, body=body, next_try_at=clock.now()
        )
    )
    jobs.enqueue(session, context, JOB, {}, dedupe_key=JOB)


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an event")
