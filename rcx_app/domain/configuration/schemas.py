"""What the configuration list asks for and shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rcx_app.core.errors import Invalid


class Kind(StrEnum):
    """What a row is: a client as a vendor knows it, a SKU of usage, a product that a PSA bills, or one line of it."""

    ACCOUNT = "account"
    USAGE = "usage"
    PRODUCT = "product"
    LINE = "line"


class Status(StrEnum):
    """How far it is set up. SET: mapped, or counted by a rule; REVIEW: suggested; OPEN: nothing stands yet."""

    SET = "set"
    REVIEW = "review"
    OPEN = "open"
    EXCLUDED = "excluded"


SORTS = ("name", "-name", "integration", "-integration", "units", "-units")
_LONGEST = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigQuery:
    """What the page's address asks for. Empty: not asked for. `integration`: a connection's id.

    Single lines are listed where `kind` asks for them; without a kind only those that are excluded, since products
    stand for the others.
    """

    kind: str = ""
    status: str = ""
    integration: str = ""
    find: str = ""
    sort: str = "name"

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> ConfigQuery:
        """Raises Invalid for a value that means nothing."""
        known = {each.name for each in fields(cls)}
        asked = cls(**{name: value.strip() for name, value in params.items() if name in known and value.strip()})
        integration = asked.integration
        is_id = integration.isascii() and integration.isdecimal() and len(integration) <= _LONGEST
        for name, value, fits in (
            ("kind", asked.kind, asked.kind in {"", *Kind}),
            ("status", asked.status, asked.status in {"", *Status}),
            ("sort", asked.sort, asked.sort in SORTS),
            ("integration", integration, not integration or is_id),
        ):
            if not fits:
                raise Invalid(
                    f"This address asks for {name} {value[:40]!r}, which does not exist.", remedy="Clear the filters."
                )
        return asked

    @property
    def is_filtered(self) -> bool:
        return bool(self.kind or self.status or self.integration or self.find)

    def params(self) -> dict[str, str]:
        """What stands in the address."""
        found = {each.name: str(getattr(self, each.name)) for each in fields(self) if getattr(self, each.name)}
        if self.sort == "name":
            del found["sort"]
        return found


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """One thing that can be set up.

    `key`: an account's id as text, a line's id at its source, else the folded SKU or product code. `units`: seats of an
    account, of usage the units in force, of a product its active lines, of a line what it bills. `target`: the client
    or rule it goes to. `state`: the word of its own slice (an account's mapping state; counted, suggested, waiting,
    not_counted or excluded of a service). `version`: an account's mapping as it was seen. `exclusion_id`: what lifting
    takes back, of a service. `client_id`, `client`: of an account or a line (0: none). `left_out_by`,
    `left_out_at`: who excluded it, and when.
    """

    kind: Kind
    connection_id: int
    connection: str
    key: str
    name: str
    code: str
    units: int | Decimal
    status: Status
    state: str
    target: str
    note: str = ""
    version: int = 0
    exclusion_id: int | None = None
    client_id: int = 0
    client: str = ""
    left_out_by: str = ""
    left_out_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConfigHead:
    """`numbers`: rows by (kind, status), whatever is filtered. `integrations`: (id, label) of those that have any."""

    numbers: dict[tuple[str, str], int]
    integrations: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A row that was ticked, as it was seen."""

    kind: Kind
    connection_id: int
    key: str
    version: int = 0
