"""RCX's own invoices: a workspace's as PDFs for its owners, all of a period as CSV for platform admins."""

from __future__ import annotations

import asyncio
import io
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound, NotSignedIn
from rcx_app.domain.audit import service as audit
from rcx_app.domain.subscription import desk, export, invoices, pdf
from rcx_app.web.files import as_json
from rcx_app.web.session import identify

_DIGITS = 18
_WRITE = {"invoices": export.invoices_csv, "lines": export.lines_csv}


@as_json
async def own_pdf(request: Request) -> Response:
    """``GET /settings/subscription/invoices/7.pdf``: one of the workspace's own, for owners."""
    context = await _context(request)
    name, document = await asyncio.to_thread(_own, context, _number(request))
    return _answer(document, f"{name}.pdf", "application/pdf")


@as_json
async def any_pdf(request: Request) -> Response:
    """``GET /staff/plans/invoices/7.pdf``: anyone's, for platform admins."""
    context = await _context(request)
    name, document = await asyncio.to_thread(_any, context, _number(request))
    return _answer(document, f"{name}.pdf", "application/pdf")


@as_json
async def accounting(request: Request) -> Response:
    """``GET /staff/plans/invoices.csv?from=2026-11-01&to=2026-11-30`` (or ``lines.csv``), for platform admins."""
    context = await _context(request)
    name = request.url.path.rpartition("/")[2].removesuffix(".csv")
    first, last = _day(request, "from"), _day(request, "to")
    written = await asyncio.to_thread(_write, context, name, first, last)
    return _answer(written, f"{name}-{first}-to-{last}.csv", "text/csv; charset=utf-8")


async def _context(request: Request) -> Context:
    identity = await identify(request.scope["headers"])
    if identity is None:
        raise NotSignedIn()
    return identity.context


def _number(request: Request) -> int:
    text = str(request.path_params["number"])
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise NotFound("This invoice")
    return int(text)


def _day(request: Request, name: str) -> date:
    try:
        return date.fromisoformat(request.query_params.get(name, ""))
    except ValueError as error:
        raise Invalid(f"The period's {name!r} is no date.", remedy="Write it like 2026-11-30.") from error


def _own(context: Context, invoice_id: int) -> tuple[str, bytes]:
    with transaction(context) as session:
        found = invoices.one(session, context, invoice_id)
        audit.record(session, context, "export:invoice", "plan_invoice", invoice_id, {"number": found.number})
    return found.number, pdf.render(found)


def _any(context: Context, invoice_id: int) -> tuple[str, bytes]:
    with transaction(None) as session:
        found = desk.invoice(session, context, invoice_id)
    return found.number, pdf.render(found)


def _write(context: Context, name: str, first: date, last: date) -> bytes:
    out = io.BytesIO()
    with transaction(None) as session:
        _WRITE[name](session, context, first, last, out)
    return out.getvalue()


def _answer(content: bytes, name: str, media: str) -> Response:
    # A number's prefix may have a slash in it.
    plain = name.replace("/", "-")
    headers = {"content-disposition": f'attachment; filename="{plain}"', "cache-control": "no-store"}
    return Response(content, media_type=media, headers=headers)


ROUTES = [
    Route("/settings/subscription/invoices/{number}.pdf", own_pdf, methods=["GET"]),
    Route("/staff/plans/invoices/{number}.pdf", any_pdf, methods=["GET"]),
    *(Route(f"/staff/plans/{name}.csv", accounting, methods=["GET"]) for name in _WRITE),
]
