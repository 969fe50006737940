"""Webroot's Unity API over the estate's Huntress accounts and agents: sites and endpoints."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.catalogue import MSP_DOMAIN, MSP_NAME
from connectors.sandbox.estate.world import HUNTRESS, Account, Agent
from connectors.sandbox.server.vendor import VendorServer, answer, page_of, stamp, whole

_KEY = "AB12-CDEF-GH34-IJKL-MN56"


class WebrootServer(VendorServer):
    id = "webroot"
    hosts = ("unityapi.webrootcloudav.com",)
    integration = HUNTRESS
    token_lifetime_s = 300.0
    settings = {
        "gsm_key": _KEY,
        "client_id": f"client_northbeam@{MSP_DOMAIN}",
        "client_secret": "northbeam-webroot-secret",
        "user": f"rcx@{MSP_DOMAIN}",
        "password": "northbeam-webroot-pw",
    }

    def routes(self) -> Sequence[BaseRoute]:
        base = f"/service/api/console/gsm/{_KEY}"
        return [
            Route("/auth/token", self.token, methods=["POST"]),
            Route(f"{base}/sites", self.sites),
            Route(f"{base}/sites/{{id}}/endpoints", self.endpoints),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/auth/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        basic = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        is_client = basic == f"{self.settings['client_id']}:{self.settings['client_secret']}"
        is_user = (asked.get("username"), asked.get("password")) == (self.settings["user"], self.settings["password"])
        is_again = asked.get("grant_type") == "refresh_token" and self.tokens.is_good(asked.get("refresh_token", ""))
        if not is_client or not (is_user or is_again):
            return answer({"error": "invalid_grant", "error_description": "Invalid credentials."}, 400)
        day = 86_400.0
        return answer(
            {
                "access_token": self.tokens.issue(),
                "refresh_token": self.tokens.issue(14 * day),
                "expires_in": int(self.token_lifetime_s),
                "token_type": "bearer",
            }
        )

    async def sites(self, _request: Request) -> Response:
        accounts = self.town.index.accounts.of(HUNTRESS)
        return answer({"ParentDescription": MSP_NAME, "Sites": [self._site(each) for each in accounts]})

    async def endpoints(self, request: Request) -> Response:
        account = self.town.index.accounts.get(request.path_params["id"])
        if account is None:
            return self.fault(404)
        agents = self.town.index.agents.of(account.id)
        number, size = whole(request, "pageNr", 1), whole(request, "pageSize", 50)
        rows = [_endpoint(each) for each in page_of(agents, number, size)]
        return answer({"TotalAvailable": len(agents), "PageNr": number, "PageSize": size, "Endpoints": rows})

    def _site(self, account: Account) -> Mapping[str, object]:
        return {
            "SiteId": account.id,
            "SiteName": account.name,
            "SiteType": "Normal",
            "TotalEndpoints": len(self.town.index.agents.of(account.id)),
            "AccountKeyCode": f"SITE-{account.id}",
            "Deactivated": False,
            "Suspended": False,
        }


def _endpoint(agent: Agent) -> Mapping[str, object]:
    return {
        "EndpointId": agent.id,
        "HostName": agent.hostname,
        "FirstSeen": stamp(agent.created_at),
        "LastSeen": stamp(agent.last_seen_at),
        "Deactivated": False,
    }
