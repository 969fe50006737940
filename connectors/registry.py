"""All connectors, by id. A class is imported only when it is asked for; listing them imports all."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from connectors.connector import About, Connector

CONNECTORS: dict[str, str] = {
    "connectwise": "connectors.vendors.connectwise:ConnectWise",
    "autotask": "connectors.vendors.autotask:Autotask",
    "halopsa": "connectors.vendors.halopsa:HaloPsa",
    "syncro": "connectors.vendors.syncro:Syncro",
    "superops": "connectors.vendors.superops:SuperOps",
    "kaseya_bms": "connectors.vendors.kaseya_bms:KaseyaBms",
    "microsoft365": "connectors.vendors.microsoft365:Microsoft365",
    "partner_center": "connectors.vendors.partner_center:PartnerCenter",
    "google_workspace": "connectors.vendors.google_workspace:GoogleWorkspace",
    "pax8": "connectors.vendors.pax8:Pax8",
    "sherweb": "connectors.vendors.sherweb:Sherweb",
    "ninjaone": "connectors.vendors.ninjaone:NinjaOne",
    "datto_rmm": "connectors.vendors.datto_rmm:DattoRmm",
    "ncentral": "connectors.vendors.ncentral:NCentral",
    "huntress": "connectors.vendors.huntress:Huntress",
    "sentinelone": "connectors.vendors.sentinelone:SentinelOne",
    "sophos": "connectors.vendors.sophos:Sophos",
    "bitdefender": "connectors.vendors.bitdefender:Bitdefender",
    "webroot": "connectors.vendors.webroot:Webroot",
    "acronis": "connectors.vendors.acronis:Acronis",
    "veeam_vspc": "connectors.vendors.veeam_vspc:VeeamVspc",
    "cove": "connectors.vendors.cove:Cove",
    "proofpoint": "connectors.vendors.proofpoint:Proofpoint",
    "duo": "connectors.vendors.duo:Duo",
    "keeper": "connectors.vendors.keeper:Keeper",
}
"""Id -> module and class: the PSAs first, then what clients use."""


def connector_class(connector_id: str) -> type[Connector]:
    """Raises LookupError for an id that no connector has."""
    if connector_id not in CONNECTORS:
        raise LookupError(f"there is no connector {connector_id!r}")
    module, _, name = CONNECTORS[connector_id].partition(":")
    found: type[Connector] = getattr(import_module(module), name)
    return found


@cache
def abouts() -> tuple[About, ...]:
    """What every connector declares, in the order of the registry."""
    return tuple(connector_class(each).about for each in CONNECTORS)
