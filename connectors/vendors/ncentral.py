"""N-able N-central: customers and the devices managed for each. Known from N-able's documentation and from clients of
its REST API; `docs/connectors/ncentral.md` says what is not confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import httpx

from connectors.connector import About, Field, Limits, Privilege, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.pages import numbered
from connectors.http.rows import Row
from connectors.http.tokens import Token, TokenAuth
from connectors.records import Account, Seat
from connectors.wire import Wire

DEVICES = "Devices: view"
CUSTOMERS = "Customers: view"
ASSETS = "Assets: view"
_KINDS = (
    ("server", "server"),
    ("laptop", "workstation"),
    ("workstation", "workstation"),
    ("mac", "workstation"),
    ("mobile", "mobile"),
)


class _Exchange(TokenAuth):
    """The user's lasting token (a JWT) is exchanged for a short one; restarting the server voids all short ones."""

    def __init__(self, vendor: str, base: str, jwt: str) -> None:
        super().__init__(vendor)
        self._base, self._jwt = base, jwt

    def asking(self, previous: Token | None) -> httpx.Request:
        del previous
        headers = {"Authorization": f"Bearer {self._jwt}", "Accept": "application/json"}
        return httpx.Request("POST", f"{self._base}/api/auth/authenticate", headers=headers)

    def reading(self, response: httpx.Response) -> Token:
        access = response.json()["tokens"]["access"]
        lifetime = access.get("expirySeconds")
        return Token(str(access["token"]), float(lifetime) if lifetime else None)


class NCentral(ApiConnector):
    """Lists come in pages counted from 1 with a total. Some failures are told inside a 200."""

    about: ClassVar[About] = About(
        id="ncentral",
        name="N-able N-central",
        side="usage",
        category="RMM",
        summary="Customers and the servers, workstations and other devices managed for each.",
        fields=(
            Field(
                name="server",
                label="Server",
                help="The address of your N-central server, such as ncentral.example.com.",
                pattern=r"(https://)?[A-Za-z0-9.-]+(:\d{2,5})?/?",
                wrong="must be a host name",
                placeholder="ncentral.example.com",
            ),
            Field(
                name="token",
                label="API token",
                help="Administration > User Management > Users > the API user > API Access > Generate JSON Web Token.",
                is_secret=True,
                pattern=r"[\w-]+\.[\w-]+\.[\w-]+",
                wrong="must be a JSON web token",
            ),
            Field(
                name="serials",
                label="Serial numbers",
                help="They join a device with other systems, and cost one more request for each device.",
                choices=(("no", "Leave out"), ("yes", "Read")),
                default="no",
            ),
        ),
        privileges=(
            Privilege(name=CUSTOMERS, why="to list customers"),
            Privilege(name=DEVICES, why="to list devices"),
            Privilege(name=ASSETS, why="to read serial numbers, where that is wished", is_optional=True),
        ),
        limits=Limits(
            at_once=2,
            source="N-able limits calls at a time (3 to 50 by address), not by time; RCX makes two at once.",
        ),
        hosts=("*",),
        proof="facts",
        fixed_addresses=False,
    )
    page_size = 500

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        host = self.settings["server"].removeprefix("https://").rstrip("/")
        base = f"https://{host}"
        self.api = self.open(f"{base}/api", auth=_Exchange(self.about.name, base, self.settings["token"]))

    def identify(self) -> str:
        total = (
            self.api.get("customers", {"pageNumber": 1, "pageSize": 1}, needs=CUSTOMERS).row("list").text("totalItems")
        )
        return f"N-central server with {total} customers"

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:
        """A 200 that holds a status of failure instead of data."""
        if answer.status != 200:
            return None
        body = answer.json()
        if not isinstance(body, dict) or "data" in body or not isinstance(body.get("status"), int):
            return None
        kind = {401: "credentials_refused", 403: "privilege_missing", 429: "rate_limited"}.get(
            body["status"], "vendor_down"
        )
        said = str(body.get("message") or "")
        return self.failure(kind, needs, detail=said, status=body["status"])

    @stream("accounts", needs=CUSTOMERS)
    def accounts(self) -> Reads:
        for row in self._all("customers", "customer", CUSTOMERS):
            yield Account(
                external_id=row.need("customerId"),
                name=row.need("customerName"),
                phone=row.text("phone"),
                address=row.text("street1"),
                city=row.text("city"),
                region=row.text("stateProv"),
                postcode=row.text("postalCode"),
                country=row.text("country"),
                attributes=row.attributes({"customerId", "customerName"}),
            )
        return ""

    @stream("seats", needs=DEVICES)
    def seats(self) -> Reads:
        yield from self.api.each(self._all("devices", "device", DEVICES), self._seat)
        return ""

    def _seat(self, row: Row) -> Seat:
        number = row.need("deviceId")
        name = row.text("longName") or row.text("discoveredName")
        kind = row.text("deviceClassLabel") or row.text("deviceClass")
        return Seat(
            external_id=number,
            account_external_id=row.need("customerId"),
            kind="device",
            sku=kind,
            sku_name=kind,
            identity=self._serial(number) or name,
            display_name=name,
            device_class=_device_class(kind),
            last_seen_at=row.moment("lastApplianceCheckinTime"),
            attributes=row.attributes({"deviceId", "customerId", "longName"}),
        )

    def _serial(self, number: str) -> str:
        """The serial number of a device where that is wished and N-central knows it."""
        if self.settings["serials"] != "yes":
            return ""
        try:
            data = self.api.get(f"devices/{number}/assets", needs=ASSETS).row("asset").row("data")
        except ApiFailure as failure:
            if failure.kind not in ("not_found", "privilege_missing"):
                raise
            self.wire.note(f"Serial numbers could not be read: {failure.message}")
            return ""
        return data.row("computersystem").text("serialnumber")

    def _all(self, path: str, noun: str, needs: str) -> Iterator[Row]:
        return numbered(
            self.api,
            path,
            lambda answer: answer.row(f"list of {noun}s").need_rows("data", noun),
            noun=noun,
            size=self.size,
            page_key="pageNumber",
            params={"sortBy": f"{noun}Id", "sortOrder": "ASC"},
            total=_total,
            needs=needs,
        )


def _total(answer: Answer) -> int | None:
    total = answer.row("list").exact("totalItems")
    return None if total is None else int(total)


def _device_class(label: str) -> str:
    """`Windows - Server` is a server, `Laptop - Windows` a workstation; other classes keep their own name."""
    folded = label.casefold()
    return next((found for word, found in _KINDS if word in folded), folded)
