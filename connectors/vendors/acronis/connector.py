"""Reads the customer tenants of Acronis and their usages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from connectors.connector import About, Reads, stream
from connectors.errors import shorten
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.pages import cursored
from connectors.http.rows import Row
from connectors.records import Account, Seat, Sku
from connectors.vendors.acronis.about import ABOUT, OFFERING, TENANTS, USAGES
from connectors.vendors.acronis.signing import AcronisSignIn
from connectors.vendors.acronis.usages import sku_name, used
from connectors.wire import Wire

_HOLDERS = {"partner", "folder", "root"}
_CUSTOMER = "customer"


class Acronis(ApiConnector):
    """Customers hang in a tree of partners and folders, which is walked; usages come for many customers at once."""

    about: ClassVar[About] = ABOUT
    page_size = 50

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        host = self.settings["data_center"].casefold().removeprefix("https://").rstrip("/")
        base = f"https://{host}/api/2"
        sign_in = AcronisSignIn(self.about.name, base, self.settings["client_id"], self.settings["client_secret"])
        self.api = self.open(base, auth=sign_in)
        self._root = ""

    def identify(self) -> str:
        return self._tenant().need("name")

    @stream("accounts", needs=TENANTS)
    def accounts(self) -> Reads:
        for row in self._customers():
            contact = row.row("contact")
            yield Account(
                external_id=row.need("id"),
                name=row.need("name"),
                emails=(contact.text("email"),) if contact.text("email") else (),
                phone=contact.text("phone"),
                address=" ".join(part for part in (contact.text("address1"), contact.text("address2")) if part),
                city=contact.text("city"),
                region=contact.text("state"),
                postcode=contact.text("zipcode"),
                country=contact.text("country"),
                attributes=row.attributes({"id", "name", "contact"}),
            )
        return ""

    @stream("skus", needs=OFFERING, optional=True)
    def skus(self) -> Reads:
        """What the partner may sell: one row an offering item, whatever storage it lies on."""
        path = f"tenants/{self._own_tenant()}/offering_items"
        for row in self.api.get(path, needs=OFFERING).row("offering items").need_rows("items", "offering item"):
            yield Sku(external_id=row.need("name"), name=sku_name(row), attributes=row.attributes({"name"}))
        return ""

    @stream("seats", needs=USAGES)
    def seats(self) -> Reads:
        """One seat for each customer and usage that is not zero, with its quantity."""
        batches = self._batches()
        for found in self.api.each(batches, self._used_by):
            yield from found
        return ""

    def _used_by(self, tenants: Mapping[str, bool]) -> list[Seat]:
        asked = {"tenants": ",".join(tenants)}
        answer = self.api.get("tenants/usages", asked, needs=USAGES).row("usages")
        found = {row.need("tenant"): row.need_rows("usages", "usage") for row in answer.need_rows("items", "usages")}
        for tenant in tenants:
            if tenant not in found:
                # Read as nothing, it would bring the customer's bill to zero.
                raise self.failure("unexpected_shape", f"the usages of tenant {tenant} are missing")
        return [
            seat
            for tenant, is_enabled in tenants.items()
            for usage in found[tenant]
            if (seat := used(tenant, usage, is_enabled=is_enabled)) is not None
        ]

    def _batches(self) -> Iterator[Mapping[str, bool]]:
        batch: dict[str, bool] = {}
        for row in self._customers():
            batch[row.need("id")] = row.flag("enabled", True)
            if len(batch) >= self.size:
                yield batch
                batch = {}
        if batch:
            yield batch

    def _customers(self) -> Iterator[Row]:
        """Every customer once. Units below a customer are in the customer's own usages."""
        found: Iterable[Row] = [self._tenant()]
        waiting: list[str] = []
        seen: set[str] = set()
        while True:
            for row in found:
                identity, kind = row.need("id"), row.need("kind").casefold()
                if identity in seen or row.has("deleted_at"):
                    continue
                seen.add(identity)
                if kind == _CUSTOMER:
                    yield row
                elif kind in _HOLDERS:
                    waiting.append(identity)
                else:
                    self.wire.note(f"Tenants of the kind “{shorten(kind)}” are no customers and were left out.")
            if not waiting:
                return
            found = self._children(waiting.pop(0))

    def _tenant(self) -> Row:
        return self.api.get(f"tenants/{self._own_tenant()}", needs=TENANTS).row("tenant")

    def _children(self, tenant: str) -> Iterator[Row]:
        """The specification knows no pages here; the cursor of the vendor's newer APIs is followed where it comes."""

        def following(answer: Answer, _rows: list[Row]) -> Mapping[str, str] | None:
            after = answer.row("children").row("paging").row("cursors").text("after")
            return {"after": after} if after else None

        return cursored(
            self.api,
            f"tenants/{tenant}/children",
            lambda answer: answer.row("children").need_rows("items", "tenant"),
            following,
            noun="tenants",
            params={"include_details": "true"},
            needs=TENANTS,
        )

    def _own_tenant(self) -> str:
        """The tenant in which the API client was made: the partner."""
        if not self._root:
            client = self.api.get(f"clients/{self.settings['client_id']}", needs=TENANTS).row("API client")
            self._root = client.need("tenant_id")
        return self._root
