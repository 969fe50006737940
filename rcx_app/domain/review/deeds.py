"""One deed on one finding: what it is checked against, what it leaves behind, and how it is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from rcx_app.core import clock
from rcx_app.core.errors import Conflict, Invalid
from rcx_app.domain.review import checks, people
from rcx_app.domain.review.dates import checked_date, checked_until, day_of, effective_dates, newest
from rcx_app.domain.review.numbers import mark_of, numbers_of
from rcx_app.domain.review.repository import ReviewRepository
from rcx_app.domain.review.schemas import BESIDE, STATE_OF, Deed, Seen, Verdict
from rcx_app.models import Finding, FindingReview, Line, ReviewEvent

_KEPT = (
    "state", "scope", "reason", "numbers", "lines", "split", "assignee_id", "tags", "tags_key", "decided_by",
    "returned",
)  # fmt: skip
_DAYS = ("period", "effective_date", "snoozed_until")
DONE = {
    "approve": "approved it",
    "dismiss": "dismissed it",
    "snooze": "snoozed it",
    "at_vendor": "marked it to be fixed at the vendor",
    "wrong_mapping": "marked its mapping as wrong",
    "reopen": "opened it again",
    "assign": "assigned it",
    "split": "split its difference",
    "returned": "opened it again, since it changed,",
}


class Desk:
    """What deeds on some findings, locked by the caller, are checked against. Read when first needed."""

    def __init__(self, repository: ReviewRepository, findings: Iterable[Finding], batch: str) -> None:
        self.repository = repository
        self.batch = batch
        self.at = clock.now()
        self.period = repository.period()
        self.today = day_of(repository.time_zone())
        self._line_ids = [line_id for each in findings for line_id in each.line_ids]

    @cached_property
    def lines(self) -> dict[int, Line]:
        return self.repository.lines(self._line_ids)

    @cached_property
    def invoiced(self) -> dict[int, date]:
        return self.repository.invoiced_on(self._line_ids)

    @cached_property
    def members(self) -> list[people.Member]:
        return self.repository.members()

    def apply(self, finding: Finding, review: FindingReview, verdict: Verdict, seen: Seen | None) -> ReviewEvent:
        """Do the deed; nothing is touched where it is refused. `seen` None: for deeds that need not have seen.

        Raises Invalid or Conflict.
        """
        self.check_standing(finding)
        if verdict.deed not in BESIDE:
            self._check_seen(finding, review, seen)
        words = checks.checked_text(verdict)
        values = self._values(finding, review, verdict, words)
        before = snapshot(review)
        for name, value in values.items():
            setattr(review, name, value)
        if verdict.deed not in BESIDE:
            review.version += 1
            finding.state = review.state
        mentions, _ = people.mentioned(words, self.members) if verdict.deed is Deed.COMMENT else ((), ())
        return event_of(self, finding, review, verdict.deed.value, words, before, mentions)

    def check_standing(self, finding: Finding) -> None:
        """Raises Conflict where the finding is gone or belongs to an earlier period."""
        if finding.period != self.period:
            raise Conflict("This finding belongs to an earlier period.", remedy="Open the queue anew.")
        if finding.resolved_at is not None:
            raise Conflict("This difference is gone: both sides agree by now.", remedy="Open the queue anew.")

    def _check_seen(self, finding: Finding, review: FindingReview, seen: Seen | None) -> None:
        if seen is None or seen.version != review.version:
            raise Conflict(who_was_first(self.repository, review), remedy="Its newest state is shown now.")
        if seen.mark != mark_of(numbers_of(finding)):
            raise Conflict("The numbers have changed since you opened it.", remedy="Look at the new ones and decide.")

    def _values(self, finding: Finding, review: FindingReview, verdict: Verdict, words: str) -> dict[str, Any]:
        """The columns of the review that the deed sets."""
        match verdict.deed:
            case Deed.COMMENT:
                return {}
            case Deed.TAG:
                tags = checks.checked_tags(review.tags, verdict)
                return {"tags": tags, "tags_key": checks.tags_key(tags)}
            case Deed.ASSIGN:
                return {"assignee_id": people.checked_assignee(verdict.assignee_id, self.members)}
            case Deed.SPLIT:
                if review.state == "approved":
                    raise Conflict("It is approved as it is.", remedy="Open it again before you split it.")
                return {"split": checks.checked_split(finding, verdict.split, self.lines)}
            case Deed.REOPEN:
                if review.state == "open":
                    raise Invalid("It is open.", remedy="Decide on it.")
                return _blank("open", words)
        return self._verdict(finding, review, verdict, words)

    def _verdict(self, finding: Finding, review: FindingReview, verdict: Verdict, words: str) -> dict[str, Any]:
        values = _blank(STATE_OF[verdict.deed], words) | {
            "scope": checks.checked_scope(verdict),
            "period": self.period,
            "numbers": numbers_of(finding),
            "decided_by": self.repository.context.user_id,
            "decided_at": self.at,
        }
        if verdict.deed is Deed.SNOOZE:
            values["snoozed_until"] = checked_until(verdict.until, self.today)
        if verdict.deed is Deed.APPROVE:
            checks.check_approvable(finding)
            values["lines"] = checks.changes_of(finding, review.split, self.lines)
            touched = [each["line_id"] for each in values["lines"]]
            dates = effective_dates(self.today, newest(self.invoiced, touched))
            values["effective_date"] = checked_date(verdict.effective_date, dates, self.today)
        return values


def _blank(state: str, words: str) -> dict[str, Any]:
    return {
        "state": state,
        "scope": "",
        "reason": words,
        "period": None,
        "numbers": {},
        "effective_date": None,
        "lines": [],
        "snoozed_until": None,
        "decided_by": None,
        "decided_at": None,
        "returned": "",
    }


def event_of(
    desk: Desk,
    finding: Finding,
    review: FindingReview,
    deed: str,
    words: str,
    before: dict[str, Any],
    mentions: Sequence[int] = (),
) -> ReviewEvent:
    """A row of the history for what was just done."""
    return ReviewEvent(
        workspace_id=desk.repository.workspace_id,
        created_at=desk.at,
        review_id=review.id,
        finding_id=finding.id,
        user_id=desk.repository.context.user_id,
        batch=desk.batch,
        deed=deed,
        text=words,
        mentions=list(mentions),
        before=before,
        after=snapshot(review),
        client_id=finding.client_id,
        product_code=finding.product_code,
        rule_id=finding.rule_id,
        delta=finding.delta,
    )


def take_back(desk: Desk, finding: Finding, review: FindingReview, event: ReviewEvent, newest_id: int) -> ReviewEvent:
    """Undo a deed. Raises Conflict where something was done since, or the finding stands no more."""
    if newest_id != event.id:
        raise Conflict(
            f"This can't be undone any more. {who_was_first(desk.repository, review)}",
            remedy="Open the finding and decide there.",
        )
    desk.check_standing(finding)
    before = snapshot(review)
    if event.deed == Deed.TAG:
        review.tags, review.tags_key = event.before["tags"], event.before["tags_key"]
    else:
        restore(review, event.before)
        review.version += 1
        finding.state = review.state
    event.undone_at = desk.at
    return event_of(desk, finding, review, "undone", "", before)


def snapshot(review: FindingReview) -> dict[str, Any]:
    """What stands on a series, as a document."""
    kept: dict[str, Any] = {name: getattr(review, name) for name in _KEPT}
    for name in _DAYS:
        day = getattr(review, name)
        kept[name] = day.isoformat() if day else ""
    kept["decided_at"] = review.decided_at.isoformat() if review.decided_at else ""
    return kept


def restore(review: FindingReview, kept: Mapping[str, Any]) -> None:
    """Let stand what a snapshot holds, but the tags: somebody else may have added some since."""
    for name in _KEPT:
        if name not in ("tags", "tags_key"):
            setattr(review, name, kept[name])
    for name in _DAYS:
        setattr(review, name, date.fromisoformat(kept[name]) if kept[name] else None)
    review.decided_at = datetime.fromisoformat(kept["decided_at"]) if kept["decided_at"] else None


def who_was_first(repository: ReviewRepository, review: FindingReview) -> str:
    """What happened to a finding since a person looked, in a sentence."""
    event = repository.last_event(review.id)
    if event is None:
        return "It was changed back since you opened it."
    words = DONE.get(event.deed, "changed it")
    if event.user_id is not None and event.user_id == repository.context.user_id:
        return f"You {words} meanwhile in another window."
    return f"{repository.user_name(event.user_id)} {words} meanwhile."
