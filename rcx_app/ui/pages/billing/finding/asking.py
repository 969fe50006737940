"""Handlers of the dialogs over the open finding: what they open with, and the day that is kept until it is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.permissions import Permission
from rcx_app.domain.review import service as review
from rcx_app.domain.review.dates import LONGEST_DAYS
from rcx_app.domain.review.schemas import Person
from rcx_app.ui import words
from rcx_app.ui.base import current_context, read
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing.finding import review_rows
from rcx_app.ui.pages.billing.finding.review_rows import SplitLine
from rcx_app.ui.pages.billing.finding.said import Said
from rcx_app.ui.pages.billing.finding.state import FindingState

_MOST_TAGS, _MOST_NAMES = 12, 8
_LONGEST_NUMBER = 40
Dialog = Literal["dismiss", "snooze", "assign", "comment", "tags", "split", "date"]


@dataclass
class Choice:
    """One of a dialog's choices."""

    value: str
    label: str
    is_first: bool = False


def people_choices(people: tuple[Person, ...], me: int | None, chosen: str) -> list[Choice]:
    """Who may be given a finding, oneself first; `chosen`: who has it now, empty for nobody."""
    ordered = sorted((each for each in people if each.may_review), key=lambda each: each.user_id != me)
    named = [Choice(str(each.user_id), f"{each.name} (you)" if each.user_id == me else each.name) for each in ordered]
    found = [*named, Choice("0", "Nobody")]
    first = next((each for each in found if each.value != (chosen or "0")), found[0])
    first.is_first = True
    return found


class Asking(FindingState, mixin=True):
    """`dialog`: which one is open. `wrong`: what is wrong with what it was answered."""

    dialog: str = ""
    wrong: str = ""
    said: Said = Said()
    days: list[Choice] = []
    people: list[Choice] = []
    names: str = ""
    tags_known: list[str] = []
    split_of: list[SplitLine] = []
    split_left: str = ""
    _split_typed: dict[int, str] = {}
    effective_text: str = ""
    _asked_for: int = 0
    _moved: dict[str, int] = {}

    @rx.event
    @requires(Permission.REVIEW)
    async def ask(self, dialog: Dialog) -> None:
        """Open a dialog over the finding in hand."""
        if not self.open_id or not self.shown.id:
            return
        if dialog == "snooze":
            found = review_rows.snooze_days(clock.today())
            self.days = [Choice(value, label, at == 1) for at, (value, label) in enumerate(found)]
        elif dialog in ("assign", "comment"):
            await self._ask_people()
        elif dialog == "tags":
            kept = set(self.review.tags)
            self.tags_known = [each for each in await read(review.tags_in_use) if each not in kept][:_MOST_TAGS]
        elif dialog == "split":
            if not self.review.lines:
                return
            self.split_of = self.get_value("review").lines
            self._split_typed = {each.id: each.change for each in self.split_of}
            self.split_left = ""
        self.dialog, self.wrong, self._asked_for = dialog, "", int(self.open_id)

    async def _ask_people(self) -> None:
        people = await read(review.people_here)
        self.people = people_choices(people, (await current_context()).user_id, self.review.assignee_id)
        self.names = ", ".join(f"@{each.name}" for each in people[:_MOST_NAMES])

    @rx.event
    @requires(Permission.REVIEW)
    async def part(self, line_id: int, text: str) -> None:
        """What is being typed as a line's part: say what the line then bills, and what is left to give out."""
        lines = self.get_value("split_of")
        if line_id not in {each.id for each in lines}:
            return
        self._split_typed = {**self.get_value("_split_typed"), line_id: text[:_LONGEST_NUMBER]}
        billed = {each.id: review_rows.number_in(each.quantity.replace(",", "")) or Decimal(0) for each in lines}
        delta = sum((Decimal(each.change) for each in lines), Decimal(0))
        becomes, self.split_left = review_rows.split_said(self.get_value("_split_typed"), billed, delta)
        self.split_of = [replace(each, becomes=becomes[each.id]) for each in lines]

    @rx.event
    @requires(Permission.REVIEW)
    async def keep_day(self, form: dict[str, str]) -> None:
        """Keep the day from which the open finding is approved; approving checks it."""
        text = form.get("day", "").strip()
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.wrong = "Choose a day."
            return
        if self.review.first_day and day < date.fromisoformat(self.review.first_day):
            self.wrong = f"The earliest day is {words.day(date.fromisoformat(self.review.first_day))}."
            return
        if day > clock.today() + timedelta(days=LONGEST_DAYS):
            self.wrong = f"{words.day(day)} is more than a year away. Choose an earlier day."
            return
        self.effective, self.effective_text, self.dialog = text, words.day(day), ""

    @rx.event
    @requires(Permission.READ)
    async def close_dialog(self) -> None:
        self.dialog = self.wrong = ""
