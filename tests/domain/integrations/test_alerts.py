"""History of health, and mails about it: once, to those who may act, one an hour at most, none of other workspaces."""

from __future__ import annotations

import email
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as policy
from typing import Any

import pytest
from sqlmodel import col, select

from connectors.http.failures import ApiFailure
from connectors.records import Account, Seat
from jobs import runner, tasks
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import alerts, alerts_expiry, alerts_history, alerts_sending, api, service
from rcx_app.domain.integrations.schemas import Alert, Health, HealthChangeView
from rcx_app.domain.mail import sending
from rcx_app.domain.schedules import service as schedules
from rcx_app.domain.sync import service as sync
from rcx_app.domain.sync.falls import service as falls
from rcx_app.domain.sync.schemas import Failure
from rcx_app.models import AuditEvent, Connection, JobRun, Mail, Membership, User
from tests.conftest import World
from tests.domain.sync.source import SECRET, Script, connect, playing

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REFUSED = Failure(
    kind="credentials_refused", whose="admin", message="Fake Vendor does not accept them.", remedy="Enter them again."
)
OLD = Failure(kind="vendor_down", whose="vendor", message="Fake Vendor has a fault.", remedy="It is tried again.")


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    yield from playing(monkeypatch)


@pytest.fixture(autouse=True)
def _verified(world: World) -> None:
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


def open_alerts(context: Context) -> tuple[Alert, ...]:
    with transaction(context, read_only=True) as session:
        return alerts.open_alerts(session, context)


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


def test_history_keeps_changes_only_and_only_ours(world: World, vendor: Script) -> None:
    with at():
        ours, theirs = connect(world.ours, "One"), connect(world.theirs, "Two")
    for minute in (1, 2):
        with at(minute):
            end(world.ours, ours, REFUSED)
    for minute in (3, 4):
        with at(minute):
            end(world.ours, ours)
    with at(5), transaction(world.ours) as session:
        service.set_enabled(session, world.ours, ours, enabled=False)
    found = history(world.ours)
    assert [(each.before, each.after, each.at) for each in found] == [
        (Health.HEALTHY, Health.OFF, NOW + timedelta(minutes=5)),
        (Health.FAILED, Health.HEALTHY, NOW + timedelta(minutes=3)),
        (Health.ATTENTION, Health.FAILED, NOW + timedelta(minutes=1)),
        (None, Health.ATTENTION, NOW),
    ]
    assert (found[2].reason, found[2].whose) == (f"The last sync failed: {REFUSED.message}", "admin")
    assert [each.label for each in history(world.theirs)] == ["Two"]
    with pytest.raises(NotFound):
        history(world.ours, theirs)


def test_one_mail_says_everything_that_is_new_and_the_next_waits_an_hour(world: World, vendor: Script) -> None:
    add_person(world.ours, "adam", Role.ADMIN)
    add_person(world.ours, "ohno", Role.APPROVER)
    add_person(world.ours, "unverified", Role.ADMIN, verified=False)
    with at():
        one, two, three = (connect(world.ours, label) for label in ("One", "Two", "Three"))
        theirs = connect(world.theirs, "Theirs")
        for number in (one, two):
            end(world.ours, number, REFUSED)
        end(world.theirs, theirs)
        assert work(world.ours) == ["done"]
    sent = mails()
    assert sorted(str(each["To"]) for each in sent) == ["adam@msp.example", "northbeam@msp.example"]
    said = text(sent[0])
    assert sent[0]["Subject"] == "Northbeam IT: 2 connections need attention"
    assert sent[0].get_content_type() == "text/plain"
    for part in ("One: Failed", "Two: Failed", REFUSED.message, REFUSED.remedy, "Whose turn it is: yours"):
        assert part in said
    assert f"{settings().public_url}/integrations?connection={one}" in said
    assert "Three" not in said
    assert SECRET not in said
    with at(10):
        end(world.ours, three, OLD)
        end(world.ours, one, REFUSED)
        assert (work(world.ours), watch(world.ours)) == ([], [])
    with at(60):
        (first, _) = watch(world.ours)
        assert first["Subject"] == "Northbeam IT: Three failed"
        assert "Whose turn it is: the vendor's" in text(first)
        assert watch(world.ours) == []
    with at(600):
        assert watch(world.ours) == [], "what was told is not told again"


def test_health_that_returns_is_told_once_and_only_to_who_knew(world: World, vendor: Script) -> None:
    with at():
        told, brief = connect(world.ours, "Told"), connect(world.ours, "Brief")
        end(world.ours, told, REFUSED)
        work(world.ours)
        assert len(mails()) == 1
    with at(5):
        end(world.ours, brief, OLD)
        end(world.ours, brief)
        end(world.ours, told)
    with at(61):
        (mail,) = watch(world.ours)
        assert mail["Subject"] == "Northbeam IT: Told is healthy again"
        assert "Brief" not in text(mail)
    with at(200):
        assert watch(world.ours) == []


