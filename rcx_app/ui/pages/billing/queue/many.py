"""Handlers of what is done to many findings at once: the selection, a preview of exactly what it touches, the deed.

What was previewed is what takes effect; a list that changed since is refused and previewed anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Conflict, NotFound, RcxError
from rcx_app.core.money import format_amount
from rcx_app.core.permissions import Permission
from rcx_app.domain.review import bulk
from rcx_app.domain.review import service as review
from rcx_app.domain.review.dates import effective_dates
from rcx_app.domain.review.schemas import BulkPreview, Deed, Verdict
from rcx_app.ui import words
from rcx_app.ui.base import current_context, read, write
from rcx_app.ui.guard import answer, requires
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.finding import review_rows
from rcx_app.ui.pages.billing.finding.asking import Choice, people_choices
from rcx_app.ui.pages.billing.finding.deciding import DecidingState, day_in, tags_in
from rcx_app.ui.pages.billing.queue.state import QueueRowsState
from rcx_app.ui.pages.billing.texts import NOT_PRICED

ManyDeed = Literal["approve", "dismiss", "snooze", "assign", "tag", "comment", "at_vendor", "wrong_mapping", "reopen"]
# Counted at once; more take their time.
_FEW = 200
_ACTS = {
    "approve": ("Approve", "Approving"),
    "dismiss": ("Dismiss", "Dismissing"),
    "snooze": ("Snooze", "Snoozing"),
    "assign": ("Assign", "Assigning"),
    "tag": ("Tag", "Tagging"),
    "comment": ("Comment on", "Commenting"),
    "at_vendor": ("Fix at the vendor:", "Marking"),
    "wrong_mapping": ("Mark as wrongly mapped:", "Marking"),
    "reopen": ("Reopen", "Reopening"),
}


@dataclass
class SumRow:
    """What a deed on many touches in one direction and currency."""

    key: str
    direction: str
    count: str
    amount: str
    currency: str
    tone: str


def sum_rows(preview: BulkPreview) -> list[SumRow]:
    return [
        SumRow(
            f"{each.currency} {each.direction}",
            words.DIRECTIONS.get(each.direction, "Without a direction"),
            f"{each.count:,}",
            format_amount(each.amount, each.currency, signed=True) if each.currency else NOT_PRICED,
            each.currency,
            each.direction if each.currency else "",
        )
        for each in preview.sums
    ]


def sums_text(amounts: Iterable[tuple[str, Decimal]]) -> str:
    """``+1,284.00 USD, −150.00 EUR``, the largest first; empty where nothing is priced."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        if currency:
            sums[currency] += amount
    ordered = sorted(sums.items(), key=lambda each: -abs(each[1]))
    return ", ".join(f"{format_amount(amount, currency, signed=True)} {currency}" for currency, amount in ordered)


