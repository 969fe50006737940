"""Runs that end, rounds of the watch, and the mails that they lead to."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy

import pytest
from sqlmodel import col, select

from jobs import runner, tasks
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.integrations.schemas import HealthChangeView
from rcx_app.domain.mail import sending
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.schemas import Failure
from rcx_app.models import JobRun, Membership, User
from tests.conftest import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REFUSED = Failure(
    kind="credentials_refused", whose="admin", message="Fake Vendor does not accept them.", remedy="Enter them again."
)
OLD = Failure(kind="vendor_down", whose="vendor", message="Fake Vendor has a fault.", remedy="It is tried again.")


@pytest.fixture(autouse=True)
def verified(world: World) -> None:
    with transaction(None) as session:
        for user in session.scalars(select(User)):
            user.email_verified_at = NOW


@contextmanager
def at(minutes: float = 0) -> Iterator[None]:
    with clock.frozen(NOW + timedelta(minutes=minutes)):
        yield


def end(context: Context, connection_id: int, *failures: Failure, partial: bool = False) -> None:
    """A run over the connection ends: whole, partly or without effect."""
    with transaction(context) as session:
        run = sync.begin(session, context, connection_id)
        if failures and not partial:
            sync.fail(session, context, run, failures[0].message, failures)
        else:
            left = [replace(each, streams=("seats",)) for each in failures]
            sync.switch(session, context, run, complete_streams=(), failures=left)


def work(context: Context) -> list[str]:
    """Run the alert jobs that wait, as a worker would, and send what they wrote."""
    with transaction(context, read_only=True) as session:
        query = select(JobRun.id).where(JobRun.workspace_id == context.workspace_id, JobRun.kind == "alerts.send")
        waiting = list(session.scalars(query.where(col(JobRun.state).in_(("queued", "sent"))).order_by(col(JobRun.id))))
    ended = [runner.run_job(number) for number in waiting]
    sending.send_due()
    return ended


def mails() -> list[EmailMessage]:
    paths = sorted((settings().var_dir / "mail").glob("*.eml"))
    found = [email.message_from_bytes(path.read_bytes(), policy=policy) for path in paths]
    for path in paths:
        path.unlink()
    return found


def watch(context: Context) -> list[EmailMessage]:
    """A round of the watch, the jobs that it asked for, and the mails that they sent."""
    tasks.watch_health()
    work(context)
    return mails()


def history(context: Context, connection_id: int | None = None) -> list[HealthChangeView]:
    with transaction(context, read_only=True) as session:
        return list(alerts_history.changes(session, context, connection_id).items)


def text(message: EmailMessage) -> str:
    return str(message.get_content())


def add_person(context: Context, name: str, role: Role, *, verified: bool = True) -> None:
    with transaction(None) as session:
        address = f"{name}@msp.example"
        user = User(email=address, email_key=address, name=name.title(), password_hash="!")
        user.email_verified_at = NOW if verified else None
        session.add(user)
        session.flush()
        session.add(Membership(workspace_id=context.workspace_id, user_id=user.id, role=role.value))


def weekly(context: Context) -> None:
    with transaction(context) as session:
        chosen = schedules.schedule(session, context).chosen
        schedules.save(session, context, replace(chosen, is_weekly=True))
