"""Terms of a contract beside its count: tiers of price, what comes free with something else, what a bundle promises."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from rcx_app.core.money import MICROS, parse, to_micros, trim
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Tree

CountMode = Literal["seats", "distinct", "sum", "peak"]
PartCount = Literal["seats", "distinct", "sum"]
TierMode = Literal["graduated", "volume"]
LARGEST = Decimal(1_000_000_000)
MOST_TIERS = 50
MOST_MEMBERS = 50
MOST_LINES = 5000


def _exact(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError("write a plain number with at most six decimals")
    return trim(parse(str(value))) if isinstance(value, int | str | Decimal) else value


Exact = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=LARGEST)]
Positive = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, le=LARGEST)]


def checked_where(value: Any, info: ValidationInfo) -> dict[str, Any]:
    """A condition in canonical form; bare names of known source columns are allowed (see `RuleSpec`)."""
    attributes = (info.context or {}).get("attributes", ())
    return conditions.to_json(conditions.check({} if value is None else value, attributes=attributes))


class _Term(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Tier(_Term):
    """A price per unit for units up to and including `up_to` (None: all that are above the tiers before)."""

    up_to: Positive | None = None
    price: Exact


class Allowance(_Term):
    """Units that come free with each of something else at the same client: 2 devices with each user.

    `integration` and `where` say which seats that is, counted as `count` says.
    """

    quantity: Positive
    count: PartCount = "distinct"
    integration: str = ""
    where: dict[str, Any] = Field(default_factory=dict)

    @field_validator("where", mode="before")
    @classmethod
    def _where(cls, value: Any, info: ValidationInfo) -> dict[str, Any]:
        return checked_where(value, info)

    @cached_property
    def condition(self) -> Tree:
        return conditions.check(self.where)


class Member(_Term):
    """Something that a bundle's line promises: `per_unit` of it for each unit that is due.

    Either what to count, or `rule`, the name of another rule that says so (with its own members, if it has any).
    """

    name: str = Field(default="", max_length=200)
    rule: str = ""
    integration: str = ""
    count: PartCount = "distinct"
    where: dict[str, Any] = Field(default_factory=dict)
    per_unit: Positive = Decimal(1)

    @field_validator("where", mode="before")
    @classmethod
    def _where(cls, value: Any, info: ValidationInfo) -> dict[str, Any]:
        return checked_where(value, info)

    @model_validator(mode="after")
    def _one_of_both(self) -> Member:
        if self.rule and (self.where or self.integration or "count" in self.model_fields_set):
            raise ValueError("name a rule, or say what to count, not both")
        if not self.rule and not self.name:
            raise ValueError("give the member a name, or the name of a rule")
        return self

    @cached_property
    def condition(self) -> Tree:
        return conditions.check(self.where)


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Raises ValueError unless the tiers rise and the last one is open."""
    if not tiers:
        return
    *closed, last = tiers
    if last.up_to is not None:
        raise ValueError("the last tier has no up_to: it holds for all units above the others")
    limits = [tier.up_to for tier in closed]
    if any(limit is None for limit in limits):
        raise ValueError("only the last tier may be without up_to")
    known = [limit for limit in limits if limit is not None]
    if any(after <= before for before, after in pairwise(known)):
        raise ValueError("up_to must rise from tier to tier")


def worth(quantity: int, tiers: Sequence[Tier], mode: str) -> int:
    """What `quantity` (millionths) costs by tiers, in millionths of millionths.

    graduated: each unit at the price of the tier that it falls in. volume: all at that of the last one.
    """
    total, below = 0, 0
    for tier in tiers:
        limit = None if tier.up_to is None else to_micros(tier.up_to)
        price = to_micros(tier.price)
        if mode == "volume":
            if limit is None or quantity <= limit:
                return quantity * price
            continue
        above = quantity if limit is None else min(quantity, limit)
        total += max(above - below, 0) * price
        if limit is None or quantity <= limit:
            break
        below = limit
    return total


def in_words(tiers: Sequence[Tier]) -> str:
    """``5 up to 50, then 4``."""
    parts = [f"{tier.price:f} up to {tier.up_to:f}" if tier.up_to is not None else f"{tier.price:f}" for tier in tiers]
    return ", then ".join(parts)


__all__ = [
    "LARGEST",
    "MICROS",
    "MOST_LINES",
    "MOST_MEMBERS",
    "MOST_TIERS",
    "Allowance",
    "CountMode",
    "Exact",
    "Member",
    "PartCount",
    "Positive",
    "Tier",
    "TierMode",
    "check_tiers",
    "checked_where",
    "in_words",
    "worth",
]
