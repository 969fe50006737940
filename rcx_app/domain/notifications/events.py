"""What happened, in the words that people are told: made from the trail's new entries and from new runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rcx_app.core.money import format_amount
from rcx_app.domain.notifications.events_repository import EventRepository
from rcx_app.domain.notifications.schemas import LINES, Event, Kind, Reader
from rcx_app.domain.writeback.schemas import ChangeState, SetState
from rcx_app.models import AuditEvent, ChangeSet, Finding, LineChange, ReconcileRun, ReviewEvent

_LONGEST_TEXT = 500
_ENDED = {
    ChangeState.REFUSED: "refused",
    ChangeState.FAILED: "failed",
    ChangeState.UNCLEAR: "unclear",
}
_SIDES = {"under": "under-billed", "over": "over-billed"}


@dataclass(frozen=True, slots=True)
class _Given:
    """One person's findings out of one deed."""

    entry: AuditEvent
    user_id: int
    findings: tuple[Finding, ...]


def of_trail(repository: EventRepository, above: int, up_to: int) -> list[Event]:
    """What the entries with numbers above `above` and up to `up_to` tell, oldest first."""
    entries = repository.trail(above, up_to)
    names = repository.names() if entries else {}
    found: list[Event] = []
    for entry in entries:
        who = names.get(entry.user_id or 0, "RCX")
        if entry.tag == "finding:verdict:assign":
            found += [_assigned(each, who) for each in _given(repository, entry)]
        elif entry.tag == "finding:verdict:comment":
            found += _mentions(repository, entry, who)
    written = [*_writes(repository, entries), *_halted(repository, entries)]
    return [*found, *_waiting(repository, entries, names), *written]


def of_runs(runs: Iterable[ReconcileRun]) -> list[Event]:
    """One event a run; what it says depends on the reader, see `new_findings`."""
    return [
        Event(kind=Kind.FINDINGS, key=f"run:{run.id}", at=run.finished_at or run.created_at, run_id=run.id)
        for run in runs
    ]


def new_findings(repository: EventRepository, event: Event, run: ReconcileRun, minimum: Decimal) -> Event | None:
    """The event in words for people who want findings from `minimum` on; None where there is none."""
    sums = repository.new_sums(run, minimum)
    number = sum(row[4] for row in sums)
    if not number:
        return None
    largest = repository.new_largest(run, minimum, LINES)
    lines = [
        f"{client or 'No client'}, {product or 'no product'}: {format_amount(amount, currency, signed=True)} {currency}"
        f" a month{'' if kind == 'calculated' else f', {kind}'}"
        for client, product, amount, currency, kind in largest
    ]
    title = "1 new finding" if number == 1 else f"{number:,} new findings"
    return replace(event, title=title, detail=_sums(sums), lines=_some(lines, number), href="/billing/review?sort=age")


def _sums(rows: Sequence[tuple[str, str, bool, str, int, Decimal]]) -> str:
    """Calculated money by currency and direction; of the others only how many, as they are never added to it."""
    said = [
        f"{format_amount(amount, currency, signed=True)} {currency} a month {_SIDES[direction]} ({number:,})"
        for currency, kind, is_ready, direction, number, amount in sorted(rows, key=lambda row: row[:4])
        if kind == "calculated" and is_ready and direction in _SIDES
    ]
    apart: dict[str, int] = defaultdict(int)
    for _, kind, is_ready, _, number, _ in rows:
        if kind != "calculated" or not is_ready:
            apart[kind if is_ready else "not ready"] += number
    return "; ".join([*said, *(f"{number:,} {word}" for word, number in sorted(apart.items()))])


def _given(repository: EventRepository, entry: AuditEvent) -> list[_Given]:
    """Who was given what by an entry: one finding, or those of a piece of a deed on many."""
    by_person: dict[int, list[Finding]] = defaultdict(list)
    for deed, finding in _deeds(repository, entry, "assign"):
        assignee = deed.after.get("assignee_id")
        if assignee is not None:
            by_person[assignee].append(finding)
    return [_Given(entry, person, tuple(found)) for person, found in sorted(by_person.items())]


def _deeds(repository: EventRepository, entry: AuditEvent, deed: str) -> list[tuple[ReviewEvent, Finding]]:
    of_many = entry.detail.get("findings")
    ids = of_many if isinstance(of_many, list) else [entry.subject_id] if entry.subject_id is not None else []
    return repository.deeds(deed, str(entry.detail.get("batch", "")), ids)


def _assigned(given: _Given, who: str) -> Event:
    number = len(given.findings)
    return Event(
        kind=Kind.ASSIGNED,
        key=f"trail:{given.entry.number}:{given.user_id}",
        at=given.entry.created_at,
        title=f"{who} gave you {'a finding' if number == 1 else f'{number:,} findings'} to look at",
        lines=_some([_about(each) for each in given.findings[:LINES]], number),
        href=finding_href(given.findings[0].id) if number == 1 else "/billing/review?view=mine",
        to=frozenset({given.user_id}) - {given.entry.user_id or 0},
    )


def _mentions(repository: EventRepository, entry: AuditEvent, who: str) -> list[Event]:
    deeds = [each for each in _deeds(repository, entry, "comment") if each[0].mentions]
    if not deeds:
        return []
    deed, finding = deeds[0]
    people = frozenset(person for each, _ in deeds for person in each.mentions)
    return [
        Event(
            kind=Kind.MENTIONED,
            key=f"trail:{entry.number}",
            at=entry.created_at,
            title=f"{who} mentioned you on {_about(finding)}",
            detail=deed.text[:_LONGEST_TEXT],
            lines=_some([_about(each) for _, each in deeds[1 : LINES + 1]], len(deeds) - 1),
            href=finding_href(finding.id),
            to=people - {entry.user_id or 0},
        )
    ]


