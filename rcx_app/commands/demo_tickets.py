"""The demo's tickets: what its people ask, and how far the demo's agent has come with it."""

from __future__ import annotations

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.support import desk, service
from rcx_app.domain.support.schemas import Category, NewTicket, Priority

_ANSWERED = NewTicket(
    subject="Two servers are counted twice",
    text="At one client two servers stand in our RMM and again in the backup console, and the count for managed "
    "servers takes both. Can the rule take each of them once?",
    once_key="demo-counted-twice",
    category=Category.NUMBERS,
)
_ANSWER = (
    "Yes: count distinct identities in place of seats, in the rule under Services. The preview beside it shows the two "
    "servers as one before you save. Shall we look at it together in our meeting?"
)
_NEW = NewTicket(
    subject="When does the new price of Microsoft 365 hold?",
    text="Our distributor changed the price on the first. Do findings of this month still use the old one?",
    once_key="demo-new-price",
)
_SOLVED = NewTicket(
    subject="The backup console asks for another key",
    text="The sync of the backup console failed this morning: the key was replaced by a colleague.",
    once_key="demo-other-key",
    category=Category.CONNECTION,
    priority=Priority.HIGH,
)
_SOLUTION = "The connection has the new key now and was read completely. Nothing was lost."
_ASKED_EARLY = NewTicket(
    subject="May our bookkeeper come to the session?",
    text="She runs the invoices and has no account yet. Shall I invite her first, or bring her along?",
    once_key="demo-bookkeeper",
    category=Category.PEOPLE,
)


def fill(agent: Context, owner: Context, coming: Context) -> None:
    """Tickets of the demo's `owner` (answered, new, solved) and one of a workspace on its way in."""
    answered, _, solved = (_open(owner, each) for each in (_ANSWERED, _NEW, _SOLVED))
    _open(coming, _ASKED_EARLY)
    _answer(agent, answered, _ANSWER, solve=False)
    _answer(agent, solved, _SOLUTION, solve=True)


def _open(context: Context, form: NewTicket) -> int:
    with transaction(context) as session:
        return service.open_ticket(session, context, form)


def _answer(agent: Context, ticket_id: int, text: str, *, solve: bool) -> None:
    with transaction(None) as session:
        seen = desk.view(session, agent, ticket_id).ticket.seen
        desk.answer(session, agent, ticket_id, text, once_key=f"demo-answer-{ticket_id}", seen=seen, solve=solve)
