"""The shape of a rule: as it comes in (RuleSpec), as the engine counts by it (RuleInForce), as screens read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from rcx_app.core.money import to_micros
from rcx_app.core.text import fold
from rcx_app.domain.service_rules import conditions
from rcx_app.domain.service_rules.conditions import Tree
from rcx_app.domain.service_rules.terms import (
    MOST_LINES,
    MOST_MEMBERS,
    MOST_TIERS,
    Allowance,
    CountMode,
    Exact,
    Member,
    Tier,
    TierMode,
    check_tiers,
    checked_where,
)

Parts = tuple[tuple[str, bool], ...]
"""A sentence in pieces: (text, is emphasised). Joined they read as plain text."""


class RuleSpec(BaseModel):
    """A rule as written in YAML, JSON or a form. `where` is stored in canonical form.

    Validate with `context={"attributes": {...}}` to allow the bare names of known source columns in conditions.
    In force on D when `effective_from <= D < effective_to` (None: open).

    `lines`: external ids of the only lines that it is held against (none: all active lines of its products).
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
    lines: tuple[str, ...] = Field(default=(), max_length=MOST_LINES)
    tiers: tuple[Tier, ...] = Field(default=(), max_length=MOST_TIERS)
    tier_mode: TierMode = "graduated"
    allowance: Allowance | None = None
    members: tuple[Member, ...] = Field(default=(), max_length=MOST_MEMBERS)
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
        return checked_where(value, info)

    @field_validator("lines", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise ValueError("write the ids of the lines as a list")
        ids = [str(each).strip() for each in value if isinstance(each, str | int) and not isinstance(each, bool)]
        if len(ids) != len(value) or not all(ids):
            raise ValueError("each line must be an id that is not empty; put ids in quotes")
        if len(set(ids)) != len(ids):
            raise ValueError("a line is named twice")
        return tuple(ids)

    @field_validator("tiers")
    @classmethod
    def _tiers(cls, value: tuple[Tier, ...]) -> tuple[Tier, ...]:
        check_tiers(value)
        return value

    @field_validator("members")
    @classmethod
    def _members(cls, value: tuple[Member, ...]) -> tuple[Member, ...]:
        names = [member.name or member.rule for member in value]
        if len({fold(name) for name in names}) != len(names):
            raise ValueError("a member is named twice")
        return value

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
        """The products that both rules claim on one day, which is a configuration error.

        Rules that name lines claim those alone, so they clash with each other where they name the same one.
        """
        if bool(self.lines) != bool(other.lines) or (self.lines and not set(self.lines) & set(other.lines)):
            return ()
        theirs = set(other.product_keys)
        shared = tuple(code for code in self.products if fold(code) in theirs)
        return shared if shared and self.overlaps(other) else ()


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """One version of an active rule, in force on the day it was asked for: what the engine counts by.

    `parts` is what is counted for it beside its own usage; a part that is counted looks like a rule itself.
    """

    rule_id: int
    version_id: int
    number: int
    spec: RuleSpec
    condition: Tree
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def accounts_for(self) -> tuple[RuleInForce, ...]:
        """Everything whose seats are accounted by this rule: its own, and what its bundle promises."""
        return (self, *(part.counted for part in self.parts if part.role == "member" and part.counted is not None))

    @property
    def counts(self) -> tuple[RuleInForce, ...]:
        """Everything that is counted for this rule."""
        return (self, *(part.counted for part in self.parts if part.counted is not None))


@dataclass(frozen=True, slots=True)
class Part:
    """What is counted for a rule beside its own usage. `quantity`: units that come free with each, or that each unit
    due promises.

    `role`: allowance | member | missing (a member whose rule is not in force: nothing can be counted).
    """

    role: Literal["allowance", "member", "missing"]
    name: str
    quantity: Decimal
    counted: RuleInForce | None


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
    """One dated version of a rule. `is_shown`: in force, or else the latest. `made_by` is empty where nobody wrote
    it: it was inferred. `differences` to the one before it, in words."""

    version_id: int
    number: int
    effective_from: date | None
    effective_to: date | None
    made_at: datetime
    made_by: str
    is_shown: bool
    differences: tuple[str, ...] = ()


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
