"""Mails that not everybody gets are sent behind the answer, so that the time it takes tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rcx_app.core import log
from rcx_app.domain.mail import sending

_mailer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def behind(send: Callable[[], object], *, user_id: int | None = None) -> None:
    """Run `send` after the ones before it. What goes wrong is logged: nobody waits for it."""

    def work() -> None:
        try:
            send()
        except Exception as error:
            log.get("accounts").error("mail_not_sent", user_id=user_id, error=type(error).__name__)

    _mailer.submit(work)


def send_behind(mail_id: int, *, user_id: int | None = None) -> None:
    """Send a mail that is written and committed. What the mail server does not take now, a worker sends later."""
    behind(lambda: sending.send(mail_id), user_id=user_id)


def wait_for_mails() -> None:
    """Return when all mails that were due so far are on their way."""
    _mailer.submit(lambda: None).result()
