"""Proofpoint Essentials: organisations below a partner and their mail users. Known from clients of its API (v1), as
Proofpoint publishes no specification; `docs/connectors/proofpoint.md` says what is not confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from connectors.connector import About, Budget, Field, Limits, Privilege, Reads, stream
from connectors.http.api import ApiConnector
from connectors.http.client import Answer
from connectors.http.failures import ApiFailure
from connectors.http.rows import Row
from connectors.http.tokens import HeaderAuth
from connectors.records import Account, Seat, Sku
from connectors.wire import Wire

ADMIN = "Channel admin"
_REGIONS = tuple((region, region.upper()) for region in ("us1", "us2", "us3", "us4", "us5", "eu1"))
_NOT_COUNTED = frozenset({"functional_account"})


class Proofpoint(ApiConnector):
    """Lists come whole, without pages. An organisation is addressed by its primary domain."""

    about: ClassVar[About] = About(
        id="proofpoint",
        name="Proofpoint Essentials",
        side="usage",
        category="Email security",
        summary="Organisations below a partner and the mail users protected in each.",
        fields=(
            Field(
                name="region",
                label="Region",
                help="The first part of the address of your console, such as us3.",
                choices=_REGIONS,
            ),
            Field(
                name="domain",
                label="Partner domain",
                help="The primary domain of your own organisation in the console.",
                pattern=r"[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
                wrong="must be a domain such as northbeam.example",
            ),
            Field(name="user", label="User", help="The e-mail address of an API user with the channel admin role."),
            Field(name="password", label="Password", help="That user's password.", is_secret=True, pattern=r".{6,200}"),
        ),
        privileges=(Privilege(name=ADMIN, why="to list the organisations below yours and their users"),),
        limits=Limits(
            budgets=(Budget(requests=120, seconds=60),),
            at_once=2,
            source="No limit is published; 120 a minute is our caution.",
        ),
        hosts=("*.proofpointessentials.com",),
        proof="facts",
    )

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        headers = {"X-User": self.settings["user"], "X-Password": self.settings["password"]}
        base = f"https://{self.settings['region']}.proofpointessentials.com/api/v1"
        self.api = self.open(base, auth=HeaderAuth(headers))

    def identify(self) -> str:
        own = self.api.get(f"orgs/{self.settings['domain']}", needs=ADMIN).row("organisation")
        return own.text("name") or self.settings["domain"]

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:  # noqa: ARG002
        if answer.status == 404 and answer.url.endswith(f"/orgs/{self.settings['domain']}"):
            return self.failure("setting_wrong", self.settings["domain"], status=404)
        return None

    @stream("accounts", needs=ADMIN)
    def accounts(self) -> Reads:
        for row in self._organisations():
            yield Account(
                external_id=row.need("eid"),
                name=row.need("name"),
                domain=row.need("primary_domain"),
                phone=row.text("phone"),
                address=row.text("address"),
                postcode=row.text("postcode"),
                country=row.text("country"),
                aliases=row.texts("domains"),
                attributes=row.attributes({"eid", "name", "primary_domain"}),
            )
        return ""

    @stream("skus", needs=ADMIN)
    def skus(self) -> Reads:
        seen = set()
        for row in self._organisations():
            name = _sku(row)
            if name not in seen:
                seen.add(name)
                yield Sku(external_id=name, name=name)
        return ""

    @stream("seats", needs=ADMIN)
    def seats(self) -> Reads:
        """A seat for each mail user; functional accounts are not billed by Proofpoint and carry that as attribute."""
        for found in self.api.each(self._organisations(), self._seats_of):
            yield from found
        return ""

    def _organisations(self) -> list[Row]:
        answer = self.api.get(f"orgs/{self.settings['domain']}/orgs", needs=ADMIN)
        return answer.row("list of organisations").need_rows("orgs", "organisation")

    def _seats_of(self, organisation: Row) -> list[Seat]:
        account, sku = organisation.need("eid"), _sku(organisation)
        answer = self.api.get(f"orgs/{organisation.need('primary_domain')}/users", needs=ADMIN)
        return [
            Seat(
                external_id=row.need("uid"),
                account_external_id=account,
                kind="mailbox",
                sku=sku,
                sku_name=sku,
                identity=row.need("primary_email"),
                display_name=f"{row.text('firstname')} {row.text('surname')}".strip() or row.text("primary_email"),
                status="active" if row.flag("is_active", default=True) else "disabled",
                created_at=row.moment("created_at"),
                attributes=row.attributes({"uid", "primary_email"}),
            )
            for row in answer.row("list of users").need_rows("users", "user")
            if row.text("type") not in _NOT_COUNTED or row.flag("is_billable")
        ]


def _sku(organisation: Row) -> str:
    package = organisation.text("licensing_package").replace("_", " ").strip()
    return f"Proofpoint Essentials {package.capitalize()}" if package else "Proofpoint Essentials"
