"""Turns one client's facts into what its page shows. Pure: no state, no markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from rcx_app.core.money import format_amount, format_quantity
from rcx_app.domain.reconcile.screens.client_schemas import ClientIntegration, ClientPage, LineRow
from rcx_app.domain.reconcile.screens.schemas import FindingRow, FlagRow
from rcx_app.domain.service_rules.schemas import Parts
from rcx_app.ui import addresses, words
from rcx_app.ui.pages.billing import texts
from rcx_app.ui.pages.billing.finding.rows import Fact
from rcx_app.ui.pages.billing.texts import HeadStat

_MOST_FLAGS = 12
# A line's state: its words, which look it has.
_STATES: dict[str, tuple[str, str]] = {
    "reconciled": ("Reconciled", "ok"),
    "open": ("To review", "open"),
    "not_ready": ("Not ready", "not_ready"),
    "no_usage_source": ("No usage source", "none"),
    "not_counted": ("Not counted", "none"),
    "shared": ("Shared", "none"),
}
# A connection's state: its words and tone.
_HEALTH: dict[str, tuple[str, str]] = {
    "ok": ("Healthy", "ok"),
    "never": ("Never synced", "under"),
    "partial": ("Partial", "under"),
    "failed": ("Failed", "fail"),
}


@dataclass
class Piece:
    """A piece of a rule's sentence. `look`: strong (what is counted and where), cond (a condition), or empty."""

    text: str
    look: str


@dataclass
class ServiceLine:
    """A PSA line beside its count. `opens` 0: there is no finding to open."""

    id: int
    opens: int
    name: str
    code: str
    agreement: str
    rule: list[Piece]
    rule_text: str
    billed: str
    count: str
    expected: str
    delta: str
    unit: str
    amount: str
    currency: str
    direction: str
    quiet: bool
    kind: str
    kind_icon: str
    state: str
    state_of: str
    flags: list[str]


@dataclass
class GapLine:
    """Usage that no line of this client bills. `opens`: its finding."""

    opens: int
    name: str
    said: str
    amount: str
    currency: str
    quiet: bool
    kind_icon: str
    kind: str
    act: str
    act_href: str


@dataclass
class FlagLine:
    """Context beside the findings."""

    id: int
    kind: str
    message: str


@dataclass
class IntegrationLine:
    """An integration in which the client has accounts."""

    id: int
    label: str
    accounts: str
    seats: str
    health: str
    tone: str
    fetched: str
    fetched_text: str


# Lines that no rule counts, or whose integration has no account of the client.
_LOOSE = ("not_counted", "no_usage_source")


@dataclass
class View:
    """The page as text."""

    id: int = 0
    name: str = ""
    facts: list[Fact] = field(default_factory=list)
    billed: HeadStat = field(default_factory=HeadStat)
    seats: HeadStat = field(default_factory=HeadStat)
    under: HeadStat = field(default_factory=HeadStat)
    over: HeadStat = field(default_factory=HeadStat)
    findings: HeadStat = field(default_factory=HeadStat)
    open_findings: int = 0
    review_href: str = ""
    export_href: str = ""
    lines: list[ServiceLine] = field(default_factory=list)
    lines_hidden: int = 0
    lines_apart_ones: int = 0
    lines_net: str = ""
    lines_currency: str = ""
    lines_apart: str = ""
    gaps: list[GapLine] = field(default_factory=list)
    flags: list[FlagLine] = field(default_factory=list)
    more_flags: str = ""
    integrations: list[IntegrationLine] = field(default_factory=list)
    several_agreements: bool = False


def view(found: ClientPage, contract_view: str = "all") -> View:
    """`contract_view`: all lines, or only `mapped` ones; the sums are of all of them either way."""
    loose = [row for row in found.lines if row.state in _LOOSE]
    hidden = loose if contract_view == "mapped" else []
    main = texts.leading(found.money.calculated)
    code = main.currency or (found.billed[0].currency if found.billed else "")
    query = {"client": found.client_id}
    return View(
        id=found.client_id,
        name=found.name,
        facts=_facts(found),
        billed=_billed(found),
        seats=HeadStat(f"{found.seats:,}", "", words.count(len(found.integrations), "integration")),
        under=_side(found, "under"),
        over=_side(found, "over"),
        findings=HeadStat(f"{found.open_findings:,}", "", _findings_detail(found)),
        open_findings=found.open_findings,
        review_href=addresses.address(addresses.REVIEW, query),
        export_href=addresses.address(addresses.EXPORT_FINDINGS, query),
        lines=[_line(row) for row in found.lines if row not in hidden],
        lines_hidden=len(hidden),
        lines_apart_ones=len(loose),
        lines_net=format_amount(main.net, code, signed=True) if code else "",
        lines_currency=code,
        lines_apart=_apart(found, code),
        gaps=[_gap(row) for row in found.elsewhere],
        flags=[_flag(row, found) for row in found.flags[:_MOST_FLAGS]],
        more_flags=f"and {len(found.flags) - _MOST_FLAGS:,} more" if len(found.flags) > _MOST_FLAGS else "",
        integrations=[_integration(each) for each in found.integrations],
        several_agreements=len(found.agreements) > 1,
    )


def _facts(found: ClientPage) -> list[Fact]:
    agreements = ", ".join(found.agreements[:2])
    if len(found.agreements) > 2:
        agreements += f" and {len(found.agreements) - 2} more"
    cycles = ", ".join(texts.CYCLES.get(each, each) for each in found.billing_cycles)
    currencies = ", ".join(each.currency for each in found.billed)
    named = [
        (found.psa, f"Company {found.external_id}"),
        ("Agreements" if len(found.agreements) > 1 else "Agreement", agreements),
        ("Billed", cycles),
        ("Currency", currencies),
    ]
    return [Fact(name, value) for name, value in named if value]


