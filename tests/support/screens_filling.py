"""What the demo lacks for its pictures: a change set, and two tickets. Made once; pages are `screens`' own."""

from __future__ import annotations

from rcx_app.commands import demo
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.reconcile.screens import service as findings
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review import service as review
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.domain.support import service as support
from rcx_app.domain.support.schemas import Category, NewTicket, Priority
from rcx_app.domain.writeback import listing, ready

_CHANGES = 9
_TICKETS = (
    NewTicket(
        subject="Do archived mailboxes count as seats?",
        text="Proofpoint lists 12 archived mailboxes for one client. The contract says active users only.",
        once_key="pictures-1",
    ),
    NewTicket(
        subject="Acronis shows fewer workloads than its console",
        text="The console says 31 workloads for Birchmoor, RCX counted 28 this morning. Nothing was removed.",
        once_key="pictures-2",
        category=Category.NUMBERS,
        priority=Priority.HIGH,
    ),
)


def fill() -> None:
    """Add what is missing to the workspace of the demo's owner."""
    _, owner = demo.owner()
    with transaction(owner, read_only=True) as session:
        has_set = bool(listing.listed(session, owner).items)
        has_ticket = bool(support.listing(session, owner).items)
    if not has_set:
        _prepare(owner)
    for form in () if has_ticket else _TICKETS:
        with transaction(owner) as session:
            support.open_ticket(session, owner, form)


def _prepare(owner: Context) -> None:
    """The first under-billed findings approved, and a change set of them."""
    asked = FindingFilters(kinds=("calculated",), directions=("under",), states=("open",), is_ready=True)
    with transaction(owner, read_only=True) as session:
        chosen = [each.finding_id for each in findings.findings(session, owner, asked).items][:_CHANGES]
    for finding_id in chosen:
        with transaction(owner) as session:
            seen = review.states(session, owner, [finding_id])[finding_id].seen
            review.decide(session, owner, finding_id, Verdict(Deed.APPROVE), seen=seen)
    with transaction(owner) as session:
        for psa in ready.ready(session, owner):
            if any(not line.why_not for line in psa.lines):
                ready.prepare_approved(session, owner, psa.connection_id)
