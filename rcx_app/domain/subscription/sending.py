"""The job `subscription.tell`: send a workspace's events to the accounting system, signed, again and again until taken.

An event may arrive twice (a worker that dies after it was sent), always under the same id. Headers: ``X-RCX-Event-Id``,
``X-RCX-Event-Type`` and ``X-RCX-Signature: t=<seconds>,v1=<hex>``, where v1 is the HMAC-SHA-256 of ``<t>.<body>``.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlmodel import Session

from connectors.http.failures import ApiFailure
from connectors.http.guard import guarded_transport
from rcx_app.core import clock, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict
from rcx_app.core.permissions import Permission
from rcx_app.core.settings import settings
from rcx_app.domain.audit import service as audit
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.handle import JobHandle
from rcx_app.domain.subscription import issuing
from rcx_app.domain.subscription.events import JOB
from rcx_app.domain.subscription.offers_repository import AllSubscriptions
from rcx_app.domain.subscription.repository import SubscriptionRepository
from rcx_app.domain.subscription.schemas import Delivery
from rcx_app.models import PlanDelivery

BACKOFF = tuple(timedelta(minutes=each) for each in (1, 5, 30, 120, 360, 720, 1440))
"""How long until the next try, after the first, second ... failure; after the last an event is given up."""
_LEASE = timedelta(minutes=2)
_TIMEOUT = httpx.Timeout(10.0)
_ANSWER = 200


@dataclass(frozen=True, slots=True)
class _Letter:
    """An event about to be sent."""

    delivery_id: int
    event_id: str
    kind: str
    body: bytes


def run(job: JobHandle) -> dict[str, Any]:
    """Send what is due in the job's workspace, oldest first."""
    sent = failed = 0
    while (letter := _take(job.context)) is not None:
        job.progress(sent + failed, note="Telling the accounting system")
        with transaction(job.context, read_only=True) as session:
            url, secret = issuing.target(session)
        taken, answer = post(url, secret, letter) if url else (False, "There is no address to send to.")
        _mark(job.context, letter, taken, answer)
        sent, failed = sent + taken, failed + (not taken)
    return {"sent": sent, "failed": failed}


def post(url: str, secret: str, letter: _Letter) -> tuple[bool, str]:
    """Send one event: whether it was taken (a 2xx), and what came of it in a few words. No redirect is followed."""
    at = int(clock.now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "RCX",
        "X-RCX-Event-Id": letter.event_id,
        "X-RCX-Event-Type": letter.kind,
        "X-RCX-Signature": f"t={at},v1={signature(secret, at, letter.body)}",
    }
    guarded = guarded_transport("the accounting system", allow_private=settings().allow_private_hosts, connections=1)
    try:
        with (
            httpx.Client(transport=guarded, timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, content=letter.body, headers=headers) as answer,
        ):
            # The answer's text is nobody's business here, and may be of any length.
            return answer.is_success, f"Answered {answer.status_code}"
    except ApiFailure as error:
        return False, str(error)[:_ANSWER]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return False, f"Could not be reached ({type(error).__name__})"


def signature(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA-256 (hex) of ``<at>.<body>``."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def workspaces_waiting(session: Session) -> list[int]:
    """Workspaces with events that may be tried now (needs a transaction without a workspace)."""
    return AllSubscriptions(session).waiting(clock.now())


def ask(session: Session, context: Context) -> int:
    """Ask for the job that sends what waits; its id."""
    return jobs.enqueue(session, context, JOB, {}, dedupe_key=JOB)


def deliveries(session: Session, context: Context, limit: int = 50) -> list[Delivery]:
    """The newest events and how they fare. Raises NotPermitted. Needs a transaction without a workspace."""
    context.require(Permission.PLATFORM)
    return [
        Delivery(
            event_id=row.event_id,
            kind=row.kind,
            workspace=name,
            state=row.state,
            tries=row.tries,
            created_at=row.created_at,
            next_try_at=row.next_try_at if row.state == "waiting" else None,
            delivered_at=row.delivered_at,
            answer=row.answer,
        )
        for row, name in AllSubscriptions(session).deliveries(limit)
    ]


def try_again(session: Session, context: Context, event_id: str) -> None:
    """Send an event once more that was given up or waits. Raises NotPermitted, NotFound, Conflict where it was taken.

    Needs a transaction without a workspace.
    """
    context.require(Permission.PLATFORM)
    row = AllSubscriptions(session).delivery(event_id)
    if row.state == "delivered":
        raise Conflict("This event was taken.", remedy="Reload the page.")
    row.state, row.next_try_at = "waiting", clock.now()
    inside = Context(workspace_id=row.workspace_id, user_id=context.user_id, role=context.role)
    audit.record(session, inside, "subscription:tell", "plan_delivery", row.id, {"event": event_id})
    ask(session, inside)


def _take(context: Context) -> _Letter | None:
    """The oldest event that is due, set aside for as long as sending it may take."""
    with transaction(context) as session:
        row = SubscriptionRepository(session, context).next_delivery(clock.now())
        if row is None:
            return None
        row.next_try_at = clock.now() + _LEASE
        row.tries += 1
        return _Letter(row.id, row.event_id, row.kind, row.body.encode())


def _mark(context: Context, letter: _Letter, taken: bool, answer: str) -> None:
    with transaction(context) as session:
        row = SubscriptionRepository(session, context).get(PlanDelivery, letter.delivery_id, lock=True)
        row.answer = answer
        if taken:
            row.state, row.delivered_at = "delivered", clock.now()
        elif row.tries > len(BACKOFF):
            row.state = "given_up"
        else:
            row.next_try_at = clock.now() + BACKOFF[row.tries - 1]
    outcome = "event_delivered" if taken else "event_not_delivered"
    log.get("subscription").info(outcome, workspace_id=context.workspace_id, event_id=letter.event_id, answer=answer)
