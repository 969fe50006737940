"""What the page reads, each in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rcx_app.core.context import Context
from rcx_app.domain.learning import service as learning
from rcx_app.domain.learning.schemas import InUse, ModelView
from rcx_app.domain.learning.schemas import Standing as Learned
from rcx_app.domain.match_settings import service
from rcx_app.domain.match_settings.aim import Evidence
from rcx_app.domain.match_settings.schemas import ChangeRow, Outlook, Settings


@dataclass(frozen=True, slots=True)
class Everything:
    """The page as it opens: nothing drafted yet."""

    settings: Settings
    known: Evidence
    outlook: Outlook
    history: tuple[ChangeRow, ...]
    models: tuple[ModelView, ...]
    learned: Learned
    in_use: InUse


def everything(session: Any, context: Context, connection_id: int | None) -> Everything:
    """All that the page shows."""
    settings = service.settings(session, context, connection_id=connection_id)
    known = service.evidence(session, context)
    return Everything(
        settings=settings,
        known=known,
        outlook=service.outlook(session, context, settings.levels, known=known),
        history=service.history(session, context),
        models=learning.models(session, context),
        learned=learning.standing(session, context),
        in_use=learning.model_in_use(session, context),
    )
