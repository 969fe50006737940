"""The numbers that a verdict is given on: what must move for a finding to return."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from rcx_app.core.money import format_quantity, trim

NUMBERS = ("billed_quantity", "expected_quantity", "delta", "amount", "system_count")


def numbers_of(finding: Any) -> dict[str, Any]:
    """A finding's numbers as a document; `line_ids` among them, since the same sum on other lines is another change."""
    found: dict[str, Any] = {name: _text(getattr(finding, name)) for name in NUMBERS}
    found["line_ids"] = list(finding.line_ids)
    return found


def mark_of(numbers: Mapping[str, Any]) -> str:
    """A short text that stands for the numbers."""
    packed = json.dumps([numbers.get(name) for name in (*NUMBERS, "line_ids")])
    return hashlib.blake2b(packed.encode(), digest_size=8).hexdigest()


def delta_words(numbers: Mapping[str, Any]) -> str:
    """``delta was +2``; the count where nothing is expected."""
    delta = numbers.get("delta")
    if delta is None:
        return f"the count was {format_quantity(Decimal(numbers.get('system_count') or 0))}"
    return f"delta was {format_quantity(Decimal(delta), signed=True)}"


def day_words(day: date) -> str:
    """``3 Dec 2026``."""
    return f"{day.day} {day:%b %Y}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(trim(value))
