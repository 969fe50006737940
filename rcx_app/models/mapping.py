"""Which account is which client: the state of each account, its candidates, and every verdict ever given."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field


class AccountMapping(WorkspaceRow, table=True):
    """One row an account.

    `state`: unmapped | suggested | mapped | client_gone | excluded | no_match | unsure | snoozed.

    A person's decision (`decided_how` person or file) is never overridden by the model. `client_gone`: mapped by a
    person to a client that the PSA no longer has; it is mapped again when the client returns. `version` counts
    changes: a verdict given on an older version is refused.

    `doubt`: the suggestion is preselected only where the suggest threshold lies above it (1: never), None where nothing
    stands against it.
    `no_client`: the account looks like nobody's (own | test | placeholder), so that excluding it is proposed.
    `basis`: what the account and its client were when they were mapped ({account_name, account_domain, client_name,
    client_domain}). `alarms`: why the mapping makes no sense any more, list of {code, text, left, right}; `has_alarm`
    mirrors it for lists. `alarms_kept`: codes with values that a person has looked at and let stand.
    """

    __tablename__ = "account_mapping"
    __table_args__ = (
        UniqueConstraint("account_id"),
        Index("ix_account_mapping_workspace_id_state", "workspace_id", "state"),
    )

    account_id: int = ref("account.id", cascade=True)
    state: str = "unmapped"
    client_id: int | None = ref("client.id", nullable=True, index=True)
    confidence: Decimal | None = exact_field(nullable=True)
    is_preselected: bool = False
    is_ambiguous: bool = False
    doubt: Decimal | None = exact_field(nullable=True)
    model_version: str = ""
    decided_how: str = ""
    decided_by: int | None = ref("user_account.id", nullable=True)
    decided_at: datetime | None = time_field()
    note: str = ""
    snoozed_until: datetime | None = time_field()
    no_client: str = ""
    basis: dict[str, Any] = json_field(dict)
    alarms: list[Any] = json_field(list)
    has_alarm: bool = False
    alarms_kept: list[Any] = json_field(list)
    version: int = 1


class MappingCandidate(WorkspaceRow, table=True):
    """A client the model offers for an account. `reasons`: list of {code, text, left, right, weight}."""

    __tablename__ = "mapping_candidate"
    __table_args__ = (UniqueConstraint("account_id", "client_id"),)

    account_id: int = ref("account.id", cascade=True, index=True)
    client_id: int = ref("client.id", cascade=True)
    rank: int
    confidence: Decimal = exact_field()
    verdict: str
    reasons: list[Any] = json_field(list)


class MappingEvent(WorkspaceRow, table=True):
    """One change of one account's mapping, in order: the history, the undo and the training labels.

    `before` and `after` hold state, client_id, decided_how, confidence and note. `shown` holds the candidates that
    were on the screen. `undone_at` is set when a person took it back.
    """

    __tablename__ = "mapping_event"

    account_id: int = ref("account.id", cascade=True, index=True)
    user_id: int | None = ref("user_account.id", nullable=True)
    batch: str = ""
    before: dict[str, Any] = json_field(dict)
    after: dict[str, Any] = json_field(dict)
    shown: list[Any] = json_field(list)
    undone_at: datetime | None = time_field()
