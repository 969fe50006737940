"""What a reconciliation of a seeded estate must show, worked out from what was planted, and what it shows instead.

The estate goes through `rcx reconcile`'s own way (its files, read strictly, mapped by the truth, under the intended
rules). Quantities come from `Estate.planted`; amounts from the lines, by docs/arithmetic.md, once more and slowly.
"""

from __future__ import annotations

import csv
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from connectors.sandbox.estate import RULES, Estate, Line, write_rcx_files
from connectors.sandbox.estate.expected import expected, is_billed
from rcx_app.domain.reconcile.files.run import run
from rcx_app.domain.reconcile.files.schemas import Inputs

MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
MICRO = Decimal("0.000001")
Row = tuple[str, ...]

FLAG_OF = {
    "price_zero": "price_zero",
    "price_below_cost": "price_below_cost",
    "price_differs": "price_differs",
    "currency_mismatch": "currency_mismatch",
    "ended_line_in_use": "ended_line_in_use",
    "duplicate_line": "duplicate_line",
    "no_usage_source": "no_usage_source",
    "stale_device": "inactive_seat",
    "duplicate_device": "duplicate_seat",
}
"""The flag that a kind of drift must raise."""
_ON_PRICES = ("price_zero", "price_below_cost", "price_differs", "currency_mismatch")


@dataclass(frozen=True)
class Shown:
    """Findings and flags in one form, so that what must be and what is compare as bags."""

    findings: Counter[Row]
    flags: Counter[Row]


def differences(estate: Estate, folder: Path) -> list[str]:
    """What is missing, and what is there and was not planted, in words; empty where the two agree."""
    must, found = due(estate), shown(estate, folder)
    said = []
    for what, one, other in (("finding", must.findings, found.findings), ("flag", must.flags, found.flags)):
        said += [f"{what} {row} is missing" for row in sorted((one - other).elements())]
        said += [f"{what} {row} was not planted" for row in sorted((other - one).elements())]
    # The estate's own count of itself must agree with its list, or the list proves nothing.
    deltas = {(each.client_id, each.product_code): each.delta for each in estate.planted if each.product_code}
    return said + [
        f"the estate counts {delta} at {key}, and {deltas.get(key)} was planted"
        for key, delta in expected(estate).items()
        if deltas.get(key) != delta
    ]


def due(estate: Estate) -> Shown:
    """What was planted, as findings and flags."""
    prices = _Prices(estate)
    rules = {rule.products[0]: rule.name for rule in RULES}
    findings: Counter[Row] = Counter()
    flags: Counter[Row] = Counter()
    unaccounted: dict[tuple[str, str], int] = defaultdict(int)
    for each in estate.planted:
        if each.kind == "unmapped_account":
            findings["", "", "", "unmapped", f"{each.delta}", ""] += 1
        elif each.kind == "unaccounted":
            unaccounted[each.client_id, each.sku] += len(each.seat_ids)
        elif each.delta:
            kind, amount, currency = prices.worth(each.client_id, each.product_code, each.delta)
            row = (each.client_id, each.product_code, rules[each.product_code], kind, f"{each.delta}")
            findings[*row, "" if amount is None else f"{amount:f} {currency}"] += 1
        flag = FLAG_OF.get(each.kind)
        if flag in ("inactive_seat", "duplicate_seat"):
            # Of two equal seats the smaller id is the original, whichever was enrolled first.
            for seat in sorted(each.seat_ids)[1:] if flag == "duplicate_seat" else each.seat_ids:
                flags[each.client_id, flag, seat] += 1
        elif flag:
            flags[each.client_id, flag, each.line_ids[-1]] += 1
    for (client, sku), number in unaccounted.items():
        findings[client, sku, "", "unaccounted", f"{number}", ""] += 1
    return Shown(findings, flags | prices.consequences() | _mirrored(estate))


def _mirrored(estate: Estate) -> Counter[Row]:
    """Two planted differences may mirror each other at one vendor: short of one product, over by as many of another."""
    flags: Counter[Row] = Counter()
    with_lines = [each for each in estate.planted if each.line_ids and each.delta and each.kind != "ended_line_in_use"]
    over = [each for each in with_lines if each.delta and each.delta < 0]
    for short in sorted(with_lines, key=lambda each: each.product_code.casefold()):
        for other in sorted(over, key=lambda each: each.product_code.casefold()):
            same = (other.client_id, other.integration) == (short.client_id, short.integration)
            if same and short.delta and short.delta > 0 and other.delta == -short.delta:
                over.remove(other)
                flags[short.client_id, "mismatched_service", short.line_ids[0]] += 1
                break
    return flags


