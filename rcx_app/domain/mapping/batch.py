"""Verdicts that are given, and taken back, as one; and what every kind of verdict checks first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rcx_app.core import clock
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Invalid
from rcx_app.domain.mapping.matcher.alarms import basis_of, kept
from rcx_app.domain.mapping.repository import MappingRepository
from rcx_app.domain.mapping.schemas import Decided, Verdict, shown_of
from rcx_app.domain.mapping.snapshot import snapshot
from rcx_app.models import AccountMapping, MappingCandidate, MappingEvent

NOTE_LIMIT = 500

STATE_OF = {
    Verdict.CONFIRM: "mapped",
    Verdict.NO_MATCH: "no_match",
    Verdict.UNSURE: "unsure",
    Verdict.SNOOZE: "snoozed",
    Verdict.EXCLUDE: "excluded",
}
_WORDS = {
    "mapped": "mapped it to {client}",
    "excluded": "excluded it",
    "no_match": "found no match for it",
    "unsure": "was unsure",
    "snoozed": "snoozed it",
}


@dataclass
class Batch:
    """One deed on one or many accounts. `until`: when a snooze ends."""

    repository: MappingRepository
    how: str = "person"
    until: datetime | None = None

    def __post_init__(self) -> None:
        self.name = new_token()[:16]
        self._at = clock.now()

    def apply(self, pairs: Iterable[tuple[AccountMapping, int | None]], verdict: Verdict, *, note: str = "") -> Decided:
        """Give one verdict on each (mapping, client id)."""
        chosen = list(pairs)
        shown: dict[int, list[MappingCandidate]] = {}
        for candidate, _ in self.repository.candidates([mapping.account_id for mapping, _ in chosen]):
            shown.setdefault(candidate.account_id, []).append(candidate)
        events, touched = [], set()
        before = {mapping.account_id: snapshot(mapping) for mapping, _ in chosen}
        for mapping, client_id in chosen:
            candidates = shown.get(mapping.account_id, [])
            self._apply(mapping, verdict, client_id, note, candidates)
        if verdict is Verdict.CONFIRM:
            self._note_basis(chosen, shown)
        for mapping, client_id in chosen:
            was = before[mapping.account_id]
            events.append(self._event(mapping, was, shown.get(mapping.account_id, [])))
            touched |= {was["client_id"], client_id} - {None}
        self.repository.add_events(events)
        return Decided(
            batch=self.name,
            accounts=len(events),
            touched_clients=tuple(sorted(touched)),
            account_ids=tuple(mapping.account_id for mapping, _ in chosen),
        )

    def _apply(
        self,
        mapping: AccountMapping,
        verdict: Verdict,
        client_id: int | None,
        note: str,
        candidates: Sequence[MappingCandidate],
    ) -> None:
        mapping.version += 1
        if verdict is Verdict.KEEP:
            mapping.alarms_kept = [*mapping.alarms_kept, *kept(mapping.alarms)]
            mapping.alarms, mapping.has_alarm = [], False
            if mapping.decided_how == "model":
                self._sign(mapping)
            return
        mapping.client_id = client_id
        mapping.note = note
        mapping.snoozed_until = self.until if verdict is Verdict.SNOOZE else None
        mapping.basis, mapping.alarms, mapping.has_alarm, mapping.alarms_kept = {}, [], False, []
        if verdict is Verdict.RESET:
            mapping.state = "suggested" if any(each.verdict != "compare" for each in candidates) else "unmapped"
            mapping.decided_how, mapping.decided_by, mapping.decided_at = "", None, None
        else:
            mapping.state = STATE_OF[verdict]
            self._sign(mapping)

    def _sign(self, mapping: AccountMapping) -> None:
        mapping.decided_how, mapping.decided_by = self.how, self.repository.context.user_id
        mapping.decided_at = self._at

    def _note_basis(
        self, chosen: Sequence[tuple[AccountMapping, int | None]], shown: dict[int, list[MappingCandidate]]
    ) -> None:
        accounts = self.repository.parties(mapping.account_id for mapping, _ in chosen)
        clients = self.repository.client_parties(client_id for _, client_id in chosen if client_id is not None)
        for mapping, client_id in chosen:
            if client_id is not None:
                offered = [each.client_id for each in shown.get(mapping.account_id, ()) if each.verdict != "compare"]
                mapping.basis = basis_of(accounts[mapping.account_id], clients[client_id], offered)

    def _event(
        self, mapping: AccountMapping, before: dict[str, object], candidates: Sequence[MappingCandidate]
    ) -> MappingEvent:
        return MappingEvent(
            workspace_id=self.repository.workspace_id,
            account_id=mapping.account_id,
            user_id=self.repository.context.user_id,
            batch=self.name,
            before=before,
            after=snapshot(mapping),
            shown=shown_of(candidates),
        )


def checked_note(verdict: Verdict, note: str) -> str:
    """The note without space around it. Raises Invalid where an exclusion has none, or where it is too long."""
    text = note.strip()
    if verdict is Verdict.EXCLUDE and not text:
        raise Invalid("An exclusion needs a reason.", remedy="Write why this account is not billed to any client.")
    if len(text) > NOTE_LIMIT:
        raise Invalid(f"A note has at most {NOTE_LIMIT} characters.", remedy="Shorten it.")
    return text


def who_was_first(repository: MappingRepository, mapping: AccountMapping) -> str:
    """What happened to an account that changed since a person looked, in a sentence."""
    words = _WORDS.get(mapping.state)
    if words is None or not mapping.decided_how:
        return "The suggestion for this account has changed since you opened it."
    client = repository.client(mapping.client_id).name if mapping.client_id is not None else ""
    if mapping.decided_by == repository.context.user_id:
        return f"You {words} meanwhile in another window.".format(client=client)
    who = "The model" if mapping.decided_how == "model" else repository.user_name(mapping.decided_by) or "RCX"
    return f"{who} {words} meanwhile.".format(client=client)
