"""What the onboarding pages show, drawn from answers and facts. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rcx_app.core.permissions import Stage
from rcx_app.domain.booking import zones
from rcx_app.domain.onboarding.answers import CURRENCIES, asked, in_words, is_asked, problems
from rcx_app.domain.onboarding.questions import GROUPS, QUESTIONS, Group, Question
from rcx_app.domain.onboarding.schemas import Progress, Task
from rcx_app.ui import addresses, words

REVIEW = "review"
QUESTIONS_AT = "/onboarding/questions"
BOOKING_AT = "/onboarding/booking"
_BEYOND = (Stage.BOOKING, Stage.SETUP, Stage.ACTIVE, Stage.SUSPENDED)


@dataclass
class OptionRow:
    """One answer to choose."""

    value: str
    label: str
    is_chosen: bool


@dataclass
class FieldRow:
    """One question with its answer. `look`: radio | boxes | select | text | area."""

    key: str
    text: str
    look: str
    kind: str
    help: str
    value: str
    wrong: str
    is_required: bool
    options: list[OptionRow]


@dataclass
class AnswerRow:
    """A question and its answer in words; `wrong` says what it still lacks."""

    text: str
    answer: str
    wrong: str


@dataclass
class ReviewRow:
    """A page's answers, before they are sent."""

    key: str
    title: str
    href: str
    answers: list[AnswerRow]


@dataclass
class StepRow:
    """A step of the way in. `state`: done | now | later."""

    key: str
    title: str
    detail: str
    state: str
    number: int
    href: str


@dataclass
class TaskRow:
    """A line of the setup checklist."""

    title: str
    detail: str
    is_done: bool
    href: str


def questions_at(group: str) -> str:
    return addresses.address(QUESTIONS_AT, group=group)


def group_of(key: str) -> Group | None:
    return next((each for each in GROUPS if each.key == key), None)


def first_lacking(answers: Mapping[str, Any]) -> str:
    """The first page that lacks something; the review once none does."""
    return next((each.key for each in GROUPS if problems(each, answers)), REVIEW)


def neighbours(key: str) -> tuple[str, str]:
    """The pages before and after one; "" where there is none."""
    keys = [*(each.key for each in GROUPS), REVIEW]
    at = keys.index(key) if key in keys else 0
    return keys[at - 1] if at else "", keys[at + 1] if at + 1 < len(keys) else ""


def fields_of(group: Group, answers: Mapping[str, Any], told: Collection[str] | None) -> list[FieldRow]:
    """The questions that are asked, each with what is wrong where `told` names it; None: wherever something is."""
    wrong = problems(group, answers)
    return [
        _field(each, answers.get(each.key), wrong.get(each.key, "") if told is None or each.key in told else "")
        for each in asked(group, answers)
    ]


def _field(question: Question, value: Any, wrong: str) -> FieldRow:
    looks = {
        "choice": "radio", "yes_no": "radio", "choices": "boxes", "long_text": "area", "zone": "select",
        "currency": "select",
    }  # fmt: skip
    chosen = value if isinstance(value, list) else [value]
    return FieldRow(
        key=question.key,
        text=question.text,
        look=looks.get(question.kind, "text"),
        kind=question.kind,
        help=question.help,
        value="" if value is None or isinstance(value, list) else str(value),
        wrong=wrong,
        is_required=question.is_required,
        options=[OptionRow(plain, label, plain in chosen) for plain, label in _options(question)],
    )


def _options(question: Question) -> list[tuple[str, str]]:
    if question.kind == "yes_no":
        return [("yes", "Yes"), ("no", "No")]
    if question.kind == "zone":
        return [("", "Choose ..."), *((name, name.replace("_", " ")) for name in zones.listed())]
    if question.kind == "currency":
        return [("", "Choose ..."), *((code, code) for code in CURRENCIES)]
    return list(question.options)


def review_of(answers: Mapping[str, Any]) -> list[ReviewRow]:
    """All pages with the questions that are asked."""
    found = []
    for group in GROUPS:
        wrong = problems(group, answers)
        rows = [
            AnswerRow(each.text, in_words(each, answers.get(each.key)) or "No answer", wrong.get(each.key, ""))
            for each in asked(group, answers)
        ]
        found.append(ReviewRow(group.key, group.title, questions_at(group.key), rows))
    return found


