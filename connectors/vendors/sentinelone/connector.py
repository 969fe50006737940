"""Reads SentinelOne's sites and agents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from connectors.connector import About, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.pages import cursored
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Account, Seat
from connectors.vendors.sentinelone.about import ABOUT, ENDPOINTS, SITES
from connectors.wire import Wire

_DELETED = "deleted"
_CLASSES = {"desktop": "workstation", "laptop": "workstation", "unknown": ""}
_SECRET = {"registrationToken", "licenseKey"}


class SentinelOne(ApiConnector):
    """Ids are digits beyond 2**53 and stay text; every list is led by a cursor and says how many rows it has."""

    about: ClassVar[About] = ABOUT
    page_size = 1000

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        host = self.settings["console"].casefold().removeprefix("https://").rstrip("/")
        auth = HeaderAuth({"Authorization": f"ApiToken {self.settings['api_token']}"})
        self.api = self.open(f"https://{host}/web/api/v2.1", auth=auth)

    def identify(self) -> str:
        answer = self.api.get("sites", {"limit": 1}, needs=SITES).row("list of sites")
        first = next(iter(answer.row("data").rows("sites", "site")), None)
        total = answer.row("pagination").text("totalItems", "0")
        return f"SentinelOne, {first.text('accountName') if first else 'no account'}, {total} sites"

    @stream("accounts", needs=SITES)
    def accounts(self) -> Reads:
        for row in self._sites():
            if row.text("state") == _DELETED:
                continue
            # A client with one site often has it by the name "Default site"; the account above it names him.
            above = row.text("accountName") if row.flag("isDefault") else ""
            yield Account(
                external_id=row.need("id"),
                name=row.need("name"),
                aliases=(above,) if above and above != row.text("name") else (),
                attributes=row.attributes({"id", "name", *_SECRET}),
            )
        return ""

    @stream("seats", needs=ENDPOINTS)
    def seats(self) -> Reads:
        """The agents that are installed. The list has no word of what a deleted site held, so it is read whole."""
        sites = {row.need("id"): row for row in self._sites()}
        asked = {"isDecommissioned": "false", "isUninstalled": "false"}
        for row in self._all("agents", "agent", lambda answer: answer.need_rows("data", "agent"), ENDPOINTS, asked):
            site = sites.get(row.need("siteId"))
            if row.flag("isDecommissioned") or row.flag("isUninstalled"):
                continue
            if site is None:
                self.wire.note("Agents of sites that the token can't see were left out.")
            elif site.text("state") != _DELETED:
                yield _seat(row, site)
        return ""

    def _sites(self) -> Iterator[Row]:
        def nested(answer: Row) -> list[Row]:
            return answer.row("data").need_rows("sites", "site")

        return self._all("sites", "site", nested, SITES, {})

    def _all(
        self, path: str, noun: str, rows: Callable[[Row], list[Row]], needs: str, asked: Mapping[str, Any]
    ) -> Iterator[Row]:
        read = 0

        def following(answer: Answer, found: list[Row]) -> Mapping[str, str] | None:
            nonlocal read
            read += len(found)
            pagination = answer.row(f"list of {noun}s").row("pagination")
            cursor = pagination.text("nextCursor")
            if not cursor and read < pagination.need_exact("totalItems"):
                raise self.failure("paging_broken", f"{noun}s")
            return {"cursor": cursor} if cursor else None

        return cursored(
            self.api,
            path,
            lambda answer: rows(answer.row(f"list of {noun}s")),
            following,
            noun=f"{noun}s",
            params={**asked, "limit": self.size, "sortBy": "id"},
            needs=needs,
        )


def _seat(row: Row, site: Row) -> Seat:
    sku, name = _product(site)
    machine = row.text("machineType").casefold()
    return Seat(
        external_id=row.need("id"),
        account_external_id=row.need("siteId"),
        kind="agent",
        sku=sku,
        sku_name=name,
        identity=row.text("serialNumber") or row.text("computerName"),
        display_name=row.text("computerName"),
        device_class=_CLASSES.get(machine, machine),
        created_at=row.moment("registeredAt") or row.moment("createdAt"),
        last_seen_at=row.moment("lastActiveDate"),
        attributes=row.attributes({"id", "siteId", "computerName", "serialNumber", *_SECRET}),
    )


def _product(site: Row) -> tuple[str, str]:
    """What a site is licensed for: newer consoles name bundles, older ones a product."""
    sku = site.text("sku") or site.text("suite")
    bundles = [each.text("displayName") or each.text("name") for each in site.row("licenses").rows("bundles", "bundle")]
    named = ", ".join(each for each in bundles if each)
    return sku or named, named or (f"SentinelOne {sku}" if sku else "")
