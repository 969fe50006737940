"""The registry of recognised export shapes; one module a vendor, `generic` for the rest."""

from __future__ import annotations

from connectors.files.shapes.autotask import AUTOTASK_SERVICES
from connectors.files.shapes.connectwise import CONNECTWISE_ADDITIONS
from connectors.files.shapes.generic import GENERIC_CLIENTS, GENERIC_LINES, GENERIC_USAGE
from connectors.files.shapes.halopsa import HALOPSA_LINES
from connectors.files.shapes.microsoft import M365_USERS, PARTNER_CENTER
from connectors.files.shapes.pax8 import PAX8
from connectors.files.shapes.rcx import RCX_CLIENTS, RCX_LINES, RCX_MAPPING, RCX_SEATS
from connectors.files.shapes.rmm import DATTO_RMM_DEVICES, NINJAONE_DEVICES
from connectors.files.shapes.shape import Shape

SHAPES: dict[str, Shape] = {
    shape.id: shape
    for shape in (
        RCX_LINES, RCX_CLIENTS, RCX_SEATS, RCX_MAPPING, CONNECTWISE_ADDITIONS, AUTOTASK_SERVICES, HALOPSA_LINES,
        M365_USERS, PARTNER_CENTER, PAX8, NINJAONE_DEVICES, DATTO_RMM_DEVICES, GENERIC_LINES, GENERIC_CLIENTS,
        GENERIC_USAGE,
    )
}  # fmt: skip

KNOWN_HEADERS: frozenset[str] = frozenset(
    spelling for shape in SHAPES.values() for name in shape.fields for spelling in shape.names_of(name)
)

__all__ = ["KNOWN_HEADERS", "SHAPES", "Shape"]