def _billed(found: ClientPage) -> HeadStat:
    lines = words.count(len(found.lines), "line")
    if not found.billed:
        return HeadStat("0.00", "", lines)
    first, *others = sorted(found.billed, key=lambda each: (-each.amount, each.currency))
    also = "".join(f", also {format_amount(each.amount, each.currency)} {each.currency}" for each in others)
    return HeadStat(format_amount(first.amount, first.currency), first.currency, lines + also)


def _side(found: ClientPage, direction: str) -> HeadStat:
    shown = texts.direction_stat(found.money.calculated, direction)
    currency = shown.currency or (found.billed[0].currency if found.billed else "")
    estimated = sum(
        (getattr(each, direction) for each in found.money.estimated if each.currency == currency), Decimal(0)
    )
    said = format_amount(estimated, currency, signed=True) if estimated else "none"
    also = [part for part in shown.detail.split("; ") if part.startswith("also")]
    return HeadStat(shown.value, f"{currency}/month" if currency else "", ", ".join([f"estimated: {said}", *also]))


def _findings_detail(found: ClientPage) -> str:
    not_ready = sum(row.state == "not_ready" for row in found.lines) + sum(not row.is_ready for row in found.elsewhere)
    counts = [
        (not_ready, "not ready"),
        (sum(row.kind == "unmapped" for row in found.elsewhere), "unmapped"),
        (sum(row.kind == "unaccounted" for row in found.elsewhere), "unaccounted"),
    ]
    said = [f"{number:,} {what}" for number, what in counts if number]
    return ", ".join(said) or ("all calculated" if found.open_findings else "reconciled")


def _apart(found: ClientPage, code: str) -> str:
    said = [texts.apart(found.money, code)]
    others = [each for each in found.money.calculated if each.currency != code and each.net]
    said += [f"{format_amount(each.net, each.currency, signed=True)} {each.currency}" for each in others]
    return ", ".join(part for part in said if part)


def _line(row: LineRow) -> ServiceLine:
    kind, kind_icon = words.KINDS.get(row.kind, (row.kind, ""))
    state, look = _STATES.get(row.state) or texts.state_words(row.state, is_ready=True)
    return ServiceLine(
        id=row.line_id,
        opens=row.finding_id or 0,
        name=row.product_name or row.product_code,
        code=row.product_code,
        agreement=row.agreement,
        rule=pieces(row.sentence),
        rule_text=_without_rule(row),
        billed=format_quantity(row.billed),
        count=_number(row.count),
        expected=_number(row.expected),
        delta=_number(row.delta, signed=True),
        unit="" if row.unit_price is None else format_amount(row.unit_price, row.currency),
        amount="" if row.monthly_amount is None else format_amount(row.monthly_amount, row.currency, signed=True),
        currency=row.currency,
        direction=_direction(row.delta),
        quiet=row.state != "open",
        kind=kind,
        kind_icon=kind_icon,
        state=state,
        state_of=look,
        flags=[words.FLAGS.get(kind, (kind, kind))[0] for kind in row.flags],
    )


def _without_rule(row: LineRow) -> str:
    """What stands in a rule's place."""
    if row.state == "shared":
        return "Counted together with the line above of the same product"
    return "" if row.sentence else "No rule counts this product"


def _number(value: Decimal | None, *, signed: bool = False) -> str:
    return "" if value is None else format_quantity(value, signed=signed)


def _direction(delta: Decimal | None) -> str:
    return "" if not delta else "under" if delta > 0 else "over"


def pieces(sentence: Parts) -> list[Piece]:
    """A rule's sentence with its looks: what is counted and of whom is strong, what follows "where" are conditions."""
    found, after_where = [], False
    for text, is_emphasised in sentence:
        found.append(Piece(text, ("cond" if after_where else "strong") if is_emphasised else ""))
        after_where = after_where or "where" in text
        if text.startswith(";"):
            after_where = False
    return found


def _gap(row: FindingRow) -> GapLine:
    kind, kind_icon = words.KINDS.get(row.kind, (row.kind, ""))
    seats = (
        words.count(int(row.count), "seat") if row.count == int(row.count) else f"{format_quantity(row.count)} counted"
    )
    since = words.day(row.first_found_at.date())
    if row.kind == "unaccounted":
        said = f"{seats} in {row.integration} since {since}. No rule takes this SKU."
        act, href = "Make a rule", texts.rule_href(row)
    else:
        said = f"{seats} in {row.integration} since {since}. No active line bills it."
        act, href = "", ""
    return GapLine(
        opens=row.finding_id,
        name=texts.service_name(row),
        said=said,
        amount="" if row.monthly_amount is None else format_amount(row.monthly_amount, row.currency, signed=True),
        currency=row.currency,
        quiet=not row.is_ready,
        kind=kind,
        kind_icon=kind_icon,
        act=act,
        act_href=href,
    )


def _flag(row: FlagRow, found: ClientPage) -> FlagLine:
    line = next((each for each in found.lines if each.line_id == row.line_id), None)
    name = line.product_name if line else words.FLAGS.get(row.kind, (row.kind, ""))[0]
    return FlagLine(row.flag_id, name[:1].upper() + name[1:], row.message)


def _integration(each: ClientIntegration) -> IntegrationLine:
    health, tone = _HEALTH.get(each.state, (each.state.capitalize(), ""))
    at = each.last_complete_at
    return IntegrationLine(
        id=each.connection_id,
        label=each.label,
        accounts=", ".join(each.accounts),
        seats=f"{each.seats:,}",
        health=health,
        tone=tone,
        fetched=at.isoformat() if at else "",
        fetched_text=words.moment(at) if at else "never",
    )