def steps_of(answers: Mapping[str, Any], progress: Progress, booked: str, *, was_kept: bool = False) -> list[StepRow]:
    """The way in, step by step; `booked` says for when a session is booked, `was_kept` that one took place."""
    beyond = progress.stage in _BEYOND
    found = [
        (group.key, group.title, summary(group, answers), beyond or not problems(group, answers)) for group in GROUPS
    ]
    is_open = progress.stage in (Stage.ACTIVE, Stage.SUSPENDED)
    session = booked or ("Took place" if was_kept else "None is booked" if progress.stage is Stage.SETUP else "")
    setup = f"{progress.done} of {len(progress.tasks)} done" if progress.tasks else "Once you have booked"
    found += [
        (REVIEW, "Check and send", "Sent" if beyond else "", beyond),
        ("booking", "Book a session", session, is_open or (beyond and (was_kept or booked != ""))),
        ("setup", "Guided setup", setup, bool(progress.tasks) and progress.done == len(progress.tasks)),
        ("open", "Full access", _access_said(progress.stage), progress.stage is Stage.ACTIVE),
    ]
    # Who is being set up goes on with that, also where no session is booked (any more).
    at = {Stage.SETUP: "setup", Stage.SUSPENDED: "open"}.get(
        progress.stage, next((key for key, _, _, is_done in found if not is_done), "")
    )
    links = {REVIEW: questions_at(REVIEW), "booking": BOOKING_AT, "setup": addresses.ONBOARDING}
    return [
        StepRow(
            key, title, detail, "done" if is_done else "now" if key == at else "later", number,
            links.get(key, questions_at(key)) if _leads(key, progress.stage) else "",
        )
        for number, (key, title, detail, is_done) in enumerate(found, start=1)
    ]  # fmt: skip


def _access_said(stage: Stage) -> str:
    return {Stage.ACTIVE: "Open", Stage.SUSPENDED: "Suspended"}.get(stage, "We open it with you")


def _leads(key: str, stage: Stage) -> bool:
    """Whether a step's page has something to show at this stage."""
    if key == "booking":
        return stage in (Stage.BOOKING, Stage.SETUP)
    if key == "open":
        return False
    return key != "setup" or stage in (Stage.SETUP, Stage.ACTIVE)


def summary(group: Group, answers: Mapping[str, Any]) -> str:
    """A group's good answers in a few words."""
    wrong = problems(group, answers)

    def said(key: str) -> str:
        question = QUESTIONS[key]
        return in_words(question, answers.get(key)) if is_asked(question, answers) and key not in wrong else ""

    vendors = answers.get("vendors")
    parts = {
        "psa": [said("psa_other") or said("psa")],
        "vendors": [f"{len(vendors)} chosen" if isinstance(vendors, list) and vendors else ""],
        "billing": [said("clients"), {"advance": "in advance", "arrears": "in arrears", "both": "both"}.get(
            str(answers.get("billing", "")), "")],
        "people": [said("reviewer")],
        "place": [str(answers.get("time_zone", "")).rpartition("/")[2].replace("_", " "), said("currency")],
    }  # fmt: skip
    return ", ".join(each for each in parts.get(group.key, []) if each)


def task_rows(tasks: Collection[Task]) -> list[TaskRow]:
    return [TaskRow(each.title, each.detail, each.is_done, each.href) for each in tasks]


def to_bring(answers: Mapping[str, Any]) -> list[str]:
    """What makes the session worth its time, for this workspace."""
    psa = in_words(QUESTIONS["psa"], answers.get("psa"))
    vendors = answers.get("vendors") if isinstance(answers.get("vendors"), list) else []
    has_psa = answers.get("psa") not in (None, "files", "other")
    return [
        f"A login to {psa} that may create API users" if has_psa else "Last month's export of what you bill",
        *(
            ["Somebody who may consent in Microsoft 365"]
            if {"microsoft365", "partner_center"} & set(vendors or ())
            else []
        ),
        "Last month's invoice of one client you know well",
    ]


def saved_said(at: datetime | None, zone: str) -> str:
    """When it was saved, by the clock of `zone`; "": no zone is known."""
    return f"Saved {words.moment(at, zone or 'UTC')}" if at is not None else ""
