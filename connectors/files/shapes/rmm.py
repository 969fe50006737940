"""Device exports of RMM tools: NinjaOne (organisations) and Datto RMM (sites)."""

from __future__ import annotations

from connectors.files.build.devices import DeviceBuilder
from connectors.files.fields import USAGE
from connectors.files.profile import Options
from connectors.files.shapes.shape import Shape

_DEVICE_FIELDS = (
    "account_id", "account_name", "account_domain", "seat_id", "display_name", "hostname", "serial", "os", "status",
    "device_class", "created_at", "deleted_at", "last_seen_at", "sku", "sku_name",
)  # fmt: skip
_FIELDS = {name: USAGE[name] for name in _DEVICE_FIELDS}
_REQUIRED = (("account_name", "account_id"), ("hostname", "display_name", "serial", "seat_id"))

NINJAONE_DEVICES = Shape(
    id="ninjaone_devices",
    title="NinjaOne devices",
    side="usage",
    fields=_FIELDS,
    builder=DeviceBuilder,
    required=_REQUIRED,
    signature=(
        ("Organization", "Organization Name", "Organisation"),
        ("Display Name", "Device Name", "System Name", "Device"),
        ("Device Type", "Node Class", "Device Role", "Role", "Type", "Policy", "Node Role"),
        ("Last Contact", "Last Update", "Last Seen", "Last Online", "Last Login"),
        ("Location", "Location Name", "Serial Number", "OS Name", "OS"),
    ),
    spellings={
        "account_name": ("Organization", "Organization Name", "Organisation"),
        "account_id": ("Organization ID", "Organisation ID"),
        "seat_id": ("Device ID", "Node ID", "ID"),
        "display_name": ("Display Name", "Device Name", "Device"),
        "hostname": ("System Name", "DNS Name", "NetBIOS Name", "Device Name"),
        "serial": ("Serial Number", "BIOS Serial Number", "System Serial Number", "Serial"),
        "os": ("OS Name", "OS", "Operating System"),
        "device_class": ("Node Class", "Device Type", "Device Role", "Node Role", "Role", "Type", "Chassis Type"),
        "status": ("Approval Status", "Status", "Device Status"),
        "last_seen_at": ("Last Contact", "Last Seen", "Last Online", "Last Update"),
        "created_at": ("Created", "Date Added", "Registered"),
    },
    options=Options(integration="NinjaOne", kind="device"),
)  # fmt: skip

DATTO_RMM_DEVICES = Shape(
    id="datto_rmm_devices",
    title="Datto RMM devices",
    side="usage",
    fields=_FIELDS,
    builder=DeviceBuilder,
    required=_REQUIRED,
    signature=(
        ("Site", "Site Name"),
        ("Hostname", "Device Hostname", "Device Name"),
        ("Device Type", "Type", "Category"),
        ("Last Seen", "Last Audit Date", "Last Reboot", "Last Seen Date"),
        ("Description", "Device Description", "Int IP Address", "Ext IP Address", "Last User", "Last Logged In User",
         "Patch Status", "Antivirus Status", "UID", "Device UID", "Domain", "Agent Version"),
    ),
    spellings={
        "account_name": ("Site Name", "Site"),
        "account_id": ("Site UID", "Site ID"),
        "seat_id": ("Device UID", "UID", "Device ID"),
        "hostname": ("Device Hostname", "Hostname", "Device Name"),
        "display_name": ("Device Description", "Description"),
        "serial": ("Serial Number", "Device Serial Number", "BIOS Serial Number"),
        "os": ("Operating System", "OS"),
        "device_class": ("Device Type", "Category", "Type", "Device Class"),
        "status": ("Status", "Device Status", "Online Status", "Online"),
        "last_seen_at": ("Last Seen", "Last Seen Date"),
        "created_at": ("Creation Date", "Created Date", "Date Added"),
    },
    options=Options(integration="Datto RMM", kind="device"),
)  # fmt: skip
