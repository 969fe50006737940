"""What RCX calls the source behind each kind of export: the vendor, and the label it proposes for a connection."""

from __future__ import annotations

import re

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


# What the names of exports hold besides the name of their source.
_PLAIN = """
accounts agents all assets assigned billing clients companies computers copy count counts customer customers
data detail details device devices download endpoints export exported exports full inventory licence
licences license licenses list mailboxes monthly new organisations organizations overview protected report
reports seat seats servers service services sheet sites subscription subscriptions summary tenants usage
user users workload workloads workstations jan feb mar apr may jun jul aug sep oct nov dec
"""
_PLAIN_WORDS = frozenset(_PLAIN.split())
_LABEL_WORDS = 3


def proposed(shape: str, side: str, filename: str = "") -> tuple[str, str]:
    """(vendor, label) for a new connection; the vendor of a general format is empty: it follows from the label.

    A general usage export is named after its file: "Proofpoint users.csv" proposes "Proofpoint".
    """
    known = _OF_SHAPE.get(shape)
    if known is not None:
        return known
    return "", "PSA" if side == "psa" else label_in(filename)


def label_in(filename: str) -> str:
    """The words of a file's name that may name its source; empty where none is left, or too many are."""
    words = re.split(r"[\W_]+", filename.rpartition(".")[0] or filename)
    named = [word for word in words if len(word) > 1 and word[0].isalpha() and word.casefold() not in _PLAIN_WORDS]
    return " ".join(named) if len(named) <= _LABEL_WORDS else ""


def vendor_of(label: str) -> str:
    """The vendor a label stands for: that of a known product, else the label itself without case and spaces."""
    squeezed = "".join(char for char in fold(label) if char.isalnum())
    known = {vendor for vendor, _ in _OF_SHAPE.values()}
    if squeezed in known:
        return squeezed
    return next((each for each in sorted(known) if squeezed.startswith(each) or squeezed.endswith(each)), squeezed)
