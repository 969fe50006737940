"""What is kept as JSON beside an uploaded file: what was recognised, what a check found, how an import ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from connectors.files import SHAPES, Guess, Problem, Profile
from rcx_app.domain.integrations.schemas import (
    Check,
    ColumnView,
    ImportedConnection,
    ImportResult,
    ImportState,
    ProblemView,
    Question,
)
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.models import ImportFile

KEPT_PROBLEMS = 500


def guess_note(guess: Guess) -> dict[str, Any]:
    """What was recognised, for `ImportFile.guess`."""
    return {
        "title": SHAPES[guess.profile.shape].title,
        "side": guess.side,
        "confidence": guess.confidence,
        "is_remembered": guess.is_remembered,
        "sheets": list(guess.sheets),
        "encoding": guess.encoding,
        "delimiter": guess.delimiter,
        "rows": max(guess.expected_rows - guess.profile.header_row, 0),
        "columns": [_column(column) for column in guess.columns],
        "preview": [[number, list(cells)] for number, cells in guess.preview],
        "alternatives": [[each.shape, each.title, each.confidence] for each in guess.alternatives],
    }


def _column(column: Any) -> dict[str, Any]:
    return {
        "header": column.header,
        "field": column.field or "",
        "confidence": column.confidence,
        "content": column.content,
        "samples": list(column.samples),
        "reason": column.reason,
    }


def problem_note(problem: Problem) -> dict[str, Any]:
    """A problem without its file: that is the import itself."""
    note = asdict(problem)
    del note["file"]
    return note


def problem_view(note: Mapping[str, Any]) -> ProblemView:
    return ProblemView(
        row=note["row"],
        column=note["column"],
        value=note["value"],
        message=note["message"],
        remedy=note["remedy"],
        is_error=note["severity"] == "error",
    )


def say(problems: Iterable[Problem]) -> str:
    """The first problem as a sentence, with how many more there are."""
    listed = list(problems)
    first = listed[0]
    place = ", ".join(
        part
        for part in (
            f"row {first.row}" if first.row else "",
            f"column {first.column}" if first.column else "",
        )
        if part
    )
    text = f"{place[:1].upper()}{place[1:]}: {first.message}" if place else first.message
    more = f" And {len(listed) - 1:,} more." if len(listed) > 1 else ""
    return f"{text} {first.remedy}".strip() + more


def profile_of(row: ImportFile) -> Profile | None:
    """The profile that the file is read by; None before it was analysed."""
    kept = row.profile.get("profile")
    return profile_from(kept) if kept else None


def profile_from(note: Mapping[str, Any]) -> Profile:
    return Profile.from_json(json.dumps(dict(note)))


def profile_note(profile: Profile) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(profile.to_json())
    return note


def columns_of(row: ImportFile, profile: Profile) -> tuple[ColumnView, ...]:
    """The file's columns with what they feed as settled now."""
    views = []
    for note in row.guess.get("columns", ()):
        chosen = profile.columns.get(note["header"], "")
        is_guess = chosen == note["field"]
        views.append(
            ColumnView(
                header=note["header"],
                field=chosen,
                confidence=note["confidence"] if is_guess else 1.0,
                content=note["content"],
                samples=tuple(note["samples"]),
                reason=note["reason"] if is_guess else "chosen by hand",
            )
        )
    return tuple(views)


def check_of(row: ImportFile) -> Check | None:
    note = row.guess.get("check")
    return Check(**{**note, "integrations": tuple(note["integrations"])}) if note else None


def questions_of(row: ImportFile) -> tuple[Question, ...]:
    return tuple(Question(**note) for note in row.guess.get("questions", ()))


def result_of(row: ImportFile) -> ImportResult | None:
    note = row.guess.get("result")
    if not note:
        return None
    return ImportResult(
        connections=tuple(ImportedConnection(**each) for each in note["connections"]),
        left_out=note["left_out"],
        written=note["written"],
        mapped=note["mapped"],
    )


def time_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def effective_state(row: ImportFile, job: JobView | None) -> ImportState:
    """The file's state, put right where its job ended without being able to say so on the file."""
    state = ImportState(row.state)
    if job is None or job.is_open or job.state is JobState.DONE:
        return state
    if state is ImportState.IMPORTING:
        return ImportState.ANALYSED if job.state is JobState.CANCELLED else ImportState.FAILED
    if state is ImportState.UPLOADED:
        return ImportState.FAILED
    return state
