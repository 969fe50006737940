"""What mails about tickets say: plain text, one subject a ticket, headers that keep machines from answering. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rcx_app.domain.support.mails import Side
from rcx_app.domain.support.states import LIMITS, Status

ABOVE = "Write your answer above this line"
MARK = f"--- {ABOVE} ---"
_QUOTED_MOST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a mail is about. `who` did it, `words` are his message or reason; `address` is where to answer."""

    name: str
    side: Side
    about: str
    ticket: str
    subject: str
    workspace: str
    who: str
    words: str
    files: tuple[str, ...]
    link: str
    address: str
    thread_id: str


def subject(told: Told) -> str:
    """``[T-12] The subject``: the same for all mails of a ticket; one line, whatever the subject holds."""
    begins = f"[{told.workspace} {told.ticket}]" if told.side is Side.STAFF else f"[{told.ticket}]"
    return " ".join(f"{begins} {told.subject}".split())


def headers(told: Told) -> Mapping[str, str]:
    """Where to answer, which thread it belongs to, and that a machine wrote it (RFC 3834)."""
    found = {
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "References": told.thread_id,
    }
    if told.address:
        found["Reply-To"] = told.address
    return found


def body(told: Told) -> str:
    """The whole mail."""
    parts = [MARK] if told.address else []
    parts += [f"Hello {told.name},", _first(told)]
    if told.words:
        parts.append(_indented(told.words))
    if told.files:
        parts.append("Attached: " + ", ".join(told.files))
    parts.append(_end(told))
    return "\n\n".join(parts) + "\n"


def _first(told: Told) -> str:
    ticket = f"{told.ticket} ({' '.join(told.subject.split())})"
    place = f" of {told.workspace}" if told.side is Side.STAFF else ""
    days = LIMITS[Status.SOLVED].days
    said = {
        "opened": f"we have your ticket {ticket} and will answer it."
        if told.side is Side.PEOPLE
        else f"{told.who} has opened the ticket {ticket}{place}.",
        "reply": f"{told.who} has written in the ticket {ticket}{place}.",
        "answer": f"{told.who} has answered your ticket {ticket}.",
        "solve": f"{told.who} says that the ticket {ticket}{place} is solved. You can reopen it for {days} days."
        if told.side is Side.PEOPLE
        else f"{told.who} says that the ticket {ticket}{place} is solved.",
        "reopen": f"{told.who} has reopened the ticket {ticket}{place}.",
        "withdraw": f"{told.who} has withdrawn the ticket {ticket}{place}.",
        "reinstate": f"{told.who} has reinstated the ticket {ticket}{place}. Its place in the queue was kept.",
        "close": f"{told.who} has closed the ticket {ticket}{place}.",
        "assign": f"the ticket {ticket}{place} is yours now: {told.who} gave it to you.",
    }
    return said[told.about]


def _indented(words: str) -> str:
    shown = words if len(words) <= _QUOTED_MOST else words[:_QUOTED_MOST].rstrip() + " ... (more in RCX)"
    return "\n".join(f"    {each}".rstrip() for each in shown.split("\n"))


def _end(told: Told) -> str:
    how = "Answer this mail, or in RCX:" if told.address else "Answer in RCX; answers to this mail are read by nobody:"
    return f"{how} {told.link}"
