"""Handlers of a person's deeds on the open finding.

A verdict moves on at once and waits for the server behind: the next finding is drawn from what was read ahead, then
the verdict is written, and where it was refused that finding is shown again as it is now, with the reason. What a
deed was given on is kept here and never taken from the browser, so a page replayed late decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any, Literal

import reflex as rx

from rcx_app.core import clock
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Invalid, RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.review import bulk
from rcx_app.domain.review import service as review
from rcx_app.domain.review.dates import LONGEST_DAYS
from rcx_app.domain.review.schemas import STATE_OF, Decided, Deed, Verdict
from rcx_app.ui import words
from rcx_app.ui.base import read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history
from rcx_app.ui.pages.billing.finding import review_rows
from rcx_app.ui.pages.billing.finding import said as saying
from rcx_app.ui.pages.billing.finding.asking import Asking
from rcx_app.ui.pages.billing.finding.lists import follower
from rcx_app.ui.pages.billing.finding.marks import MarksState
from rcx_app.ui.pages.billing.finding.said import Said
from rcx_app.ui.pages.billing.finding.state import FindingState
from rcx_app.ui.shell import ShellState

Plain = Literal["at_vendor", "wrong_mapping", "reopen"]
_POLL_S = 0.4
_DAY = timedelta(days=1)
# What a list shows nothing of.
_UNLISTED = frozenset({Deed.COMMENT, Deed.TAG, Deed.SPLIT})
_STAYS = frozenset({Deed.ASSIGN, Deed.COMMENT, Deed.TAG, Deed.SPLIT, Deed.REOPEN})


class DecidingState(Asking, FindingState):
    """Deeds and their undo. `run_total` over 0: a deed on many is being worked off, `run_done` of them are done."""

    run_title: str = ""
    run_done: int = 0
    run_total: int = 0
    _run: str = ""
    _run_deed: str = ""

    @rx.event
    @requires(Permission.REVIEW)
    async def approve(self, finding_id: int) -> AsyncIterator[Any]:
        """Approve the open finding, from the day that its foot says."""
        if self._is_in_hand(finding_id) and not self.review.refusal and self.review.state == "open":
            day = date.fromisoformat(self.effective or self.review.day)
            async for step in self._give(Verdict(Deed.APPROVE, effective_date=day)):
                yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def mark(self, finding_id: int, deed: Plain) -> AsyncIterator[Any]:
        """The deeds that need nothing more."""
        if self._is_in_hand(finding_id):
            async for step in self._give(Verdict(Deed(deed))):
                yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def dismiss(self, form: dict[str, str]) -> AsyncIterator[Any]:
        verdict = Verdict(Deed.DISMISS, reason=form.get("reason", ""), scope=form.get("scope", ""))
        if not verdict.reason.strip():
            self.wrong = "Write why this difference is left as it is."
            return
        async for step in self._answer("dismiss", verdict):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def snooze(self, form: dict[str, str]) -> AsyncIterator[Any]:
        until = day_in(form.get("day") or form.get("until") or "")
        if until is None:
            self.wrong = "Choose the day on which it comes back."
            return
        # Today is another day where the workspace is; what surely makes no sense is said before the finding moves.
        if not clock.today() - _DAY < until <= clock.today() + timedelta(days=LONGEST_DAYS) + _DAY:
            self.wrong = "It comes back tomorrow at the earliest and in a year at most. Choose another day."
            return
        async for step in self._answer("snooze", Verdict(Deed.SNOOZE, until=until)):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def assign(self, form: dict[str, str]) -> AsyncIterator[Any]:
        chosen = form.get("person", "")
        verdict = Verdict(Deed.ASSIGN, assignee_id=int(chosen) if chosen.isdecimal() and int(chosen) else None)
        async for step in self._answer("assign", verdict):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def comment(self, form: dict[str, str]) -> AsyncIterator[Any]:
        async for step in self._answer("comment", Verdict(Deed.COMMENT, reason=form.get("text", ""))):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def retag(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """The tags as they stand in the field, by commas: what is new is added, what is missing is taken off."""
        wanted = tags_in(form.get("tags", ""))
        kept = list(self.review.tags)
        verdict = Verdict(
            Deed.TAG,
            add=tuple(each for each in wanted if each not in kept),
            remove=tuple(each for each in kept if each not in wanted),
        )
        async for step in self._answer("tags", verdict):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def split(self, form: dict[str, str]) -> AsyncIterator[Any]:
        """Divide the difference between the lines as the fields say."""
        typed = [(each.id, review_rows.number_in(form.get(f"line-{each.id}", ""))) for each in self.split_of]
        parts = tuple((line_id, number) for line_id, number in typed if number is not None)
        if len(parts) < len(typed):
            self.wrong = f"{review_rows.NO_NUMBER}."
            return
        async for step in self._answer("split", Verdict(Deed.SPLIT, split=parts)):
            yield step

    @rx.event
    @requires(Permission.REVIEW)
    async def undo(self) -> Any:
        """Take back what was said last in this list, or this person's newest deed."""
        try:
            found = await write(bulk.undo_newest, self.said.batch, token=new_token()[:24])
        except RcxError as error:
            self._refused(error)
            return None
        if found.many is not None:
            return await self._begin(found.many, "undo", "Taking back")
        marks = await self.get_state(MarksState)
        here, back = self.get_value("_ids"), found.finding_ids[0]
        subject = "" if back in here else words.count(len(found.finding_ids), "finding")
        await self._put_back(back, marks)
        self.said = Said(saying.subject(self.shown) or subject, "taken back", "ok")
        return [history.put("open", self.open_id), *self._tell()]

    @rx.event(background=True)
    @requires(Permission.REVIEW)
    async def follow(self) -> AsyncIterator[Any]:
        """Show how far a deed on many is, until it is over; then its list is read anew."""
        async with self:
            batch, deed, told = self._run, self._run_deed, list[Any]()
        while batch:
            shown = await read(bulk.progress, batch)
            async with self:
                self.run_done = shown.done
                if shown.is_over:
                    self.said, self.run_total, self._run = saying.many_said(shown, deed), 0, ""
                    told, batch = self._tell(), ""
            if not batch:
                for step in told:
                    yield step
                return
            await asyncio.sleep(_POLL_S)

    async def _begin(self, asked: Any, deed: str, title: str) -> Any:
        """Show a deed on many that was asked for: done already, or a job to be followed."""
        if asked.is_done:
            self.said = saying.many_said(asked, deed)
            return self._tell()
        self._run, self._run_deed = asked.batch, deed
        self.run_title, self.run_done, self.run_total = title, asked.done, asked.total
        self.said = Said()
        return [DecidingState.follow, ShellState.watch]

    # --- one deed

    def _is_in_hand(self, finding_id: int) -> bool:
        """Whether what was drawn is what is meant: a page replayed late, or a second click, names another finding."""
        return bool(self.open_id) and str(finding_id) == self.open_id == str(self.shown.id)

    async def _answer(self, dialog: str, verdict: Verdict) -> AsyncIterator[Any]:
        """What a dialog was opened for. Of two clicks the second finds it closed."""
        if self.dialog != dialog or not self._is_in_hand(self.get_value("_asked_for")):
            return
        self.dialog = ""
        async for step in self._give(verdict, dialog):
            yield step

    async def _give(self, verdict: Verdict, dialog: str = "") -> AsyncIterator[Any]:
        """Do it and show what comes of it. `dialog`: where it was answered; open again where the answer is no good."""
        finding_id, seen = int(self.open_id), self.get_value("_seen")
        shown, standing = self.get_value("shown"), self.get_value("review")
        day = words.day(verdict.effective_date) if verdict.effective_date else ""
        told = saying.deed_said(shown, standing, verdict, day)
        views = self._views_of(standing)
        marks = await self.get_state(MarksState)
        moves = verdict.deed not in _STAYS and bool(self.get_value("_ids"))
        if moves:
            told.tone = "wait"
            self.said = told
            await self._move_on(finding_id, verdict, marks)
            yield history.put("open", self.open_id)
        try:
            done = await write(review.decide, finding_id, verdict, seen=seen, token=new_token()[:24])
        except RcxError as error:
            if isinstance(error, Invalid) and dialog and not moves:
                self.dialog, self.wrong = dialog, f"{error.message} {error.remedy}".strip()
                return
            await self._put_back(finding_id, marks)
            self.notice, self.is_clash = f"{error.message} {error.remedy}".strip(), True
            self._refused(error)
            yield history.put("open", self.open_id)
            return
        if not moves:
            await self._stay(finding_id, marks)
        await self._say(told, done, verdict)
        if moves and self._leaves:
            self._moved = {**dict.fromkeys(views, -1), "decided": 1}
        for step in self._tell() if verdict.deed not in _UNLISTED else ():
            yield step
        if moves:
            yield
            await self._read_ahead()

    async def _say(self, told: Said, done: Decided, verdict: Verdict) -> None:
        text, href, link = told.text, "", ""
        if done.unknown:
            text += f"; nobody here is called {', '.join('@' + each for each in done.unknown)}"
        if verdict.deed in (Deed.AT_VENDOR, Deed.WRONG_MAPPING):
            href, link = review_rows.jump_link((await read(review.state, done.finding_id)).jump)
        self.said = Said(told.subject, text, "ok", done.batch, href, link)

    async def _move_on(self, finding_id: int, verdict: Verdict, marks: MarksState) -> None:
        """Draw what was read ahead; the decided row leaves its list, or says its new state."""
        following = await self._following(finding_id)
        state = STATE_OF[verdict.deed]
        if self._leaves:
            self._ids = [each for each in self.get_value("_ids") if each != finding_id]
            marks._leave(finding_id)
        else:
            marks._stay(finding_id, state)
        if not following:
            self._close()
            return
        self.open_id, self.number = str(following), self._number(following)
        ahead = self.get_value("_ahead")
        if ahead.shown.id == following:
            self._take(ahead)
        else:
            await self._read(following)

    async def _stay(self, finding_id: int, marks: MarksState) -> None:
        await self._read(finding_id)
        if self.review.state != "open" or not self._leaves:
            marks._stay(finding_id, self.review.state)

    async def _put_back(self, finding_id: int, marks: MarksState) -> None:
        """Show a finding as it is now, in its place in the list."""
        ids = self.get_value("_ids")
        if finding_id in marks.gone:
            at = ids.index(int(self.open_id)) if self.open_id and int(self.open_id) in ids else len(ids)
            self._ids = [*ids[:at], finding_id, *ids[at:]]
        self.open_id, self.problem, self.remedy = str(finding_id), "", ""
        self.number = self._number(finding_id)
        await self._read(finding_id)
        marks._stay(finding_id, self.review.state)
        if self.review.state == "open":
            marks.fresh = {key: each for key, each in marks.fresh.items() if key != str(finding_id)}

    def _views_of(self, standing: Any) -> list[str]:
        """The views of the list that a finding leaves with its verdict, for their counts."""
        named = [*self.get_value("_views"), *(["returned"] if standing.returned else [])]
        return [*named, *(["mine"] if standing.assignee and standing.assignee == self.user_name else [])]

    def _tell(self) -> list[Any]:
        handler = follower(self.router.url.path)
        return [] if handler is None else [handler]

    def _refused(self, error: RcxError) -> None:
        self.said = Said(error.message, error.remedy, "fail")


def day_in(text: str) -> date | None:
    """A day from a form; None where it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def tags_in(text: str) -> list[str]:
    """Tags by commas, each once, without space around them."""
    return list(dict.fromkeys(" ".join(each.split()) for each in text.split(",") if each.strip()))
