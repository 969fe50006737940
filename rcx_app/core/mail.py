"""Handing one mail over: to files and the console on one machine, to SMTP when grown up. `domain/mail` says when."""

from __future__ import annotations

import smtplib
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, parseaddr
from pathlib import Path

from rcx_app.core import clock, log
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

# Headers are folded only where they must be (RFC 5322, 2.1.1): Python would encode a long address such as that of
# List-Unsubscribe in order to fold it, and no mail program could follow it then.
_POLICY = default.clone(max_line_length=998, cte_type="7bit")
SERVER_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar file (RFC 5545, lines ended by CRLF) that goes along with a mail; `method`: REQUEST or CANCEL."""

    calendar: bytes
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one person is to read: plain text, the same as `html` where there is such, further `headers` (Reply-To,
    References ...), and an invitation to a calendar."""

    to: str
    subject: str
    body: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    invitation: Invitation | None = None


class MailRefused(Unavailable):
    """The server is there and did not take this very mail. `is_for_good`: it says that asking again is no use (5xx)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"The mail server did not take the message ({code}).", remedy="It is tried again by itself.")
        self.is_for_good = code >= 500


def new_message_id() -> str:
    """One of our own, for good: a mail that is sent twice has it twice, by which mail programs show it once."""
    domain = parseaddr(settings().mail_from)[1].rpartition("@")[2]
    return f"<{uuid.uuid4().hex}@{domain or 'rcx.example'}>"


def made(letter: Letter, *, message_id: str, at: datetime) -> EmailMessage:
    """The letter as it is handed over, dated `at`.

    Raises ValueError where an address, the subject or another header holds a line break (header injection).
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = settings().mail_from
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.body)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    if letter.invitation is not None:
        _invite(message, letter.invitation)
    return message


def deliver(message: EmailMessage) -> None:
    """Hand a mail over.

    Raises MailRefused where the mail server does not take this one, Unavailable where it takes none or does not answer.
    """
    chosen = settings()
    if chosen.mail_transport == "file":
        path, body = _write(message, chosen.var_dir / "mail"), message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        print(f"Mail to {message['To']}: {message['Subject']}\n{text}", file=sys.stderr)
        log.get("mail").info("mail_written", file=path.name)
        return
    is_taken = False
    try:
        with smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=SERVER_PATIENCE_S) as server:
            server.starttls()
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            server.send_message(message)
            is_taken = True
    except smtplib.SMTPRecipientsRefused as error:
        raise MailRefused(next(iter(error.recipients.values()))[0]) from error
    except smtplib.SMTPDataError as error:
        raise MailRefused(error.smtp_code) from error
    except (OSError, smtplib.SMTPException) as error:
        if is_taken:  # how the server says goodbye does not matter any more
            return
        raise Unavailable("The mail server did not take the message.", remedy="It is tried again by itself.") from error


def _invite(message: EmailMessage, invitation: Invitation) -> None:
    """The calendar as an alternative to the text, which mail programs act on (RFC 6047, 2.4), and as a file for those
    that don't. As bytes: line ends must arrive as they are."""
    if message.get_content_subtype() != "alternative":
        message.make_alternative()
    part = EmailMessage()
    part.set_content(invitation.calendar, maintype="text", subtype="calendar", params={"method": invitation.method})
    part.set_param("charset", "utf-8")
    del part["Content-Disposition"]
    del part["MIME-Version"]
    message.attach(part)
    message.add_attachment(invitation.calendar, maintype="application", subtype="ics", filename="invite.ics")


def _write(message: EmailMessage, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{clock.now():%Y%m%dT%H%M%S%f}-{new_token()[:8]}.eml"
    partial = path.with_suffix(".part")
    partial.write_bytes(bytes(message))
    partial.replace(path)
    return path
