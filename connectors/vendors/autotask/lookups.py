"""What Autotask's rows only name by number: company types, countries, currencies. Each is read once, when needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.vendors.autotask.about import COMPANIES
from connectors.vendors.autotask.session import Condition, Session, where
from connectors.wire import Wire

_CODE = re.compile(r"[A-Z]{3}")


class Lookups:
    """`client_labels` are the company types that the admin counts as clients, as Autotask shows them."""

    def __init__(self, session: Session, wire: Wire, client_labels: Sequence[str]) -> None:
        self._session, self._wire, self._client_labels = session, wire, client_labels

    def client_types(self) -> frozenset[str]:
        """The numbers behind the chosen company types. Raises ApiFailure for one that Autotask does not have."""
        values = self._session.picklist("Companies", "companyType", COMPANIES)
        known = {label.casefold(): number for number, label in values.items()}
        for label in self._client_labels:
            if label.casefold() not in known:
                there_are = ", ".join(sorted(values.values()))
                raise ApiFailure(
                    "setting_wrong", "Autotask PSA", f"the company type {label}", detail=f"it has {there_are}"
                )
        return frozenset(known[label.casefold()] for label in self._client_labels)

    def country(self, number: str) -> str:
        """The country's code, else its name; "" where none is named."""
        return self._countries.get(number, "")

    def currency(self, number: str) -> str:
        """The ISO code of a company's currency; the database's own where the company names none."""
        return self._currencies.get(number, "") if number else self.own_currency()

    def own_currency(self) -> str:
        """The currency the MSP keeps its books in; "" where Autotask does not tell."""
        return self._currencies.get("own", "")

    def are_clients(self) -> tuple[Condition, ...]:
        """Conditions that a company is a client: active, of a chosen type, and not the MSP itself (company 0)."""
        types = [int(number) for number in self.client_types()]
        return where("id", "gt", 0), where("isActive", "eq", True), where("companyType", "in", types)

    def clients(self) -> Mapping[str, str]:
        """Company id -> the currency it is billed in, for all clients."""
        rows = self._session.query(
            "Companies", *self.are_clients(), noun="company", needs=COMPANIES, fields=("id", "currencyID")
        )
        return {row.need("id"): self.currency(row.text("currencyID")) for row in rows}

    @cached_property
    def _countries(self) -> Mapping[str, str]:
        rows = self._session.query("Countries", where("id", "gt", 0), noun="country", needs=COMPANIES)
        return {row.need("id"): row.text("countryCode") or row.text("displayName") for row in rows}

    @cached_property
    def _currencies(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for row in self._session.query("Currencies", where("id", "gt", 0), noun="currency", needs=COMPANIES):
            code = self._code(row)
            found[row.need("id")] = code
            if row.flag("isInternalCurrency"):
                found["own"] = code
        return found

    def _code(self, row: Row) -> str:
        for key in ("name", "description"):
            if found := _CODE.fullmatch(row.text(key).upper()):
                return found[0]
        self._wire.note(f"The currency “{row.text('name')}” has no three-letter code in Autotask; its lines have none.")
        return ""
