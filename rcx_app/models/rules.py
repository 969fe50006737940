"""Service rules: which usage is counted against which PSA products, as dated versions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint

from rcx_app.models.base import WorkspaceRow, exact_field, json_field, ref, time_field


class ServiceRule(WorkspaceRow, table=True):
    """A rule. `state`: suggested | active | rejected | retired. Only active rules count.

    `reasons` say why it was suggested: list of {code, text, left, right, weight}.
    """

    __tablename__ = "service_rule"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    name: str
    state: str = "suggested"
    preset: str = ""
    confidence: Decimal | None = exact_field(nullable=True)
    reasons: list[Any] = json_field(list)
    decided_by: int | None = ref("user_account.id", nullable=True)
    decided_at: datetime | None = time_field()
    version: int = 1


class ServiceRuleVersion(WorkspaceRow, table=True):
    """One dated version; never edited in place. In force on D when effective_from <= D < effective_to (None: open).

    `products` are PSA product codes as written; `where` is the condition tree {"all"|"any"|"none": [...]};
    `count`: seats | distinct | sum | peak. `lines`: external ids of the only lines that it is held against (none: all
    of its products). `tiers`: list of {from, price} that value both sides, `tier_mode` graduated | volume.
    `allowance`: {quantity, count, integration, where}, units that come free with each of what it counts. `members`:
    list of {name, integration, count, where, per_unit}, what a bundle's line promises besides.
    """

    __tablename__ = "service_rule_version"
    __table_args__ = (
        UniqueConstraint("rule_id", "number"),
        Index("ix_service_rule_version_workspace_id_rule_id", "workspace_id", "rule_id"),
    )

    rule_id: int = ref("service_rule.id", cascade=True)
    number: int = 1
    products: list[Any] = json_field(list)
    integration: str = ""
    count: str = "seats"
    where: dict[str, Any] = json_field(dict)
    included: Decimal = exact_field()
    minimum: Decimal = exact_field()
    pack_size: Decimal = exact_field(default=Decimal(1))
    multiplier: Decimal = exact_field(default=Decimal(1))
    lines: list[Any] = json_field(list)
    tiers: list[Any] = json_field(list)
    tier_mode: str = ""
    allowance: dict[str, Any] = json_field(dict)
    members: list[Any] = json_field(list)
    effective_from: date | None = None
    effective_to: date | None = None
    created_by: int | None = ref("user_account.id", nullable=True)


class Exclusion(WorkspaceRow, table=True):
    """A service that takes no part in comparisons, with the reason. Lifting it deletes the row; history is the audit's.

    `scope`: product (a billed product, `key` its folded code) | sku (usage, `key` the folded SKU) | line (`key` its
    external id), each of the connection that it was read from.
    """

    __tablename__ = "exclusion"
    __table_args__ = (UniqueConstraint("workspace_id", "scope", "key", "connection_id"),)

    scope: str
    key: str
    label: str = ""
    connection_id: int = ref("connection.id", cascade=True)
    reason: str
    user_id: int | None = ref("user_account.id", nullable=True)
