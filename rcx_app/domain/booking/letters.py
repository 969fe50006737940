"""What mails about bookings say: plain text, each person's times in his own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rcx_app.core.settings import settings
from rcx_app.domain.booking import zones
from rcx_app.domain.booking.schemas import Kind, Occasion

PAGES = {Kind.ONBOARDING: "/onboarding/booking", Kind.MEETING: "/support/meetings"}
BRING: dict[Kind, tuple[str, ...]] = {
    Kind.ONBOARDING: (
        "A login to your PSA that may create API users",
        "Somebody who may consent in Microsoft 365, if you bill it",
        "Last month's invoice of one client you know well",
    ),
    Kind.MEETING: ("What you want to ask, and where in RCX you saw it",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A booking with all that is said of it. Names are one line each."""

    booking_id: int
    kind: Kind
    workspace_name: str
    agent_name: str
    agent_email: str
    agent_zone: str
    user_name: str
    user_email: str
    user_zone: str
    starts_at: datetime
    ends_at: datetime
    topic: str
    meeting_link: str
    uid: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What happened: `by` is the name of who did it, `message` what he said, `before` when it was to begin."""

    occasion: Occasion
    by: str = ""
    message: str = ""
    before: datetime | None = None


def one_line(text: str) -> str:
    """Text of a person without line breaks, so that it can't pass for a line of ours."""
    return " ".join(text.split())


def summary(facts: Facts) -> str:
    """What the event is called in a calendar."""
    what = "RCX onboarding" if facts.kind is Kind.ONBOARDING else "RCX support meeting"
    return f"{what}: {facts.workspace_name}"


def subject(facts: Facts, told: Told, *, to_agent: bool) -> str:
    """One line, with the time in the reader's zone."""
    zone = facts.agent_zone if to_agent else facts.user_zone
    what = facts.kind.words
    head = f"{facts.workspace_name}: {what}" if to_agent else f"Your {what}"
    at = zones.in_words(facts.starts_at, zone)
    if told.occasion is Occasion.REQUEST:
        return f"{head} on {at}"
    if told.occasion is Occasion.UPDATE:
        return f"{head} is moved to {at}"
    if told.occasion is Occasion.CANCEL:
        return f"{head} on {at} is cancelled"
    return f"{head} begins in {'a day' if told.occasion is Occasion.DAY else 'an hour'}: {at}"


def body(facts: Facts, told: Told, *, to_agent: bool) -> str:
    """The whole mail."""
    zone = facts.agent_zone if to_agent else facts.user_zone
    paragraphs = [
        f"Hello {facts.agent_name if to_agent else facts.user_name},",
        _news(facts, told, zone),
        *([f"{told.by} says: {told.message}"] if told.message else []),
        *([] if told.occasion is Occasion.CANCEL else [_particulars(facts, to_agent=to_agent, zone=zone)]),
        _what_next(facts, told, to_agent=to_agent),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _news(facts: Facts, told: Told, zone: str) -> str:
    at = zones.span_in_words(facts.starts_at, facts.ends_at, zone)
    what = facts.kind.words
    if told.occasion is Occasion.REQUEST:
        return f"{told.by} booked the {what} with {facts.agent_name}:\n{at}"
    if told.occasion is Occasion.UPDATE and told.before is not None:
        return f"{told.by} moved the {what}. It was {zones.in_words(told.before, zone)}, and is now:\n{at}"
    if told.occasion is Occasion.CANCEL:
        return f"{told.by} cancelled the {what} of {at}. Your calendar takes it out by the file that comes along."
    return f"The {what} is soon:\n{at}"


def _particulars(facts: Facts, *, to_agent: bool, zone: str) -> str:
    other = facts.user_zone if to_agent else facts.agent_zone
    who = f"{facts.user_name} ({facts.user_email})" if to_agent else f"{facts.agent_name} of RCX"
    lines = [f"With {who}"]
    if zones.offset(facts.starts_at, other) != zones.offset(facts.starts_at, zone):
        lines[0] += f", for whom it is {zones.in_words(facts.starts_at, other)}"
    if facts.topic:
        lines.append(f"About: {facts.topic}")
    lines.append(f"To join: {facts.meeting_link}" if facts.meeting_link else "How to join: the agent sends it.")
    if not to_agent:
        lines += ["What to bring:", *(f"- {each}" for each in BRING[facts.kind])]
    return "\n".join(lines)


def _what_next(facts: Facts, told: Told, *, to_agent: bool) -> str:
    public = settings().public_url
    if to_agent:
        return f"In your calendar in RCX: {public}/staff/calendar?booking={facts.booking_id}"
    page = f"{public}{PAGES[facts.kind]}"
    if told.occasion is Occasion.CANCEL:
        return f"Book another time: {page}"
    return f"Move or cancel it, until 2 hours before: {page}"
