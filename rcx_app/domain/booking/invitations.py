"""What goes into people's calendars (RFC 5545 and, by mail, RFC 5546).

One event a booking, with the same uid for life and a sequence that goes up when its time changes, so that a calendar
moves what it has and does not add another. Times are in UTC: for a single event that is the moment itself, whatever
zone rules a calendar knows. RCX is the organizer, since calendars don't add what comes from their own owner; agent and
visitor are both invited.
"""

from __future__ import annotations

from email.utils import parseaddr

from icalendar import Calendar, Event, vCalAddress

from rcx_app.core import clock
from rcx_app.core.settings import settings
from rcx_app.domain.booking.letters import Facts, summary

_PRODUCT = "-//RCX//Bookings//EN"


def calendar_file(facts: Facts, method: str, note: str = "") -> str:
    """The file's text, lines ended by CRLF. `method`: REQUEST, CANCEL, or PUBLISH for one that is downloaded."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event = Event()
    event.add("uid", facts.uid)
    event.add("sequence", facts.sequence)
    event.add("dtstamp", clock.now())
    event.add("dtstart", facts.starts_at)
    event.add("dtend", facts.ends_at)
    event.add("summary", summary(facts))
    event.add("description", _description(facts, note))
    if facts.meeting_link:
        event.add("location", facts.meeting_link)
        event.add("url", facts.meeting_link)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("organizer", _address(parseaddr(settings().mail_from)[1], "RCX"))
    event.add("attendee", _attendee(facts.agent_email, facts.agent_name, "ACCEPTED"))
    event.add("attendee", _attendee(facts.user_email, facts.user_name, "NEEDS-ACTION"))
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def _description(facts: Facts, note: str) -> str:
    parts = [
        f"With {facts.agent_name} of RCX and {facts.user_name} of {facts.workspace_name}.",
        *([f"About: {facts.topic}"] if facts.topic else []),
        *([f"To join: {facts.meeting_link}"] if facts.meeting_link else []),
        *([note] if note else []),
    ]
    return "\n".join(parts)


def _attendee(email: str, name: str, status: str) -> vCalAddress:
    address = _address(email, name)
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = status
    # An answer would reach a mailbox that nobody reads; RCX is where it is moved or cancelled.
    address.params["RSVP"] = "FALSE"
    return address


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = " ".join(name.split())
    return address
