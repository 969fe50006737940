"""The estate as the export files that an operator downloads from each portal, with that portal's columns and habits."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from connectors.sandbox.estate.catalogue import ACRONIS_SKU, HUNTRESS_SKU, PRODUCT_BY_CODE, PROOFPOINT_SKU, SKU_BY_PART
from connectors.sandbox.estate.tables import Cell, Table, WrittenFile, columns, write_csv, write_xlsx
from connectors.sandbox.estate.world import (
    ACRONIS,
    DATTO,
    HUNTRESS,
    M365,
    NINJA,
    PARTNER_CENTER,
    PAX8,
    PROOFPOINT,
    Account,
    Client,
    Device,
    Estate,
    Line,
    Subscription,
    User,
)

CONNECTWISE = "ConnectWise PSA"

_USER_COLUMNS = columns(
    "Display name,DirSyncEnabled,User principal name,Object Id,First name,Last name,When created,"
    "Soft deletion time stamp,Title,Department,Preferred data location,City,CountryOrRegion,Office,"
    "StateOrProvince,Usage location,Last dirsync time,Block credential,Licenses,Password never expires,"
    "Last password change time stamp,Mobile Phone,Phone number,Postal code,Preferred language,"
    "Street address,Fax,Proxy addresses"
)


def write_files(estate: Estate, folder: Path) -> list[WrittenFile]:
    """Write one export per system into `folder` (made if missing): the PSA's additions first, then vendors' usage."""
    folder.mkdir(parents=True, exist_ok=True)
    views = _Views(estate)
    return [
        write_csv(folder / "ConnectWise agreement additions.csv", CONNECTWISE, views.additions(), encoding="utf-8-sig"),
        write_csv(folder / "Microsoft 365 users.csv", M365, views.users_of_all_tenants(), newline="\n"),
        write_csv(folder / "NinjaOne devices.csv", NINJA, views.ninja(), newline="\n"),
        write_csv(folder / "Datto RMM devices.csv", DATTO, views.datto(), quoting=csv.QUOTE_ALL),
        write_csv(folder / "Pax8 subscriptions.csv", PAX8, views.pax8(), newline="\n"),
        write_csv(
            folder / "Partner Center subscriptions.csv", PARTNER_CENTER, views.partner_center(), encoding="utf-8-sig"
        ),
        write_csv(folder / "Huntress agents.csv", HUNTRESS, views.huntress(), newline="\n"),
        write_xlsx(folder / "Acronis workloads.xlsx", ACRONIS, "Workloads", views.acronis(), estate.as_of),
        write_csv(folder / "Proofpoint users.csv", PROOFPOINT, views.proofpoint(), encoding="cp1252", delimiter=";"),
    ]


def write_tenant_users(estate: Estate, account_id: str, folder: Path) -> WrittenFile:
    """Write the admin centre's own users export of one Microsoft 365 tenant; the file names no tenant inside."""
    account = next((item for item in estate.accounts if item.integration == M365 and item.id == account_id), None)
    if account is None:
        raise ValueError(f"the estate has no Microsoft 365 tenant {account_id!r}")
    folder.mkdir(parents=True, exist_ok=True)
    views = _Views(estate)
    label = account.tenant_domain.partition(".")[0]
    name = f"users_{label}_{estate.as_of:%m_%d_%Y}.csv"
    rows = (views.user(user) for user in estate.users if user.account_id == account_id)
    return write_csv(folder / name, M365, Table(_USER_COLUMNS, rows), encoding="utf-8-sig")