def _waiting(repository: EventRepository, entries: Sequence[AuditEvent], names: dict[int, str]) -> list[Event]:
    """Change sets that were submitted and still wait."""
    asked = [each for each in entries if each.tag in ("writeback:submit", "writeback:hold")]
    ids = {each.subject_id for each in asked if each.subject_id is not None}
    sets, sizes = repository.sets(ids), repository.sizes(ids)
    found = []
    for entry in asked:
        made, label = sets.get(entry.subject_id or 0, (None, ""))
        if made is None or made.state != SetState.WAITING:
            continue
        number = sizes.get(made.id, 0)
        by = names.get(made.prepared_by or 0, "RCX")
        # Who wrote by one click does not know that the PSA warned and nothing went out.
        is_held = entry.tag == "writeback:hold"
        found.append(
            Event(
                kind=Kind.APPROVAL,
                key=f"trail:{entry.number}",
                at=entry.created_at,
                title=f"{set_name(made.id)} waits for approval",
                detail=f"{'1 change' if number == 1 else f'{number:,} changes'} of {label}, prepared by {by}"
                + (". The PSA warned, so that one click was not enough" if is_held else ""),
                href=set_href(made.id),
                but=None if is_held else made.prepared_by,
            )
        )
    return found


def _writes(repository: EventRepository, entries: Sequence[AuditEvent]) -> list[Event]:
    """Changes of approved sets that did not take effect, gathered by set."""
    told = [each for each in entries if each.tag in ("writeback:refuse", "writeback:miss", "writeback:lose")]
    changes = repository.changes({each.subject_id for each in told if each.subject_id is not None})
    by_set: dict[int, list[tuple[AuditEvent, LineChange, str]]] = defaultdict(list)
    for entry in told:
        row, client, product = changes.get(entry.subject_id or 0, (None, "", ""))
        # One entry a change: what was unclear first and failed then is told as it ended.
        if row is not None and row.state in _ENDED and row.id not in {each[1].id for each in by_set[row.change_set_id]}:
            about = ", ".join(part for part in (client, product) if part) or f"Line {row.line_external_id}"
            by_set[row.change_set_id].append((entry, row, about))
    sets = repository.sets(by_set)
    found = []
    for set_id, rows in sorted(by_set.items()):
        made, label = sets.get(set_id, (None, ""))
        # Of a draft its preparer is shown this while he prepares it.
        if made is None or made.approved_at is None or not rows:
            continue
        how = ", ".join(sorted({_ENDED[ChangeState(row.state)] for _, row, _ in rows}))
        many = "1 change" if len(rows) == 1 else f"{len(rows):,} changes"
        lines = [f"{about}: {row.message or row.reason}".strip(": ") for _, row, about in rows[:LINES]]
        found.append(
            Event(
                kind=Kind.WRITE,
                key=f"trail:{rows[0][0].number}",
                at=rows[-1][0].created_at,
                title=f"{many} of {set_name(set_id)} in {label}: {how}",
                lines=_some(lines, len(rows)),
                href=set_href(set_id),
                to=_concerned(made),
            )
        )
    return found


def _halted(repository: EventRepository, entries: Sequence[AuditEvent]) -> list[Event]:
    """Sets of which nothing goes on by itself, since the PSA can't be asked or written; the newest reason of each."""
    halts = {each.subject_id: each for each in entries if each.tag == "writeback:halt" and each.subject_id is not None}
    sets = repository.sets(halts)
    return [
        Event(
            kind=Kind.WRITE,
            key=f"trail:{entry.number}",
            at=entry.created_at,
            title=f"{set_name(set_id)} in {sets[set_id][1]} waits",
            detail=sets[set_id][0].error[:_LONGEST_TEXT],
            lines=("Nothing more of it is sent. Once this is settled, somebody lets it go on by Try again.",),
            href=set_href(set_id),
            to=_concerned(sets[set_id][0]),
        )
        for set_id, entry in sorted(halts.items())
        if set_id in sets and sets[set_id][0].error and sets[set_id][0].state in (SetState.DRAFT, SetState.APPROVED)
    ]


def _concerned(made: ChangeSet) -> frozenset[int]:
    """Who prepared a set and who approved it."""
    return frozenset(each for each in (made.prepared_by, made.approved_by) if each is not None)


def readers_of(event: Event, readers: Sequence[Reader]) -> list[Reader]:
    """Those who want to be told, and may be."""
    return [
        each
        for each in readers
        if each.wants(event.kind) and each.user_id != event.but and (event.to is None or each.user_id in event.to)
    ]


def finding_href(finding_id: int) -> str:
    """A finding, open in the queue."""
    return f"/billing/review?open={finding_id}"


def set_name(change_set_id: int) -> str:
    """What people call a change set."""
    return f"CS-{change_set_id}"


def set_href(change_set_id: int) -> str:
    """The page of a change set."""
    return f"/changes/{change_set_id}"


def _about(finding: Finding) -> str:
    parts = (finding.client_name, finding.product_name or finding.product_code or finding.sku)
    return ", ".join(part for part in parts if part) or "a finding"


def _some(lines: Sequence[str], number: int) -> tuple[str, ...]:
    """The first lines, and how many more there are."""
    shown = tuple(lines[:LINES])
    return shown if number <= len(shown) else (*shown, f"and {number - len(shown):,} more")
