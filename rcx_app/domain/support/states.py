"""A ticket's states and what leads from one to another: one table, which all that changes a ticket asks. Pure.

Read a row as "from this status, these deeds lead there". What stands in no row is refused, with words for a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from rcx_app.core.errors import Conflict


class Status(StrEnum):
    """`open`: nobody has answered yet. `waiting_us`: the people wrote last. `waiting_you`: an agent did."""

    OPEN = "open"
    WAITING_US = "waiting_us"
    WAITING_YOU = "waiting_you"
    SOLVED = "solved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Deed(StrEnum):
    """What is done to a ticket. `expire` is done by RCX itself when nobody came back to it."""

    REPLY = "reply"
    ANSWER = "answer"
    SOLVE = "solve"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    CLOSE = "close"
    EXPIRE = "expire"


BEFORE = "before"
"""Where a reinstated ticket goes: back to the status it was withdrawn from."""

TABLE: dict[Status, dict[Deed, Status | str]] = {
    Status.OPEN: {
        Deed.REPLY: Status.OPEN,
        Deed.ANSWER: Status.WAITING_YOU,
        Deed.SOLVE: Status.SOLVED,
        Deed.WITHDRAW: Status.WITHDRAWN,
        Deed.CLOSE: Status.CLOSED,
    },
    Status.WAITING_US: {
        Deed.REPLY: Status.WAITING_US,
        Deed.ANSWER: Status.WAITING_YOU,
        Deed.SOLVE: Status.SOLVED,
        Deed.WITHDRAW: Status.WITHDRAWN,
        Deed.CLOSE: Status.CLOSED,
    },
    Status.WAITING_YOU: {
        Deed.REPLY: Status.WAITING_US,
        Deed.ANSWER: Status.WAITING_YOU,
        Deed.SOLVE: Status.SOLVED,
        Deed.WITHDRAW: Status.WITHDRAWN,
        Deed.CLOSE: Status.CLOSED,
    },
    # People who write again are not satisfied; an agent who adds a word has still solved it.
    Status.SOLVED: {
        Deed.REPLY: Status.WAITING_US,
        Deed.ANSWER: Status.SOLVED,
        Deed.REOPEN: Status.WAITING_US,
        Deed.CLOSE: Status.CLOSED,
        Deed.EXPIRE: Status.CLOSED,
    },
    Status.WITHDRAWN: {
        Deed.REINSTATE: BEFORE,
        Deed.CLOSE: Status.CLOSED,
        Deed.EXPIRE: Status.CLOSED,
    },
    Status.CLOSED: {},
}

LIMITS: dict[Status, timedelta] = {Status.SOLVED: timedelta(days=14), Status.WITHDRAWN: timedelta(days=30)}
"""For so long people may come back to a ticket that has ended; then it is closed."""
WAITS_FOR_US = (Status.OPEN, Status.WAITING_US)
LIVE = (Status.OPEN, Status.WAITING_US, Status.WAITING_YOU)
ENDED = (Status.SOLVED, Status.WITHDRAWN, Status.CLOSED)
_BACK = (Deed.REPLY, Deed.REOPEN, Deed.REINSTATE)


def is_late(status: Status, ended_at: datetime | None, at: datetime) -> bool:
    """Whether the time to come back to an ended ticket has passed."""
    limit = LIMITS.get(status)
    return limit is not None and ended_at is not None and at > ended_at + limit


def allows(status: Status, deed: Deed, ended_at: datetime | None, at: datetime) -> bool:
    """Whether `deed` may be done now to a ticket that ended at `ended_at` (None where it has not)."""
    if deed not in TABLE[status]:
        return False
    if deed is Deed.EXPIRE:
        return is_late(status, ended_at, at)
    return not (deed in _BACK and is_late(status, ended_at, at))


def after(status: Status, deed: Deed, *, before: str, ended_at: datetime | None, at: datetime) -> Status:
    """The status after `deed`. `before`: what a withdrawn ticket was. Raises Conflict where it may not be done."""
    if not allows(status, deed, ended_at, at):
        raise Conflict(*_refusal(status, deed, is_late(status, ended_at, at)))
    found = TABLE[status][deed]
    return Status(before) if found == BEFORE else Status(found)


def _refusal(status: Status, deed: Deed, late: bool) -> tuple[str]:
    if status is Status.CLOSED or late:
        return ("This ticket is closed. Open a new one and name its number; we will find it.",)
    if status is Status.WITHDRAWN:
        return ("This ticket was withdrawn. Reinstate it first.",)
    said = {Deed.REOPEN: "not solved", Deed.REINSTATE: "not withdrawn", Deed.WITHDRAW: "already solved"}
    return (f"This ticket is {said.get(deed, WORDS[status].lower())}. Reload the page to see how it stands.",)


WORDS: dict[Status, str] = {
    Status.OPEN: "Open",
    Status.WAITING_US: "Waiting for us",
    Status.WAITING_YOU: "Waiting for you",
    Status.SOLVED: "Solved",
    Status.CLOSED: "Closed",
    Status.WITHDRAWN: "Withdrawn",
}
"""As people of a workspace read it."""
