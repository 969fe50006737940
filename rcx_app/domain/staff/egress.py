"""The addresses that RCX calls vendors from: kept by platform admins, shown to workspaces, told when they change."""

from __future__ import annotations

import ipaddress

from sqlmodel import Session, col, select

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, Invalid, NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.staff import announcements
from rcx_app.domain.staff.schemas import Address
from rcx_app.models import EgressAddress

_LONGEST_NOTE = 120
_NOT_PUBLIC = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/3", "::/8", "fc00::/7", "fe80::/10", "ff00::/8",
    )
]  # fmt: skip
# The shortest prefix, by version of the protocol.
_WIDEST = {4: 20, 6: 48}


def addresses(session: Session, context: Context) -> list[Address]:
    """Those in use, in the order they were added. Everybody signed in may know them. Raises NotPermitted."""
    context.require(Permission.SELF)
    query = select(EgressAddress).where(col(EgressAddress.removed_at).is_(None)).order_by(col(EgressAddress.id))
    return [_view(row) for row in session.scalars(query)]


def former(session: Session, context: Context) -> list[Address]:
    """Those no longer in use, the last removed first. Raises NotPermitted."""
    context.require(Permission.SELF)
    query = (
        select(EgressAddress)
        .where(col(EgressAddress.removed_at).is_not(None))
        .order_by(col(EgressAddress.removed_at).desc(), col(EgressAddress.id).desc())
        .limit(20)
    )
    return [_view(row) for row in session.scalars(query)]


def add(session: Session, context: Context, network: str, note: str = "") -> Address:
    """RCX calls from this address or network (CIDR) too; all workspaces are told. Raises NotPermitted, Invalid."""
    context.require(Permission.PLATFORM)
    plain = checked(network)
    if len(note.strip()) > _LONGEST_NOTE:
        raise Invalid(f"Use at most {_LONGEST_NOTE} characters for the note.")
    if plain in {each.network for each in addresses(session, context)}:
        raise Conflict(f"{plain} is in the list already.")
    row = EgressAddress(network=plain, note=note.strip(), added_by=context.user_id)
    session.add(row)
    session.flush()
    audit.record(session, context, "egress:add", "egress_address", row.id, {"network": plain})
    announcements.publish(
        session,
        context,
        f"RCX also calls from {plain}",
        f"RCX calls your vendors from one more address: {plain}. If your PSA or a vendor only lets listed addresses "
        "in, add it to the list. All addresses are on the page Network of the settings.",
    )
    return _view(row)


def remove(session: Session, context: Context, address_id: int) -> None:
    """RCX no longer calls from there; all workspaces are told. Raises NotPermitted, NotFound."""
    context.require(Permission.PLATFORM)
    row = session.get(EgressAddress, address_id)
    if row is None or row.removed_at is not None:
        raise NotFound("This address")
    row.removed_at = clock.now()
    session.add(row)
    audit.record(session, context, "egress:remove", "egress_address", row.id, {"network": row.network})
    announcements.publish(
        session,
        context,
        f"RCX no longer calls from {row.network}",
        f"RCX no longer calls your vendors from {row.network}. You can take it off the lists of addresses that your "
        "PSA or vendors let in.",
    )


def checked(network: str) -> str:
    """An address or network of the public internet, as it is written in lists. Raises Invalid."""
    try:
        found = ipaddress.ip_network(network.strip())
    except ValueError as error:
        raise Invalid(
            "That is neither an address nor a network.", remedy="Enter one such as 203.0.113.7 or 203.0.113.0/28."
        ) from error
    if any(found.version == each.version and found.overlaps(each) for each in _NOT_PUBLIC):
        raise Invalid(f"{found} is not an address of the public internet.")
    if found.prefixlen < _WIDEST[found.version]:
        raise Invalid(f"{found} is wider than anybody should let in.")
    return str(found.network_address) if found.num_addresses == 1 else str(found)


def _view(row: EgressAddress) -> Address:
    return Address(
        address_id=row.id, network=row.network, note=row.note, added_at=row.created_at, removed_at=row.removed_at
    )
