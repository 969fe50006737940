"""How well a product's name fits a unit of usage: signed pieces of evidence, in log-odds. Counts are in `presets`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from matching.services.catalogue import resolve_microsoft_sku
from matching.services.names import ServiceName, read
from rcx_app.core.text import fold

_KINDS = {
    "user": ("user", "people", "person"),
    "device": ("device", "endpoint", "computer", "machine"),
    "mailbox": ("mailbox", "email", "mail"),
    "workload": ("workload", "backup"),
    "agent": ("agent", "edr", "mdr"),
    "site": ("site", "location"),
}
_CLASSES = {"server", "workstation", "mobile", "network", "vm", "mac"}
_LEAST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: its share of the log-odds, and the two values that it rests on."""

    code: str
    text: str
    left: str
    right: str
    weight: float

    def as_json(self) -> dict[str, Any]:
        weight = f"{self.weight:.2f}"
        return {"code": self.code, "text": self.text, "left": self.left, "right": self.right, "weight": weight}


@dataclass(frozen=True, slots=True)
class UnitName:
    """What a unit of usage is called: its integration, SKU, class and kind; empty where it has none."""

    integration: str
    sku: str = ""
    sku_name: str = ""
    device_class: str = ""
    kind: str = ""


@lru_cache(maxsize=20_000)
def _read(text: str) -> ServiceName:
    return read(text)


def name_evidence(code: str, name: str, unit: UnitName, integrations: Sequence[str]) -> list[Reason]:
    """Evidence that the product (code, name) bills the unit. `integrations`: the labels of all that are connected."""
    found = _integration(code, name, unit, integrations)
    if unit.device_class and not unit.sku:
        found += _device_class(code, name, unit)
    if unit.sku or unit.sku_name:
        found += _sku(code, name, unit)
    words = set(_read(name).tokens) | set(fold(name).replace(",", " ").split())
    if any(word in words for word in _KINDS.get(unit.kind, ())):
        found.append(Reason("kind", f"The name speaks of what is counted ({unit.kind})", unit.kind, name, 1.0))
    return found


def _integration(code: str, name: str, unit: UnitName, integrations: Sequence[str]) -> list[Reason]:
    own = _mentions(unit.integration, code, name)
    others = [each for each in integrations if fold(each) != fold(unit.integration) and _mentions(each, code, name)]
    if own:
        return [Reason("integration", f"The product names {unit.integration}", unit.integration, name, 2.5)]
    if others:
        text = f"The product names another integration ({others[0]})"
        return [Reason("other_integration", text, unit.integration, name, -4.0)]
    return []


def _mentions(integration: str, code: str, name: str) -> bool:
    """Whether code or name holds the integration's name, or the code starts as it does (NINJA-WS, DRMM-WS)."""
    label = fold(integration)
    words = label.replace("-", " ").split()
    text = f" {fold(name)} ".replace("(", " ").replace(")", " ").replace(",", " ")
    if f" {label} " in text or (
        words and len(words[0]) > _LEAST_PREFIX and f" {words[0]} " in text and len(words) == 1
    ):
        return True
    head = fold(code).replace("_", "-").partition("-")[0]
    short = "".join(word[0] for word in words[:-1]) + words[-1] if len(words) > 1 else ""
    return len(head) >= _LEAST_PREFIX and (label.replace(" ", "").startswith(head) or short.startswith(head))


def _device_class(code: str, name: str, unit: UnitName) -> list[Reason]:
    said = set(_read(f"{name} {code.replace('-', ' ')}").devices & _CLASSES)
    if not said and fold(code).endswith(("-ws", "_ws", " ws")):
        said = {"workstation"}
    own = set(_read(unit.device_class).devices) or {unit.device_class}
    if said & own:
        text = f"The product is named for the class {unit.device_class}"
        return [Reason("class", text, unit.device_class, name, 3.0)]
    if said:
        text = f"The product is named for another class ({', '.join(sorted(said))})"
        return [Reason("other_class", text, unit.device_class, name, -6.0)]
    return []


def _sku(code: str, name: str, unit: UnitName) -> list[Reason]:
    if unit.sku and fold(unit.sku) in (fold(code), fold(name)):
        return [Reason("code", "The product's code is the SKU", unit.sku, code, 7.0)]
    official = resolve_microsoft_sku(unit.sku) or resolve_microsoft_sku(unit.sku_name)
    billed = resolve_microsoft_sku(name) or resolve_microsoft_sku(code)
    label = unit.sku_name or unit.sku
    if official is not None and billed is not None:
        if official == billed or official.display_name == billed.display_name:
            return [Reason("catalogue", f"Both are {official.display_name} in Microsoft's catalogue", label, name, 6.5)]
        text = f"Microsoft's catalogue knows them as different: {official.display_name} and {billed.display_name}"
        return [Reason("other_catalogue", text, label, name, -7.0)]
    return _alike(label, name)


def _alike(label: str, name: str) -> list[Reason]:
    left, right = _read(label), _read(name)
    shared = set(left.tokens) & set(right.tokens)
    found: list[Reason] = []
    if shared:
        share = len(shared) / min(len(set(left.tokens)), len(set(right.tokens)))
        union = len(shared) / len(set(left.tokens) | set(right.tokens))
        text = f"Shared words: {', '.join(sorted(shared))}"
        found.append(Reason("words", text, label, name, round(7.0 * share * (0.4 + 0.6 * union), 2)))
    for what in ("tiers", "editions", "audiences", "sizes"):
        one, other = getattr(left, what), getattr(right, what)
        if one and other and not one & other:
            text = f"Different {what}: {', '.join(sorted(one))} and {', '.join(sorted(other))}"
            found.append(Reason(f"other_{what}", text, label, name, -4.0))
    return found


def as_json(reasons: Sequence[Reason]) -> tuple[Mapping[str, Any], ...]:
    """Reasons as stored, strongest first."""
    return tuple(reason.as_json() for reason in sorted(reasons, key=lambda each: (-abs(each.weight), each.code)))
