"""The tasks: run one job, sweep up what was lost, tidy what is old, start syncs and trainings that are due.

They carry ids at most and may run twice.
"""

from __future__ import annotations

from datetime import timedelta

from jobs.app import task
from jobs.runner import run_job as run
from rcx_app.core import clock, log
from rcx_app.core.context import system_context
from rcx_app.core.db import keep_statistics, transaction
from rcx_app.domain.booking import reminders
from rcx_app.domain.integrations import alerts, syncing, uploads
from rcx_app.domain.jobs import service
from rcx_app.domain.learning import service as learning
from rcx_app.domain.mail import sending as mail
from rcx_app.domain.mail import service as outbox
from rcx_app.domain.notifications import collecting, digests
from rcx_app.domain.notifications import service as notifications
from rcx_app.domain.review import returning
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.subscription import cycle as billing
from rcx_app.domain.subscription import sending as telling
from rcx_app.domain.support import upkeep as support
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.retries import service as retries
from rcx_app.domain.writeback import watching


@task("rcx.run_job")
def run_job(job_id: int) -> None:
    """Run the job whose row this is, or the one whose turn it is. The rows say whether there is anything to do."""
    run(job_id, in_turn=True)


@task("rcx.sweep")
def sweep() -> None:
    """Send lost jobs again. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        if not service.find_lost(session):
            return
    with transaction(None) as session:
        resent = service.sweep(session)
    if resent:
        log.get("jobs").warning("jobs_sent_again", job_ids=[job.job_id for job in resent])


@task("rcx.tidy")
def tidy() -> None:
    """Delete what has served its time: uploaded files, records that were staged but never put into force, files that
    nobody sent or knows, mails that ended long ago; close tickets that ended long ago. Tell SQLite how it has grown."""
    with transaction(None, read_only=True) as session:
        workspaces = service.workspaces(session)
    for workspace_id in workspaces:
        context = system_context(workspace_id)
        with transaction(context) as session:
            files, stages = uploads.sweep(session, context), sync.sweep(session, context)
            notices = notifications.sweep(session, context)
        if files or stages or notices:
            log.get("jobs").info("tidied", workspace_id=workspace_id, files=files, stages=stages, notices=notices)
    _tidy_support()
    with transaction(None) as session:
        mails = outbox.sweep(session)
    if mails:
        log.get("jobs").info("mails_forgotten", mails=mails)
    keep_statistics()


def _tidy_support() -> None:
    with transaction(None, read_only=True) as session:
        late = support.workspaces_to_close_in(session)
    closed = 0
    for workspace_id in late:
        context = system_context(workspace_id)
        with transaction(context) as session:
            closed += support.close_late(session, context)
    with transaction(None) as session:
        files = support.sweep(session)
    if closed or files:
        log.get("jobs").info("support_tidied", tickets_closed=closed, files=files)


@task("rcx.follow_syncs")
def follow_syncs() -> None:
    """End runs that their job has left, and ask again for syncs whose next try has come. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        workspaces = {*sync.workspaces_left(session), *retries.due_workspaces(session)}
    for workspace_id in sorted(workspaces):
        try:
            _follow_syncs(workspace_id)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("syncs_not_followed", workspace_id=workspace_id, exc_info=error)


def _follow_syncs(workspace_id: int) -> None:
    context = system_context(workspace_id)
    with transaction(context) as session:
        ended, retried = sync.end_left(session, context), syncing.retry_due(session, context)
    if ended or retried:
        log.get("jobs").info("syncs_followed", workspace_id=workspace_id, ended=ended, retried=retried)


@task("rcx.watch_health")
def watch_health() -> None:
    """Note which connections do otherwise for the mere passing of time, and ask for mails that are due."""
    with transaction(None, read_only=True) as session:
        workspaces = alerts.workspaces(session)
    for workspace_id in workspaces:
        try:
            _watch_health(workspace_id)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("health_not_watched", workspace_id=workspace_id, exc_info=error)


def _watch_health(workspace_id: int) -> None:
    context = system_context(workspace_id)
    with transaction(context, read_only=True) as session:
        if not alerts.needs_watch(session, context):
            return
    with transaction(context) as session:
        changed = alerts.watch(session, context)
    log.get("jobs").info("health_watched", workspace_id=workspace_id, changed=changed)


@task("rcx.wake_findings")
def wake_findings() -> None:
    """Open findings whose snooze has ended. Looks before it locks."""
    # Where a workspace is, a day may have begun that has not begun in UTC.
    with transaction(None, read_only=True) as session:
        workspaces = returning.workspaces_to_wake(session, clock.today() + timedelta(days=1))
    for workspace_id in workspaces:
        context = system_context(workspace_id)
        try:
            with transaction(context) as session:
                woken = returning.wake(session, context)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("findings_not_woken", workspace_id=workspace_id, exc_info=error)
            continue
        if woken:
            log.get("jobs").info("findings_woken", workspace_id=workspace_id, woken=woken)


