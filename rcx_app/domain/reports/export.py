"""Each report as a file: the months, currency and integration that the page shows, all rows, numbers exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import IO, Any

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.domain.integrations import alerts_history
from rcx_app.domain.reconcile.screens.export import Field, every, write_fields
from rcx_app.domain.reports import recovery, service
from rcx_app.domain.reports.schemas import MarginRow, ReportQuery

_SHARE = Decimal("0.0001")

_MONTHS: tuple[Field, ...] = (
    ("month", "", lambda row: f"{row.month:%Y-%m}"),
    ("currency", "", lambda row: row.currency),
    ("reconciled", "", lambda row: "yes" if row.is_known else "no"),
    ("under_billed_month", "", lambda row: row.under if row.is_known else None),
    ("over_billed_month", "", lambda row: row.over if row.is_known else None),
    ("findings_under", "", lambda row: row.under_count),
    ("findings_over", "", lambda row: row.over_count),
    ("estimated_under_month", "", lambda row: row.estimated_under),
    ("estimated_over_month", "", lambda row: row.estimated_over),
    ("findings_estimated", "", lambda row: row.estimated_count),
    ("findings_not_ready", "", lambda row: row.not_ready),
)
_RECOVERED: tuple[Field, ...] = (
    ("month", "", lambda row: f"{row.month:%Y-%m}"),
    ("currency", "", lambda row: row.currency),
    ("recovered_month", "", lambda row: row.recovered),
    ("written_by_rcx", "", lambda row: row.written),
    ("typed_in_by_people", "", lambda row: row.outside),
    ("corrected_in_psa", "", lambda row: row.corrected),
    ("given_back_month", "", lambda row: row.given_back),
    ("corrections", "", lambda row: row.count),
    ("without_price", "", lambda row: row.unpriced),
)
_IMPACT: tuple[Field, ...] = (
    ("name", "", lambda row: row.name),
    ("currency", "", lambda row: row.currency),
    ("under_billed", "", lambda row: row.under),
    ("over_billed", "", lambda row: row.over),
    ("findings_last_month", "", lambda row: row.findings),
)
_COVERAGE: tuple[Field, ...] = (
    ("month", "", lambda row: f"{row.month:%Y-%m}"),
    ("reconciled", "", lambda row: "yes" if row.is_known else "no"),
    ("clients", "", lambda row: row.clients if row.is_known else None),
    ("clients_without_discrepancy", "", lambda row: row.reconciled if row.is_known else None),
)
_MARGINS: tuple[Field, ...] = (
    ("product", "", lambda row: row.name),
    ("product_code", "", lambda row: row.product_code),
    ("currency", "", lambda row: row.currency),
    ("revenue_month", "", lambda row: row.revenue),
    ("cost_month", "", lambda row: row.cost),
    ("margin_month", "", lambda row: row.margin),
    ("margin_share", "", lambda row: _share(row)),
    ("lines", "", lambda row: row.lines),
    ("lines_without_price_or_cost", "", lambda row: row.without_cost),
)
_HEALTH: tuple[Field, ...] = (
    ("at", "", lambda row: row.at.isoformat(timespec="seconds")),
    ("integration", "", lambda row: row.label),
    ("before", "", lambda row: row.before.value if row.before else ""),
    ("after", "", lambda row: row.after.value),
    ("said", "", lambda row: row.word),
    ("reason", "", lambda row: row.reason),
    ("whose_turn", "", lambda row: row.whose),
    ("remedy", "", lambda row: row.remedy),
)
_Rows = Callable[[Session, Context, ReportQuery, service.Scope], Iterable[Any]]


def _health(session: Session, context: Context, _query: ReportQuery, _over: service.Scope) -> Iterable[Any]:
    return every(lambda cursor: alerts_history.changes(session, context, None, cursor))


_PARTS: dict[str, tuple[str, tuple[Field, ...], _Rows]] = {
    "months": ("By month", _MONTHS, lambda s, c, q, o: service.by_month(s, c, q, o.span)),
    "recovered": ("Recovered", _RECOVERED, lambda s, c, q, o: recovery.recovered(s, c, q, o.span)),
    "services": ("Services", _IMPACT, lambda s, c, q, o: service.services(s, c, q, o.span, None)),
    "clients": ("Clients", _IMPACT, lambda s, c, q, o: service.clients(s, c, q, o.span, None)),
    "coverage": ("Clients reconciled", _COVERAGE, lambda s, c, _, o: service.coverage(s, c, o.span)),
    "margins": ("Margins", _MARGINS, lambda s, c, q, o: service.margins(s, c, q, o.day)),
    "health": ("Integrations", _HEALTH, _health),
}
PARTS = tuple(_PARTS)


def report_file(session: Session, context: Context, asked: Mapping[str, str], out: IO[bytes], kind: str = "csv") -> int:
    """Write the report that `asked` names as `part`, narrowed as the page of the same query; returns how many rows.

    Raises Invalid where there is no such report.
    """
    part = asked.get("part", "months")
    if part not in _PARTS:
        raise Invalid(f"There is no report {part[:20]!r}.", remedy=f"Use one of {', '.join(PARTS)}.")
    title, known, rows = _PARTS[part]
    over = service.scope(session, context, ReportQuery.from_params(asked))
    query = ReportQuery.from_params({**asked, "currency": over.currency})
    return write_fields(title, known, rows(session, context, query, over), out, kind, None)


def _share(row: MarginRow) -> Decimal | None:
    return None if row.share is None else row.share.quantize(_SHARE, rounding=ROUND_HALF_UP)
