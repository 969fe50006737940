"""Keeper MSP: what each managed company used in a month, by product. Known from Keeper's documentation of its billing
API; `docs/connectors/keeper.md` says what is not confirmed, the names of most fields among it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from connectors.connector import About, Budget, Field, Limits, Privilege, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Account, Charge, Seat, Sku
from connectors.wire import Wire

BILLING = "BILLING role"
_REGIONS = (("keepersecurity.com", "US"), ("keepersecurity.eu", "EU"), ("keepersecurity.com.au", "Australia"))


class Keeper(ApiConnector):
    """One report a month: the running month's says what is used, the month before what it came to."""

    about: ClassVar[About] = About(
        id="keeper",
        name="Keeper MSP",
        side="usage",
        category="Passwords",
        summary="Licences and add-ons of every managed company in the running month, and the last month's charges.",
        fields=(
            Field(name="region", label="Region", help="Where your Keeper tenant is.", choices=_REGIONS),
            Field(
                name="token",
                label="API token",
                help="Made in Commander: public-api-key generate, with the role BILLING:1 (read).",
                is_secret=True,
                pattern=r"\S{8,500}",
            ),
        ),
        privileges=(Privilege(name=BILLING, why="to read the usage of managed companies"),),
        limits=Limits(
            budgets=(Budget(requests=30, seconds=60),),
            at_once=1,
            source="No limit is published; 30 a minute is our caution.",
        ),
        hosts=tuple(host for host, _ in _REGIONS),
        proof="facts",
    )

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        auth = HeaderAuth({"x-api-token": self.settings["token"]})
        self.api = self.open(f"https://{self.settings['region']}/bi_api/rest/public/msp", auth=auth)

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        return self.failure("privilege_missing", needs, status=403) if answer.status == 403 else None

    def identify(self) -> str:
        return f"Keeper MSP with {len(self._companies(_today()))} managed companies"

    @stream("accounts", needs=BILLING)
    def accounts(self) -> Reads:
        for company in self._companies(_today()):
            yield Account(external_id=company.need("company_id"), name=company.need("company_name"))
        return ""

    @stream("skus", needs=BILLING)
    def skus(self) -> Reads:
        seen = set()
        for _account, item in self._items(_today()):
            code = item.need("product_id")
            if code not in seen:
                seen.add(code)
                yield Sku(external_id=code, name=item.text("product_name") or code)
        return ""

    @stream("seats", needs=BILLING)
    def seats(self) -> Reads:
        """One quantity seat for each managed company and product: Keeper counts, it names nobody."""
        for account, item in self._items(_today()):
            code = item.need("product_id")
            name = item.text("product_name") or code
            yield Seat(
                external_id=f"{account}/{code}",
                account_external_id=account,
                kind="licence",
                sku=code,
                sku_name=name,
                display_name=name,
                quantity=item.need_exact("quantity"),
                attributes=item.attributes({"quantity", "product_name"}),
            )
        return ""

    @stream("charges", needs=BILLING, optional=True)
    def charges(self) -> Reads:
        """The month before the running one: it is complete, so this is what it came to."""
        end = _today().replace(day=1) - timedelta(days=1)
        begin = end.replace(day=1)
        for account, item in self._items(begin):
            quantity, code = item.need_exact("quantity"), item.need("product_id")
            yield Charge(
                external_id=f"{begin:%Y-%m}/{account}/{code}",
                account_external_id=account,
                sku=code,
                quantity=quantity,
                amount=quantity * item.need_exact("unit_price"),
                currency=item.text("currency", "USD"),
                period_start=begin,
                period_end=end,
            )
        return ""

    def _items(self, month: date) -> Iterator[tuple[str, Row]]:
        """(company id, product) of every managed company."""
        for company in self._companies(month):
            for item in company.need_rows("products", "product"):
                yield company.need("company_id"), item

    def _companies(self, month: date) -> list[Row]:
        answer = self.api.get("billing-usage", {"month": month.month, "year": month.year}, needs=BILLING)
        return answer.row("billing usage").need_rows("managed_companies", "managed company")


def _today() -> date:
    return datetime.now(UTC).date()
