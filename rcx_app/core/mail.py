"""Sending mail: to files and the console on one machine, to SMTP when grown up."""

from __future__ import annotations

import smtplib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, make_msgid
from pathlib import Path

from rcx_app.core import clock, log
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

# Headers are folded only where they must be (RFC 5322, 2.1.1): Python would encode a long address such as that of
# List-Unsubscribe in order to fold it, and no mail program could follow it then.
_POLICY = default.clone(max_line_length=998, cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar file (RFC 5545, lines ended by CRLF) that goes along with a mail; `method`: REQUEST or CANCEL."""

    calendar: bytes
    method: str


def send_mail(
    to: str,
    subject: str,
    body: str,
    *,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    invitation: Invitation | None = None,
) -> None:
    """Send plain text, with the same as `html`, further `headers` (Reply-To, References ...), and an `invitation` to a
    calendar.

    Raises Unavailable where the mail server refuses or does not answer, and ValueError where an address, the subject or
    another header holds a line break (header injection).
    """
    chosen = settings()
    message = EmailMessage(policy=_POLICY)
    message["From"] = chosen.mail_from
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain="rcx.example")
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(body)
    if html:
        message.add_alternative(html, subtype="html")
    if invitation is not None:
        _invite(message, invitation)
    if chosen.mail_transport == "file":
        path = _write(message, chosen.var_dir / "mail")
        print(f"Mail to {to}: {subject}\n{body}", file=sys.stderr)
        log.get("mail").info("mail_written", file=path.name)
        return
    try:
        with smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=20) as server:
            server.starttls()
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable("The mail server did not take the message.", remedy="Try again in a few minutes.") from error


def _invite(message: EmailMessage, invitation: Invitation) -> None:
    """The calendar as an alternative to the text, which mail programs act on (RFC 6047, 2.4), and as a file for those
    that don't. As bytes: line ends must arrive as they are."""
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
