"""The estate seen as canonical seats: one per user and licence, device, agent, workload, mailbox and subscription."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.records import Seat
from connectors.sandbox.estate.catalogue import ACRONIS_SKU, HUNTRESS_SKU, PROOFPOINT_SKU, SKU_BY_PART
from connectors.sandbox.estate.world import ACRONIS, HUNTRESS, M365, PROOFPOINT, Estate, Subscription, User


def all_seats(estate: Estate) -> Iterator[Seat]:
    """Yield every seat with its integration named. A user without a licence has no seat."""
    for user in estate.users:
        for part in user.licences:
            yield _licence(user, part)
    for device in estate.devices:
        yield Seat(
            integration=device.integration,
            external_id=device.id,
            account_external_id=device.account_id,
            kind="device",
            identity=device.serial,
            display_name=device.hostname,
            device_class=device.device_class,
            created_at=device.created_at,
            last_seen_at=device.last_seen_at,
        )
    for agent in estate.agents:
        yield Seat(
            integration=HUNTRESS,
            external_id=agent.id,
            account_external_id=agent.account_id,
            kind="agent",
            sku=HUNTRESS_SKU,
            sku_name=HUNTRESS_SKU,
            identity=agent.serial,
            display_name=agent.hostname,
            device_class="server" if "Server" in agent.os else "workstation",
            created_at=agent.created_at,
            last_seen_at=agent.last_seen_at,
        )
    for workload in estate.workloads:
        yield Seat(
            integration=ACRONIS,
            external_id=workload.id,
            account_external_id=workload.account_id,
            kind="workload",
            sku=ACRONIS_SKU,
            sku_name=ACRONIS_SKU,
            identity=workload.name,
            display_name=workload.name,
            device_class=workload.type.casefold(),
            created_at=workload.created_at,
            last_seen_at=workload.last_backup_at,
        )
    for mailbox in estate.mailboxes:
        yield Seat(
            integration=PROOFPOINT,
            external_id=mailbox.id,
            account_external_id=mailbox.account_id,
            kind="mailbox",
            sku=PROOFPOINT_SKU,
            sku_name=PROOFPOINT_SKU,
            identity=mailbox.email,
            display_name=f"{mailbox.first_name} {mailbox.last_name}",
            created_at=mailbox.created_at,
        )
    for subscription in estate.subscriptions:
        yield _subscribed(subscription)


def licence_seat_id(user: User, part: str) -> str:
    """The id under which the admin centre's users export is imported: object id and licence name."""
    return f"{user.id}/{SKU_BY_PART[part].name.casefold()}"


def _licence(user: User, part: str) -> Seat:
    return Seat(
        integration=M365,
        external_id=licence_seat_id(user, part),
        account_external_id=user.account_id,
        kind="user",
        sku=part,
        sku_name=SKU_BY_PART[part].name,
        identity=user.upn,
        display_name=user.display_name,
        status="active" if user.is_enabled else "disabled",
        created_at=user.created_at,
    )


def _subscribed(subscription: Subscription) -> Seat:
    return Seat(
        integration=subscription.integration,
        external_id=subscription.id,
        account_external_id=subscription.account_id,
        kind="licence",
        sku=subscription.sku,
        sku_name=SKU_BY_PART[subscription.sku].name,
        status="deleted" if subscription.status == "cancelled" else "active",
        quantity=subscription.quantity,
        created_at=subscription.created_at,
    )