def test_red_that_flickers_is_told_once_a_day(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "Flicker")
        end(world.ours, number, OLD)
        assert len(watch(world.ours)) == 1
    for hour in range(1, 24):
        with at(hour * 60):
            end(world.ours, number, OLD, partial=hour % 2 == 1)
            assert watch(world.ours) == []
    with at(25 * 60):
        end(world.ours, number, OLD, partial=True)
        end(world.ours, number, OLD)
        assert len(watch(world.ours)) == 1


def test_yellow_is_told_after_a_day_of_it_though_nothing_happens(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number)
        assert (watch(world.ours), open_alerts(world.ours)) == ([], ())
    with at(36 * 60 + 1):
        assert watch(world.ours) == []
        assert history(world.ours)[0].word == "Stale"
        assert open_alerts(world.ours) == ()
    with at(60 * 60):
        assert watch(world.ours) == []
    with at(60 * 60 + 1):
        (mail,) = watch(world.ours)
        assert mail["Subject"] == "Northbeam IT: One needs attention"
        assert "It was last read completely on 20 Nov 2026." in text(mail)
        assert [(each.label, each.word) for each in open_alerts(world.ours)] == [("One", "Stale")]
        assert open_alerts(world.theirs) == ()


def test_credentials_that_end_are_told_in_time_and_then_are_red(world: World, vendor: Script) -> None:
    with at():
        number, theirs = connect(world.ours, "One"), connect(world.theirs, "Two")
        with transaction(world.ours) as session:
            alerts_expiry.set_expiry(session, world.ours, number, date(2026, 12, 10))
            with pytest.raises(Invalid):
                alerts_expiry.set_expiry(session, world.ours, number, date(2026, 11, 19))
            with pytest.raises(NotFound):
                alerts_expiry.set_expiry(session, world.ours, theirs, date(2026, 12, 10))
            with pytest.raises(NotPermitted):
                alerts_expiry.set_expiry(session, world.as_role(Role.APPROVER), number, None)
            file = service.create(session, world.ours, side="psa", label="Files")
            with pytest.raises(Conflict):
                alerts_expiry.set_expiry(session, world.ours, file, date(2026, 12, 10))
        end(world.ours, number)
    with transaction(world.ours, read_only=True) as session:
        entry = session.scalars(select(AuditEvent).where(AuditEvent.tag == "connection:expiry")).one()
        assert entry.detail == {"label": "One", "from": None, "to": "2026-12-10"}
        assert api.settings_of(session, world.ours, number).expires_on == date(2026, 12, 10)
    for day, word in ((-11, "Healthy"), (-10, "Expires soon"), (20, "Expires soon"), (21, "Expired")):
        with at(day * 24 * 60):
            end(world.ours, number)
            with transaction(world.ours, read_only=True) as session:
                found = service.connection(session, world.ours, number)
            assert (found.word, found.expires_on) == (word, date(2026, 12, 10))
    assert "Its credentials ended on 10 Dec 2026." in found.reason
    with at(21 * 24 * 60), transaction(world.ours) as session:
        api.rotate(session, world.ours, number, {"client_secret": "another-secret"})
        assert session.get_one(Connection, number).expires_on is None, "the day was said of the old secret"


def test_credentials_that_end_are_mailed_about_30_14_7_and_1_days_ahead_and_at_their_end(
    world: World, vendor: Script
) -> None:
    ends = date(2026, 12, 31)
    with at():
        one, two = connect(world.ours, "One"), connect(world.ours, "Two")
        with transaction(world.ours) as session:
            for number in (one, two):
                alerts_expiry.set_expiry(session, world.ours, number, ends)
        weekly(world.ours)
    told: dict[int, str] = {}
    for day in range(45):
        with at(day * 24 * 60):
            for number in (one, two):
                end(world.ours, number)
            for minute in (1, 20, 90):
                with at(day * 24 * 60 + minute):
                    for mail in watch(world.ours):
                        left = (ends - clock.today()).days
                        assert left not in told, "one mail for both, and none twice"
                        told[left] = str(mail["Subject"])
                        assert "31 Dec 2026" in text(mail)
    assert told == dict.fromkeys((30, 14, 7, 1), "Northbeam IT: 2 connections need attention") | {
        -1: "Northbeam IT: 2 connections need attention"
    }


def weekly(context: Context) -> None:
    with transaction(context) as session:
        chosen = schedules.schedule(session, context).chosen
        schedules.save(session, context, replace(chosen, is_weekly=True))


