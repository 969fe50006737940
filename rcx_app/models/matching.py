"""What a workspace's matching has learned and how it is set: its own models, and every change of its thresholds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint

from rcx_app.models.base import WorkspaceRow, json_field, ref, time_field


class MatchModel(WorkspaceRow, table=True):
    """A model trained with this workspace's verdicts. It holds numbers only, no name of anybody.

    `state`: rejected (measured no better than what was in use) | adopted | retired. At most one of a kind is adopted;
    where none is, the shipped model is in use. `kind`: client | service. `about` says what it was trained on, what it
    and the model before it reached on the same held-out verdicts, and `base`, the version of the shipped model under
    it: an adopted one whose base is no longer shipped is not used.
    """

    __tablename__ = "match_model"
    __table_args__ = (UniqueConstraint("workspace_id", "kind", "number"),)

    kind: str = "client"
    number: int
    state: str
    reason: str = ""
    base: str = ""
    parameters: dict[str, Any] = json_field(dict)
    about: dict[str, Any] = json_field(dict)
    made_by: int | None = ref("user_account.id", nullable=True)
    adopted_at: datetime | None = time_field()
    retired_at: datetime | None = time_field()


class ThresholdChange(WorkspaceRow, table=True):
    """One change of the matching settings: who, when, from what to what, and what was expected of it."""

    __tablename__ = "threshold_change"

    user_id: int | None = ref("user_account.id", nullable=True)
    before: dict[str, Any] = json_field(dict)
    after: dict[str, Any] = json_field(dict)
    expected: dict[str, Any] = json_field(dict)
    note: str = ""
