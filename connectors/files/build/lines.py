"""PSA line exports -> Client, Agreement, Product and Line records; ids are synthesised where the export has none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connectors.files.build.base import Attributes, Context, Item, Values, folded, natural_id
from connectors.records import Agreement, Client, Line, Product

_CYCLES = {
    "monthly": "monthly",
    "month": "monthly",
    "1month": "monthly",
    "permonth": "monthly",
    "m": "monthly",
    "p1m": "monthly",
    "quarterly": "quarterly",
    "quarter": "quarterly",
    "3months": "quarterly",
    "q": "quarterly",
    "annual": "annual",
    "annually": "annual",
    "yearly": "annual",
    "year": "annual",
    "12months": "annual",
    "1year": "annual",
    "p1y": "annual",
    "peryear": "annual",
    "prepaidannual": "annual",
    "onetime": "one_time",
    "once": "one_time",
    "oneoff": "one_time",
    "setup": "one_time",
    "1time": "one_time",
}
_ENDED = frozenset(("cancelled", "canceled", "inactive", "expired", "ended", "false", "no", "0"))


def billing_cycle(context: Context, row: int, text: str) -> str:
    """Return one of records.BILLING_CYCLES; blank is monthly; an unknown word is a RowBad."""
    if not text:
        return "monthly"
    word = "".join(char for char in text.casefold() if char.isalnum())
    if word not in _CYCLES:
        raise context.bad(
            row,
            "billing_cycle",
            "This billing cycle is not known.",
            "Use monthly, quarterly, annual or one_time.",
            text,
        )
    return _CYCLES[word]


class LineBuilder:
    """One row is one billed product on an agreement."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clients: dict[str, str] = {}
        self._agreements: dict[str, str] = {}
        self._products: set[str] = set()

    def row(self, number: int, values: Values, attributes: Attributes) -> Sequence[Item]:
        context = self._context
        if context.is_strict:
            for name in ("client_id", "line_id", "product_code"):
                context.require(number, values, name)
        context.require(number, values, "client_name", "client_id")
        context.require(number, values, "product_code", "product_name")
        context.require(number, values, "quantity")
        client_name = values.get("client_name", "")
        client_id = values.get("client_id", "") or natural_id(client_name)
        agreement_name = values.get("agreement_name", "")
        agreement_id = values.get("agreement_id", "") or (
            f"{client_id}/{folded(agreement_name)}" if agreement_name else f"{client_id}/-"
        )
        code = values.get("product_code", "") or values["product_name"]
        name = values.get("product_name", "") or code
        cycle = billing_cycle(context, number, values.get("billing_cycle", ""))
        line_id = self._line_id(number, values, agreement_id, code)
        currency = self._currency(number, values)
        effective, cancelled = self._dates(number, values, attributes)
        records = self._parents(number, client_id, client_name, agreement_id, agreement_name, cycle, values)
        if code not in self._products:
            self._products.add(code)
            records.append(Product(external_id=values.get("product_record_id", "") or code, code=code, name=name))
        records.append(
            Line(
                external_id=line_id,
                client_external_id=client_id,
                agreement_external_id=agreement_id,
                product_code=code,
                product_name=name,
                quantity=values["quantity"],
                included_quantity=values.get("included_quantity") or Decimal(0),
                unit_price=values.get("unit_price"),
                unit_cost=values.get("unit_cost"),
                currency=currency,
                effective_date=effective,
                cancelled_date=cancelled,
                billing_cycle=cycle,
                is_calculated_by_psa=values.get("is_calculated", False),
                attributes=attributes,
            )
        )
        return records

    def finish(self) -> Sequence[Item]:
        return ()

    def _line_id(self, number: int, values: Values, agreement_id: str, code: str) -> str:
        context = self._context
        given: str = values.get("line_id", "")
        if given:
            context.unique(number, "line_id", "Line", given, "line", given)
            return given
        effective = values.get("effective_date")
        base = f"{agreement_id}/{folded(code)}" + (f"/{effective.isoformat()}" if effective else "")
        line_id, twin = base, 1
        while earlier := context.first_row_of(number, "line", line_id):
            twin += 1
            line_id = f"{base}#{twin}"
            context.warn(
                number,
                "product_code" if "product_code" in context.headers else "product_name",
                f"The same product stands on the same agreement in row {earlier}; the two lines are told apart by "
                "their order only.",
                "Export the line id as well, so that next month's file finds the same lines.",
                code,
                once=("twin", base, twin),
            )
        return line_id

    def _currency(self, number: int, values: Values) -> str:
        text: str = values.get("currency", "") or self._context.options.currency
        if text and not (len(text) == 3 and text.isascii() and text.isalpha()):
            raise self._context.bad(
                number, "currency", "This is no ISO currency code.", "Write three letters such as USD.", text
            )
        return text.upper()

    def _dates(self, number: int, values: Values, attributes: Attributes) -> tuple[date | None, date | None]:
        effective: date | None = values.get("effective_date")
        cancelled: date | None = values.get("cancelled_date")
        status: str = values.get("line_status", "")
        if status:
            attributes["line_status"] = status
        if effective and cancelled and cancelled < effective:
            self._context.warn(
                number,
                "cancelled_date",
                "The line is cancelled before it begins, so it never bills.",
                "Check the two dates in the PSA.",
                cancelled,
            )
        if cancelled is None and folded(status) in _ENDED:
            cancelled = self._context.options.as_of or effective or date(1970, 1, 1)
            self._context.warn(
                number,
                "line_status",
                f"The line is {status} but has no cancelled date; it is read as ended on {cancelled.isoformat()}.",
                "Export the cancelled date as well.",
                status,
                once=("ended", folded(status)),
            )
        return effective, cancelled

    def _parents(
        self, number: int, client_id: str, client: str, agreement_id: str, agreement: str, cycle: str, values: Values
    ) -> list[Item]:
        records: list[Item] = []
        context = self._context
        known = self._clients.get(client_id)
        if known is None:
            self._clients[client_id] = client
            records.append(Client(external_id=client_id, name=client or client_id))
        elif client and folded(known) != folded(client):
            context.warn(
                number,
                "client_name",
                f'Client {client_id} is called "{known}" further up; that name is kept.',
                "Correct the name in the PSA.",
                client,
                once=("client", client_id),
            )
        owner = self._agreements.get(agreement_id)
        if owner is None:
            self._agreements[agreement_id] = client_id
            records.append(
                Agreement(
                    external_id=agreement_id,
                    client_external_id=client_id,
                    name=agreement,
                    billing_cycle=cycle,
                    starts_on=values.get("agreement_starts_on"),
                    ends_on=values.get("agreement_ends_on"),
                )
            )
        elif owner != client_id:
            context.warn(
                number,
                "agreement_id" if "agreement_id" in context.headers else "agreement_name",
                f"Agreement {agreement_id} belongs to client {owner} further up; this line stays with {client_id}.",
                "Check the client or the agreement of this row.",
                agreement_id,
                once=("agreement", agreement_id, client_id),
            )
        return records
