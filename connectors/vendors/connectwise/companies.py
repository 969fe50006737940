"""Which companies are clients. Types and statuses are an MSP's own; what ConnectWise knows of them decides."""

from __future__ import annotations

import re
from functools import cached_property

from connectors.http.client import Http
from connectors.http.rows import Row
from connectors.vendors.connectwise.about import COMPANIES, SETUP
from connectors.vendors.connectwise.paths import Forward, number

_OTHERS = re.compile(r"\b(prospect|suspect|lead|vendor|supplier|competitor|former)\b", re.IGNORECASE)
_INACTIVE = re.compile(r"\b(inactive|not[- ]approved)\b", re.IGNORECASE)


class Companies:
    """Tells clients from the rest. `wanted` are names of types, separated by semicolons, "" for the usual rule.

    The usual rule: not deleted; its status not marked inactive; not a vendor; and not of types alone that are
    vendors' or are called prospect, suspect, lead, vendor, supplier, competitor or former.
    """

    def __init__(self, api: Http, size: int, wanted: str) -> None:
        self._api = api
        self._size = size
        self._wanted = {name.strip().casefold() for name in wanted.split(";") if name.strip()}

    def is_client(self, row: Row) -> bool:
        if row.flag("deletedFlag") or row.row("status").text("id") in self._inactive:
            return False
        types = row.rows("types", "company type")
        if self._wanted:
            return any(each.text("name").casefold() in self._wanted for each in types)
        if row.flag("isVendorFlag"):
            return False
        return not types or not all(self._is_other(each) for each in types)

    def _is_other(self, kind: Row) -> bool:
        return kind.text("id") in self._vendors or _OTHERS.search(kind.text("name")) is not None

    @cached_property
    def _inactive(self) -> frozenset[str]:
        return frozenset(
            str(number(row))
            for row in self._setup("statuses", "company status", "id,name,inactiveFlag")
            if row.flag("inactiveFlag") or _INACTIVE.search(row.text("name"))
        )

    @cached_property
    def _vendors(self) -> frozenset[str]:
        rows = self._setup("types", "company type", "id,name,vendorFlag")
        return frozenset(str(number(row)) for row in rows if row.flag("vendorFlag"))

    def _setup(self, name: str, noun: str, fields: str) -> list[Row]:
        # ConnectWise lets these be read without a right to its setup tables (developer guide, "Security"); where it
        # does not, it does not tell which right is wanting.
        needs = f"{COMPANIES} / {SETUP}"
        return list(Forward(self._api, self._size).rows(f"company/companies/{name}", noun, needs, fields=fields))
