"""Proofpoint Essentials over the estate: organisations and their mail users, in headers' names and passwords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_DOMAIN, MSP_NAME
from connectors.sandbox.estate.world import PROOFPOINT, Account, Mailbox
from connectors.sandbox.server.vendor import VendorServer, answer, stamp


class ProofpointServer(VendorServer):
    id = "proofpoint"
    hosts = ("*.proofpointessentials.com",)
    integration = PROOFPOINT
    settings = {
        "region": "us3",
        "domain": MSP_DOMAIN,
        "user": f"rcx@{MSP_DOMAIN}",
        "password": "northbeam-proofpoint-pw-77",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/v1/orgs/{domain}", self.organisation),
            Route("/api/v1/orgs/{domain}/orgs", self.organisations),
            Route("/api/v1/orgs/{domain}/users", self.users),
        ]

    def refused(self, request: Request) -> Response | None:
        sent = (request.headers.get("x-user"), request.headers.get("x-password"))
        return None if sent == (self.settings["user"], self.settings["password"]) else self.fault(401)

    async def organisation(self, request: Request) -> Response:
        domain = request.path_params["domain"]
        if domain == MSP_DOMAIN:
            return answer({"eid": "1", "name": MSP_NAME, "primary_domain": MSP_DOMAIN, "type": "strategic_partner"})
        found = self._found(domain)
        return self.fault(404) if found is None else answer(_organisation(found))

    async def organisations(self, request: Request) -> Response:
        if request.path_params["domain"] != MSP_DOMAIN:
            return self.fault(404)
        return answer({"orgs": [_organisation(each) for each in self.town.index.accounts.of(PROOFPOINT)]})

    async def users(self, request: Request) -> Response:
        found = self._found(request.path_params["domain"])
        if found is None:
            return self.fault(404)
        return answer({"users": [_user(each) for each in self.town.index.mailboxes.of(found.id)]})

    def _found(self, domain: str) -> Account | None:
        accounts = self.town.index.accounts.of(PROOFPOINT)
        return next((each for each in accounts if _domain(each) == domain), None)


def _domain(account: Account) -> str:
    """Two organisations never share a primary domain, so the estate's doubles get one of their own."""
    return account.domain or f"org{account.id}.example"


def _organisation(account: Account) -> Mapping[str, object]:
    return {
        "eid": account.id,
        "name": account.name,
        "primary_domain": _domain(account),
        "domains": [_domain(account)],
        "type": "organization",
        "is_active": True,
        "licensing_package": "business",
    }


def _user(each: Mailbox) -> Mapping[str, object]:
    return {
        "uid": each.id,
        "primary_email": each.email,
        "firstname": each.first_name,
        "surname": each.last_name,
        "type": "end_user",
        "is_active": True,
        "is_billable": True,
        "created_at": stamp(each.created_at),
    }