def test_a_connection_is_stale_only_when_its_schedule_has_been_missed(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number)
        weekly(world.ours)
        assert watch(world.ours) == []
    a_week = 7 * 24 * 60
    with at(a_week + 12 * 60):
        assert (watch(world.ours), open_alerts(world.ours)) == ([], ())
        assert history(world.ours)[0].word == "Healthy"
        forget_jobs(world.ours)
    with at(a_week + 12 * 60 + 1):
        assert watch(world.ours) == []
        assert history(world.ours)[0].word == "Stale"
        assert asked(world.ours) == ["reconcile.run"], "its findings are not ready any more"
        with transaction(world.ours) as session:
            chosen = schedules.schedule(session, world.ours).chosen
            schedules.save(session, world.ours, replace(chosen, is_weekly=False, is_monthly=True))
    with at(a_week + 12 * 60 + 6):
        watch(world.ours)
        assert history(world.ours)[0].word == "Healthy"
    with transaction(world.ours) as session:
        chosen = schedules.schedule(session, world.ours).chosen
        schedules.save(session, world.ours, replace(chosen, is_monthly=False))
    with at(36 * 60 + 1), transaction(world.ours, read_only=True) as session:
        assert [each.word for each in service.health(session, world.ours)] == ["Stale"]


def asked(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        query = select(JobRun.kind).where(JobRun.workspace_id == context.workspace_id, JobRun.state == "queued")
        return sorted(session.scalars(query))


def forget_jobs(context: Context) -> None:
    with transaction(context) as session:
        for job in session.scalars(select(JobRun).where(JobRun.workspace_id == context.workspace_id)):
            job.state = "cancelled"


def test_a_failed_sync_of_an_api_is_told_without_its_secret(world: World, vendor: Script) -> None:
    number = connect(world.ours, "One")
    vendor.sign_in = ApiFailure("credentials_refused", "Fake Vendor", f"{SECRET} is wrong")
    with transaction(world.ours) as session:
        job_id = api.request_sync(session, world.ours, number)
    runner.run_job(job_id)
    assert work(world.ours) == ["done"]
    (mail,) = mails()
    assert "does not accept the credentials" in text(mail)
    assert SECRET not in mail.as_string()


def test_a_connection_that_is_switched_off_is_no_alert(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number, OLD)
        assert [each.health for each in open_alerts(world.ours)] == [Health.FAILED]
        with transaction(world.ours) as session:
            service.set_enabled(session, world.ours, number, enabled=False)
        assert open_alerts(world.ours) == ()
    with at(3 * 24 * 60):
        assert watch(world.ours) == []


def test_workers_at_once_tell_a_change_once(world: World, vendor: Script) -> None:
    number = connect(world.ours, "One")
    end(world.ours, number, REFUSED)
    together, told = threading.Barrier(4, timeout=30), []

    def tell() -> None:
        together.wait()
        with transaction(world.ours) as session:
            told.append(alerts_sending.digest(session, world.ours))

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [0, 0, 0, 1]
    work(world.ours)
    assert len(mails()) == 1
    with transaction(world.ours, read_only=True) as session:
        assert [row.state for row in session.scalars(select(Mail))] == ["sent"]


def test_a_workspace_whose_watch_breaks_does_not_hold_up_the_others(
    world: World, vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at():
        for context in (world.ours, world.theirs):
            end(context, connect(context, "One"))
    look = alerts.watch

    def watch_or_break(session: Any, context: Context) -> int:
        if context.workspace_id == world.ours.workspace_id:
            raise RuntimeError("the database went away")
        return look(session, context)

    with at(36 * 60 + 1):
        with monkeypatch.context() as patch:
            patch.setattr(alerts, "watch", watch_or_break)
            tasks.watch_health()
        assert (history(world.ours)[0].word, history(world.theirs)[0].word) == ("Healthy", "Stale")
        tasks.watch_health()
        assert history(world.ours)[0].word == "Stale"


def test_held_counts_make_a_connection_yellow_until_they_are_confirmed(world: World, vendor: Script) -> None:
    number = connect(world.ours, "One")
    many = [Seat(external_id=str(each), account_external_id="A", sku="E3", sku_name="E3") for each in range(12)]
    for left in (12, 2):
        with transaction(world.ours) as session:
            run = sync.begin(session, world.ours, number)
            sync.stage(session, world.ours, run, "accounts", [Account(external_id="A", name="Alder")])
            sync.stage(session, world.ours, run, "seats", many[:left])
            sync.switch(session, world.ours, run, complete_streams=["accounts", "seats"])
    found = history(world.ours)[0]
    assert (found.after, found.word) == (Health.ATTENTION, "Count held back")
    with transaction(world.ours) as session:
        (light,) = service.health(session, world.ours)
        assert (light.health, light.reason) == (Health.ATTENTION, found.reason)
        falls.confirm(session, world.ours, [each.id for each in falls.held(session, world.ours)])
    tasks.watch_health()
    assert history(world.ours)[0].after is Health.HEALTHY


def test_who_is_no_admin_any_more_gets_no_mail(world: World, vendor: Script) -> None:
    with at():
        number = connect(world.ours, "One")
        end(world.ours, number, REFUSED)
        with transaction(world.ours) as session:
            alerts_sending.digest(session, world.ours)
            session.scalars(
                select(Membership).where(Membership.workspace_id == world.ours.workspace_id)
            ).one().role = Role.VIEWER.value
        work(world.ours)
    assert mails() == []
    with transaction(world.ours, read_only=True) as session:
        assert [row.state for row in session.scalars(select(Mail))] == ["dropped"]
