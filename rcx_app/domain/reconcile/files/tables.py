"""The output tables of a reconciliation of files, sorted by client, product and line, then by what tells rows apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.money import trim
from rcx_app.domain.reconcile.files.repository import FilesRepository
from rcx_app.domain.reconcile.files.schemas import Table, Tables
from rcx_app.domain.reconcile.seats.repository import SeatRepository
from rcx_app.domain.reconcile.service import Computed

COLUMNS: dict[str, tuple[str, ...]] = {
    "discrepancies": (
        "client_id",
        "client_name",
        "line_id",
        "product_code",
        "rule",
        "kind",
        "direction",
        "billed_quantity",
        "system_count",
        "expected_quantity",
        "delta",
        "unit_price",
        "amount",
        "currency",
        "ready",
        "explanation",
    ),
    "seats_counted": ("seat_id", "client_id", "line_id", "rule"),
    "unaccounted": ("seat_id", "integration", "account_id", "client_id", "sku"),
    "flags": (
        "client_id",
        "client_name",
        "product_code",
        "line_id",
        "flag",
        "integration",
        "account_id",
        "seat_id",
        "message",
    ),
    "mapping": ("integration", "account_id", "client_id"),
}


def build(session: Session, context: Context, computed: Computed) -> Tables:
    """All tables of a computed run."""
    repository = FilesRepository(session, context)
    lines = repository.line_ids()
    accounts = repository.account_names()
    tables = Tables()
    tables.discrepancies = _discrepancies(computed, lines)
    tables.flags = _flags(computed, lines, accounts, repository)
    seats = SeatRepository(session, context)
    _seats(computed, lines, accounts, seats, tables)
    tables.mapping = sorted(
        (integration, account, client or "")
        for integration, account, client, state in repository.mapping()
        if state in ("mapped", "excluded")
    )
    return tables


def _discrepancies(computed: Computed, lines: dict[int, str]) -> Table:
    facts = computed.outcome.facts
    names = {rule.version_id: rule.name for rule in facts.rules}
    rows = []
    for draft in computed.findings:
        value = draft.values
        client = facts.clients.get(value["client_id"])
        rows.append(
            (
                client.external_id if client else "",
                client.name if client else "",
                lines.get(value["line_id"], ""),
                value["product_code"],
                names.get(value["rule_version_id"], ""),
                value["kind"],
                value["direction"],
                number(value["billed_quantity"]),
                number(value["system_count"]),
                number(value["expected_quantity"]),
                number(value["delta"]),
                money(value["unit_price"]),
                money(value["amount"]),
                value["currency"],
                "true" if value["is_ready"] else "false",
                value["explanation"],
            )
        )
    return sorted(rows, key=lambda row: (row[0], row[3], row[2], *row[4:7], row[15]))


def _flags(
    computed: Computed, lines: dict[int, str], accounts: dict[int, tuple[str, str]], repository: FilesRepository
) -> Table:
    facts = computed.outcome.facts
    seats = repository.seat_ids(flag.seat_id for flag in computed.flags if flag.seat_id is not None)
    rows = []
    for flag in computed.flags:
        client = facts.clients.get(flag.client_id or 0)
        integration, account = accounts.get(flag.account_id or 0, ("", ""))
        rows.append(
            (
                client.external_id if client else "",
                client.name if client else "",
                flag.product_code,
                lines.get(flag.line_id or 0, ""),
                flag.kind,
                integration,
                account,
                seats.get(flag.seat_id or 0, ""),
                flag.message,
            )
        )
    return sorted(rows, key=lambda row: (row[0], *row[2:]))


def _seats(
    computed: Computed,
    lines: dict[int, str],
    accounts: dict[int, tuple[str, str]],
    repository: SeatRepository,
    tables: Tables,
) -> None:
    facts = computed.outcome.facts
    carriers: dict[tuple[int, int], list[str]] = defaultdict(list)
    for group in computed.outcome.groups:
        line = group.carrier
        carriers[group.rule.version_id, group.client_id].append(lines[line.id] if line else "")
    names = {rule.version_id: rule.name for rule in facts.rules}
    clients = {client.id: client.external_id for client in facts.clients.values()}
    rules = [(rule, facts.rule_connections[rule.version_id]) for rule in facts.rules]
    counted = [
        (seat, clients[client_id], line, names[version_id])
        for version_id, client_id, seat, _, _ in repository.of_rules(rules, facts.day)
        for line in carriers[version_id, client_id]
    ]
    tables.seats_counted = sorted(counted, key=lambda row: (row[1], row[2], row[3], row[0]))
    accounted = [(each, facts.rule_connections[each.version_id]) for rule in facts.rules for each in rule.accounts_for]
    left = [
        (seat, *accounts[account_id], clients[client_id], sku)
        for seat, _, account_id, client_id, sku in repository.of_no_rule(accounted, facts.day)
    ]
    tables.unaccounted = sorted(left, key=lambda row: (row[3], row[1], row[2], row[4], row[0]))


def summarise(computed: Computed, tables: Tables, day: date) -> dict[str, Any]:
    """The content of summary.json: counts, and money a month by currency, never mixed."""
    facts = computed.outcome.facts
    groups = computed.outcome.groups
    findings = [draft.values for draft in computed.findings]
    return {
        "as_of": day.isoformat(),
        "lines": {"read": len(facts.lines), "active": len(facts.active)},
        "clients": len(facts.clients),
        "accounts": {
            "mapped": sum(1 for row in tables.mapping if row[2]),
            "excluded": facts.hidden_accounts,
            "unmapped": len(facts.accounts),
        },
        "seats": {
            "of_mapped_accounts": sum(computed.seats.values()),
            "of_unmapped_accounts": sum(account.seats for account in facts.accounts),
            "counted": len({(row[0], row[1]) for row in tables.seats_counted}),
            "unaccounted": len(tables.unaccounted),
        },
        "rules": len(facts.rules),
        "groups": {
            "compared": sum(1 for group in groups if group.lines and group.has_source),
            "agreeing": sum(1 for group in groups if group.lines and group.has_source and not group.is_finding),
            "without_usage_source": sum(1 for group in groups if group.lines and not group.has_source),
        },
        "findings": {
            "total": len(findings),
            "not_ready": sum(not value["is_ready"] for value in findings),
            "by_kind": _by_kind(findings),
        },
        "flags": dict(sorted(Counter(flag.kind for flag in computed.flags).items())),
    }


def _by_kind(findings: Iterable[dict[str, Any]]) -> dict[str, Any]:
    by_kind: dict[str, list[dict[str, Any]]] = {"calculated": [], "estimated": [], "unmapped": [], "unaccounted": []}
    for value in findings:
        by_kind[value["kind"]].append(value)
    return {kind: {"count": len(values), "monthly": _monthly(values)} for kind, values in by_kind.items()}


def _monthly(values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: {"over": Decimal(0), "under": Decimal(0)})
    for value in values:
        if value["monthly_amount"] is not None and value["direction"]:
            sums[value["currency"]][value["direction"]] += value["monthly_amount"]
    return {
        currency: {side: money(amount) for side, amount in sorted(sides.items())}
        for currency, sides in sorted(sums.items())
    }


def number(value: Decimal | None) -> str:
    """An exact quantity as text: 20, 2.5, empty where there is none."""
    return "" if value is None else f"{trim(value):f}"


def money(value: Decimal | None) -> str:
    """An exact amount as text, with two decimals or as many as it has: 4.00, 0.1125, empty where there is none."""
    if value is None:
        return ""
    exponent = trim(value).as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{value:.{places}f}"
