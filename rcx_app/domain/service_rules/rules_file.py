"""Rules from a YAML or JSON file and back: every problem names file, line, place and remedy. No database here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rcx_app.core.errors import Invalid
from rcx_app.core.text import fold
from rcx_app.domain.service_rules.bundles import circle, unknown_members
from rcx_app.domain.service_rules.conditions import BadCondition
from rcx_app.domain.service_rules.schemas import RuleSpec

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 100
MAX_DIGITS = 40
"""A longer number is text; no quantity needs it, and reading one takes the square of its length."""
MAX_RULES = 5000
Place = tuple[str | int, ...]
_PLAIN = "Write a plain number that is not negative, such as 2.5."
_DAY = "Write days as YYYY-MM-DD, the first one before the last."
_REMEDIES = {
    "included": _PLAIN,
    "minimum": _PLAIN,
    "multiplier": _PLAIN,
    "pack_size": "Write a plain number above 0.",
    "tiers": "Write [{up_to: 50, price: 5}, {price: 4}]: up_to rises, and only the last tier has none.",
    "count": "Use one of seats, distinct, sum, peak.",
    "tier_mode": "Use one of graduated, volume.",
    "effective_from": _DAY,
    "effective_to": _DAY,
    "lines": "Write the lines' ids in quotes, each once.",
    "members": "docs/rules.md says what a member may hold.",
    "allowance": "docs/rules.md says what an allowance may hold.",
}
"""What to do about a problem that does not say so itself, by the rule's field."""


class _Lines:
    """Plain values of a YAML document, and the line on which each stands. Numbers stay exact; no tags, no aliases."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.line_of: dict[Place, int] = {}

    def value(self, node: yaml.Node, at: Place = ()) -> Any:
        self.line_of[at] = node.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, at: Place) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in made:
                raise _problem(self.file, key_node.start_mark.line + 1, key, "is given twice.", "Remove one of them.")
            made[key] = self.value(value_node, (*at, key))
            self.line_of[*at, key] = key_node.start_mark.line + 1
        return made

    def _scalar(self, node: yaml.Node) -> Any:
        text = str(node.value)
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind == "int" and len(text) <= MAX_DIGITS and text.lstrip("+-").isdigit():
            # A code such as 007 is no number.
            return int(text) if str(int(text)) == text else text
        if kind == "float" and text.replace(".", "", 1).lstrip("+-").isdigit():
            return Decimal(text)
        return text

    def nearest(self, place: Sequence[str | int]) -> int:
        """The line of a place, or of what holds it."""
        at = tuple(place)
        while at and at not in self.line_of:
            at = at[:-1]
        return self.line_of.get(at, 1)


def load_rules(path: Path | str, *, attributes: Collection[str] = ()) -> list[RuleSpec]:
    """The rules of a YAML (or JSON) file, in file order. See `load_numbered`."""
    return [spec for _, spec in load_numbered(path, attributes=attributes)]


def load_numbered(path: Path | str, *, attributes: Collection[str] = ()) -> list[tuple[int, RuleSpec]]:
    """The rules of a YAML (or JSON) file, in file order, each with the line on which it begins.

    `attributes` are the folded names of the usage's own columns, which conditions may then name without prefix.
    Raises Invalid whose `problems` hold every problem found, each as "file, line 3, where.all[0].op: what. Remedy".
    """
    file = Path(path)
    lines = _Lines(file.name)
    found = _parse(file, lines)
    if not isinstance(found, list):
        raise _problem(file.name, 1, "", "the file must hold a list of rules.", "Start each rule with a dash.")
    if len(found) > MAX_RULES:
        raise _problem(file.name, 1, "", f"the file holds more than {MAX_RULES} rules.", "Split it.")
    problems: list[str] = []
    rules: list[tuple[int, RuleSpec]] = []
    for index, raw in enumerate(found):
        try:
            spec = RuleSpec.model_validate(raw, context={"attributes": {fold(name) for name in attributes}})
        except ValidationError as error:
            problems += _problems(error, lines, index)
        else:
            rules.append((lines.nearest((index,)), spec))
    problems += [*_clashes(file.name, rules), *_bundles(file.name, rules)]
    if problems:
        raise Invalid("\n".join(problems), problems=problems)
    return rules


def dump_rules(rules: Iterable[RuleSpec]) -> str:
    """Rules as YAML that `load_rules` reads back equal; what is at its default is left out."""
    plain = [_plain(rule) for rule in rules]
    if not plain:
        return "[]\n"
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)


def _parse(file: Path, lines: _Lines) -> Any:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _problem(file.name, 0, "", f"can't be read ({error.strerror}).", "Check the path.") from error
    if len(raw) > MAX_BYTES:
        raise _problem(file.name, 0, "", "is larger than 5 MiB.", "A rules file holds rules only.")
    try:
        text = raw.decode("utf-8-sig")
        _look_over(file.name, text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise _problem(file.name, 0, "", "is not UTF-8 text.", "Save it as UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _problem(file.name, line, "", f"is no YAML here: {error.problem}.", "Check the indentation.") from error
    except yaml.YAMLError as error:
        raise _problem(file.name, 1, "", "holds a character that YAML does not allow.", "Save it as text.") from error
    return [] if node is None else lines.value(node)


def _look_over(file: str, text: str) -> None:
    """Refuse aliases, and nesting that no rule needs, as soon as they come: the time that reading takes grows with the
    square of the depth. Raises Invalid, and yaml.YAMLError."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise _problem(file, line, "", "uses anchors and aliases.", "Write the rules out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _problem(file, line, "", "is nested too deeply.", "Flatten it.")


