"""Huntress's lists and refusals: pages by a token, of one account or of each account that a reseller's key sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import cursored
from connectors.http.rows import Row

LARGEST = 500
_BY_ID = {"sort_field": "id", "sort_direction": "asc"}
"""Oldest first, so that what comes while it is read comes last."""
_PAUSE_S = 20.0
"""Huntress names no time to wait. Its minute slides; four such pauses are longer than it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """An account whose lists are read; `id` is "" where the key belongs to it alone."""

    id: str
    name: str

    def path(self, what: str) -> str:
        return f"accounts/{self.id}/{what}" if self.id else what

    def needs(self, right: str) -> str:
        """The right that a refusal is about, with the account where there are several."""
        return f"{right} of the account {self.name}" if self.id else right


def listed(
    api: Http,
    path: str,
    key: str,
    noun: str,
    *,
    size: int,
    needs: str,
    params: Mapping[str, Any] | None = None,
    is_sorted: bool = True,
) -> Iterator[Row]:
    """Every row of a list."""
    asked = {"limit": size, **(_BY_ID if is_sorted else {}), **(params or {})}
    return cursored(
        api,
        path,
        lambda answer: answer.row(f"list of {noun}s").need_rows(key, noun),
        _following,
        noun=noun,
        params=asked,
        needs=needs,
    )


def _following(answer: Answer, _rows: list[Row]) -> Mapping[str, Any] | None:
    """Raises ApiFailure where the page does not say whether there are more: it would be taken for the last one."""
    body = answer.row("list")
    if not isinstance(body.data.get("pagination"), dict):
        body.need("pagination")
    pages = body.row("pagination")
    if pages.text("next_page_url"):
        return {"page_token": pages.need("next_page_token")}
    token = pages.text("next_page_token")
    return {"page_token": token} if token else None


def refusal(vendor: str, answer: Answer, needs: str) -> ApiFailure | None:
    """Huntress answers 404 for what the key may not see, and 429 without a time to wait."""
    if answer.status == 404 and needs:
        return ApiFailure("privilege_missing", vendor, needs, status=404)
    if answer.status == 429 and "retry-after" not in answer.headers:
        return ApiFailure("rate_limited", vendor, status=429, retry_after_s=_PAUSE_S)
    return None
