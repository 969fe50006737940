"""What people decide on findings: the standing verdict of each series, every deed ever done, and deeds done as one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field


class FindingReview(WorkspaceRow, table=True):
    """What stands on a series of findings (`Finding.series`), over runs and periods.

    `state`: open | approved | dismissed | snoozed | at_vendor | wrong_mapping; the finding's own `state` mirrors it.
    `scope`: of a dismissal this_period | until_changed | for_good. `period` and `numbers` are those the verdict was
    given on; `lines`: of an approval list of {line_id, old, new}, quantities as text. `split`: list of
    {line_id, change} by which a group's delta is to be divided. `returned` says in words why it is open again.
    `tags_key` mirrors `tags` for lists, each between line breaks. `version` counts deeds: one on an older version is
    refused.
    """

    __tablename__ = "finding_review"
    __table_args__ = (
        UniqueConstraint("workspace_id", "series"),
        Index("ix_finding_review_workspace_id_state", "workspace_id", "state"),
    )

    series: str
    state: str = "open"
    scope: str = ""
    reason: str = ""
    period: date | None = None
    numbers: dict[str, Any] = json_field(dict)
    effective_date: date | None = None
    lines: list[Any] = json_field(list)
    split: list[Any] = json_field(list)
    snoozed_until: date | None = None
    assignee_id: int | None = ref("user_account.id", nullable=True)
    tags: list[Any] = json_field(list)
    tags_key: str = ""
    decided_by: int | None = ref("user_account.id", nullable=True)
    decided_at: datetime | None = time_field()
    returned: str = ""
    version: int = 0


class ReviewEvent(WorkspaceRow, table=True):
    """One deed on one finding, in order: history, undo, and what similar findings are compared with.

    `deed`: a verdict's name, or returned | undone. `before` and `after` hold what stood on the series. `client_id`,
    `product_code`, `rule_id` and `delta` are the finding's at that time. `undone_at`: a person took it back.
    """

    __tablename__ = "review_event"
    __table_args__ = (
        Index("ix_review_event_review_id", "review_id", "id"),
        Index("ix_review_event_workspace_id_batch", "workspace_id", "batch"),
        Index("ix_review_event_workspace_id_client_id_product_code", "workspace_id", "client_id", "product_code"),
        Index("ix_review_event_workspace_id_rule_id", "workspace_id", "rule_id"),
    )

    review_id: int = ref("finding_review.id", cascade=True)
    finding_id: int = ref("finding.id")
    user_id: int | None = ref("user_account.id", nullable=True)
    batch: str = ""
    deed: str
    text: str = ""
    mentions: list[Any] = json_field(list)
    before: dict[str, Any] = json_field(dict)
    after: dict[str, Any] = json_field(dict)
    client_id: int | None = ref("client.id", nullable=True)
    product_code: str = ""
    rule_id: int | None = ref("service_rule.id", nullable=True)
    delta: Decimal | None = exact_field(nullable=True)
    undone_at: datetime | None = time_field()


class ReviewBatch(WorkspaceRow, table=True):
    """Deeds that a person asked for as one. `token` is the page's, so that a double click asks once.

    `items`: list of [finding id, version, mark] as they were seen, frozen when it was asked for; `done` of them have
    been worked off, `applied` took effect, `refused` is a list of {finding_id, message} (the first ones). `undoes`: the
    batch that this one takes back.
    """

    __tablename__ = "review_batch"
    __table_args__ = (UniqueConstraint("workspace_id", "user_id", "token"),)

    user_id: int | None = ref("user_account.id", nullable=True)
    token: str
    verdict: dict[str, Any] = json_field(dict)
    items: list[Any] = json_field(list)
    total: int = 0
    done: int = 0
    applied: int = 0
    refusals: int = 0
    refused: list[Any] = json_field(list)
    undoes: str = ""
    job_id: int | None = ref("job_run.id", nullable=True)
