"""What RCX calls the source behind each kind of export: the vendor, and the label it proposes for a connection."""

from __future__ import annotations

from rcx_app.core.text import fold

# shape of connectors.files -> (vendor, proposed label)
_OF_SHAPE = {
    "connectwise_additions": ("connectwise", "ConnectWise PSA"),
    "autotask_services": ("autotask", "Autotask"),
    "halopsa_lines": ("halopsa", "HaloPSA"),
    "m365_users": ("microsoft365", "Microsoft 365"),
    "partner_center_subscriptions": ("partnercenter", "Partner Center"),
    "pax8_subscriptions": ("pax8", "Pax8"),
    "ninjaone_devices": ("ninjaone", "NinjaOne"),
    "datto_rmm_devices": ("dattormm", "Datto RMM"),
}


def proposed(shape: str, side: str) -> tuple[str, str]:
    """(vendor, label) for a new connection; the vendor of a general format is empty: it follows from the label."""
    return _OF_SHAPE.get(shape, ("", "PSA" if side == "psa" else ""))


def vendor_of(label: str) -> str:
    """The vendor a label stands for: that of a known product, else the label itself without case and spaces."""
    squeezed = "".join(char for char in fold(label) if char.isalnum())
    known = {vendor for vendor, _ in _OF_SHAPE.values()}
    return squeezed if squeezed in known else next((each for each in known if squeezed.startswith(each)), squeezed)