class ManyState(QueueRowsState):
    """The selection's words and its one dialog (`deed` empty: closed)."""

    deed: str = ""
    title: str = ""
    act: str = ""
    sums_of: list[SumRow] = []
    left_out: list[str] = []
    many_wrong: str = ""
    is_applying: bool = False
    is_counting: bool = False
    day: str = ""
    first_day: str = ""
    days: list[Choice] = []
    whom: list[Choice] = []
    names: str = ""
    nothing_fits: bool = False
    _all_sums: str = ""
    _seen_of: str = ""
    _token: str = ""

    @rx.var
    def picked_count(self) -> int:
        return self.total if self.is_all else len(self.picked)

    @rx.var
    def picked_text(self) -> str:
        return f"{self.picked_count:,}"

    @rx.var
    def picked_sum(self) -> str:
        """What the selection comes to a month, currency by currency."""
        if self.is_all:
            return self._all_sums
        return sums_text(self._money[each] for each in self.picked if each in self._money)

    @rx.event
    @requires(Permission.REVIEW)
    async def toggle(self, finding_id: int) -> None:
        """Select a row, or not."""
        chosen, self.is_all = self.get_value("picked"), False
        if finding_id in chosen:
            self.picked = [each for each in chosen if each != finding_id]
        elif finding_id in parts.ids(self):
            self.picked = [*chosen, finding_id]

    @rx.event
    @requires(Permission.REVIEW)
    async def pick_shown(self) -> None:
        """Every row that is listed; or none, where they all are selected."""
        deciding = await self.get_state(DecidingState)
        listed = list(deciding.get_value("_ids"))
        self.picked, self.is_all = ([] if len(self.picked) == len(listed) else listed), False

    @rx.event
    @requires(Permission.REVIEW)
    async def pick_all(self) -> None:
        """All that the filter leaves."""
        deciding = await self.get_state(DecidingState)
        found = await read(bulk.preview, self._query().filters(), Deed.COMMENT)
        self._all_sums = sums_text((each.currency, each.amount) for each in found.sums)
        self.total, self.picked, self.is_all = found.count, list(deciding.get_value("_ids")), True

    @rx.event
    @requires(Permission.REVIEW)
    async def clear_picked(self) -> None:
        self.picked, self.is_all = [], False

    @rx.event
    @requires(Permission.REVIEW)
    async def ask_many(self, deed: ManyDeed) -> AsyncIterator[Any]:
        """Show what a deed on the selection would touch. Of thousands that is counted while the dialog stands there."""
        if not self.picked or self.is_applying:
            return
        await self._offer(deed)
        if self.is_all or len(self.picked) > _FEW:
            self.deed, self.title, self.is_counting = deed, f"{_ACTS[deed][0]} what is selected", True
            self.many_wrong, self.left_out, self.sums_of, self.nothing_fits = "", [], [], False
            self.act = _ACTS[deed][0]
            yield
        try:
            await self._preview(deed)
        except NotFound:
            self.picked, self.is_all, self.deed = [], False, ""
            said = (await self.get_state(DecidingState)).said
            said.subject, said.text = "Some of what you selected is gone.", "The list is read anew; select again."
            said.tone, said.batch = "fail", ""
            yield QueueRowsState.again
            return
        except RcxError as error:
            self.deed = ""
            yield answer(error)
            return
        finally:
            self.is_counting = False
        self.many_wrong, self._token, self.deed = "", new_token()[:24], deed

    @rx.event
    @requires(Permission.REVIEW)
    async def apply(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Do what the dialog says on exactly what it showed. Of two clicks the second finds it closed, or under way."""
        deed = self.deed
        if not deed or self.is_applying:
            return
        verdict, self.many_wrong = verdict_of(deed, form)
        if verdict is None:
            return
        self.is_applying = True
        yield
        try:
            frozen = await read(bulk.freeze, self._chosen(), verdict, seen=self._seen_of)
            asked = await write(bulk.ask, frozen, token=self._token)
        except Conflict as error:
            await self._preview(deed)
            self.many_wrong = f"{error.message} {error.remedy}"
            return
        except RcxError as error:
            self.many_wrong = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_applying = False
        self.deed, self.picked, self.is_all = "", [], False
        deciding = await self.get_state(DecidingState)
        for step in await deciding._begin(asked, deed, _ACTS[deed][1]):
            yield step

    @rx.event
    @requires(Permission.READ)
    async def close_many(self) -> None:
        self.deed, self.many_wrong, self.is_counting = "", "", False

    async def _offer(self, deed: str) -> None:
        """What the dialog's fields begin with: days, and people where the deed names some."""
        today = clock.today()
        dates = effective_dates(today, ())
        self.day, self.first_day = dates.default.isoformat(), dates.earliest.isoformat()
        self.days = [Choice(value, label, at == 1) for at, (value, label) in enumerate(review_rows.snooze_days(today))]
        if deed in ("assign", "comment"):
            people = await read(review.people_here)
            self.whom = people_choices(people, (await current_context()).user_id, "")
            self.names = ", ".join(f"@{each.name}" for each in people[:8])

    def _chosen(self) -> bulk.Chosen:
        return self._query().filters() if self.is_all else list(self.get_value("picked"))

    async def _preview(self, deed: str) -> None:
        found = await read(bulk.preview, self._chosen(), Deed(deed))
        number = words.count(found.count, "finding")
        self._seen_of, self.nothing_fits = found.seen, not found.count
        self.sums_of = sum_rows(found)
        self.left_out = [f"{words.count(each.count, 'other')}: {each.reason}" for each in found.reasons]
        self.title = self.act = f"{_ACTS[deed][0]} {number}"
        # Of several currencies the table above says it.
        if deed == "approve" and len({each.currency for each in found.sums if each.currency}) == 1:
            self.act += f", {sums_text((each.currency, each.amount) for each in found.sums)} a month"


def verdict_of(deed: str, form: dict[str, str]) -> tuple[Verdict | None, str]:
    """The verdict that a dialog's fields say; or None, and what is missing."""
    if deed == "approve":
        day = day_in(form.get("day", ""))
        return (Verdict(Deed.APPROVE, effective_date=day), "") if day else (None, "Choose the day from which it holds.")
    if deed == "dismiss":
        reason = form.get("reason", "")
        if not reason.strip():
            return None, "Write why these differences are left as they are."
        return Verdict(Deed.DISMISS, reason=reason, scope=form.get("scope", "")), ""
    if deed == "snooze":
        until = day_in(form.get("day") or form.get("until") or "")
        return (Verdict(Deed.SNOOZE, until=until), "") if until else (None, "Choose the day on which they come back.")
    if deed == "assign":
        person = form.get("person", "")
        return Verdict(Deed.ASSIGN, assignee_id=int(person) if person.isdecimal() and int(person) else None), ""
    if deed == "tag":
        tags = tuple(tags_in(form.get("tags", "")))
        return (Verdict(Deed.TAG, add=tags), "") if tags else (None, "Write a tag.")
    if deed == "comment":
        return Verdict(Deed.COMMENT, reason=form.get("text", "")), ""
    return Verdict(Deed(deed)), ""
