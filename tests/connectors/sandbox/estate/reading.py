"""An estate's export files as the file connector reads them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from connectors.files import Problem, Profile, convert, guess
from connectors.records import Account, Line, Seat
from connectors.sandbox.estate import Estate, WrittenFile
from tests.connectors.sandbox.estate.reference import Key, Outcome, compare

SHAPES = {
    "ConnectWise agreement additions.csv": "connectwise_additions",
    "Microsoft 365 users.csv": "m365_users",
    "NinjaOne devices.csv": "ninjaone_devices",
    "Datto RMM devices.csv": "datto_rmm_devices",
    "Pax8 subscriptions.csv": "pax8_subscriptions",
    "Partner Center subscriptions.csv": "partner_center_subscriptions",
    "Huntress agents.csv": "generic_usage",
    "Acronis workloads.xlsx": "generic_usage",
    "Proofpoint users.csv": "generic_usage",
}


def read(path: Path, profile: Profile) -> list[object]:
    items = list(convert(path, profile))
    assert [item for item in items if isinstance(item, Problem)] == []
    return items


def bills(line: Line, day: date) -> bool:
    started = line.effective_date is not None and line.effective_date <= day
    return started and (line.cancelled_date is None or day < line.cancelled_date)


def as_seen(estate: Estate, files: list[WrittenFile]) -> tuple[Outcome, list[Seat]]:
    """Reconcile what the connector makes of the files; accounts are found again by their name at the vendor."""
    ids = {(account.integration, account.name): account.id for account in estate.accounts}
    seats: list[Seat] = []
    billed: dict[Key, Decimal] = defaultdict(Decimal)
    for file in files:
        proposal = guess(file.path)
        assert (proposal.profile.shape, proposal.problems) == (SHAPES[file.path.name], ())
        items = read(file.path, proposal.profile)
        names = {item.external_id: item.name for item in items if isinstance(item, Account)}
        for item in items:
            if isinstance(item, Seat):
                account = ids[file.source, names[item.account_external_id]]
                seats.append(replace(item, integration=file.source, account_external_id=account))
            elif isinstance(item, Line) and bills(item, estate.as_of):
                billed[item.client_external_id, item.product_code] += item.quantity
    return compare(estate, seats, billed), seats
