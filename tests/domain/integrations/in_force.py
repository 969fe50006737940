"""What an import put into force."""

from __future__ import annotations

from sqlmodel import col, select

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.models import (
    Seat,
)

TEN = [("Acme", f"d{number}") for number in range(10)]


def in_force(context: Context) -> set[str]:
    with transaction(context, read_only=True) as session:
        return set(
            session.scalars(
                select(Seat.external_id).where(
                    Seat.workspace_id == context.workspace_id, col(Seat.removed_at).is_(None)
                )
            )
        )
