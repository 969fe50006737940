"""The intake: answers saved as they are given, checked when they are sent, kept edition by edition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.errors import Conflict, NotFound
from rcx_app.core.permissions import Permission, Stage
from rcx_app.domain.audit import service as audit
from rcx_app.domain.onboarding import stages
from rcx_app.domain.onboarding.answers import AnswersInvalid, all_problems, changes, cleaned, problems, sent
from rcx_app.domain.onboarding.questions import EDITION, GROUPS
from rcx_app.domain.onboarding.repository import OnboardingRepository
from rcx_app.domain.onboarding.schemas import Edition, IntakeView
from rcx_app.models import Intake


def current(session: Session, context: Context) -> IntakeView:
    """The answers as they stand. Raises NotPermitted."""
    context.require(Permission.TEAM)
    row = OnboardingRepository(session, context).newest()
    if row is None:
        return IntakeView(answers={}, saved_at=None, was_sent=False, is_open=True)
    is_open = row.sent_at is None
    return IntakeView(
        answers=dict(row.answers), saved_at=row.saved_at, was_sent=not is_open or row.number > 1, is_open=is_open
    )


def save(session: Session, context: Context, group_key: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Keep the answers of one group as they are, and say what is still wrong with them, by key.

    Changing answers that were sent begins a new edition, which counts once it is sent. Raises NotPermitted, NotFound.
    """
    context.require(Permission.ONBOARD)
    group = next((each for each in GROUPS if each.key == group_key), None)
    if group is None:
        raise NotFound("This group of questions")
    repository = OnboardingRepository(session, context)
    repository.workspace(lock=True)
    row, now = repository.newest(), clock.now()
    known = dict(row.answers) if row is not None else {}
    own = {question.key for question in group.questions}
    answers = {**{key: value for key, value in known.items() if key not in own}, **cleaned(group, given)}
    if answers != known:
        if row is None or row.sent_at is not None:
            row = Intake(
                workspace_id=context.workspace_id, number=1 if row is None else row.number + 1,
                questions_version=EDITION,
            )  # fmt: skip
        row.answers, row.saved_at, row.saved_by, row.questions_version = answers, now, context.user_id, EDITION
        repository.add(row)
        changed = sorted(key for key in own if known.get(key) != answers.get(key))
        audit.record(session, context, "onboarding:answer", "intake", row.id, {"answers": changed})
    return problems(group, answers)


def send(session: Session, context: Context) -> Stage:
    """Send the answers: they count from now on, and set the workspace's currency and time zone.

    Once the workspace is set up that is for who may change its settings, and the currency stands when amounts were
    read. Returns the stage that this leads to. Raises NotPermitted, AnswersInvalid, Conflict where nothing waits to be
    sent.
    """
    context.require(Permission.ONBOARD)
    repository = OnboardingRepository(session, context)
    workspace = repository.workspace(lock=True)
    row = repository.newest()
    if row is None:
        raise AnswersInvalid(all_problems({}))
    if row.sent_at is not None:
        raise Conflict("These answers were sent already.", remedy="Reload the page to see what comes next.")
    if wrong := all_problems(row.answers):
        raise AnswersInvalid(wrong)
    row.answers, row.sent_at, row.sent_by = sent(row.answers), clock.now(), context.user_id
    repository.add(row)
    before = {"currency": workspace.currency, "time_zone": workspace.time_zone}
    is_coming_in = Stage(workspace.stage) in (Stage.QUESTIONNAIRE, Stage.BOOKING)
    if is_coming_in or context.allows(Permission.SETTINGS):
        workspace.time_zone = row.answers["time_zone"]
        if not any(was_read for _, was_read in repository.connections()):
            workspace.currency = row.answers["currency"]
    session.add(workspace)
    after = {"currency": workspace.currency, "time_zone": workspace.time_zone}
    detail = {"edition": row.number, "before": before, "after": after}
    audit.record(session, context, "onboarding:send", "intake", row.id, detail)
    return stages.answers_sent(session, context)


def editions(session: Session, context: Context) -> list[Edition]:
    """What was sent, newest first, each with what differs from the one before. Raises NotPermitted."""
    context.require(Permission.TEAM)
    found: list[Edition] = []
    earlier: Mapping[str, Any] = {}
    for row, name in OnboardingRepository(session, context).sent():
        if row.sent_at is None:
            continue
        found.append(
            Edition(
                number=row.number,
                sent_at=row.sent_at,
                sent_by=name or "somebody who left",
                answers=dict(row.answers),
                changes=tuple(changes(earlier, row.answers)) if found else (),
            )
        )
        earlier = row.answers
    return found[::-1]
