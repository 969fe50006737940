"""What the trust gate hands to its callers; no tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FallView:
    """A count that is held back. `client_name` is empty where the account is not mapped, `sku_name` for none."""

    id: int
    connection_id: int
    connection: str
    account_id: int
    account: str
    client_id: int | None
    client_name: str
    sku_name: str
    before: Decimal
    after: Decimal
    fell_at: datetime

    @property
    def sentence(self) -> str:
        what = f"{self.sku_name} of {self.account}" if self.sku_name else self.account
        return f"{what} fell from {self.before:f} to {self.after:f} in {self.connection}."