class _Views:
    """The rows of each export."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.clients = {client.id: client for client in estate.clients}
        self.agreements = {agreement.id: agreement for agreement in estate.agreements}
        self.accounts = {(account.integration, account.id): account for account in estate.accounts}

    def account(self, integration: str, account_id: str) -> Account:
        return self.accounts[integration, account_id]

    def additions(self) -> Table:
        header = columns(
            "Company RecID,Company Name,Agreement RecID,Agreement Name,Agreement Type,Agreement Status,"
            "Billing Cycle,Addition RecID,Sequence,Product ID,Description,Quantity,Less Included,Unit Price,"
            "Unit Cost,Ext Price,Ext Cost,Currency,Bill,Taxable,Effective Date,Cancelled Date,Addition Status"
        )
        return Table(header, (self._addition(number, line) for number, line in enumerate(self.estate.lines)))

    def _addition(self, number: int, line: Line) -> Sequence[Cell]:
        agreement, product = self.agreements[line.agreement_id], PRODUCT_BY_CODE[line.product_code]
        ended = line.cancelled_on is not None and line.cancelled_on <= self.estate.as_of
        is_over = agreement.cancelled_on is not None and agreement.cancelled_on <= self.estate.as_of
        billed = max(line.quantity - line.included, Decimal(0))
        return (
            line.client_id,
            self.clients[line.client_id].name,
            agreement.id,
            agreement.name,
            agreement.type,
            "Cancelled" if is_over else "Active",
            agreement.billing_cycle.capitalize(),
            line.id,
            number % 40 + 1,
            line.product_code,
            product.name,
            f"{line.quantity:.2f}",
            f"{line.included:.2f}",
            f"{line.unit_price:,.2f}",
            f"{line.unit_cost:,.2f}",
            f"{billed * line.unit_price:,.2f}",
            f"{line.quantity * line.unit_cost:,.2f}",
            line.currency,
            "Yes",
            "Yes" if line.taxable else "No",
            _american(line.effective_on),
            _american(line.cancelled_on) if line.cancelled_on else "",
            "Cancelled" if ended else "Active",
        )

    def users_of_all_tenants(self) -> Table:
        header = ("Tenant name", "Tenant ID", "Default domain", *_USER_COLUMNS)
        return Table(header, self._tenant_rows())

    def _tenant_rows(self) -> Iterator[Sequence[Cell]]:
        for user in self.estate.users:
            account = self.account(M365, user.account_id)
            yield (account.name, account.id, account.domain, *self.user(user))

    def user(self, user: User) -> Sequence[Cell]:
        client = self._client(M365, user.account_id)
        site = client.sites[0] if client and user.kind == "member" else None
        licences = "+".join(SKU_BY_PART[part].name for part in user.licences) or "Unlicensed"
        changed = user.created_at + timedelta(hours=2)
        return (
            user.display_name,
            "False",
            user.upn,
            user.id,
            user.first_name,
            user.last_name,
            f"{user.created_at:%Y-%m-%d %H:%M:%SZ}",
            "",
            user.title,
            user.department,
            "",
            site.city if site else "",
            client.country if client and site else "",
            "",
            site.region if site else "",
            client.country if client else "US",
            "",
            str(not user.is_enabled),
            licences,
            str(user.kind == "shared"),
            f"{changed:%Y-%m-%d %H:%M:%SZ}",
            "",
            user.phone,
            site.postcode if site else "",
            "",
            site.address if site else "",
            "",
            f"SMTP:{user.upn}",
        )

    def _client(self, integration: str, account_id: str) -> Client | None:
        return self.clients.get(self.estate.truth[integration, account_id] or "")

    def ninja(self) -> Table:
        header = columns(
            "Device ID,Display Name,System Name,Organization,Location,Device Type,Policy,OS Name,Serial Number,"
            "Status,Last Logged In User,Last Contact,Created"
        )
        return Table(header, (self._ninja(device) for device in self.estate.devices if device.integration == NINJA))

    def _ninja(self, device: Device) -> Sequence[Cell]:
        return (
            device.id,
            device.hostname,
            device.hostname,
            self.account(NINJA, device.account_id).name,
            device.location,
            device.model_type,
            f"{device.model_type} - Standard",
            device.os,
            device.serial,
            self._presence(device.last_seen_at),
            device.last_user,
            f"{device.last_seen_at:%Y-%m-%d %H:%M:%S}",
            f"{device.created_at:%Y-%m-%d %H:%M:%S}",
        )

    def _presence(self, seen: datetime) -> str:
        return "Online" if (self.estate.as_of - seen.date()).days <= 1 else "Offline"

    def datto(self) -> Table:
        header = columns(
            "Device UID,Hostname,Description,Site Name,Device Type,Operating System,Serial Number,Status,"
            "Last User,Last Seen,Created Date,Int IP Address"
        )
        chosen = (device for device in self.estate.devices if device.integration == DATTO)
        return Table(header, (self._datto(number, device) for number, device in enumerate(chosen)))

    def _datto(self, number: int, device: Device) -> Sequence[Cell]:
        category = {"Windows Desktop": "Desktop", "Windows Laptop": "Laptop", "Mac": "Laptop"}.get(
            device.model_type, "Server"
        )
        return (
            device.id,
            device.hostname,
            device.hostname,
            self.account(DATTO, device.account_id).name,
            category,
            device.os,
            device.serial,
            self._presence(device.last_seen_at),
            device.last_user,
            f"{device.last_seen_at:%d %b %Y %H:%M:%S} UTC",
            f"{device.created_at:%d %b %Y %H:%M:%S} UTC",
            f"10.{number // 250 % 250}.0.{number % 250 + 2}",
        )

    def pax8(self) -> Table:
        header = columns(
            "Company ID,Company Name,Subscription ID,Vendor,Product Name,Vendor SKU,Status,Quantity,Price,Partner Cost,"
            "Currency,Billing Term,Commitment Term,Start Date,Commitment End Date,Created Date"
        )
        return Table(header, (self._pax8(item) for item in self.estate.subscriptions if item.integration == PAX8))

    def _pax8(self, item: Subscription) -> Sequence[Cell]:
        return (
            item.account_id,
            self.account(PAX8, item.account_id).name,
            item.id,
            SKU_BY_PART[item.sku].publisher,
            SKU_BY_PART[item.sku].name,
            item.sku,
            item.status.capitalize(),
            item.quantity,
            item.unit_price,
            item.unit_cost,
            item.currency,
            item.billing,
            item.term,
            item.started_on.isoformat(),
            item.commitment_ends_on.isoformat(),
            item.created_at.date().isoformat(),
        )

    def partner_center(self) -> Table:
        header = columns(
            "Customer name,Customer domain,Customer ID,Subscription ID,Offer name,Product SKU ID,Quantity,"
            "Unit type,Status,Term duration,Billing frequency,Auto renew,Effective start date,"
            "Commitment end date,Creation date"
        )
        chosen = (item for item in self.estate.subscriptions if item.integration == PARTNER_CENTER)
        return Table(header, (self._partner_center(item) for item in chosen))

    def _partner_center(self, item: Subscription) -> Sequence[Cell]:
        account = self.account(PARTNER_CENTER, item.account_id)
        return (
            account.name,
            account.tenant_domain,
            account.id,
            item.id,
            SKU_BY_PART[item.sku].name,
            item.sku,
            item.quantity,
            "License(s)",
            "Active" if item.status == "active" else "Deleted",
            "P1Y" if item.term == "1-Year" else "P1M",
            item.billing,
            "True" if item.status == "active" else "False",
            f"{item.started_on.isoformat()}T00:00:00Z",
            f"{item.commitment_ends_on.isoformat()}T00:00:00Z",
            f"{item.created_at:%Y-%m-%dT%H:%M:%SZ}",
        )

    def huntress(self) -> Table:
        header = columns(
            "Agent ID,Hostname,Organization,Product,Platform,OS,Agent Version,Serial Number,Last Callback,First Seen"
        )
        titles = (f"Huntress Agents,generated {self.estate.as_of.isoformat()}", "Account,Northbeam IT", "")
        return Table(header, self._agents(), titles)

    def _agents(self) -> Iterator[Sequence[Cell]]:
        for agent in self.estate.agents:
            yield (
                agent.id,
                agent.hostname,
                self.account(HUNTRESS, agent.account_id).name,
                HUNTRESS_SKU,
                agent.platform,
                agent.os,
                agent.version,
                agent.serial,
                f"{agent.last_seen_at:%Y-%m-%dT%H:%M:%SZ}",
                f"{agent.created_at:%Y-%m-%dT%H:%M:%SZ}",
            )

    def acronis(self) -> Table:
        header = columns(
            "Customer name,Tenant ID,Asset ID,Name,Type,Product,Protection plan,Protected data (GB),Status,Last backup,"
            "Registered"
        )
        titles = ("Protected workloads, all customers", f"As of {self.estate.as_of.isoformat()}", "")
        return Table(header, self._workloads(), titles)

    def _workloads(self) -> Iterator[Sequence[Cell]]:
        for workload in self.estate.workloads:
            account = self.account(ACRONIS, workload.account_id)
            yield (
                account.name,
                account.id,
                workload.id,
                workload.name,
                workload.type,
                ACRONIS_SKU,
                workload.plan,
                workload.protected_gb,
                "OK",
                workload.last_backup_at,
                workload.created_at,
            )

    def proofpoint(self) -> Table:
        header = columns("Company,Domain,First Name,Last Name,Primary Email,User Type,License,Status,Created")
        return Table(header, self._mailboxes())

    def _mailboxes(self) -> Iterator[Sequence[Cell]]:
        for mailbox in self.estate.mailboxes:
            account = self.account(PROOFPOINT, mailbox.account_id)
            yield (
                account.name,
                account.domain,
                mailbox.first_name,
                mailbox.last_name,
                mailbox.email,
                "End User",
                PROOFPOINT_SKU,
                "Active",
                f"{mailbox.created_at:%d-%b-%Y}",
            )


def _american(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
