"""What an answer that is no success means: its status in the table, the vendor's words, the silence it wishes."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx

_KINDS = {
    400: "refused",
    401: "credentials_refused",
    403: "privilege_missing",
    404: "not_found",
    405: "refused",
    408: "timed_out",
    409: "conflict",
    410: "cursor_expired",
    412: "conflict",
    413: "refused",
    415: "refused",
    422: "refused",
    429: "rate_limited",
}


def kind_of(status: int) -> str:
    """The failure that a status stands for where the vendor tells no more."""
    return _KINDS.get(status, "vendor_down" if status >= 500 else "refused")


def sentence(body: object, depth: int = 0) -> str:
    """What a vendor says about an error: the first sentence found where such bodies keep it."""
    if isinstance(body, str):
        return body
    if isinstance(body, list) and body and depth < 4:
        return sentence(body[0], depth + 1)
    if isinstance(body, dict) and depth < 4:
        for key in (
            "error_description",
            "message",
            "Message",
            "errorMessage",
            "description",
            "detail",
            "errors",
            "error",
            "title",
            "Error",
        ):
            if found := sentence(body.get(key), depth + 1):
                return found
    return ""


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, from either form of the header (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
