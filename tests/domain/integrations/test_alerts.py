"""History of health, and mails about it: once, to those who may act, one an hour at most, none of other workspaces."""

from __future__ import annotations

import threading
from datetime import date

from sqlmodel import select

from connectors.http.failures import ApiFailure
from jobs import runner
from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Role
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import alerts_expiry, alerts_sending, api
from rcx_app.models import Mail, Membership
from tests.conftest import World
from tests.domain.integrations.watching import (
    OLD,
    REFUSED,
    add_person,
    at,
    end,
    history,
    mails,
    text,
    verified,
    watch,
    weekly,
    work,
)
from tests.domain.sync.source import SECRET, Script, connect

__all__ = ["verified"]


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
        assert watch(world.ours) == []
    with at(36 * 60 + 1):
        assert watch(world.ours) == []
        assert history(world.ours)[0].word == "Stale"
    with at(60 * 60):
        assert watch(world.ours) == []
    with at(60 * 60 + 1):
        (mail,) = watch(world.ours)
        assert mail["Subject"] == "Northbeam IT: One needs attention"
        assert "It was last read completely on 20 Nov 2026." in text(mail)


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
