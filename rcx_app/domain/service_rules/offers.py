"""Presets offered for a connection, previewed and applied in bulk. What models there are is declared in `presets`.

offers(session, context, connection_id) -> tuple[PresetOffer, ...]
preview_presets(session, context, connection_id, choices) -> PresetsPreview
apply_presets(session, context, connection_id, choices) -> Decided        undone as one by `service.undo`
free_products(session, context, search="") -> tuple[ProductName, ...]     what a preset may bill
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from matching.types import Service
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.service_rules import evidence, presets, screens, service, suggestions
from rcx_app.domain.service_rules.known import MOST_PRODUCTS, ProductName
from rcx_app.domain.service_rules.presets import PresetUnit
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.schemas import Decided, RulePreview, RuleSpec
from rcx_app.domain.service_rules.stored import spec_of


@dataclass(frozen=True, slots=True)
class ProductChoice:
    """A product that might bill a preset's unit; `is_sure`: it may be ticked in advance."""

    code: str
    name: str
    confidence: Decimal
    is_sure: bool


@dataclass(frozen=True, slots=True)
class PresetOffer:
    """A billing model that a connection's usage allows.

    `seats` and `clients` are those of mapped accounts. `product` is the one that `matching` pairs it with (none: a
    person has to choose); `rule` names the active rule that counts this unit already.
    """

    key: str
    model: str
    title: str
    integration: str
    seats: int
    clients: int
    product: ProductChoice | None
    rule: str


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """An offer's key and the code of the product that it shall bill."""

    key: str
    product: str


@dataclass(frozen=True, slots=True)
class PresetPreview:
    """What one choice would make, and what it would take today."""

    key: str
    spec: RuleSpec
    takes: RulePreview


@dataclass(frozen=True, slots=True)
class PresetsPreview:
    """All choices, and their sums. `problems` say which of them can't be applied, and why."""

    rules: tuple[PresetPreview, ...]
    seats: int
    newly_accounted: int
    problems: tuple[str, ...]


def offers(session: Session, context: Context, connection_id: int) -> tuple[PresetOffer, ...]:
    """The models that the connection's usage allows, in the vendor's order. Raises NotFound."""
    repository = RuleRepository(session, context)
    return tuple(_offer(*judged) for judged in _judged(repository, connection_id))


def _units(repository: RuleRepository, connection_id: int) -> list[PresetUnit]:
    vendor = repository.connection(connection_id).vendor
    return presets.expand(vendor, repository.usage(connection_id))


def _judged(
    repository: RuleRepository, connection_id: int
) -> list[tuple[PresetUnit, suggestions.Pair | None, str, Decimal]]:
    units = _units(repository, connection_id)
    active = {rule.id: rule.name for rule in repository.rules(["active"])}
    counted: dict[tuple[str, str, str], str] = {}
    taken: set[str] = set()
    for version in repository.versions(sorted(active)):
        spec = spec_of(version, active[version.rule_id])
        counted[_identity(spec)] = spec.name
        taken |= {*spec.product_keys}
    products = evidence.billed(repository.billed(clock.today()), taken)
    free = [each for each in units if _unit_identity(each) not in counted]
    preselect = repository.thresholds()[1]
    rejected = service.rejected_pairs(repository)
    found = suggestions.pairs([each.unit for each in free], products, rejected=rejected, preselect=preselect)
    by_unit = {id(pair.unit): pair for pair in found}
    return [(each, by_unit.get(id(each.unit)), counted.get(_unit_identity(each), ""), preselect) for each in units]


def _identity(spec: RuleSpec) -> tuple[str, str, str]:
    return (*suggestions.unit_key(spec.integration, spec.where), str(spec.pack_size.normalize()))


def _unit_identity(each: PresetUnit) -> tuple[str, str, str]:
    unit = each.unit
    return (*suggestions.unit_key(unit.name.integration, {"all": unit.where}), str(each.pack_size.normalize()))


def _offer(each: PresetUnit, pair: suggestions.Pair | None, rule: str, preselect: Decimal) -> PresetOffer:
    choice = None
    if pair is not None:
        confidence, held = suggestions.held_back(pair, preselect)
        choice = ProductChoice(pair.product.sku, pair.product.name, confidence, pair.is_sure and held is None)
    return PresetOffer(
        key=each.key,
        model=each.unit.preset,
        title=each.title,
        integration=each.unit.name.integration,
        seats=each.seats,
        clients=each.clients,
        product=choice,
        rule=rule,
    )


