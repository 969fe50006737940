"""The estate in RCX's own file formats: lines, seats, mapping and clients, and the intended rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import yaml

from connectors.sandbox.estate.catalogue import PRODUCT_BY_CODE, RULES, Rule
from connectors.sandbox.estate.exports import CONNECTWISE
from connectors.sandbox.estate.seats import all_seats
from connectors.sandbox.estate.tables import Cell, Table, WrittenFile, columns, write_csv
from connectors.sandbox.estate.world import Account, Client, Estate, Line, Site

_LINES = columns(
    "client_id,client_name,agreement_id,agreement_name,line_id,product_code,product_name,quantity,"
    "included_quantity,unit_price,unit_cost,currency,effective_date,cancelled_date,billing_cycle"
)
_SEATS = columns(
    "integration,account_id,account_name,seat_id,kind,sku,sku_name,identity,display_name,status,"
    "device_class,quantity,created_at,last_seen_at"
)
_PARTIES = columns("id,name,domain,emails,phone,address,city,region,postcode,country,alias")


def write_rcx_files(estate: Estate, folder: Path) -> list[WrittenFile]:
    """Write lines.csv, seats.csv, mapping.csv, clients.csv, accounts.csv and rules.yaml.

    mapping.csv is the truth; accounts that are nobody's are not in it, so they stay unmapped. clients.csv and
    accounts.csv are the two sides for `rcx match`; an account's id there is `integration:account id`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seats = Table(_SEATS, _seat_rows(estate))
    mapping = Table(
        ("integration", "account_id", "client_id"),
        (
            (item.integration, item.id, estate.truth[item.integration, item.id])
            for item in estate.accounts
            if estate.truth[item.integration, item.id] is not None
        ),
    )
    rules = folder / "rules.yaml"
    rules.write_text(
        yaml.safe_dump([_rule(rule) for rule in RULES], sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return [
        write_csv(folder / "lines.csv", CONNECTWISE, Table(_LINES, _line_rows(estate)), newline="\n"),
        write_csv(folder / "seats.csv", "all", seats, newline="\n"),
        write_csv(folder / "mapping.csv", "all", mapping, newline="\n"),
        write_csv(folder / "clients.csv", CONNECTWISE, Table(_PARTIES, map(_client, estate.clients)), newline="\n"),
        write_csv(folder / "accounts.csv", "all", Table(_PARTIES, map(_account, estate.accounts)), newline="\n"),
        WrittenFile(rules, "rules", len(RULES)),
    ]


def _line_rows(estate: Estate) -> Iterator[Sequence[Cell]]:
    clients = {client.id: client for client in estate.clients}
    agreements = {agreement.id: agreement for agreement in estate.agreements}
    for line in estate.lines:
        yield _line(line, clients[line.client_id], agreements[line.agreement_id].name)


def _line(line: Line, client: Client, agreement: str) -> Sequence[Cell]:
    return (
        client.id,
        client.name,
        line.agreement_id,
        agreement,
        line.id,
        line.product_code,
        PRODUCT_BY_CODE[line.product_code].name,
        line.quantity,
        line.included,
        line.unit_price,
        line.unit_cost,
        line.currency,
        line.effective_on.isoformat(),
        line.cancelled_on.isoformat() if line.cancelled_on else "",
        line.billing_cycle,
    )


def _seat_rows(estate: Estate) -> Iterator[Sequence[Cell]]:
    names = {(account.integration, account.id): account.name for account in estate.accounts}
    for seat in all_seats(estate):
        yield (
            seat.integration,
            seat.account_external_id,
            names[seat.integration, seat.account_external_id],
            seat.external_id,
            seat.kind,
            seat.sku,
            seat.sku_name,
            seat.identity,
            seat.display_name,
            seat.status,
            seat.device_class,
            seat.quantity,
            _moment(seat.created_at),
            _moment(seat.last_seen_at),
        )


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value else ""


def _client(client: Client) -> Sequence[Cell]:
    return (
        client.id,
        client.name,
        client.domain,
        f"office@{client.domain}",
        *_where(client.sites[0]),
        client.country,
        "",
    )


def _account(account: Account) -> Sequence[Cell]:
    where = _where(account.site) if account.site else ("",) * 5
    return (f"{account.integration}:{account.id}", account.name, account.domain, "", *where, "", "")


def _where(site: Site) -> Sequence[str]:
    return (site.phone, site.address, site.city, site.region, site.postcode)


def _rule(rule: Rule) -> dict[str, object]:
    where = [{"field": name, "op": operator, "value": value} for name, operator, value in rule.where]
    found: dict[str, object] = {
        "name": rule.name,
        "products": list(rule.products),
        "integration": rule.integration,
        "count": rule.count,
    }
    return {**found, "where": {"all": where}} if where else found
