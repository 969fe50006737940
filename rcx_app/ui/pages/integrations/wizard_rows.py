"""What the import of one file shows, as small values; pure, no state and no markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rcx_app.domain.integrations.schemas import (
    ConnectionView,
    ImportState,
    ImportView,
    Preview,
    PreviewRow,
    ProblemView,
    ShapeChoice,
)
from rcx_app.ui import words
from rcx_app.ui.pages.integrations.rows import FILE, SIDES, counted, file_size, percent, recognised

NEW_CONNECTION = "new"
_BY = {"chosen by hand": "by hand", "remembered": "as last time"}


@dataclass
class Choice:
    """An entry of a select."""

    value: str
    label: str


@dataclass
class Head:
    """The file and where it stands. `stage`: reading | settle | importing | done | failed."""

    id: int = 0
    filename: str = ""
    stage: str = ""
    title: str = ""
    recognised: str = ""
    detail: str = ""
    side: str = ""
    error: str = ""
    same_as: str = ""
    has_guess: bool = False
    shape: str = ""
    sheet: str = ""
    sheets: list[Choice] = field(default_factory=list)
    header_row: str = "1"
    target: str = ""
    label: str = ""
    has_target: bool = True
    needs_target: bool = False
    columns_used: str = ""


@dataclass
class OptionValues:
    """The options of a profile as the form holds them."""

    date_order: str = "auto"
    decimal: str = "auto"
    currency: str = ""
    account_from: str = "column"
    account_name: str = ""
    as_of: str = ""
    sum_by_sku: bool = False
    keep_unlicensed: bool = False


@dataclass
class Verdict:
    """What the check found and what may be done. `act` names the effect of the button."""

    is_checked: bool = False
    rows: str = ""
    counted: list[str] = field(default_factory=list)
    integrations: str = ""
    errors: int = 0
    refused: str = ""
    warnings: str = ""
    problem_count: int = 0
    has_problem_file: bool = False
    problem_file: str = ""
    act: str = ""
    act_without: str = ""
    may_start: bool = False


@dataclass
class ColumnRow:
    """One column of the file."""

    header: str = ""
    samples: str = ""
    field: str = ""
    confidence: str = ""
    tone: str = ""
    reason: str = ""


@dataclass
class PreviewCell:
    """One cell of the preview. `tone` fail or under where something is wrong; `message` says what."""

    text: str = ""
    tone: str = ""
    message: str = ""


@dataclass
class PreviewLine:
    """One row of the preview."""

    row: str = ""
    tone: str = ""
    message: str = ""
    cells: list[PreviewCell] = field(default_factory=list)


@dataclass
class ProblemRow:
    """One problem in the list."""

    id: str = ""
    place: str = ""
    column: str = ""
    value: str = ""
    message: str = ""
    remedy: str = ""
    is_error: bool = True


@dataclass
class ResultRow:
    """What became of one stream of one connection."""

    id: str = ""
    connection: str = ""
    stream: str = ""
    read: str = ""
    added: str = ""
    changed: str = ""
    unchanged: str = ""
    removed: str = ""


def stage_of(view: ImportView) -> str:
    if view.state is ImportState.IMPORTING:
        return "importing"
    if view.job is not None and view.job.is_open:
        return "reading"
    if view.state is ImportState.UPLOADED:
        return "reading"
    if view.state is ImportState.DONE:
        return "done"
    if view.state is ImportState.FAILED and view.check is None:
        return "failed"
    return "settle"


def head_of(view: ImportView) -> Head:
    said = f"{view.title}, as last time" if view.is_remembered else recognised(view.title, view.confidence)
    parts = [file_size(view.size_bytes), f"uploaded {words.moment(view.uploaded_at)}"]
    if view.encoding:
        parts.append(view.encoding.upper())
    if view.delimiter:
        parts.append({",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}.get(view.delimiter, view.delimiter))
    used = sum(1 for column in view.columns if column.field)
    return Head(
        id=view.id,
        filename=view.filename,
        stage=stage_of(view),
        title=view.title,
        recognised=said,
        detail=" · ".join(parts),
        side=SIDES.get(view.side, ""),
        error=view.error,
        same_as=words.moment(view.same_as) if view.same_as else "",
        has_guess=bool(view.columns),
        shape=view.shape,
        sheet=view.sheet,
        sheets=[Choice(name, name) for name in view.sheets],
        header_row=str(view.header_row),
        target=str(view.connection_id) if view.connection_id else NEW_CONNECTION,
        label=view.label,
        has_target=view.side != "mapping" and not view.has_several,
        needs_target=view.needs_target,
        columns_used=f"{used} of {len(view.columns)} used, the others are kept as attributes",
    )


def options_of(view: ImportView) -> OptionValues:
    known: dict[str, Any] = dict(view.options)
    return OptionValues(
        date_order=known.get("date_order", "auto"),
        decimal=known.get("decimal", "auto"),
        currency=known.get("currency", ""),
        account_from=known.get("account_from", "column"),
        account_name=known.get("account_name", ""),
        as_of=known.get("as_of") or "",
        sum_by_sku=known.get("sum_by_sku", False),
        keep_unlicensed=known.get("keep_unlicensed", False),
    )


def verdict_of(view: ImportView, problem_file: str) -> Verdict:
    check = view.check
    if check is None:
        return Verdict(
            problem_count=view.problem_count, has_problem_file=view.has_problem_file, problem_file=problem_file
        )
    good = check.rows_read - check.rows_refused
    return Verdict(
        is_checked=True,
        rows=f"{check.rows_read:,}",
        counted=counted(dict(check.counts)),
        integrations=", ".join(check.integrations),
        errors=check.errors,
        refused=words.count(check.rows_refused, "row has an error", "rows have errors"),
        warnings=words.count(check.warnings, "warning") if check.warnings else "",
        problem_count=view.problem_count,
        has_problem_file=view.has_problem_file,
        problem_file=problem_file,
        act=f"Import {words.count(check.rows_read, 'row')}",
        act_without=f"Import {words.count(good, 'row')}, leave out {check.rows_refused:,}",
        may_start=view.may_start,
    )


def shape_choices(shapes: Sequence[ShapeChoice]) -> list[Choice]:
    return [Choice(shape.id, f"{shape.title} ({SIDES.get(shape.side, shape.side)})") for shape in shapes]


def field_choices(shapes: Sequence[ShapeChoice], shape_id: str) -> list[Choice]:
    chosen = next((shape for shape in shapes if shape.id == shape_id), None)
    if chosen is None:
        return []
    required = {name for group in chosen.required if len(group) == 1 for name in group}
    fields = [Choice(name, f"{label} (required)" if name in required else label) for name, label, _ in chosen.fields]
    return [Choice("", "Keep as attribute"), *fields]


def target_choices(connections: Sequence[ConnectionView], side: str) -> list[Choice]:
    open_to_files = [each for each in connections if each.connector == FILE or not each.is_connected]
    known = [Choice(str(each.id), each.label) for each in open_to_files if each.side == side]
    return [*known, Choice(NEW_CONNECTION, "A new connection")]


def column_rows(view: ImportView) -> list[ColumnRow]:
    return [
        ColumnRow(
            header=column.header,
            samples=", ".join(column.samples[:3]),
            field=column.field,
            confidence=_BY.get(column.reason, percent(column.confidence)) if column.field else "",
            tone="under" if column.field and column.confidence < 0.8 else "",
            reason=column.reason,
        )
        for column in view.columns
    ]


def preview_lines(preview: Preview) -> list[PreviewLine]:
    return [_line(row, preview.headers) for row in preview.rows]


def _line(row: PreviewRow, headers: Sequence[str]) -> PreviewLine:
    by_column = {problem.column: problem for problem in row.problems}
    cells = []
    for at, header in enumerate(headers):
        problem = by_column.get(header)
        text = row.cells[at] if at < len(row.cells) else ""
        cells.append(PreviewCell(text, _tone(problem), f"{problem.message} {problem.remedy}" if problem else ""))
    whole = next((problem for problem in row.problems if problem.column not in headers), None)
    return PreviewLine(str(row.row), _tone(whole), whole.message if whole else "", cells)


def _tone(problem: ProblemView | None) -> str:
    if problem is None:
        return ""
    return "fail" if problem.is_error else "under"


def problem_rows(problems: Sequence[ProblemView], start: int = 0) -> list[ProblemRow]:
    return [
        ProblemRow(
            id=str(start + at),
            place=f"{problem.row:,}" if problem.row else "file",
            column=problem.column,
            value=problem.value,
            message=problem.message,
            remedy=problem.remedy,
            is_error=problem.is_error,
        )
        for at, problem in enumerate(problems)
    ]


def result_rows(view: ImportView) -> list[ResultRow]:
    if view.result is None:
        return []
    return [
        ResultRow(
            id=f"{each.connection_id}-{stream}",
            connection=each.label,
            stream=stream.capitalize(),
            **{name: f"{counts[name]:,}" for name in ("read", "added", "changed", "unchanged", "removed")},
        )
        for each in view.result.connections
        for stream, counts in each.counts.items()
    ]


def result_sentence(view: ImportView) -> str:
    """What the import came to, in one sentence."""
    result = view.result
    if result is None:
        return ""
    if result.mapped:
        return f"{words.count(result.mapped, 'account')} mapped or excluded."
    if not result.connections:
        return "Nothing changed: every account was mapped so already."
    said = "Nothing changed: the file says what is there already."
    if result.written:
        said = f"{words.count(result.written, 'record')} written."
    left = f" {words.count(result.left_out, 'row')} left out." if result.left_out else ""
    return said + left
