"""Turns the slices' answers into what the overview shows. Pure: no state, no database, no markup.

Where a workspace bills in several currencies, the one with the most money out of line leads and the others are named
in the details: currencies are never added together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rcx_app.core.money import format_amount
from rcx_app.domain.integrations.schemas import ConnectionHealth, Health
from rcx_app.domain.reconcile.screens.schemas import Impact, Overview, Sums
from rcx_app.domain.reports.schemas import MonthRow
from rcx_app.domain.writeback.eyes import who_can
from rcx_app.domain.writeback.schemas import SetHead, SetState
from rcx_app.ui import addresses, words
from rcx_app.ui.components.bars import Bars
from rcx_app.ui.pages.billing.texts import direction_stat
from rcx_app.ui.pages.changes.rows import name_of
from rcx_app.ui.pages.integrations.run_rows import WHOSE
from rcx_app.ui.pages.match_settings.rows import Line
from rcx_app.ui.pages.overview import months

_MOST_HEALTH = 8
_MOST_REASONS = 4
_MOST_MENDED = 2


@dataclass
class TopRow:
    """A service or client with its net money; widths in percent of the largest."""

    name: str
    href: str
    detail: str
    under_width: str
    over_width: str
    amount: str


@dataclass
class KindRow:
    """Findings of one kind with their money; no amount where none is known."""

    word: str
    icon: str
    note: str
    href: str
    findings: str
    under: str
    over: str


@dataclass
class StepRow:
    """One thing to do: what, why, the button's word and address."""

    number: int
    title: str
    detail: str
    act: str
    href: str
    is_main: bool


@dataclass
class FlagLine:
    """How many flags of a kind stand."""

    text: str


@dataclass(frozen=True)
class Held:
    """Counts that fell too far, and the findings that wait for nothing but a person's word on them."""

    counts: int = 0
    findings: int = 0


@dataclass
class HealthLine:
    """One connection: its name, its light and word, and when its data last came in whole.

    `why`, `whose` turn it is and `remedy` only of the worst that need attention.
    """

    label: str
    href: str
    tone: str
    word: str
    at: str
    at_text: str
    why: str = ""
    whose: str = ""
    remedy: str = ""


