"""One flag as a run sees it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ENCODE = json.JSONEncoder().encode

KINDS = (
    "no_usage_source",
    "ended_line_in_use",
    "price_zero",
    "price_below_cost",
    "price_differs",
    "duplicate_line",
    "currency_mismatch",
    "calculated_by_psa",
    "inactive_seat",
    "duplicate_seat",
    "mismatched_service",
    "bundle_member_short",
    "bundle_member_over",
    "bundle_member_unknown",
    "recently_cancelled",
    "temporary_licence",
    "stale_quantity",
    "ghost",
    "delivered_unbilled",
    "purchased_over_assigned",
    "billed_below_purchased",
)
"""The kinds that a run raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDraft:
    """A flag. Its identity is all that it says, so a changed flag is another one."""

    kind: str
    client_id: int | None
    message: str
    line_id: int | None = None
    account_id: int | None = None
    seat_id: int | None = None
    product_code: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        said = [self.kind, self.client_id, self.line_id, self.account_id, self.seat_id, self.product_code, self.message]
        return hashlib.blake2b(_ENCODE(said).encode(), digest_size=16).hexdigest()

    def values(self) -> dict[str, Any]:
        """The columns of `flag` but for workspace and period."""
        return {
            "fingerprint": self.fingerprint,
            "kind": self.kind,
            "client_id": self.client_id,
            "line_id": self.line_id,
            "account_id": self.account_id,
            "seat_id": self.seat_id,
            "product_code": self.product_code,
            "message": self.message,
            "detail": dict(self.detail),
        }
