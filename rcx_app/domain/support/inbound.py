"""Reading one RFC 822 message: who sent it, to which of our addresses, his own words and files; or why it is no answer.

Everything in a mail is a stranger's until the address' signature and the sender fit; nothing of it becomes a header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from rcx_app.core.errors import Invalid, TooMany
from rcx_app.core.text import fold
from rcx_app.domain.support.addresses import tokens_in
from rcx_app.domain.support.quoted import own_words, text_of_html
from rcx_app.domain.support.schemas import Inbound

MAX_BYTES = 30 * 1024 * 1024
_MAX_PARTS = 200
_MAX_DEPTH = 20
_MAX_WORDS = 400_000
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to")
_MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply", "do-not-reply", "donotreply", "bounce", "bounces")


def read(raw: bytes, *, recipients: tuple[str, ...] = ()) -> Inbound:
    """The mail. `recipients`: further addresses that the mail server says it was for (of the envelope).

    `refusal` says why it is not to be answered to: a machine wrote it, or it runs in circles. Raises TooMany for one
    that is too large, Invalid for one that can't be read.
    """
    if len(raw) > MAX_BYTES:
        raise TooMany(f"The message is larger than {MAX_BYTES // (1024 * 1024)} MB.", remedy="Attach the files in RCX.")
    try:
        message = message_from_bytes(raw, policy=policy.default)
        if not isinstance(message, EmailMessage):
            raise ValueError("no message")
        parts = list(_parts(message))
        sender, tokens = _sender(message), _tokens(message, recipients)
        return Inbound(
            sender=sender,
            tokens=tokens,
            message_key=_key(message, raw),
            text=_text(parts),
            files=tuple(_files(parts)),
            refusal=_refusal(message, sender),
        )
    except (Invalid, TooMany):
        raise
    except Exception as error:
        # The standard library's parser raises what it likes on headers that no program should have written.
        raise Invalid(f"The message can't be read ({type(error).__name__}).", remedy="Write it in RCX.") from error


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The leaves of a message, in order. A forwarded message is not looked into."""
    waiting: list[tuple[EmailMessage, int]] = [(message, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop(0)
        seen += 1
        if seen > _MAX_PARTS or depth > _MAX_DEPTH:
            raise Invalid("The message has too many parts.", remedy="Write it in RCX.")
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            children = [each for each in part.iter_parts() if isinstance(each, EmailMessage)]
            waiting[:0] = [(each, depth + 1) for each in children]
        else:
            yield part


def _header(message: EmailMessage, name: str) -> str:
    """A header's values as one line of text, also where they are broken."""
    found = []
    for value in message.get_all(name, []):
        found.append(" ".join(str(value).split()))
    return ", ".join(found)


def _sender(message: EmailMessage) -> str:
    """The one address in From; nothing where there is none or several (a mail speaks for one person)."""
    found = [address for _, address in getaddresses([_header(message, "from")]) if "@" in address]
    return fold(found[0]) if len(found) == 1 and len(message.get_all("from", [])) == 1 else ""


def _tokens(message: EmailMessage, recipients: tuple[str, ...]) -> tuple[str, ...]:
    texts = [*recipients, *(_header(message, name) for name in _RECIPIENTS)]
    return tuple(dict.fromkeys(token for text in texts for token in tokens_in(text)))


def _key(message: EmailMessage, raw: bytes) -> str:
    """What names this very mail, so that one that is delivered twice is taken once."""
    own = _header(message, "message-id")
    return "mail:" + hashlib.sha256(own.encode("utf-8", "replace") if own else raw).hexdigest()


def _refusal(message: EmailMessage, sender: str) -> str:
    """Why nobody should be answered: RFC 3834 5, RFC 3464, and what mail systems do by custom."""
    auto = _header(message, "auto-submitted").lower()
    if auto and not auto.startswith("no"):
        return "it was sent automatically"
    if _header(message, "precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return "it was sent in bulk"
    if any(_header(message, name) for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "list-id", "x-loop")):
        return "it was sent automatically"
    if _header(message, "return-path").strip() == "<>" or message.get_content_type() == "multipart/report":
        return "it reports on a delivery"
    local = sender.partition("@")[0]
    if local in _MACHINES or local.startswith("tickets+"):
        return "a machine sent it"
    return ""


def _text(parts: list[EmailMessage]) -> str:
    """The words of the message: its plain text, or else what its HTML says."""
    bodies = [part for part in parts if part.get_content_disposition() != "attachment" and not part.get_filename()]
    for kind, words in (("text/plain", own_words), ("text/html", lambda markup: own_words(text_of_html(markup)))):
        found = [_decoded(part) for part in bodies if part.get_content_type() == kind]
        if any(each.strip() for each in found):
            return words("\n".join(found)[:_MAX_WORDS])
    return ""


def _decoded(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or "utf-8"
    try:
        return raw.decode(charset, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _files(parts: list[EmailMessage]) -> Iterator[tuple[str, bytes]]:
    """Attached files by their names; pictures that a signature shows have one too and are files like others."""
    for part in parts:
        name = part.get_filename()
        if name is None and part.get_content_disposition() != "attachment":
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload:
            yield str(name or "attachment"), payload
