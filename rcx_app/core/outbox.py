"""The outbox's sending half: job rows are written with the change that asks for them and sent once it is committed.

A process that may start jobs installs a sender (`use_sender`). Without one, or when the broker does not answer,
nothing is lost: the row stays queued and the sweeper sends it later. Mails are rows in the same way (`domain/mail`);
a process that writes some may wake who sends them (`use_mail_waker`), who looks by himself now and then as well.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

from rcx_app.core import log
from rcx_app.core.db import after_commit

Sender = Callable[[str, int], None]
Waker = Callable[[], None]
_sender: list[Sender] = []
_mail_waker: list[Waker] = []


def use_sender(sender: Sender | None) -> None:
    """Install the function that hands (task name, job id) to the broker; None removes it."""
    _sender[:] = [sender] if sender else []


def send_after_commit(session: Session, kind: str, job_id: int) -> None:
    """Send the job once the session's transaction is committed."""
    after_commit(session, lambda: send(kind, job_id))


def send(kind: str, job_id: int) -> bool:
    """Hand a job to the broker now. False where it could not be handed over; the sweeper will try again."""
    if not _sender:
        return False
    try:
        _sender[0](kind, job_id)
    except Exception as error:
        log.get("outbox").warning("job_not_sent", kind=kind, job_id=job_id, error=type(error).__name__)
        return False
    return True


def use_mail_waker(waker: Waker | None) -> None:
    """Install the function that tells a worker that there are mails to send; None removes it."""
    _mail_waker[:] = [waker] if waker else []


def wake_mailer_after_commit(session: Session) -> None:
    """Tell a worker once the session's transaction is committed, however many mails it wrote."""
    if not session.info.get("wakes_mailer"):
        session.info["wakes_mailer"] = True
        after_commit(session, _wake_mailer)


def _wake_mailer() -> None:
    if _mail_waker:
        try:
            _mail_waker[0]()
        except Exception as error:
            log.get("outbox").warning("mailer_not_woken", error=type(error).__name__)
