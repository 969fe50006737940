"""Whatever happens in between, whoever gets all digests has been told each event exactly once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from rcx_app.core.clock import frozen
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.domain.mail import sending
from rcx_app.domain.notifications import collecting, digests
from rcx_app.domain.review.schemas import Deed, Verdict
from rcx_app.models import Mail
from tests.conftest import World, make_workspace
from tests.domain.notifications.telling import NOON, confirm, mails, person, round_at, text
from tests.domain.review.making import decide, estate, finding

_numbers = itertools.count()
STEPS = ("mention", "assign", "collect", "collect and die", "hours", "days", "make and die", "mails fail", "round")


class Told:
    """A workspace in which steps happen one after the other, and what its reader should have been told."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.context = make_workspace(f"Told{number} MSP")
        estate(self.context, {"1": 3, "2": 4})
        self.reader = person(self.context, f"reader{number}")
        self.at, self.marks = NOON, 0
        self.assigned = 0
        self.mailed: list[str] = []
        confirm(self.context)

    def do(self, step: str) -> None:
        act: dict[str, Callable[[], object]] = {
            "mention": self._mention,
            "assign": self._assign,
            "collect": lambda: self._within(collecting.collect),
            "collect and die": lambda: self._within(collecting.collect, dies=True),
            "make and die": lambda: self._within(digests.make, dies=True),
            "hours": lambda: self._pass(timedelta(hours=7)),
            "days": lambda: self._pass(timedelta(days=2)),
            "mails fail": self._fail,
            "round": self._round,
        }
        act[step]()
        self.at += timedelta(minutes=1)

    def _mention(self) -> None:
        self.marks += 1
        words = f"@{self.reader.user_name} mark-{self.marks}-"
        decide(self.context, finding(self.context).id, Verdict(Deed.COMMENT, reason=words), at=self.at)

    def _assign(self) -> None:
        self.assigned += 1
        given_to = Verdict(Deed.ASSIGN, assignee_id=self.reader.user_id)
        decide(self.context, finding(self.context, "2").id, given_to, at=self.at)

    def _within(self, work: Callable[..., object], *, dies: bool = False) -> None:
        try:
            with frozen(self.at), transaction(self.context) as session:
                work(session, self.context)
                if dies:
                    raise RuntimeError("died")
        except RuntimeError:
            assert dies

    def _pass(self, time: timedelta) -> None:
        self.at += time

    def _fail(self) -> None:
        with patch.object(sending, "deliver", side_effect=Unavailable("Not now.")):
            round_at(self.at)

    def _round(self) -> None:
        round_at(self.at)
        self.mailed += [text(each) for each in mails() if each["To"] == f"{self.reader.user_name}@msp.example"]

    def end(self) -> str:
        for _ in range(3):
            self.at += timedelta(days=1)
            self._round()
        return "\n".join(self.mailed)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=14))
def test_each_event_is_told_exactly_once(sqlite_world: World, steps: list[str]) -> None:
    told = Told()
    for step in ["round", *steps]:
        told.do(step)
    said = told.end()
    assert Counter(said.count(f"mark-{number}-") for number in range(1, told.marks + 1)) == (
        Counter({1: told.marks}) if told.marks else Counter()
    )
    assert said.count("gave you a finding") == told.assigned


def test_on_both_databases_a_long_way(world: World) -> None:
    told = Told()
    for step in ["round", *STEPS, *reversed(STEPS), "days", *STEPS, "mails fail", "hours", "hours", "mails fail"]:
        told.do(step)
    said = told.end()
    assert [said.count(f"mark-{number}-") for number in range(1, told.marks + 1)] == [1] * told.marks
    assert said.count("gave you a finding") == told.assigned
    assert _waiting(told.context) == []


def _waiting(context: Context) -> list[str]:
    with transaction(context, read_only=True) as session:
        return list(session.scalars(select(Mail.key).where(Mail.state == "waiting")))