class _Prices:
    """What a difference at a client is worth, by the lines that are billed."""

    def __init__(self, estate: Estate) -> None:
        agreements = {each.id: each for each in estate.agreements}
        self._active = [line for line in estate.lines if is_billed(line, agreements[line.agreement_id], estate.as_of)]

        self._touched = {
            line: each.kind for each in estate.planted if each.kind in _ON_PRICES for line in each.line_ids
        }

    def consequences(self) -> Counter[Row]:
        """A price that was planted on a line may be wrong in more than one way; all of them are due."""
        flags: Counter[Row] = Counter()
        for line in self._active:
            if line.id not in self._touched:
                continue
            if line.unit_price < line.unit_cost:
                flags[line.client_id, "price_below_cost", line.id] = 1
            own = [each for each in self._active if self._alike(each, line)]
            median = self._middle(own) * MONTHS[line.billing_cycle]
            if len({each.client_id for each in own}) >= 5 and abs(line.unit_price - median) > median / 5:
                flags[line.client_id, "price_differs", line.id] = 1
        return flags

    @staticmethod
    def _alike(one: Line, other: Line) -> bool:
        return (one.product_code, one.currency) == (other.product_code, other.currency)

    @staticmethod
    def _middle(lines: list[Line]) -> Decimal:
        return Decimal(statistics.median(line.unit_price / MONTHS[line.billing_cycle] for line in lines))

    def worth(self, client: str, product: str, delta: Decimal) -> tuple[str, Decimal | None, str]:
        """(kind of the finding, amount a cycle or None where no price is known, currency)."""
        own = [line for line in self._active if (line.client_id, line.product_code) == (client, product)]
        if not own:
            currency = _usual(line.currency for line in self._active if line.client_id == client)
            others = [
                line
                for line in self._active
                if (line.product_code, line.currency) == (product, currency) and line.client_id != client
            ]
            if not others:
                return "unmapped", None, currency
            price = self._middle(others).quantize(MICRO, ROUND_HALF_UP)
            return "unmapped", (delta * price).quantize(MICRO, ROUND_HALF_UP), currency
        carrier = min(own, key=lambda line: (-line.quantity, line.id))
        billed, included = sum(line.quantity for line in own), sum(line.included for line in own)
        units = max(billed + delta - included, Decimal(0)) - max(billed - included, Decimal(0))
        return "calculated", (units * carrier.unit_price).quantize(MICRO, ROUND_HALF_UP), carrier.currency


def _usual(currencies: Iterable[str]) -> str:
    counted = Counter(currencies)
    return min(counted, key=lambda each: (-counted[each], each))


def shown(estate: Estate, folder: Path) -> Shown:
    """What `rcx reconcile` writes for the estate's files."""
    write_rcx_files(estate, folder)
    paths = {name: folder / f"{name}.csv" for name in ("lines", "seats", "mapping")}
    run(Inputs(**paths, rules=folder / "rules.yaml", out=folder / "out", day=estate.as_of))
    findings: Counter[Row] = Counter()
    seats = Counter(
        (row["client_id"], row["sku"]) for row in _rows(folder / "out" / "unaccounted.csv") if row["client_id"]
    )
    for row in _rows(folder / "out" / "discrepancies.csv"):
        if row["kind"] == "unaccounted":
            continue
        amount = f"{Decimal(row['amount']).quantize(MICRO):f} {row['currency']}" if row["amount"] else ""
        delta = f"{Decimal(row['delta'])}"
        findings[row["client_id"], row["product_code"], row["rule"], row["kind"], delta, amount] += 1
    for (client, sku), number in seats.items():
        findings[client, sku, "", "unaccounted", f"{number}", ""] += 1
    flags: Counter[Row] = Counter(
        (row["client_id"], row["flag"], row["seat_id"] or row["line_id"]) for row in _rows(folder / "out" / "flags.csv")
    )
    return Shown(findings, flags)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
