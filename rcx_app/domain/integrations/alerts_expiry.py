"""Until when a connection's credentials last, as a person says it: vendors seldom tell."""

from __future__ import annotations

from datetime import date, timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.integrations.alerts_repository import HealthRepository
from rcx_app.domain.sync.opening import FILE
from rcx_app.models import Connection

LONGEST = timedelta(days=20 * 366)


class DayInvalid(Invalid):
    """What was entered for the last day of credentials can't be it."""


def set_expiry(session: Session, context: Context, connection_id: int, expires_on: date | None) -> None:
    """Say on which day the credentials stop working (the last one on which they do), or None: they don't, or unknown.

    New secrets (`api.rotate`) and `api.disconnect` forget the day, so it is to be said after them. Raises NotFound,
    DayInvalid for a day that has passed or lies over 20 years ahead, and Conflict for a connection that holds no
    credentials.
    """
    context.require(Permission.CONNECT)
    row = HealthRepository(session, context).get(Connection, connection_id, lock=True)
    if row.connector == FILE or row.credentials is None:
        raise Conflict(f"{row.label} has no credentials that could end.", remedy="Enter its credentials first.")
    if expires_on == row.expires_on:
        return
    if expires_on is not None and not clock.today() <= expires_on <= clock.today() + LONGEST:
        raise DayInvalid(
            "The end of the credentials must be today or later, and within 20 years.",
            remedy="Copy the date from the vendor's page, or leave it empty.",
        )
    before, row.expires_on = row.expires_on, expires_on
    session.flush()
    detail = {"label": row.label, "from": before, "to": expires_on}
    audit.record(session, context, "connection:expiry", "connection", row.id, detail)
    alerts_history.note(session, context, row)