@dataclass
class View:
    """The whole page as text. `currency` belongs to every amount here."""

    has_run: bool = False
    is_connected: bool = False
    subtitle: str = ""
    as_of: str = ""
    as_of_text: str = ""
    currency: str = ""
    under: str = ""
    under_detail: str = ""
    over: str = ""
    over_detail: str = ""
    open_findings: str = ""
    open_detail: str = ""
    unmapped: str = ""
    unmapped_detail: str = ""
    reconciled: str = ""
    clients: str = ""
    reconciled_percent: int = 0
    net: str = ""
    services: list[TopRow] = field(default_factory=list)
    services_rest: str = ""
    top_clients: list[TopRow] = field(default_factory=list)
    clients_rest: str = ""
    kinds: list[KindRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    flags: list[FlagLine] = field(default_factory=list)
    health: list[HealthLine] = field(default_factory=list)
    health_rest: str = ""
    months: Bars = field(default_factory=Bars)
    months_label: str = ""
    months_lines: list[Line] = field(default_factory=list)
    has_months: bool = False


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page shows beside the totals. `sets`: change sets, `user_id`: who reads it."""

    connections: Sequence[ConnectionHealth] = ()
    held: Held = Held()
    months: Sequence[MonthRow] = ()
    sets: Sequence[SetHead] = ()
    user_id: int | None = None


def view(found: Overview, waiting: Mapping[str, int], beside: Beside = Beside()) -> View:
    """`waiting`: accounts in the mapping queue by tab (`review`, `unmapped`)."""
    connections = beside.connections
    main = leading(found.money.calculated)
    code = main.currency
    label, lines = months.said(beside.months, code)
    return View(
        has_run=found.has_run,
        is_connected=any(each.is_enabled for each in connections),
        months=months.chart(beside.months, code),
        months_label=label,
        months_lines=lines,
        has_months=any(row.is_known for row in beside.months),
        subtitle=words.weekday(found.as_of) if found.as_of else "",
        as_of=found.finished_at.isoformat() if found.finished_at else "",
        as_of_text=words.moment(found.finished_at) if found.finished_at else "",
        currency=code,
        under=format_amount(main.under, code, signed=True),
        under_detail=_money_detail(found, code, "under"),
        over=format_amount(main.over, code, signed=True),
        over_detail=_money_detail(found, code, "over"),
        open_findings=f"{found.open_findings:,}",
        open_detail=f"{found.not_ready:,} not ready" if found.not_ready else "all ready",
        unmapped=f"{found.by_kind.get('unmapped', 0):,}",
        unmapped_detail=_unmapped_detail(found),
        reconciled=f"{found.clients_reconciled:,}",
        clients=f"{found.clients:,}",
        reconciled_percent=round(100 * found.clients_reconciled / found.clients) if found.clients else 0,
        net=format_amount(main.net, code, signed=True),
        services=_top(found.top_services, "service"),
        services_rest=_rest(main, found.top_services),
        top_clients=_top(found.top_clients, "client"),
        clients_rest=_rest(main, found.top_clients),
        kinds=_kinds(found, code),
        steps=_numbered(steps(found, waiting, main, beside)),
        flags=_flags(found.flags),
        health=[
            _health(each, with_reason=at < _MOST_REASONS)
            for at, each in enumerate(_worst_first(connections)[:_MOST_HEALTH])
        ],
        health_rest=_health_rest(connections),
    )


def leading(sums: Sequence[Sums]) -> Sums:
    """The currency with the most money out of line; zeros without a currency where there is none."""
    return max(sums, key=lambda each: (each.under - each.over, each.currency), default=Sums(""))


def steps(found: Overview, waiting: Mapping[str, int], main: Sums, beside: Beside = Beside()) -> list[StepRow]:
    """What to do next, in order: what blocks the numbers first, then the money, then the gaps, then what is ready."""
    held = beside.held
    accounts = waiting.get("review", 0) + waiting.get("unmapped", 0)
    calculated = found.by_kind.get("calculated", 0)
    unaccounted = found.by_kind.get("unaccounted", 0)
    listed = []
    if not found.has_run:
        detail = "A PSA export and a vendor export are enough"
        return [StepRow(0, "Import your files", detail, "Import", addresses.INTEGRATIONS, True)]
    listed += [_mend(each) for each in _worst_first(beside.connections)[:_MOST_MENDED] if each.health is Health.FAILED]
    if held.counts:
        title = f"Confirm {words.count(held.counts, 'count')} that fell too far"
        wait = "finding waits" if held.findings == 1 else "findings wait"
        detail = f"{held.findings:,} {wait} for somebody to say that they are right; a sync does not help"
        plain = "They wait for somebody to say that they are right"
        listed.append(StepRow(0, title, detail if held.findings else plain, "Look", addresses.HELD_COUNTS, False))
    old = found.not_ready - held.findings
    if old > 0:
        title = f"Refresh the data behind {words.count(old, 'finding')}"
        why = "Not ready: a source is missing, too old, failed or was read in part"
        listed.append(StepRow(0, title, why, "Open", addresses.INTEGRATIONS, False))
    if accounts:
        suggested = waiting.get("review", 0)
        detail = f"{words.count(suggested, 'suggestion')} to confirm" if suggested else "RCX has no suggestion for them"
        listed.append(StepRow(0, f"Map {words.count(accounts, 'account')}", detail, "Map", addresses.MAPPING, False))
    if calculated:
        title = f"Review {words.count(calculated, 'calculated finding')}"
        detail = f"net {format_amount(main.net, main.currency, signed=True)} {main.currency}/month"
        href = addresses.address(addresses.REVIEW, kind="calculated")
        listed.append(StepRow(0, title, detail, "Review", href, True))
    if unaccounted:
        title = f"Cover {words.count(unaccounted, 'unaccounted group')}"
        detail = f"{words.count(found.unaccounted_seats, 'seat')} that no rule counts"
        href = addresses.address(addresses.REVIEW, kind="unaccounted")
        listed.append(StepRow(0, title, detail, "Look", href, False))
    waits = [each for each in beside.sets if each.state is SetState.WAITING]
    # A set that the reader prepared and can't approve himself is still his to see through.
    concern = [each for each in waits if not each.says_no or each.prepared_by == beside.user_id]
    concern.sort(key=lambda each: each.says_no != "")
    return [*listed, *(_approve(each) for each in concern[:_MOST_MENDED])]


def _mend(each: ConnectionHealth) -> StepRow:
    href = addresses.address(addresses.INTEGRATIONS, connection=each.id)
    return StepRow(0, f"Mend {each.label}", each.remedy or each.reason, "Fix", href, False)


def _approve(each: SetHead) -> StepRow:
    href, changes = addresses.change_set(each.id), f"{words.count(each.changes, 'change')} of {each.connection}"
    if each.says_no:
        detail = f"{changes}, prepared by you: {who_can(each.approvers)}"
        return StepRow(0, f"{name_of(each.id)} waits for somebody to approve it", detail, "Open", href, False)
    return StepRow(0, f"Approve {name_of(each.id)}", f"{changes}, prepared by {each.preparer}", "Open", href, False)


def _numbered(found: list[StepRow]) -> list[StepRow]:
    """In order, with exactly one main act: the money, or else the first."""
    has_main = any(step.is_main for step in found)
    return [
        StepRow(at, step.title, step.detail, step.act, step.href, step.is_main or (not has_main and at == 1))
        for at, step in enumerate(found, start=1)
    ]


def _money_detail(found: Overview, code: str, direction: str) -> str:
    parts = [direction_stat(found.money.calculated, direction).detail]
    for each in found.money.estimated:
        if each.currency == code and (amount := getattr(each, direction)):
            parts.append(f"estimated {format_amount(amount, code, signed=True)}")
    return "; ".join(parts)


def _unmapped_detail(found: Overview) -> str:
    accounts = words.count(found.unmapped_accounts, "account")
    return f"{accounts}, {found.unmapped_services:,} without a line"


def _kinds(found: Overview, code: str) -> list[KindRow]:
    """The four kinds, and apart from them what is not ready and so left out of their money."""
    notes = {
        "calculated": "billed and counted are both known",
        "estimated": "part of the count is inferred",
        "unmapped": "at the prices of like lines",
        "unaccounted": "no rule counts these seats",
    }
    rows = []
    for kind, (word, icon) in words.KINDS.items():
        href = addresses.address(addresses.REVIEW, kind=kind)
        money: tuple[Sums, ...] = getattr(found.money, kind, ())
        rows.append(_kind_row(word, icon, notes[kind], href, found.by_kind.get(kind, 0), money, code))
    if found.not_ready:
        href = addresses.address(addresses.REVIEW, ready="no")
        note = "of the above, not in their money"
        rows.append(_kind_row("Not ready", "stop", note, href, found.not_ready, found.money.not_ready, code))
    return rows


def _kind_row(word: str, icon: str, note: str, href: str, findings: int, money: Sequence[Sums], code: str) -> KindRow:
    sums = next((each for each in money if each.currency == code), None)
    under = format_amount(sums.under, code, signed=True) if sums and sums.under else ""
    over = format_amount(sums.over, code, signed=True) if sums and sums.over else ""
    return KindRow(word, icon, note, href, f"{findings:,}", under, over)


def _top(impacts: Sequence[Impact], filter_name: str) -> list[TopRow]:
    largest = max((each.sums.under - each.sums.over for each in impacts), default=Decimal(0)) or Decimal(1)
    rows = []
    for each in impacts:
        code = each.sums.currency
        if filter_name == "client":
            href = addresses.client(each.key)
        else:
            href = addresses.address(addresses.REVIEW, service=each.key)
        rows.append(
            TopRow(
                name=each.name,
                href=href,
                detail=words.count(each.findings, "finding"),
                under_width=f"{100 * each.sums.under / largest:.1f}%",
                over_width=f"{-100 * each.sums.over / largest:.1f}%",
                amount=format_amount(each.sums.net, code, signed=True),
            )
        )
    return rows


def _rest(main: Sums, shown: Sequence[Impact]) -> str:
    """What the rows not shown come to; empty where all are shown."""
    counted = sum(each.sums.under_count + each.sums.over_count for each in shown)
    if counted >= main.under_count + main.over_count:
        return ""
    rest = main.net - sum((each.sums.net for each in shown), Decimal(0))
    return format_amount(rest, main.currency, signed=True)


def _worst_first(connections: Sequence[ConnectionHealth]) -> list[ConnectionHealth]:
    """Failed, then what needs attention, then the rest, each in the order given."""
    order = {Health.FAILED: 0, Health.ATTENTION: 1, Health.HEALTHY: 2}
    return sorted(connections, key=lambda each: order[each.health] if each.is_enabled else 3)


def _health(found: ConnectionHealth, *, with_reason: bool) -> HealthLine:
    """`with_reason`: say of an unwell one why; of all, the list would push everything else away."""
    at, is_told = found.last_complete_at, with_reason and found.needs_attention
    return HealthLine(
        label=found.label,
        href=addresses.address(addresses.INTEGRATIONS, connection=found.id),
        tone=words.HEALTH[found.health] if found.is_enabled else "",
        word=found.word,
        at=at.isoformat() if at else "",
        at_text=words.moment(at) if at else "",
        why=found.reason if is_told else "",
        whose=WHOSE.get(found.whose, "") if is_told else "",
        remedy=found.remedy if is_told else "",
    )


def _health_rest(connections: Sequence[ConnectionHealth]) -> str:
    """What the lines not shown are: ``4 more``; empty where all are shown."""
    rest = _worst_first(connections)[_MOST_HEALTH:]
    if not rest:
        return ""
    bad = sum(each.needs_attention for each in rest)
    return f"{len(rest):,} more, {bad:,} of them not healthy" if bad else f"{len(rest):,} more"


def _flags(found: Mapping[str, int]) -> list[FlagLine]:
    return [
        FlagLine(words.count(number, *words.FLAGS.get(kind, (kind, kind))))
        for kind, number in sorted(found.items())
        if number
    ]
