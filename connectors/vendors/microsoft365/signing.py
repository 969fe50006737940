"""Signs in to Microsoft Entra as an application: a token per tenant, and what Entra's refusals mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping

import httpx

from connectors.http.failures import ApiFailure
from connectors.http.tokens import ClientCredentials, Flow

TENANT = "X-RCX-Tenant"
"""Names the tenant a request is for. It is taken off before the request is sent."""
LOGIN = "https://login.microsoftonline.com"
_CODE = re.compile(r"AADSTS\d+")
_EXPIRED = {"AADSTS7000222"}
_UNKNOWN_TENANT = {"AADSTS90002", "AADSTS900023", "AADSTS900382"}
_NO_APPLICATION = {"AADSTS700016"}
_NO_CONSENT = {"AADSTS65001", "AADSTS650051", "AADSTS650052", "AADSTS650057", "AADSTS7000112", "AADSTS7000229"}


def token_address(tenant_id: str) -> str:
    """Where a tenant issues tokens (OAuth 2, v2.0 endpoint)."""
    return f"{LOGIN}/{tenant_id}/oauth2/v2.0/token"


class EntraToken(ClientCredentials):
    """One tenant's token. `customer` is whose tenant it is, "" for the one that the settings name."""

    def __init__(self, vendor: str, url: str, form: Mapping[str, str], customer: str = "") -> None:
        super().__init__(vendor, url, form)
        self._customer = customer

    def said(self, response: httpx.Response) -> str:
        """Only Entra's own sentence; anything else might echo what was sent."""
        text = super().said(response)
        return text if _CODE.match(text) else ""

    def _fetch(self) -> Flow:
        try:
            yield from super()._fetch()
        except ApiFailure as failure:
            raise self._told(failure) from None

    def _told(self, failure: ApiFailure) -> ApiFailure:
        """The failure in terms of whose turn it is. Codes: Microsoft's "Entra authentication error codes"."""
        found = _CODE.match(failure.detail)
        code = found[0] if found else ""
        if failure.kind != "credentials_refused" or not code:
            return failure
        kind, what = "", ""
        if code in _EXPIRED:
            kind = "credentials_expired"
        elif self._customer and code in _NO_APPLICATION | _NO_CONSENT | _UNKNOWN_TENANT:
            kind, what = "privilege_missing", f"admin consent in {self._customer}"
        elif code in _NO_CONSENT:
            kind, what = "privilege_missing", "admin consent"
        elif code in _UNKNOWN_TENANT:
            kind, what = "setting_wrong", "Directory (tenant) ID"
        elif code in _NO_APPLICATION:
            kind, what = "setting_wrong", "Application (client) ID"
        return ApiFailure(kind, self.vendor, what, detail=failure.detail, status=failure.status) if kind else failure


class TenantTokens(httpx.Auth):
    """Signs each request for the tenant that its header names. Safe for threads; tokens are kept while this lives."""

    def __init__(self, vendor: str, home: str, form: Mapping[str, str]) -> None:
        self.on_token: Callable[[str], None] = lambda _secret: None
        self._vendor = vendor
        self._home = home
        self._form = dict(form)
        self._names: dict[str, str] = {}
        self._tokens: dict[str, EntraToken] = {}
        self._lock = threading.Lock()

    def name(self, tenant_id: str, customer: str) -> None:
        """Say whose tenant it is, for messages."""
        self._names[tenant_id] = customer

    def sync_auth_flow(self, request: httpx.Request) -> Flow:
        tenant_id = request.headers.pop(TENANT, self._home)
        yield from self._of(tenant_id).sync_auth_flow(request)

    def _of(self, tenant_id: str) -> EntraToken:
        with self._lock:
            if tenant_id not in self._tokens:
                made = EntraToken(self._vendor, token_address(tenant_id), self._form, self._names.get(tenant_id, ""))
                made.on_token = self.on_token
                self._tokens[tenant_id] = made
            return self._tokens[tenant_id]
