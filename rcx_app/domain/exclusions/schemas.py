"""An exclusion as screens read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """What takes no part, and why. `scope`: product | sku | line; `label` is what the source called it then."""

    exclusion_id: int
    scope: str
    key: str
    label: str
    connection_id: int
    connection: str
    reason: str
    made_by: str
    made_at: datetime
