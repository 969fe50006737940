"""How facts are said: dates, counts, kinds and jobs. One glossary, so that two pages never name a thing differently."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# A finding's kind: its word and its icon (`rcx_app.ui.components.icons`).
KINDS: dict[str, tuple[str, str]] = {
    "calculated": ("Calculated", "calculated"),
    "estimated": ("Estimated", "estimated"),
    "unmapped": ("Unmapped", "unmapped"),
    "unaccounted": ("Unaccounted", "unaccounted"),
}
DIRECTIONS: dict[str, str] = {"under": "Under-billed", "over": "Over-billed"}
# A flag's kind: one of it, several of it.
FLAGS: dict[str, tuple[str, str]] = {
    "no_usage_source": ("line without a usage source", "lines without a usage source"),
    "ended_line_in_use": ("ended line still in use", "ended lines still in use"),
    "price_zero": ("line with a price of zero", "lines with a price of zero"),
    "price_below_cost": ("line priced below its cost", "lines priced below their cost"),
    "price_differs": ("line with a price unlike the others", "lines with a price unlike the others"),
    "duplicate_line": ("duplicate line", "duplicate lines"),
    "currency_mismatch": ("line in another currency", "lines in another currency"),
    "calculated_by_psa": ("line counted by the PSA itself", "lines counted by the PSA itself"),
    "inactive_seat": ("seat nobody uses", "seats nobody uses"),
    "duplicate_seat": ("duplicate seat", "duplicate seats"),
    "mismatched_service": ("mismatched service", "mismatched services"),
    "recently_cancelled": ("recently cancelled line", "recently cancelled lines"),
    "temporary_licence": ("temporary licence", "temporary licences"),
    "bundle_member_short": ("bundle with too few of a member", "bundles with too few of a member"),
    "bundle_member_over": ("bundle with too many of a member", "bundles with too many of a member"),
    "bundle_member_unknown": ("bundle with a member nobody can count", "bundles with a member nobody can count"),
    "stale_quantity": ("quantity unchanged for long", "quantities unchanged for long"),
    "ghost": ("line for what nobody uses", "lines for what nobody uses"),
    "delivered_unbilled": ("gap between two tools", "gaps between two tools"),
    "purchased_over_assigned": ("purchase that nobody holds", "purchases that nobody holds"),
    "billed_below_purchased": ("line billed under what was bought", "lines billed under what was bought"),
}
# A connection's health as the colour of its dot.
HEALTH: dict[str, str] = {"healthy": "ok", "attention": "under", "failed": "fail"}
JOBS: dict[str, str] = {
    "imports.analyse": "Reading the file",
    "imports.apply": "Importing",
    "mapping.match": "Matching clients",
    "matching.learn": "Retraining the matching",
    "reconcile.run": "Reconciling",
    "review.apply": "Deciding on findings",
    "sync.run": "Syncing",
    "writeback.send": "Writing to the PSA",
}


def day(value: date) -> str:
    """``14 Nov 2026``."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def weekday(value: date) -> str:
    """``Friday 20 Nov 2026``."""
    return f"{_DAYS[value.weekday()]} {day(value)}"


def moment(value: datetime, zone: str = "UTC") -> str:
    """An aware time to the minute: ``20 Nov 2026, 09:12 UTC``; in another zone by its place: ``10:12 Stockholm``."""
    at = value.astimezone(ZoneInfo(zone))
    return f"{day(at.date())}, {at:%H:%M} {zone.rpartition('/')[2].replace('_', ' ')}"


def count(number: int, one: str, many: str = "") -> str:
    """``1 finding``, ``1,184 seats``; `many` defaults to `one` with an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def flag(kind: str) -> str:
    """A flag's kind for a list: ``Duplicate seat``; one that has no words yet by its own name."""
    one = FLAGS.get(kind, (kind.replace("_", " "), ""))[0]
    return one[:1].upper() + one[1:]


def confidence_text(value: Decimal | None) -> str:
    """Two digits, rounded down: 0.9998 is 0.99, and what is shown as 0.95 is no less, as the thresholds count it."""
    return "" if value is None else f"{value.quantize(Decimal('0.01'), ROUND_DOWN):f}"
