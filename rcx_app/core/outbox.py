"""The outbox's sending half: job rows are written with the change that asks for them and sent once it is committed.

A process that may start jobs installs a sender (`use_sender`). Without one, or when the broker does not answer,
nothing is lost: the row stays queued and the sweeper sends it later.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

from rcx_app.core import log
from rcx_app.core.db import after_commit

Sender = Callable[[str, int], None]
_sender: list[Sender] = []


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
