"""Reading answers: which questions are asked, what is wrong, what changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.registry import abouts
from rcx_app.domain.onboarding.answers import all_problems, asked, changes, cleaned, in_words, problems, sent
from rcx_app.domain.onboarding.questions import GROUPS, OTHER, PSAS, QUESTIONS, VENDORS
from tests.domain.onboarding.making import COMPLETE, everything


def group(key: str) -> Any:
    return next(each for each in GROUPS if each.key == key)


def test_every_connector_can_be_chosen() -> None:
    offered = {key for key, _ in (*PSAS, *VENDORS)}
    assert {each.id for each in abouts()} <= offered


def test_complete_answers_lack_nothing() -> None:
    assert all_problems(everything()) == {}


def test_nothing_answered_lacks_every_question_that_must_be() -> None:
    wanted = {key for key, each in QUESTIONS.items() if each.is_required and each.when is None}
    assert set(all_problems({})) == wanted


def test_a_conditional_question_is_asked_only_while_its_condition_holds() -> None:
    psa = group("psa")
    assert [each.key for each in asked(psa, {"psa": "syncro"})] == ["psa", "psa_admin"]
    assert [each.key for each in asked(psa, {"psa": OTHER})] == ["psa", "psa_other"]
    assert "psa_other" in problems(psa, {"psa": OTHER})
    assert problems(psa, {"psa": OTHER, "psa_other": "A small one"}) == {}


def test_answers_to_questions_no_longer_asked_do_not_count() -> None:
    left_over = {**everything(), "psa_other": "An earlier idea"}
    assert "psa_other" not in sent(left_over)


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("billing", "clients", "0"),
        ("billing", "clients", "-3"),
        ("billing", "clients", "1e3"),
        ("billing", "clients", "999999999999999999"),
        ("billing", "clients", "٣"),
        ("billing", "billing_day", "32"),
        ("place", "time_zone", "Mars/Olympus"),
        ("place", "time_zone", "../../etc/passwd"),
        ("place", "currency", "XYZ"),
        ("psa", "psa", "<script>"),
        ("people", "four_eyes", "maybe"),
        ("people", "goal", "x" * 2001),
        ("people", "goal", "hidden \u202e text"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_question(page: str, key: str, value: str) -> None:
    answers = {**everything(), **cleaned(group(page), {**COMPLETE[page], key: value})}
    assert all_problems(answers)[key]


def test_an_address_is_held_to_its_form() -> None:
    people = {**COMPLETE["people"], "reviewer": "other", "reviewer_email": "not one"}
    assert "reviewer_email" in problems(group("people"), cleaned(group("people"), people))


def test_numbers_may_be_written_as_people_write_them() -> None:
    assert cleaned(group("billing"), {"clients": " 1,180 "}) == {"clients": 1180}


@given(st.dictionaries(st.sampled_from([*QUESTIONS, "workspace_id", "stage"]), st.one_of(
    st.text(max_size=80), st.lists(st.text(max_size=20), max_size=5), st.integers(), st.none(), st.booleans(),
)))  # fmt: skip
def test_whatever_comes_in_is_kept_or_left_out_and_never_breaks(form: dict[str, Any]) -> None:
    kept: dict[str, Any] = {}
    for each in GROUPS:
        kept |= cleaned(each, form)
    assert set(kept) <= set(QUESTIONS)
    assert all_problems(kept) is not None
    assert cleaned(GROUPS[0], cleaned(GROUPS[0], form)) == cleaned(GROUPS[0], form)


def test_a_change_says_what_was_and_what_is_in_words() -> None:
    after = {**everything(), "billing": "arrears", "vendors": ["pax8"]}
    assert [(each.key, each.before, each.after) for each in changes(everything(), after)] == [
        ("vendors", "Microsoft 365, Pax8", "Pax8"),
        ("billing", "In advance, for the month to come", "In arrears, for the month that was"),
    ]


def test_what_an_older_edition_asked_is_still_shown() -> None:
    assert [each.text for each in changes({"old_key": "yes"}, {})] == ["old key"]
    assert in_words(QUESTIONS["clients"], 1180) == "1,180 clients"
