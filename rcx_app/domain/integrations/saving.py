"""What the form of a connection saves, in one transaction: what was entered, and until when the credentials last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.domain.integrations import alerts_expiry, api


def connect(
    session: Session,
    context: Context,
    *,
    connector_id: str,
    label: str,
    values: Mapping[str, str],
    is_sandbox: bool = False,
    expires_on: date | None = None,
) -> int:
    """As `api.connect`, with the last day of the credentials. Raises Invalid also for a day that is past."""
    made = api.connect(session, context, connector_id=connector_id, label=label, values=values, is_sandbox=is_sandbox)
    alerts_expiry.set_expiry(session, context, made, expires_on)
    return made


def change(
    session: Session, context: Context, connection_id: int, values: Mapping[str, str], expires_on: date | None
) -> None:
    """As `api.rotate`, with the last day of the credentials as it now stands in the form.

    A day that passed and was left as it is belongs to the old secret: with a new one it is forgotten.
    """
    before = api.settings_of(session, context, connection_id).expires_on
    api.rotate(session, context, connection_id, values)
    after = api.settings_of(session, context, connection_id).expires_on
    if expires_on == before and after is None:
        return
    alerts_expiry.set_expiry(session, context, connection_id, expires_on)
