"""What NinjaOne's words for devices mean: node classes and approval. Nothing is fetched here."""

from __future__ import annotations

from connectors.devices import device_class

_CLASSES = {
    "WINDOWS_SERVER": "server",
    "LINUX_SERVER": "server",
    "MAC_SERVER": "server",
    "WINDOWS_WORKSTATION": "workstation",
    "LINUX_WORKSTATION": "workstation",
    "MAC": "workstation",
    "ANDROID": "mobile",
    "APPLE_IOS": "mobile",
    "APPLE_IPADOS": "mobile",
    "VMWARE_VM_HOST": "hypervisor",
    "HYPERV_VMM_HOST": "hypervisor",
    "VMWARE_VM_GUEST": "virtual machine",
    "HYPERV_VMM_GUEST": "virtual machine",
    "CLOUD_MONITOR_TARGET": "cloud",
    "UNMANAGED_DEVICE": "unmanaged",
}
WAITING = frozenset({"PENDING", "STAGED"})
GONE = "DECOMMISSIONED"


def class_of_node(node_class: str) -> str:
    """The device class of a `nodeClass`; "" where NinjaOne says none.

    Everything its network monitoring looks at (NMS_...) is `network`, servers among it: it has no agent and is
    licensed as such. Guests that a hypervisor reports are `virtual machine`, not `server`, for the same reason.
    """
    if node_class in _CLASSES:
        return _CLASSES[node_class]
    if node_class.startswith("NMS_"):
        return "network"
    return device_class(node_class) if node_class else ""
