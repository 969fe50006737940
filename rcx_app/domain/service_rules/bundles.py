"""Bundles: the members that a rule names are found among the other rules; circles and unknown names are refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from rcx_app.domain.service_rules.schemas import Part, RuleInForce, RuleSpec
from rcx_app.domain.service_rules.terms import Member

_MOST_PARTS = 1000


def circle(specs: Mapping[str, RuleSpec], start: str) -> tuple[str, ...]:
    """The rules, by name, through which a bundle promises itself: (A, B, A); empty where it does not."""
    return _circle(specs, start, (start,), set())


def _circle(specs: Mapping[str, RuleSpec], name: str, path: tuple[str, ...], clear: set[str]) -> tuple[str, ...]:
    spec = specs.get(name)
    for member in spec.members if spec else ():
        if not member.rule or member.rule in clear:
            continue
        if member.rule in path:
            return (*path[path.index(member.rule) :], member.rule)
        found = _circle(specs, member.rule, (*path, member.rule), clear)
        if found:
            return found
    clear.add(name)
    return ()


def unknown_members(specs: Mapping[str, RuleSpec], spec: RuleSpec) -> tuple[str, ...]:
    """The rules that a bundle names and that are not there."""
    return tuple(dict.fromkeys(each.rule for each in spec.members if each.rule and each.rule not in specs))


def with_parts(rules: Sequence[RuleInForce]) -> tuple[RuleInForce, ...]:
    """The rules, each with what is counted for it beside its own usage."""
    by_name = {rule.name: rule for rule in rules}
    return tuple(replace(rule, parts=tuple(_parts(rule, by_name))) for rule in rules)


def _parts(rule: RuleInForce, by_name: Mapping[str, RuleInForce]) -> Iterable[Part]:
    allowance = rule.spec.allowance
    number = 0
    if allowance is not None:
        name = f"what comes free of {rule.name}"
        yield Part("allowance", name, allowance.quantity, counted(rule, number, allowance, name))
    for member, per_unit in _members(rule.spec, by_name, Decimal(1), (rule.name,)):
        number += 1
        if number > _MOST_PARTS:
            return
        named = by_name.get(member.rule)
        source = named.spec if named is not None else member
        name = member.name or member.rule
        if member.rule and named is None:
            yield Part("missing", name, per_unit, None)
        else:
            yield Part("member", name, per_unit, counted(rule, number, source, name))


def _members(
    spec: RuleSpec, by_name: Mapping[str, RuleInForce], times: Decimal, path: tuple[str, ...]
) -> Iterable[tuple[Member, Decimal]]:
    """Members with how many of each a unit promises, those of bundles in the bundle among them."""
    for member in spec.members:
        per_unit = member.per_unit * times
        yield member, per_unit
        named = by_name.get(member.rule)
        if named is not None and named.name not in path:
            yield from _members(named.spec, by_name, per_unit, (*path, named.name))


def counted(rule: RuleInForce, number: int, source: object, name: str) -> RuleInForce:
    """A part as something to count. Its version id is negative: it is no version of its own."""
    spec = RuleSpec.model_construct(
        name=name,
        products=rule.spec.products,
        integration=getattr(source, "integration", ""),
        count=getattr(source, "count", "seats"),
        where=getattr(source, "where", {}),
        lines=rule.spec.lines,
    )
    version_id = -(rule.version_id * (_MOST_PARTS + 1) + number + 1)
    return RuleInForce(rule.rule_id, version_id, rule.number, spec, spec.condition)