def free_products(session: Session, context: Context, search: str = "") -> tuple[ProductName, ...]:
    """Products with active lines that no active rule counts, whose code or name holds all words of `search`, by name;
    the first few."""
    repository = RuleRepository(session, context)
    active = {rule.id for rule in repository.rules(["active"])}
    taken = {fold(code) for each in repository.versions(sorted(active)) for code in each.products}
    words = fold(search).split()
    found = [
        ProductName(each.sku, each.name)
        for each in evidence.billed(repository.billed(clock.today()), taken)
        if all(word in fold(f"{each.sku} {each.name}") for word in words)
    ]
    return tuple(sorted(found, key=lambda each: (fold(each.name), each.code))[:MOST_PRODUCTS])


def preview_presets(
    session: Session, context: Context, connection_id: int, choices: Sequence[PresetChoice]
) -> PresetsPreview:
    """What applying the choices would take today, and which can't be applied; stores nothing. Raises NotFound."""
    repository = RuleRepository(session, context)
    made, problems = [], []
    for key, spec in _specs(repository, connection_id, choices):
        try:
            service.refuse_clash(repository, spec)
        except Invalid as error:
            problems.append(f"{spec.name}: {error.message}")
            continue
        made.append(PresetPreview(key, spec, screens.preview(session, context, spec)))
    return PresetsPreview(
        tuple(made),
        sum(each.takes.seats for each in made),
        sum(each.takes.newly_accounted for each in made),
        tuple(problems),
    )


def apply_presets(session: Session, context: Context, connection_id: int, choices: Sequence[PresetChoice]) -> Decided:
    """Make an active rule of each choice, or of none: raises Invalid for a clash or an unknown choice, NotFound.

    A suggestion of the same rule is accepted, not doubled. The result's steps undo the whole batch.
    """
    context.require(Permission.RULES)
    repository = RuleRepository(session, context)
    waiting = service.suggested(repository)
    chosen = []
    for key, spec in _specs(repository, connection_id, choices):
        rule_id = waiting.get(service.counted_as(spec))
        if rule_id is None:
            model = key.partition(":")[0]
            rule_id = service.create(session, context, _named(repository, spec), state="suggested", preset=model)
        chosen.append((rule_id, repository.rule(rule_id).version))
    done = service.accept_listed(session, context, chosen)
    detail = {"presets": [choice.key for choice in choices], "rules": [step.rule_id for step in done.steps]}
    audit.record(session, context, "rules:presets", "connection", connection_id, detail)
    return done


def _specs(
    repository: RuleRepository, connection_id: int, choices: Sequence[PresetChoice]
) -> list[tuple[str, RuleSpec]]:
    """Each choice's rule. Raises Invalid where a key is not offered, or a product is not billed or chosen twice."""
    units = {each.key: each for each in _units(repository, connection_id)}
    billed: dict[str, Service] = {each.id: each for each in evidence.billed(repository.billed(clock.today()), ())}
    found: list[tuple[str, RuleSpec]] = []
    products: set[str] = set()
    for choice in choices:
        unit, product = units.get(choice.key), billed.get(fold(choice.product))
        if unit is None:
            raise Invalid(f"The preset {choice.key!r} is not offered any more.", remedy="Look at the offers again.")
        if product is None:
            raise Invalid(f"No active line bills {choice.product!r}.", remedy="Choose a product that is billed.")
        if product.id in products:
            raise Invalid(f"{choice.product!r} is chosen twice.", remedy="Bill each product by one preset.")
        products.add(product.id)
        spec = suggestions.spec_for(product, unit.unit)
        found.append((choice.key, spec.model_copy(update={"pack_size": unit.pack_size})))
    return found


def _named(repository: RuleRepository, spec: RuleSpec) -> RuleSpec:
    """The spec under a name that is free."""
    for name in (spec.name, f"{spec.name} ({spec.integration}, {spec.products[0]})"):
        if repository.by_name(name[:200]) is None:
            return spec.model_copy(update={"name": name[:200]})
    number = 2
    while repository.by_name(f"{spec.name[:180]} ({number})") is not None:
        number += 1
    return spec.model_copy(update={"name": f"{spec.name[:180]} ({number})"})