@task("rcx.watch_writes")
def watch_writes() -> None:
    """Have unclear writes read again, and sets gone on with whose job was lost. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        workspaces = watching.workspaces(session)
    for workspace_id in workspaces:
        context = system_context(workspace_id)
        try:
            with transaction(context) as session:
                asked = watching.watch(session, context)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("writes_not_watched", workspace_id=workspace_id, exc_info=error)
            continue
        if asked:
            log.get("jobs").info("writes_watched", workspace_id=workspace_id, asked=asked)


@task("rcx.remind_bookings")
def remind_bookings() -> None:
    """Write the reminders whose time has come. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        due = reminders.due(session)
    for workspace_id, booking_id, occasion in due:
        context = system_context(workspace_id)
        try:
            with transaction(context) as session:
                written = reminders.remind(session, context, booking_id, occasion)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("booking_not_reminded", booking_id=booking_id, exc_info=error)
            continue
        if written:
            log.get("jobs").info("booking_reminded", booking_id=booking_id, occasion=occasion.value)


@task("rcx.send_mails")
def send_mails() -> None:
    """Send the mails that wait, of all workspaces. Looks before it locks."""
    if mail.anything_due():
        mail.send_due()


@task("rcx.tell_news")
def tell_news() -> None:
    """Make notices of what happened and digests that are due, and ask for mails to be sent. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        workspaces = {*collecting.workspaces_behind(session), *digests.workspaces_due(session)}
    for workspace_id in sorted(workspaces):
        try:
            _tell_news(workspace_id)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("news_not_told", workspace_id=workspace_id, exc_info=error)


def _tell_news(workspace_id: int) -> None:
    context = system_context(workspace_id)
    with transaction(context) as session:
        notices, mails = collecting.collect(session, context), digests.make(session, context)
    if notices or mails:
        log.get("jobs").info("news_told", workspace_id=workspace_id, notices=notices, digests=mails)


@task("rcx.bill_subscriptions")
def bill_subscriptions() -> None:
    """Make the bills of RCX itself that are due, and begin and end trials. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        workspaces = billing.workspaces_due(session)
    for workspace_id in workspaces:
        context = system_context(workspace_id)
        try:
            with transaction(context) as session:
                steps = billing.run(session, context)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("subscription_not_billed", workspace_id=workspace_id, exc_info=error)
            continue
        if steps:
            log.get("jobs").info("subscription_billed", workspace_id=workspace_id, steps=steps)


@task("rcx.tell_accounting")
def tell_accounting() -> None:
    """Ask for the jobs that send events to the accounting system whose next try has come."""
    with transaction(None, read_only=True) as session:
        workspaces = telling.workspaces_waiting(session)
    for workspace_id in workspaces:
        context = system_context(workspace_id)
        with transaction(context) as session:
            telling.ask(session, context)


@task("rcx.start_learning")
def start_learning() -> None:
    """Ask for a training where enough verdicts came since the last one. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        workspaces = learning.workspaces_to_look_at(session)
    for workspace_id in workspaces:
        try:
            _start_learning(workspace_id)
        except Exception as error:
            # The next round tries again; the others must not wait for it.
            log.get("jobs").error("learning_not_started", workspace_id=workspace_id, exc_info=error)


def _start_learning(workspace_id: int) -> None:
    context = system_context(workspace_id)
    with transaction(context, read_only=True) as session:
        if not learning.is_due(session, context):
            return
    with transaction(context) as session:
        job_id = learning.request_due(session, context)
    log.get("jobs").info("learning_started", workspace_id=workspace_id, job_id=job_id)


@task("rcx.start_syncs")
def start_syncs() -> None:
    """Ask for the syncs of every workspace whose time has come. Looks before it locks."""
    with transaction(None, read_only=True) as session:
        due = schedules.due_workspaces(session)
    for workspace_id in due:
        try:
            _start_syncs(workspace_id)
        except Exception as error:
            # It stays due, so that the next round tries again; the others must not wait for it.
            log.get("jobs").error("schedule_not_started", workspace_id=workspace_id, exc_info=error)


def _start_syncs(workspace_id: int) -> None:
    context = system_context(workspace_id)
    with transaction(context) as session:
        started = schedules.start_due(session, context)
    if started is not None:
        log.get("jobs").info(
            "schedule_started",
            workspace_id=workspace_id,
            is_full=started.is_full,
            started=len(started.connections),
            left_out=len(started.left_out),
        )
