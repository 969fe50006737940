"""The questions as a person answers them: saved as they are given, told at the field, sent once complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rcx_app.core import clock
from rcx_app.core.db import transaction
from rcx_app.core.permissions import Permission, Role, Stage
from rcx_app.domain.onboarding import service
from rcx_app.domain.onboarding.questions import GROUPS
from rcx_app.domain.onboarding.schemas import Progress
from rcx_app.ui.base import AppState
from rcx_app.ui.caller import forget_caller
from rcx_app.ui.pages.onboarding.rows import steps_of, summary, to_bring
from rcx_app.ui.pages.onboarding.state import QuestionsState
from rcx_app.ui.pages.onboarding.way import WayState
from tests.conftest import World
from tests.domain.onboarding.making import COMPLETE, agent, answer_all, at, everything, stage_of
from tests.ui.pages.billing.desk import Desk

AT = "/onboarding/questions"


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    yield
    forget_caller()


def desk(context: Any, group: str = "") -> Desk:
    made = Desk(context, QuestionsState)
    made.run(made.of(AppState).enter)
    return made.open(AT, f"?group={group}" if group else "")


def keys(made: Desk) -> list[str]:
    return [each.key for each in made.state.fields]


def test_a_choice_brings_the_questions_that_hang_on_it_and_is_saved_at_once(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    made = desk(ours)
    assert keys(made) == ["psa"]
    made.run(made.state.answer, "psa", "halopsa")
    assert keys(made) == ["psa", "psa_hosting", "psa_admin"]
    made.run(made.state.answer, "psa", "other")
    assert keys(made) == ["psa", "psa_other"]
    with transaction(ours, read_only=True) as session:
        assert service.current(session, ours).answers == {"psa": "other"}


def test_going_on_with_something_missing_tells_it_at_the_field_and_stays(world: World) -> None:
    made = desk(at(world.ours, Stage.QUESTIONNAIRE), "billing")
    assert [each.wrong for each in made.state.fields if each.wrong] == [], "not before anything was done"
    made.run(made.state.go_on, {"clients": "many", "seats": "", "billing_day": "31"})
    assert made.state.group == "billing"
    told = {each.key: each.wrong for each in made.state.fields}
    assert told["clients"].startswith("Enter a whole number")
    assert told["billing"] == "Please answer this."
    assert told["seats"] == told["billing_day"] == ""
    assert "aria-invalid" in made.scripts or any("aria-invalid" in str(each) for each in made.told)


def test_the_whole_way_to_sending(world: World) -> None:
    agent()
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    made = desk(ours)
    for key, given in COMPLETE.items():
        assert made.state.group == key
        for name, value in given.items():
            if isinstance(value, list):
                for each in value:
                    made.run(made.state.toggle, name, each, True)
            else:
                made.run(made.state.answer, name, value)
        made.run(made.state.go_on, {})
    assert (made.state.group, made.state.lacks) == ("review", 0)
    assert "CAD" in [each.answer for page in made.state.review for each in page.answers]
    made.run(made.state.send)
    assert stage_of(ours) is Stage.BOOKING
    assert any("/onboarding" in str(each) for each in made.told)


def test_sending_what_lacks_something_says_so_and_stays(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    made = desk(ours, "review")
    assert made.state.lacks > 5
    made.run(made.state.send)
    assert made.state.problem == "Some answers need another look."
    assert stage_of(ours) is Stage.QUESTIONNAIRE


def test_the_browsers_zone_is_taken_only_where_none_was_chosen(world: World) -> None:
    made = desk(at(world.ours, Stage.QUESTIONNAIRE), "place")
    made.run(made.state.guess_zone, "Mars/Olympus")
    assert made.state.fields[0].value == ""
    made.run(made.state.guess_zone, "Europe/Oslo")
    assert made.state.fields[0].value == "Europe/Oslo"
    made.run(made.state.guess_zone, "Asia/Tokyo")
    assert made.state.fields[0].value == "Europe/Oslo"


def test_who_comes_back_goes_on_where_something_is_missing(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    made = desk(ours)
    assert made.state.group == "psa"
    for each in COMPLETE["psa"].items():
        made.run(made.state.answer, *each)
    assert desk(ours).state.group == "vendors"
    answer_all(ours)
    assert desk(ours).state.group == "review"


def test_a_viewer_reads_only(world: World) -> None:
    viewer = world.as_role(Role.VIEWER)
    assert not desk(viewer).state.may_answer
    assert not viewer.allows(Permission.ONBOARD)


def test_the_steps_say_where_the_workspace_is(world: World) -> None:
    ours = at(world.ours, Stage.BOOKING)
    answer_all(ours)
    made = Desk(ours, WayState)
    made.run(made.state.load)
    assert [each.state for each in made.state.steps] == ["done"] * 6 + ["now", "later", "later"]
    assert (made.state.at_stage, made.state.now) == ("booking", "booking")
    at(world.ours, Stage.SETUP)
    made.run(made.state.load)
    assert made.state.now == "setup"
    assert [(each.state, each.detail) for each in made.state.steps][6:] == [
        ("later", "None is booked"), ("now", "0 of 5 done"), ("later", "We open it with you"),
    ]  # fmt: skip
    at(world.ours, Stage.ACTIVE)
    made.run(made.state.load)
    assert [(each.state, each.detail) for each in made.state.steps][6:] == [
        ("done", ""), ("now", "0 of 5 done"), ("done", "Open"),
    ]  # fmt: skip
    at(world.ours, Stage.SUSPENDED)
    made.run(made.state.load)
    assert (made.state.now, made.state.steps[-1].state, made.state.steps[-1].detail) == ("open", "now", "Suspended")
    at(world.ours, Stage.SETUP)
    made.run(made.state.load)
    assert [each.is_done for each in made.state.tasks] == [False] * 5


def test_answers_in_a_few_words() -> None:
    found = [summary(group, everything()) for group in GROUPS]
    assert found == ["ConnectWise PSA", "2 chosen", "118 clients, in advance", "I will", "Chicago, CAD"]
    assert summary(GROUPS[2], {"clients": "many", "billing": "advance"}) == "in advance", "what is wrong is no answer"
    assert "Microsoft 365" in " ".join(to_bring(everything()))
    assert "export" in to_bring({"psa": "files"})[0]
    nothing = steps_of({}, Progress(stage=Stage.QUESTIONNAIRE, since=clock.now(), tasks=()), "")
    assert [each.state for each in nothing][:2] == ["now", "later"]


def test_when_it_was_saved_is_told_by_a_clock_that_the_person_knows(world: World) -> None:
    ours = at(world.ours, Stage.QUESTIONNAIRE)
    way = Desk(ours, WayState)
    way.run(way.state.load)
    assert way.state.saved == ""
    desk(ours).run(desk(ours).state.answer, "psa", "halopsa")
    way.run(way.state.load)
    assert way.state.saved.endswith(" UTC")
    assert "timeZone" in way.scripts, "the browser is asked"
    way.run(way.state.tell_by, "Mars/Olympus")
    assert way.state.saved.endswith(" UTC")
    way.run(way.state.tell_by, "Asia/Tokyo")
    assert way.state.saved.endswith(" Tokyo")
    desk(ours, "place").run(desk(ours, "place").state.answer, "time_zone", "Europe/Oslo")
    way.run(way.state.load)
    assert way.state.saved.endswith(" Oslo"), "what was answered wins"
    assert way.told == []
