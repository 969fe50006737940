"""How much of support one person or workspace may use in a while: enough for a bad day, not for a script.

Counted as the attempts of sign-in are; what is refused is logged.
"""

from __future__ import annotations

from limits import RateLimitItem, parse

from rcx_app.core import log
from rcx_app.core.context import Context
from rcx_app.core.errors import TooMany
from rcx_app.domain.identity import attempts

TICKETS_OF_PERSON = parse("10 per 10 minutes")
TICKETS_OF_WORKSPACE = parse("40 per hour")
MESSAGES_OF_PERSON = parse("60 per 10 minutes")
FILES_OF_PERSON = parse("60 per hour")
_log = log.get("support")


def count_ticket(context: Context) -> None:
    """Raises TooMany where a person or workspace has opened enough tickets for now."""
    said = "Many tickets were opened within minutes."
    _count(TICKETS_OF_PERSON, "ticket", context, str(context.user_id), said)
    _count(TICKETS_OF_WORKSPACE, "workspace_tickets", context, str(context.workspace_id), said)


def count_message(context: Context) -> None:
    """Raises TooMany where a person has written enough messages for now."""
    _count(MESSAGES_OF_PERSON, "ticket_message", context, str(context.user_id), "Many messages were sent in a row.")


def count_file(context: Context) -> None:
    """Raises TooMany where a person has attached enough files for now."""
    _count(FILES_OF_PERSON, "ticket_file", context, str(context.user_id), "Many files were attached within the hour.")


def _count(limit: RateLimitItem, kind: str, context: Context, who: str, said: str) -> None:
    if attempts.count(limit, kind, who):
        return
    wait = attempts.wait_s(limit, kind, who)
    _log.warning("support_rate_refused", kind=kind, workspace_id=context.workspace_id, user_id=context.user_id)
    remedy = f"Nothing of what you wrote is lost. Write into a ticket that is open, or try again in {_minutes(wait)}."
    raise TooMany(said, remedy=remedy, retry_after_s=wait)


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"
