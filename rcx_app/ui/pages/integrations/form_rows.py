"""What the form of a connection shows, and what is read out of a submitted one; pure, no state and no markup.

Nothing here ever holds a secret: a stored one is only known to be set, and what is typed stays in the browser until
it is submitted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from rcx_app.core.errors import RcxError
from rcx_app.core.text import fold
from rcx_app.domain.integrations.alerts_expiry import DayInvalid
from rcx_app.domain.integrations.catalogue import CatalogueEntry, FieldView
from rcx_app.domain.integrations.schemas import CheckView, FailureView, SettingsView
from rcx_app.ui.pages.integrations.run_rows import WHOSE, FailureRow, failure_row

FIELD_ID = "field-"
LABEL = "connection-label"
LABEL_LIMIT = 80
EXPIRES = "credentials-end"
_CHOOSE = "Choose"
_FILL = (
    "Object.entries(%s).forEach(([id, value]) => "
    "{ const found = document.getElementById(id); if (found) found.value = value; })"
)


@dataclass
class Option:
    """An entry of a select."""

    value: str = ""
    label: str = ""


@dataclass
class FieldRow:
    """One thing to enter. `value` is what a field that is no secret begins with; `is_set`: a secret is stored."""

    name: str = ""
    id: str = ""
    label: str = ""
    help: str = ""
    placeholder: str = ""
    value: str = ""
    wrong: str = ""
    is_secret: bool = False
    is_required: bool = False
    is_set: bool = False
    options: list[Option] = field(default_factory=list)


@dataclass
class Outcome:
    """How a test ended. `subject` names what was tested (see `subject`); `tone`: ok | under | fail."""

    subject: str = ""
    tone: str = ""
    title: str = ""
    message: str = ""
    whose: str = ""
    remedy: str = ""
    missing: list[FailureRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def subject(connection_id: int, connector_id: str = "", *, is_form: bool = False) -> str:
    """What a test is about: a connection as it is stored, its form, or the form of a new one of a connector."""
    if not connection_id:
        return f"form {connector_id}"
    return f"form {connection_id}" if is_form else f"connection {connection_id}"


def is_of_form(about: str) -> bool:
    """Whether a test was about what stood in a form, which is gone once the form is left."""
    return about.startswith("form ")


def field_rows(entry: CatalogueEntry, settings: SettingsView | None = None) -> list[FieldRow]:
    """The fields of a new connection, or of one that is there."""
    stored = {each.name: each for each in settings.fields} if settings is not None else {}
    return [_field(each, stored.get(each.name)) for each in entry.fields]


def _field(view: FieldView, stored: Any) -> FieldRow:
    options = [Option(value, title) for value, title in view.choices]
    if options and (not view.is_required or not view.default):
        options.insert(0, Option("", _CHOOSE))
    is_set = bool(stored is not None and stored.is_set)
    return FieldRow(
        name=view.name,
        id=FIELD_ID + view.name,
        label=view.label,
        help=view.help,
        placeholder="Is set; leave empty to keep it" if view.is_secret and is_set else view.placeholder,
        value="" if view.is_secret else (stored.value if stored is not None else view.default),
        is_secret=view.is_secret,
        is_required=view.is_required,
        is_set=view.is_secret and is_set,
        options=options,
    )


def marked(rows: Sequence[FieldRow], wrong: Mapping[str, str]) -> list[FieldRow]:
    """The fields with what is wrong in each."""
    return [replace(row, wrong=wrong.get(row.name, "")) for row in rows]


def entered(form: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """What a submitted form says of these fields; whatever else it holds is left."""
    return {name: text for name in names if isinstance(text := form.get(name), str)}


def label_of(form: Mapping[str, Any]) -> str:
    text = form.get(LABEL, "")
    return " ".join(text.split()) if isinstance(text, str) else ""


def expiry_of(form: Mapping[str, Any]) -> date | None:
    """The last day of the credentials, None where none was entered. Raises DayInvalid for what is no day."""
    text = form.get(EXPIRES, "")
    if not isinstance(text, str) or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise DayInvalid("This is no date.", remedy="Write it as 2027-03-31, or leave it empty.") from None


def free_label(name: str, taken: Iterable[str]) -> str:
    """``Pax8``, or ``Pax8 2`` where that is taken."""
    known = {fold(label) for label in taken}
    number = 1
    proposed = name
    while fold(proposed) in known:
        number += 1
        proposed = f"{name} {number}"
    return proposed


def outcome(about: str, name: str, found: CheckView | FailureView) -> Outcome:
    """A test's result in words. `name`: whose API was asked."""
    if isinstance(found, FailureView):
        return Outcome(about, "fail", found.message, whose=WHOSE.get(found.whose, ""), remedy=found.remedy)
    if found.missing:
        return Outcome(
            about,
            "under",
            f"Signed in to {found.account or name}, but not everything can be read",
            missing=[failure_row(each) for each in found.missing],
            notes=list(found.notes),
        )
    title = f"Signed in to {found.account or name}"
    return Outcome(about, "ok", title, "Everything can be read.", notes=list(found.notes))


def refusal(about: str, error: RcxError) -> Outcome:
    """A test that could not be made."""
    return Outcome(about, "fail", error.message, remedy=error.remedy)


def filling(values: Mapping[str, str]) -> str:
    """The script by which the browser fills the form's fields; they stay the browser's own."""
    by_id = {FIELD_ID + name: value for name, value in values.items()}
    return _FILL % json.dumps(by_id)
