"""Autotask's own way of failing: nearly everything that is wrong with a question comes as HTTP 500 with `errors`."""

from __future__ import annotations

import json
import re

from connectors.http.client import Answer
from connectors.http.failures import ApiFailure

_THRESHOLD = re.compile(r"threshold|too many requests|rate limit", re.IGNORECASE)
_PERMISSION = re.compile(r"permission|not authori[sz]ed|security level", re.IGNORECASE)
_REFUSAL = re.compile(
    r"unable to find|is required|required field|missing|invalid|not valid|must |cannot |can not |may not|not found|"
    r"does not (exist|allow)|not a supported|read-?only|syntax|out of range",
    re.IGNORECASE,
)
_BUDGET_REST_S = 60.0


def words(answer: Answer) -> str:
    """What stands in `errors`, joined; "" where the body has none."""
    try:
        body = json.loads(answer.content[:65536])
    except (ValueError, RecursionError):
        return ""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ""
    return " ".join(
        str(each.get("message", "")) if isinstance(each, dict) else str(each) for each in errors if each
    ).strip()


def explained(vendor: str, answer: Answer, needs: str) -> ApiFailure | None:
    """The failure that an answer means; None where its status says enough.

    A 500 whose words are those of a refusal is one (asking again would not help); any other 500 is a fault.
    """
    if answer.status < 400:
        return None
    said = words(answer)
    if answer.status == 429 or _THRESHOLD.search(said):
        wait = None if "retry-after" in answer.headers else _BUDGET_REST_S
        return ApiFailure("budget_spent", vendor, detail=said, status=answer.status, retry_after_s=wait)
    if "/zoneinformation" in answer.url.lower() and (answer.status == 404 or said):
        return ApiFailure("setting_wrong", vendor, "the username", detail=said, status=answer.status)
    if answer.status != 500 or not said:
        return None
    if _PERMISSION.search(said):
        return ApiFailure("privilege_missing", vendor, needs, detail=said, status=500)
    if _REFUSAL.search(said):
        return ApiFailure("refused", vendor, answer.url.rpartition("/V1.0/")[2], detail=said, status=500)
    return None
