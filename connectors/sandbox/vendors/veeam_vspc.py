"""A Veeam Service Provider Console over the estate: Acronis's accounts are its companies, their workloads what it
protects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.world import ACRONIS, Account, Workload
from connectors.sandbox.server.vendor import VendorServer, answer, stamp, whole

_LARGEST = 500
_COUNTERS = {
    "Server": "ManagedServerAgents",
    "Virtual machine": "ManagedVms",
    "Workstation": "ManagedWorkstationAgents",
}
_MODES = {"Server": "Server", "Workstation": "Workstation"}


class VeeamVspcServer(VendorServer):
    """`statuses`: companies by id that are not active. `objects`: Microsoft 365 objects, which the estate has none of.
    `silent_days`: for how long nothing was counted. `asks_second_factor`: whether the account has one."""

    id = "veeam_vspc"
    hosts = ("vspc.northbeam-it.example",)
    integration = ACRONIS
    token_lifetime_s = 900.0
    statuses: Mapping[str, str] = {}
    objects: Sequence[Mapping[str, object]] = ()
    silent_days = 0
    asks_second_factor = False
    settings = {
        "address": "https://vspc.northbeam-it.example/",
        "username": "VSPC\\rcx-read",
        "password": "northbeam-vspc-Passw0rd",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/api/v3/token", self.token, methods=["POST"]),
            Route("/api/v3/about", self.about),
            Route("/api/v3/organizations/companies", self.companies),
            Route("/api/v3/organizations/companies/usage", self.usage),
            Route("/api/v3/protectedWorkloads/virtualMachines", self.machines),
            Route("/api/v3/protectedWorkloads/computersManagedByConsole", self.computers),
            Route("/api/v3/protectedWorkloads/computersManagedByBackupServer", self.none),
            Route("/api/v3/protectedWorkloads/vb365ProtectedObjects", self.microsoft),
        ]

    def refused(self, request: Request) -> Response | None:
        if request.url.path == "/api/v3/token":
            return None
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return None if self.tokens.is_good(token) else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:
        headers = {"Retry-After": retry_after} if retry_after else {}
        error = {"message": f"Request failed with {status}", "type": "logical", "code": status}
        return answer({"errors": [error]}, status, headers)

    async def token(self, request: Request) -> Response:
        asked = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        good = {"username": self.settings["username"], "password": self.settings["password"], "grant_type": "password"}
        renewed = asked.get("grant_type") == "refresh_token" and self.tokens.is_good(asked.get("refresh_token", ""))
        if not renewed and any(asked.get(key) != value for key, value in good.items()):
            said = "Cannot complete login due to incorrect username or password, or no sufficient rights."
            return answer({"error": "invalid_grant", "error_description": said, "error_uri": None}, 400)
        if self.asks_second_factor:
            return answer({"access_token": None, "mfa_token": self.tokens.issue()})
        tokens = {"access_token": self.tokens.issue(), "refresh_token": self.tokens.issue(self.token_lifetime_s * 4)}
        return answer({**tokens, "token_type": "bearer", "expires_in": int(self.token_lifetime_s)})

    async def about(self, _request: Request) -> Response:
        about = {"installationId": _uuid("installation"), "serverVersion": "9.1.0.30345"}
        return answer({"meta": None, "data": about, "errors": None})

    async def companies(self, request: Request) -> Response:
        is_whole = request.query_params.get("expand") == "Organization"
        accounts = self.town.index.accounts.of(ACRONIS)
        gone = [self._company("Closed company", _uuid("closed"), "Deleted", is_whole)]
        found = [self._company(each.name, each.id, self.statuses.get(each.id, "Active"), is_whole) for each in accounts]
        return self._page(request, found + gone)

    async def usage(self, request: Request) -> Response:
        accounts = self.town.index.accounts.of(ACRONIS)
        name = f"usage {self.silent_days}"
        found = self.kept(name, lambda: [row for each in accounts for row in self._counted(each)])
        begin, end = (request.query_params.get(key, "") for key in ("fromDate", "toDate"))
        return self._page(request, [each for each in found if begin <= str(each["date"]) <= (end or "9")])

    async def machines(self, request: Request) -> Response:
        """Every virtual machine, and one of the provider's own."""
        found = self.kept("machines", lambda: [_machine(each) for each in self._workloads() if each.type not in _MODES])
        return self._page(request, [*found, {**_OWN, "organizationUid": _uuid("provider")}])

    async def computers(self, request: Request) -> Response:
        found = self.kept("computers", lambda: [_computer(each) for each in self._workloads() if each.type in _MODES])
        return self._page(request, found)

    async def none(self, request: Request) -> Response:
        return self._page(request, [])

    async def microsoft(self, request: Request) -> Response:
        return self._page(request, self.objects)

    def _workloads(self) -> Sequence[Workload]:
        found: Sequence[Workload] = self.town.estate.workloads
        return found

    def _counted(self, account: Account) -> list[Mapping[str, object]]:
        """Two days at two locations, in no order: half of the machines at the second, one less the day before."""
        workloads = self.town.index.workloads.of(account.id)
        rows: list[Mapping[str, object]] = []
        for place, days in ((0, (0, 1)), (1, (1, 0))):
            for back in days:
                day = self.town.estate.as_of - timedelta(days=back + self.silent_days)
                here = [each for spot, each in enumerate(workloads) if spot % 2 == place][back:]
                counts = Counter(_COUNTERS[each.type] for each in here)
                size = int(sum((each.protected_gb for each in here), Decimal(0)) * 2**30)
                counters = [{"type": kind, "value": value} for kind, value in sorted(counts.items())]
                rows.append(
                    {
                        "companyUid": account.id,
                        "resellerUid": None,
                        "locationUid": _uuid(f"{account.id} {place}"),
                        "date": day.isoformat(),
                        "counters": [*counters, {"type": "VbrBackupSize", "value": size}],
                    }
                )
        return rows

    def _company(self, name: str, identity: str, status: str, is_whole: bool) -> Mapping[str, object]:
        about = {"name": name, "type": "Company", "email": None, "phone": None, "street": None, "website": None}
        return {
            "instanceUid": identity,
            "name": name,
            "status": status,
            "resellerUid": None,
            "subscriptionPlanUid": None,
            "isRestAccessEnabled": False,
            "ownerCredentials": {"userName": "owner.of.company", "password": None},
            "_embedded": {"organization": about} if is_whole else None,
        }

    def _page(self, request: Request, items: Sequence[Mapping[str, object]]) -> Response:
        limit, offset = whole(request, "limit", 100), whole(request, "offset", 0)
        if not 1 <= limit <= _LARGEST or offset < 0:
            return self.fault(400)
        page = items[offset : offset + limit]
        paging = {"total": len(items), "count": len(page), "offset": offset}
        return answer({"meta": {"pagingInfo": paging}, "data": page, "errors": None})


def _uuid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"vspc {text}"))


_OWN: Mapping[str, object] = {
    "instanceUid": _uuid("own machine"),
    "name": "NBIT-VSPC01",
    "restorePoints": 7,
    "latestRestorePointDate": "2026-01-01T00:00:00Z",
}


def _machine(each: Workload) -> Mapping[str, object]:
    return {
        "instanceUid": each.id,
        "backupServerUid": _uuid("backup server"),
        "organizationUid": each.account_id,
        "name": each.name,
        "provisionedSourceSize": int(each.protected_gb * 2**30),
        "restorePoints": 14,
        "latestRestorePointDate": stamp(each.last_backup_at),
        "malwareState": "Clean",
    }


def _computer(each: Workload) -> Mapping[str, object]:
    return {
        "backupAgentUid": each.id,
        "organizationUid": each.account_id,
        "name": each.name,
        "numberOfJobs": 1,
        "operationMode": _MODES[each.type],
        "latestRestorePointDate": stamp(each.last_backup_at),
    }