def _problem(file: str, line: int, place: str, problem: str, remedy: str) -> Invalid:
    where = f"{file}, line {line}" if line else file
    text = f"{where}, {place}: {problem}" if place else f"{where}: {problem}"
    full = f"{text} {remedy}".strip()
    return Invalid(full, problems=(full,))


def _problems(error: ValidationError, lines: _Lines, index: int) -> list[str]:
    found = []
    for each in error.errors():
        place: list[str | int] = [index, *each["loc"]]
        cause = each.get("ctx", {}).get("error")
        problem, remedy = each["msg"].removeprefix("Value error, ").rstrip(".") + ".", ""
        if isinstance(cause, BadCondition):
            place, problem, remedy = [*place, *cause.where], cause.problem, cause.remedy
        elif each["type"] == "extra_forbidden":
            problem, remedy = "is not known here.", f"Use {', '.join(RuleSpec.model_fields)}."
        elif each["type"] == "missing":
            problem, remedy = "is missing.", "Every rule needs a name and products."
        elif each["type"] == "model_type":
            problem, remedy = "a rule must be a mapping.", "Write name:, products: and so on under the dash."
        elif each["loc"]:
            remedy = _REMEDIES.get(str(each["loc"][0]), "")
        said = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place[1:]).lstrip(".")
        found.append(_problem(lines.file, lines.nearest(place), said, problem, remedy).message)
    return found


def _clashes(file: str, rules: Sequence[tuple[int, RuleSpec]]) -> list[str]:
    """Names used twice, and products that two rules count on one day."""
    found = []
    names: dict[str, int] = {}
    by_product: dict[str, list[tuple[int, RuleSpec]]] = {}
    for line, rule in rules:
        if rule.name in names:
            text = f"the name {rule.name!r} is used on line {names[rule.name]} already."
            found.append(_problem(file, line, "name", text, "Give each rule its own name.").message)
        names.setdefault(rule.name, line)
        for code in rule.products:
            others = by_product.setdefault(fold(code), [])
            clash = next((each for each in others if rule.clash(each[1])), None)
            if clash is not None:
                text = f"{code} is counted on the same days by the rule {clash[1].name!r} (line {clash[0]})."
                remedy = "Count a product by one rule only, or give the rules dates that do not overlap."
                found.append(_problem(file, line, "products", text, remedy).message)
            others.append((line, rule))
    return found


def _bundles(file: str, rules: Sequence[tuple[int, RuleSpec]]) -> list[str]:
    """Members that name no rule of the file, and bundles that promise themselves."""
    found = []
    specs = {rule.name: rule for _, rule in rules}
    for line, rule in rules:
        for name in unknown_members(specs, rule):
            text = f"the member {name!r} is no rule of this file."
            found.append(_problem(file, line, "members", text, "Write its name as that rule does.").message)
        path = circle(specs, rule.name)
        if path:
            text = f"the bundle promises itself: {' → '.join(path)}."
            found.append(_problem(file, line, "members", text, "Take one of these rules out of the other.").message)
    return found


def _number(value: Decimal) -> int | str:
    return int(value) if value == value.to_integral_value() else f"{value:f}"


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _number(each) if isinstance(each, Decimal) else each for name, each in values.items()}


def _plain(rule: RuleSpec) -> dict[str, Any]:
    made: dict[str, Any] = {"name": rule.name, "products": list(rule.products)}
    if rule.integration:
        made["integration"] = rule.integration
    made["count"] = rule.count
    if rule.where:
        made["where"] = rule.where
    for name in ("included", "minimum", "pack_size", "multiplier"):
        value: Decimal = getattr(rule, name)
        if value != RuleSpec.model_fields[name].default:
            made[name] = _number(value)
    if rule.lines:
        made["lines"] = list(rule.lines)
    if rule.tiers:
        made["tiers"] = [_numbers(tier.model_dump(exclude_none=True)) for tier in rule.tiers]
        made["tier_mode"] = rule.tier_mode
    if rule.allowance is not None:
        made["allowance"] = _numbers(rule.allowance.model_dump(exclude_defaults=True))
    if rule.members:
        made["members"] = [_numbers(member.model_dump(exclude_defaults=True)) for member in rule.members]
    for name in ("effective_from", "effective_to"):
        day: date | None = getattr(rule, name)
        if day is not None:
            made[name] = day
    return made
