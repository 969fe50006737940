"""How one signs in to Kaseya BMS: forms in parts, and refusals inside an answer of 200."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.http.failures import ApiFailure
from connectors.http.tokens import Token, TokenAuth
from connectors.vendors.kaseya_bms.envelope import spelled


class BmsAuth(TokenAuth):
    """A token for user name, password and company; renewed by its refresh token, else by the password again."""

    def __init__(self, vendor: str, base: str, *, user_name: str, password: str, tenant: str) -> None:
        super().__init__(vendor)
        self._base = base
        self._form = {"GrantType": "password", "UserName": user_name, "Password": password, "Tenant": tenant}

    def asking(self, previous: Token | None) -> httpx.Request:
        if previous is not None and previous.refresh:
            return self._posted("refreshtoken", {"AccessToken": previous.value, "RefreshToken": previous.refresh})
        return self._posted("authenticate", self._form)

    def reading(self, response: httpx.Response) -> Token:
        result = _body(response)["Result"]
        return Token(str(result["AccessToken"]), _lifetime(result, response), str(result.get("RefreshToken") or ""))

    def failure(self, response: httpx.Response) -> ApiFailure | None:
        if response.status_code != 200:
            return super().failure(response)
        try:
            is_refused = _body(response).get("Success") is False
        except ValueError:
            return None
        if not is_refused:
            return None
        return ApiFailure("credentials_refused", self.vendor, status=200, detail=self.redact(self.said(response)))

    def said(self, response: httpx.Response) -> str:
        try:
            error = _body(response).get("Error")
        except ValueError:
            return ""
        return str(error.get("Message") or "") if isinstance(error, dict) else ""

    def _posted(self, path: str, form: Mapping[str, str]) -> httpx.Request:
        parts = {key: (None, value.encode()) for key, value in form.items()}
        headers = {"Accept": "application/json"}
        return httpx.Request("POST", f"{self._base}/v2/security/{path}", files=parts, headers=headers)


def _body(response: httpx.Response) -> dict[str, Any]:
    """Raises ValueError where the answer is no JSON object."""
    found = spelled(response.json())
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _lifetime(result: Mapping[str, Any], response: httpx.Response) -> float | None:
    """Seconds, by the vendor's clock; None where it does not tell, or nothing that makes sense."""
    try:
        ends = datetime.fromisoformat(str(result.get("AccessTokenExpireOn")))
        ends = ends.replace(tzinfo=ends.tzinfo or UTC)
        now = parsedate_to_datetime(response.headers["date"]) if "date" in response.headers else datetime.now(UTC)
    except (ValueError, TypeError):
        return None
    lifetime = (ends - now).total_seconds()
    return lifetime if lifetime > 0 else None
