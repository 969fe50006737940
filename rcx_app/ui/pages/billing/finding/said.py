"""What is said of a deed in the foot of its list: done, being done, refused, taken back. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass

from rcx_app.domain.review.schemas import Bulk, Deed, Verdict
from rcx_app.ui import words
from rcx_app.ui.pages.billing.finding.review_rows import DONE, ReviewView
from rcx_app.ui.pages.billing.finding.rows import Panel

NOTED = {
    Deed.ASSIGN: "assigned",
    Deed.COMMENT: "comment added",
    Deed.TAG: "tags changed",
    Deed.SPLIT: "difference split",
    Deed.REOPEN: "opened again",
    Deed.AT_VENDOR: "to be fixed at the vendor",
    Deed.WRONG_MAPPING: "mapping marked as wrong",
    Deed.DISMISS: "dismissed",
    Deed.SNOOZE: "snoozed",
}


@dataclass
class Said:
    """`tone`: "" | ok | fail | wait. `batch` takes it back; `href` leads to where the rest is done."""

    subject: str = ""
    text: str = ""
    tone: str = ""
    batch: str = ""
    href: str = ""
    link: str = ""


def subject(shown: Panel) -> str:
    return ", ".join(part for part in (shown.client, shown.title) if part)


def deed_said(shown: Panel, review: ReviewView, verdict: Verdict, effective: str) -> Said:
    """Of one finding: what was done, by its effect."""
    if verdict.deed is Deed.APPROVE:
        return Said(subject(shown), f"approved {review.effect}, from {effective}")
    text = NOTED[verdict.deed]
    if verdict.until is not None:
        text += f" until {words.day(verdict.until)}"
    return Said(subject(shown), text)


def many_said(done: Bulk, deed: str) -> Said:
    """Of many: how many, and what was passed over and why."""
    text = "taken back" if deed == "undo" else DONE.get(deed, deed)
    first = f" First: {done.refused[0].message}" if done.refused else ""
    left = f"; {done.refusals:,} passed over.{first}" if done.refusals else ""
    if not done.is_done:
        left += f"; stopped after {done.done:,} of {done.total:,}"
    tone = "ok" if done.applied else "fail"
    return Said(words.count(done.applied, "finding"), text + left, tone, "" if deed == "undo" else done.batch)
