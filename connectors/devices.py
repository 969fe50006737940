"""What is known of devices whatever tells of them: their class, and which serial numbers are none. No vendor here."""

from __future__ import annotations

import re

# First match wins: "Windows Server" before "Windows", "VM host" before "host".
_CLASSES = (
    ("mobile", r"\b(?:ios|ipados|android|iphone|ipad|mobile|phone|tablet|smartphone)\b"),
    (
        "hypervisor",
        r"esxi|vmware[_ ]vm[_ ]host|hyper-?v[_ ](?:vmm[_ ])?host|hyperv_vmm_host|"
        r"hypervisor|vm host|vcenter|proxmox",
    ),
    ("virtual machine", r"virtual machine|\bvm\b|vm guest"),
    (
        "network",
        r"network|\bnms|router|switch|firewall|access[ _-]?point|\bwap\b|\bups\b|"
        r"snmp|wireless|load[ _-]?balancer",
    ),
    ("printer", r"printer|\bmfp\b|scanner"),
    ("storage", r"\bnas\b|\bsan\b|storage"),
    ("server", r"server|\bdc\b|domain controller|ubuntu lts|centos|red ?hat|rhel|debian|suse"),
    (
        "workstation",
        r"workstation|desktop|laptop|notebook|portable|tablet pc|all[ -]in[ -]one|mini ?pc|tower|convertible|"
        r"\bpc\b|\bmac\b|macos|mac ?os|os x|windows|chrome ?os|linux",
    ),
)
_CLASS_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _CLASSES)
# What board makers leave in the serial number field.
_NO_SERIAL = frozenset(
    (
        "",
        "0",
        "none",
        "n/a",
        "na",
        "null",
        "unknown",
        "default string",
        "to be filled by o.e.m.",
        "system serial number",
        "not specified",
        "not available",
        "not applicable",
        "invalid",
        "123456789",
        "0123456789",
        "oem",
        "o.e.m.",
        "chassis serial number",
        "serial number",
        "no asset information",
        "standard",
        "-",
    )
)


def device_class(*texts: str) -> str:
    """Infer the class from class, type and OS texts in order of trust; "other" where nothing is recognised."""
    for text in texts:
        for name, pattern in _CLASS_PATTERNS:
            if text and pattern.search(text.replace("_", " ") if name != "hypervisor" else text):
                return name
    return "other"


def class_of(kind: str, system: str) -> str:
    """The class by what a tool calls the device and by its operating system.

    Some tools call everything with an agent a desktop or workstation; a server system says otherwise.
    """
    found = device_class(kind, system)
    return "server" if found == "workstation" and "server" in system.casefold() else found


def has_serial(serial: str) -> bool:
    """Whether a serial number is one, and not what board makers leave in its place."""
    return " ".join(serial.split()).casefold() not in _NO_SERIAL and len(set(serial)) > 1


def device_identity(serial: str, *names: str) -> str:
    """What joins the same device across vendors: its serial number, else the first of its names."""
    return serial.strip() if has_serial(serial) else next((name for name in names if name), "")
