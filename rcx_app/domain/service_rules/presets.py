"""The common billing models of each connector's usage, as a declared table, and the units that they come to. Pure.

A vendor's entry says by what its seats may be billed: each licence or SKU, each device of a class, every seat of a
kind, or flat per client. A model is offered only where usage of that sort exists. What is applied stands in `offers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rcx_app.core.text import fold
from rcx_app.domain.service_rules.units import Unit, UnitName, UsageFact, fill

By = Literal["sku", "class", "kind", "flat"]
FLAT_PACK = Decimal(1_000_000)
"""A pack no client fills: whatever is counted comes to 1."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One billing model. `by` is what makes a unit: each SKU, each class in `classes`, all of `kind`, or a client."""

    by: By
    kind: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PresetUnit:
    """A unit that a preset comes to, with a key that stays the same over runs."""

    key: str
    title: str
    unit: Unit
    pack_size: Decimal = Decimal(1)
    seats: int = 0
    clients: int = 0


_MACHINES = ("server", "workstation", "virtual machine", "hypervisor", "mobile", "network", "printer", "storage")
_ENDPOINTS = ("server", "workstation", "mobile")
_RMM = (Preset("class", "device", _MACHINES), Preset("kind", "device"), Preset("flat", "device"))
_RESOLD = (Preset("sku", "licence"),)
_AGENTS = (
    Preset("sku", "agent"),
    Preset("class", "agent", _ENDPOINTS),
    Preset("kind", "agent"),
    Preset("flat", "agent"),
)
_BACKUP = (Preset("sku", "workload"), Preset("class", "workload", _MACHINES), Preset("kind", "workload"))

TABLE: Mapping[str, tuple[Preset, ...]] = {
    "microsoft365": (Preset("sku", "user"), Preset("kind", "user"), Preset("sku", "licence")),
    "google_workspace": (Preset("sku", "user"), Preset("kind", "user"), Preset("sku", "licence")),
    "partner_center": _RESOLD,
    "pax8": _RESOLD,
    "sherweb": _RESOLD,
    "keeper": _RESOLD,
    "duo": (Preset("kind", "user"), Preset("flat", "user")),
    "ninjaone": (*_RMM, Preset("sku", "workload")),
    "datto_rmm": _RMM,
    "ncentral": _RMM,
    "huntress": (*_AGENTS, Preset("sku", "user"), Preset("sku", "licence")),
    "sentinelone": _AGENTS,
    "sophos": (*_AGENTS, Preset("sku", "licence")),
    "bitdefender": (*_AGENTS, Preset("sku", "licence")),
    "webroot": _AGENTS,
    "acronis": (*_BACKUP, Preset("sku", "other")),
    "cove": _BACKUP,
    "veeam_vspc": (*_BACKUP, Preset("sku", "user"), Preset("sku", "site"), Preset("sku", "other")),
    "proofpoint": (Preset("sku", "mailbox"), Preset("kind", "mailbox"), Preset("flat", "mailbox")),
}
"""By vendor. What is not here (files, custom sources) is offered by everything that its rows tell."""
_NOUNS = {
    "user": "user", "device": "device", "agent": "agent", "mailbox": "mailbox", "workload": "protected workload",
    "site": "site", "licence": "licence", "other": "unit",
}  # fmt: skip


def presets_of(vendor: str, kinds: Iterable[str]) -> tuple[Preset, ...]:
    """The declared models of a vendor; of an unknown one, those of every kind that it has."""
    declared = TABLE.get(fold(vendor))
    if declared is not None:
        return declared
    found: list[Preset] = []
    for kind in sorted({*kinds} - {""}):
        found += [Preset("sku", kind), Preset("class", kind, _MACHINES), Preset("kind", kind)]
    return tuple(found)


def expand(vendor: str, usage: Sequence[UsageFact]) -> list[PresetUnit]:
    """The units that a connection's usage allows, in the order of the table; nothing for models without usage."""
    present = {fact.client_id for fact in usage if fact.client_id is not None}
    found: dict[str, PresetUnit] = {}
    for preset in presets_of(vendor, {fact.kind for fact in usage}):
        facts = [fact for fact in usage if fact.kind == preset.kind]
        for made in _units(preset, facts):
            made.unit.present = present
            found.setdefault(made.key, made)
    return list(found.values())


def _units(preset: Preset, facts: Sequence[UsageFact]) -> list[PresetUnit]:
    if not facts:
        return []
    if preset.by == "sku":
        return _by_sku(preset, facts)
    if preset.by == "class":
        held = [(name, [fact for fact in facts if fact.device_class == name]) for name in preset.classes]
        return [_made(preset, name, f"Per {name}", some, ("device_class", name)) for name, some in held if some]
    if preset.by == "flat":
        return [_made(preset, "", "Flat per client", facts, None)]
    if len({fact.sku or fact.sku_name for fact in facts}) > 1 and preset.kind in ("user", "licence"):
        # A person may hold several licences: seats are not people.
        return [_made(preset, "", f"Per {_NOUNS[preset.kind]}", facts, None, count="distinct")]
    return [_made(preset, "", f"Per {_NOUNS.get(preset.kind, preset.kind)}", facts, None)]


def _by_sku(preset: Preset, facts: Sequence[UsageFact]) -> list[PresetUnit]:
    held: dict[str, list[UsageFact]] = defaultdict(list)
    for fact in facts:
        if fact.sku or fact.sku_name:
            held[fold(fact.sku) or fold(fact.sku_name)].append(fact)
    made = []
    for name, some in sorted(held.items()):
        first = min(some, key=lambda fact: (fact.sku, fact.sku_name))
        said = ("sku", first.sku) if first.sku else ("sku_name", first.sku_name)
        made.append(_made(preset, name, first.sku_name or first.sku, some, said))
    return made


def _made(
    preset: Preset,
    name: str,
    title: str,
    facts: Sequence[UsageFact],
    said: tuple[str, str] | None,
    *,
    count: str = "",
) -> PresetUnit:
    first = facts[0]
    where = [{"field": "kind", "op": "eq", "value": preset.kind}] if preset.kind != "other" else []
    if said is not None:
        where.append({"field": said[0], "op": "eq", "value": said[1]})
    is_sku = preset.by == "sku"
    unit = Unit(
        name=UnitName(
            first.integration,
            first.sku if is_sku else "",
            first.sku_name if is_sku else "",
            name if preset.by == "class" else "",
            preset.kind,
            first.vendor,
        ),
        preset=_preset_name(preset, name),
        where=where,
    )
    fill(unit, facts, is_sum=preset.kind == "licence")
    if count:
        unit.count, unit.by_client = count, {}  # seats say little of how many people there are
    pack = FLAT_PACK if preset.by == "flat" else Decimal(1)
    mapped = [fact for fact in facts if fact.client_id is not None]
    seats, clients = sum(fact.seats for fact in mapped), len({fact.client_id for fact in mapped})
    return PresetUnit(f"{preset.by}:{preset.kind}:{name}", title, unit, pack, seats, clients)


def _preset_name(preset: Preset, name: str) -> str:
    if preset.by == "sku":
        return "licence" if preset.kind in ("user", "licence") else f"per_{preset.kind}"
    if preset.by == "flat":
        return "flat"
    return f"per_{name or preset.kind}"
