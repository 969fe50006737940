"""Taking in an answer by mail: it goes into the thread where its address is ours and its sender is whom we gave it to.

From can be forged; the address can't be guessed, and was mailed to this person only. Together they are as good as the
mailbox is; more than writing into one ticket can't be done with it.
"""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

from sqlmodel import Session, col, select

from rcx_app.core import folders, log
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound, NotPermitted, RcxError
from rcx_app.core.folders import safe_name
from rcx_app.core.permissions import Permission, Role, Staff, Stage
from rcx_app.core.settings import settings
from rcx_app.core.text import fold
from rcx_app.domain.audit import service as audit
from rcx_app.domain.support import files, inbound, limits, mails, texts, thread
from rcx_app.domain.support.addresses import Told, read_token
from rcx_app.domain.support.mails import Side
from rcx_app.domain.support.repository import STAFF, TicketRepository
from rcx_app.domain.support.schemas import MAX_TEXT, Inbound, Stored
from rcx_app.domain.support.states import Deed
from rcx_app.models import Membership, SupportEntry, SupportTicket, User, Workspace

_log = log.get("support")


class Outcome(StrEnum):
    """What became of a mail: it stands in the thread, stood there already, or needs no answer."""

    TAKEN = "taken"
    KNOWN = "known"
    IGNORED = "ignored"


def receive(raw: bytes, *, recipients: tuple[str, ...] = ()) -> tuple[Outcome, str]:
    """Take in one mail; what became of it, and a sentence about it.

    Raises NotFound where no address of ours is in it, NotPermitted where the sender is not whom the address was given
    to or may no longer write, Invalid for what can't be read or is too long, Conflict for a closed ticket, TooMany.
    """
    mail = inbound.read(raw, recipients=recipients)
    if mail.refusal:
        _log.info("mail_ignored", reason=mail.refusal)
        return Outcome.IGNORED, f"Nothing was done: {mail.refusal}."
    told = next((found for token in mail.tokens if (found := read_token(token)) is not None), None)
    if told is None:
        _log.warning("mail_refused", reason="no address of ours", tokens=len(mail.tokens))
        raise NotFound("An address of a ticket")
    try:
        return _take(mail, told)
    except RcxError as error:
        _log.warning("mail_refused", reason=error.code, ticket_id=told.ticket_id, user_id=told.user_id)
        raise


def _take(mail: Inbound, told: Told) -> tuple[Outcome, str]:
    stored, left_out = _store(mail)
    kept = False
    try:
        with transaction(None) as session:
            outcome = _append(session, mail, told, stored, left_out)
        kept = outcome is Outcome.TAKEN
    finally:
        if not kept:
            for each in stored:
                (folders.attachments() / each.stored_as).unlink(missing_ok=True)
    return outcome, "It stands in the ticket." if kept else "It stands in the ticket already."


def _append(session: Session, mail: Inbound, told: Told, stored: list[Stored], left_out: list[str]) -> Outcome:
    ticket = session.scalars(
        select(SupportTicket).where(col(SupportTicket.id) == told.ticket_id).with_for_update()
    ).one_or_none()
    person = session.get(User, told.user_id)
    if ticket is None or person is None:
        raise NotFound("This ticket")
    context = _writer(session, ticket, person, told.side, mail.sender)
    repository = TicketRepository(session, context)
    if repository.entry_by_once_key(ticket.id, mail.message_key) is not None:
        return Outcome.KNOWN
    room = max(0, settings().attachments_per_ticket - files.held(repository, ticket))
    text = _words(mail.text, stored[:room], [*left_out, *(each.filename for each in stored[room:])])
    limits.count_message(context)
    is_staff = told.side is Side.STAFF
    thread.move(ticket, Deed.ANSWER if is_staff else Deed.REPLY)
    entry = thread.write(repository, ticket, text, once_key=mail.message_key, is_staff=is_staff, source="mail")
    for each in stored[:room]:
        files.attach(repository, ticket, entry.id, each)
    _tell(session, context, ticket, entry, is_staff=is_staff)
    return Outcome.TAKEN


def _tell(session: Session, context: Context, ticket: SupportTicket, entry: SupportEntry, *, is_staff: bool) -> None:
    deed = "answer" if is_staff else "reply"
    detail = {"entry_id": entry.id, "by_mail": True}
    audit.record(session, context, f"ticket:{deed}", "ticket", ticket.id, detail)
    mails.write(session, context, ticket, deed, entry_id=entry.id, to_people=True, to_staff=not is_staff)


def _writer(session: Session, ticket: SupportTicket, person: User, side: Side, sender: str) -> Context:
    """The person in the ticket's workspace, as he may write there today. Raises NotPermitted."""
    refused = NotPermitted("This mail may not write into the ticket.", remedy="Sign in to RCX and answer there.")
    if fold(person.email) != sender or (person.email_verified_at is None and settings().require_verified_email):
        raise refused
    if side is Side.STAFF:
        if person.staff not in STAFF:
            raise refused
        return Context(
            workspace_id=ticket.workspace_id,
            user_id=person.id,
            role=Role.VIEWER,
            user_name=person.name,
            staff=Staff(person.staff),
        )
    role = session.scalars(
        select(Membership.role).where(
            col(Membership.workspace_id) == ticket.workspace_id, col(Membership.user_id) == person.id
        )
    ).one_or_none()
    stage = session.scalars(select(Workspace.stage).where(col(Workspace.id) == ticket.workspace_id)).one()
    if role is None or not mails.may_see(ticket, person, Role(role)):
        raise refused
    context = Context(
        workspace_id=ticket.workspace_id,
        user_id=person.id,
        role=Role(role),
        user_name=person.name,
        stage=Stage(stage),
    )
    context.require(Permission.SUPPORT)
    return context


def _words(text: str, taken: list[Stored], left_out: list[str]) -> str:
    """The message as it will stand in the thread; it says which files could not be taken."""
    said = text.strip() or ("(only files)" if taken else "")
    words = texts.passage("text", said, MAX_TEXT, noun="The message")
    if left_out:
        words += "\n\n" + f"(Left out by RCX: {', '.join(left_out[:20])}. Attach them here.)"
    return words


def _store(mail: Inbound) -> tuple[list[Stored], list[str]]:
    """Write the mail's files to the disk; those that may not be attached are named instead."""
    stored, left_out = [], []
    for given, content in mail.files[: settings().attachments_per_ticket]:
        name = safe_name(given)
        path = folders.attachments() / secrets.token_hex(16)
        try:
            if len(content) > settings().attachment_max_bytes:
                raise Invalid("too large")
            path.write_bytes(content)
            stored.append(files.look_into(name, path, hashlib.sha256(content).hexdigest(), len(content)))
        except Invalid:
            path.unlink(missing_ok=True)
            left_out.append(name)
    left_out += [safe_name(given) for given, _ in mail.files[settings().attachments_per_ticket :]]
    return stored, left_out
