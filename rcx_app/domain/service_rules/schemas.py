"""The shape of a rule: as it comes in (RuleSpec), as the engine counts by it (RuleInForce), as screens read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from rcx_app.core.money import parse, to_micros, trim
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Tree

CountMode = Literal["seats", "distinct", "sum", "peak"]
LARGEST = Decimal(1_000_000_000)
Parts = tuple[tuple[str, bool], ...]
"""A sentence in pieces: (text, is emphasised). Joined they read as plain text."""


def _exact(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError("write a plain number with at most six decimals")
    return trim(parse(str(value))) if isinstance(value, int | str | Decimal) else value


Exact = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=LARGEST)]


class RuleSpec(BaseModel):
    """A rule as written in YAML, JSON or a form. `where` is stored in canonical form.

    Validate with `context={"attributes": {...}}` to allow the bare names of known source columns in conditions.
    In force on D when `effective_from <= D < effective_to` (None: open).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    products: tuple[str, ...] = Field(min_length=1)
    integration: str = ""
    count: CountMode = "seats"
    where: dict[str, Any] = Field(default_factory=dict)
    included: Exact = Decimal(0)
    minimum: Exact = Decimal(0)
    pack_size: Exact = Decimal(1)
    multiplier: Exact = Decimal(1)
    effective_from: date | None = None
    effective_to: date | None = None

    @field_validator("products", mode="before")
    @classmethod
    def _products(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError("write the product codes as a list, [A] for a single one")
        codes = [str(code).strip() for code in value if isinstance(code, str | int) and not isinstance(code, bool)]
        if len(codes) != len(value) or not all(codes):
            raise ValueError("each product must be a code that is not empty; put codes in quotes")
        if len({fold(code) for code in codes}) != len(codes):
            raise ValueError("a product is named twice")
        return tuple(codes)

    @field_validator("where", mode="before")
    @classmethod
    def _where(cls, value: Any, info: ValidationInfo) -> dict[str, Any]:
        attributes = (info.context or {}).get("attributes", ())
        return conditions.to_json(conditions.check({} if value is None else value, attributes=attributes))

    @field_validator("pack_size")
    @classmethod
    def _pack_size(cls, value: Decimal) -> Decimal:
        if value == 0:
            raise ValueError("a pack holds more than 0")
        return value

    @model_validator(mode="after")
    def _dates(self) -> RuleSpec:
        if self.effective_from and self.effective_to and self.effective_to <= self.effective_from:
            raise ValueError("effective_to must come after effective_from")
        return self

    @cached_property
    def condition(self) -> Tree:
        """The checked condition."""
        return conditions.check(self.where)

    @cached_property
    def product_keys(self) -> tuple[str, ...]:
        """The product codes, folded."""
        return tuple(fold(code) for code in self.products)

    @cached_property
    def terms(self) -> tuple[int, int, int, int]:
        """(multiplier, included, pack size, minimum) in millionths."""
        return (
            to_micros(self.multiplier),
            to_micros(self.included),
            to_micros(self.pack_size),
            to_micros(self.minimum),
        )

    def overlaps(self, other: RuleSpec) -> bool:
        """Whether there is a day on which both are in force."""
        starts = max(self.effective_from or date.min, other.effective_from or date.min)
        return starts < min(self.effective_to or date.max, other.effective_to or date.max)

    def clash(self, other: RuleSpec) -> tuple[str, ...]:
        """The products that both rules claim on one day, which is a configuration error."""
        theirs = set(other.product_keys)
        shared = tuple(code for code in self.products if fold(code) in theirs)
        return shared if shared and self.overlaps(other) else ()


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """One version of an active rule, in force on the day it was asked for: what the engine counts by."""

    rule_id: int
    version_id: int
    number: int
    spec: RuleSpec
    condition: Tree

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True)
class InferredRule:
    """A rule that lines and usage suggest. `confidence` 0 to 1; `reasons` {code, text, left, right, weight}."""

    spec: RuleSpec
    preset: str
    confidence: Decimal
    reasons: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule with the version in force (or else its latest). `sentence` is for people, `spec` for the form."""

    rule_id: int
    version_id: int
    number: int
    name: str
    state: str
    preset: str
    confidence: Decimal | None
    reasons: tuple[Mapping[str, Any], ...]
    spec: RuleSpec
    sentence: Parts
    version: int


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What a rule would take today, over mapped accounts."""

    seats: int
    clients: int
    newly_accounted: int


@dataclass(frozen=True, slots=True)
class MonthlyMoney:
    """An amount per month in one currency. Currencies are never added together."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One PSA product with active lines. `money` is what they bill a month, by currency.

    `state`: counted (an active rule counts it at every client that is billed for it) | partly (some of those have no
    account to count: `clients_without_source`) | suggested (a suggestion waits) | flat (no rule, and every line
    bills 1) | not_counted. `rule` is the active or suggested rule.
    """

    product_key: str
    product_code: str
    product_name: str
    billed: Decimal
    lines: int
    clients: int
    money: tuple[MonthlyMoney, ...]
    state: str
    clients_without_source: int
    rule: RuleView | None


@dataclass(frozen=True, slots=True)
class ProductNumbers:
    """How many products stand in each state, and how many each integration's rules count or might count."""

    states: Mapping[str, int]
    integrations: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One dated version of a rule. `made_by` is empty where nobody wrote it: it was inferred."""

    number: int
    effective_from: date | None
    effective_to: date | None
    made_at: datetime
    made_by: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class RuleDetail:
    """A rule with who decided on it and its versions, newest first."""

    view: RuleView
    decided_by: str
    decided_at: datetime | None
    versions: tuple[VersionRow, ...]


@dataclass(frozen=True, slots=True)
class SeatSample:
    """One seat that a rule takes. `what` is its licence, SKU, class or kind, the first that it has."""

    name: str
    identity: str
    what: str
    client_name: str
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnaccountedSku:
    """Seats of mapped accounts that no active rule takes, by integration and SKU, as the last run found them."""

    integration: str
    sku: str
    sku_name: str
    seats: int
    clients: int


@dataclass(frozen=True, slots=True)
class Step:
    """A rule's state before a decision, and its version after it."""

    rule_id: int
    before: str
    version: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision changed: hand `steps` to `undo`. `skipped` says which rules were left alone, and why."""

    steps: tuple[Step, ...]
    skipped: tuple[str, ...] = ()
