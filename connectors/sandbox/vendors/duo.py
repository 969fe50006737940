"""Duo's Accounts and Admin APIs over the estate: every Microsoft 365 tenant is a child account with its members."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.sandbox.estate.world import M365, Account, User
from connectors.sandbox.server.vendor import VendorServer, answer, whole
from connectors.vendors.duo import signature

_PARENT = "api-0a1b2c3d.duosecurity.com"
_LARGEST = 300


class DuoServer(VendorServer):
    id = "duo"
    hosts = ("api-*.duosecurity.com",)
    integration = M365
    settings = {
        "host": _PARENT,
        "integration_key": "DINORTHBEAMSANDBOX01",
        "secret_key": "n0rthbeamDuoSecretKey0000000000000000abc",
    }

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/accounts/v1/account/list", self.accounts, methods=["POST"]),
            Route("/admin/v1/users", self.users),
        ]

    def refused(self, request: Request) -> Response | None:
        scheme, _, coded = request.headers.get("authorization", "").partition(" ")
        try:
            key, _, signed = b64decode(coded).decode().partition(":")
        except ValueError:
            return self.fault(401)
        sent = request.url.query
        wanted = signature(
            self.settings["secret_key"],
            request.headers.get("date", ""),
            request.method,
            request.headers["host"],
            request.url.path,
            sent,
        )
        is_good = scheme == "Basic" and key == self.settings["integration_key"] and signed == wanted
        return None if is_good else self.fault(401)

    def fault(self, status: int, *, retry_after: str = "") -> Response:  # noqa: ARG002 - Duo names no time to wait
        codes = {401: 40101, 403: 40301, 429: 42901}
        return answer({"stat": "FAIL", "code": codes.get(status, status * 100), "message": f"Failed: {status}"}, status)

    async def accounts(self, request: Request) -> Response:
        if request.headers["host"] != _PARENT:
            return self.fault(403)
        children = [
            {"account_id": each.id, "api_hostname": _host(each), "name": each.name}
            for each in self.town.index.accounts.of(M365)
        ]
        return answer({"stat": "OK", "response": children})

    async def users(self, request: Request) -> Response:
        account = self.town.index.accounts.get(request.query_params.get("account_id", ""))
        if account is None or request.headers["host"] != _host(account):
            return self.fault(403)
        members = [each for each in self.town.index.users.of(account.id) if each.kind == "member"]
        offset, limit = whole(request, "offset", 0), min(whole(request, "limit", 100), _LARGEST)
        metadata: dict[str, int] = {"total_objects": len(members)}
        if offset + limit < len(members):
            metadata["next_offset"] = offset + limit
        shown = [_user(each) for each in members[offset : offset + limit]]
        return answer({"stat": "OK", "response": shown, "metadata": metadata})


def _host(account: Account) -> str:
    return f"api-{account.id[:8]}.duosecurity.com"


def _user(each: User) -> Mapping[str, object]:
    return {
        "user_id": "DU" + each.id.replace("-", "").upper()[:18],
        "username": each.upn.partition("@")[0],
        "email": each.upn,
        "realname": each.display_name,
        "status": "active" if each.is_enabled else "disabled",
        "is_enrolled": True,
        "created": int(each.created_at.timestamp()),
        "last_login": int(each.last_sign_in_at.timestamp()) if each.last_sign_in_at else None,
    }
