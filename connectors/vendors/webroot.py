"""Webroot (OpenText) GSM: sites and the endpoints protected in each. Known from clients of the Unity API, whose
documentation is not public; `docs/connectors/webroot.md` says what is not confirmed.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import ClassVar

import httpx

from connectors.connector import About, Budget, Field, Limits, Privilege, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.pages import numbered
from connectors.http.rows import Row
from connectors.http.tokens import Token, TokenAuth
from connectors.records import Account, Seat
from connectors.wire import Wire

CONSOLE = "Console.GSM"
SKU, SKU_NAME = "webroot-endpoint", "Webroot Endpoint Protection"
_BASE = "https://unityapi.webrootcloudav.com"


class _Password(TokenAuth):
    """A user's password for a token of 300 s; its refresh token spares sending the password again."""

    def __init__(self, vendor: str, settings: Mapping[str, str]) -> None:
        super().__init__(vendor)
        self._settings = settings
        pair = f"{settings['client_id']}:{settings['client_secret']}"
        self._basic = "Basic " + b64encode(pair.encode()).decode()

    def asking(self, previous: Token | None) -> httpx.Request:
        form = {"scope": CONSOLE}
        if previous is not None and previous.refresh:
            form |= {"grant_type": "refresh_token", "refresh_token": previous.refresh}
        else:
            form |= {"grant_type": "password"}
            form |= {"username": self._settings["user"], "password": self._settings["password"]}
        headers = {"Authorization": self._basic, "Accept": "application/json"}
        return httpx.Request("POST", f"{_BASE}/auth/token", data=form, headers=headers)

    def reading(self, response: httpx.Response) -> Token:
        body = response.json()
        lifetime = float(body.get("expires_in") or 300)
        return Token(str(body["access_token"]), lifetime, str(body.get("refresh_token") or ""))


class Webroot(ApiConnector):
    """Sites come whole; the endpoints of each site in pages with a total."""

    about: ClassVar[About] = About(
        id="webroot",
        name="Webroot",
        side="usage",
        category="Endpoint security",
        summary="Sites of a GSM console and the endpoints protected in each.",
        fields=(
            Field(
                name="gsm_key",
                label="GSM key code",
                help="The key code of the GSM console: Settings > Account Information.",
                pattern=r"[A-Za-z0-9-]{8,60}",
                wrong="has letters, digits and - only",
            ),
            Field(name="client_id", label="API client ID", help="Settings > API Access.", pattern=r"\S{4,200}"),
            Field(
                name="client_secret",
                label="API client secret",
                help="Shown once when the API client is made.",
                is_secret=True,
                pattern=r"\S{4,200}",
            ),
            Field(name="user", label="User", help="The e-mail address of an admin of the console, for RCX alone."),
            Field(
                name="password", label="Password", help="That admin's password.", is_secret=True, pattern=r".{6,200}"
            ),
        ),
        privileges=(Privilege(name=CONSOLE, why="the scope that shows sites and endpoints"),),
        limits=Limits(
            budgets=(Budget(requests=60, seconds=60),),
            at_once=2,
            source="No limit is known; 60 a minute is our caution.",
        ),
        hosts=("unityapi.webrootcloudav.com",),
        proof="facts",
    )
    page_size = 1000

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        key = self.settings["gsm_key"]
        auth = _Password(self.about.name, self.settings)
        self.api = self.open(f"{_BASE}/service/api/console/gsm/{key}", auth=auth)

    def identify(self) -> str:
        body = self.api.get("sites", needs=CONSOLE).row("list of sites")
        return body.text("ParentDescription") or f"GSM console with {len(body.need_rows('Sites'))} sites"

    @stream("accounts", needs=CONSOLE)
    def accounts(self) -> Reads:
        for row in self._sites():
            yield Account(
                external_id=row.need("SiteId"),
                name=row.need("SiteName"),
                attributes=row.attributes({"SiteId", "SiteName", "AccountKeyCode"}),
            )
        return ""

    @stream("seats", needs=CONSOLE)
    def seats(self) -> Reads:
        """Endpoints that were not deactivated."""
        for found in self.api.each(self._sites(), self._seats_of):
            yield from found
        return ""

    def _sites(self) -> list[Row]:
        rows = self.api.get("sites", needs=CONSOLE).row("list of sites").need_rows("Sites", "site")
        return [row for row in rows if not row.flag("Deactivated")]

    def _seats_of(self, site: Row) -> list[Seat]:
        number, is_suspended = site.need("SiteId"), site.flag("Suspended")
        rows = numbered(
            self.api,
            f"sites/{number}/endpoints",
            lambda answer: answer.row("list of endpoints").need_rows("Endpoints", "endpoint"),
            noun="endpoint",
            size=self.size,
            page_key="pageNr",
            total=_total,
            needs=CONSOLE,
        )
        return [_seat(number, row, is_suspended) for row in rows if not row.flag("Deactivated")]


def _total(answer: Answer) -> int | None:
    total = answer.row("list").exact("TotalAvailable")
    return None if total is None else int(total)


def _seat(site: str, row: Row, is_suspended: bool) -> Seat:
    host = row.text("HostName")
    return Seat(
        external_id=row.need("EndpointId"),
        account_external_id=site,
        kind="agent",
        sku=SKU,
        sku_name=SKU_NAME,
        identity=host,
        display_name=host,
        status="suspended" if is_suspended else "active",
        created_at=row.moment("FirstSeen"),
        last_seen_at=row.moment("LastSeen"),
        attributes=row.attributes({"EndpointId", "HostName"}),
    )
