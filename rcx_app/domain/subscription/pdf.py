"""An invoice as a PDF: the same bytes whenever it is made, with its font inside.

The font is DejaVu Sans (fonts/LICENCE.txt): Latin, Greek, Cyrillic, Hebrew, Arabic. Text from right to left is put in
the order in which it is read; Arabic letters stand unjoined, since nothing here shapes them. What the font has no
letters for (Chinese, Japanese, Korean) comes from the fonts in RCX_FONTS_DIR, else it is drawn as empty boxes; the CSV
for accounting has all of it.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import Align, MethodReturnValue, TextDirection, XPos, YPos

from rcx_app.core import log
from rcx_app.core.money import format_amount, trim
from rcx_app.core.settings import settings
from rcx_app.domain.subscription.schemas import CREDIT_NOTE, InvoiceView

_FONTS = Path(__file__).parent / "fonts"
_FONT = "DejaVu"
_LEFT, _RIGHT, _TOP, _BOTTOM = 20, 190, 20, 272
# Where the columns of the lines end, in mm: text, days, a month's price, amount.
_ENDS = (112, 133, 160, _RIGHT)
_INK, _QUIET, _HAIR = (28, 32, 36), (96, 100, 108), (200, 203, 209)
_LINE_H = 5
# How files of TrueType and OpenType fonts begin.
_BEGINNINGS = (b"\x00\x01\x00\x00", b"true", b"OTTO")

# The library speaks of every glyph that it leaves out of a font.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


class _Sheet(FPDF):
    """A4 with our fonts; its foot says which invoice and page it is."""

    def __init__(self, invoice: InvoiceView) -> None:
        super().__init__(format="A4", unit="mm")
        self._invoice = invoice
        self.set_margins(_LEFT, _TOP, 210 - _RIGHT)
        self.c_margin = 0
        self.set_auto_page_break(True, 297 - _BOTTOM)
        self.add_font(_FONT, "", _FONTS / "DejaVuSans.ttf")
        self.add_font(_FONT, "B", _FONTS / "DejaVuSans-Bold.ttf")
        self._add_more_fonts()
        # Without a fixed time no two copies would be the same.
        self.set_creation_date(datetime.combine(invoice.issued_on, time(), UTC))
        self.set_title(f"{title(invoice)} {invoice.number}")
        self.set_author(invoice.issuer.get("name", ""))
        self.set_creator("RCX")
        self.set_lang("en")

    def _add_more_fonts(self) -> None:
        """What the operator has put there for other scripts, in the order of the files' names."""
        folder, added = settings().fonts_dir, []
        for number, path in enumerate(sorted(folder.glob("*.[to]tf")) if folder is not None else ()):
            # A file that is no font must not keep a workspace from its invoice.
            if path.read_bytes()[:4] not in _BEGINNINGS:
                log.get("invoices").warning("font_not_read", file=path.name)
                continue
            self.add_font(f"more{number}", "", path)
            added.append(f"more{number}")
        if added:
            self.set_fallback_fonts(added, exact_match=False)

    # Narrower than FPDF's own, which take more by place: nothing here calls them so.
    def cell(self, w: float | None = None, h: float | None = None, text: str = "", **more: Any) -> bool:  # type: ignore[override]
        return bool(super().cell(w, h, in_sight(text), **more))

    def multi_cell(self, w: float, h: float | None = None, text: str = "", **more: Any) -> Any:  # type: ignore[override]
        return super().multi_cell(w, h, in_sight(text), **more)

    def footer(self) -> None:
        self.set_y(-18)
        self.write_in(7.5, quiet=True)
        self.cell(0, 4, f"{self._invoice.number} · seal {self._invoice.hash[:16]}")
        # Set from the left: the number of pages is filled in later, and would be measured as its place-holder.
        self.set_x(_RIGHT - 19)
        self.cell(0, 4, f"Page {self.page_no()} of {{nb}}")

    def write_in(self, size: float, *, bold: bool = False, quiet: bool = False) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(*(_QUIET if quiet else _INK))

    def hairline(self) -> None:
        self.set_draw_color(*_HAIR)
        self.set_line_width(0.2)
        self.line(_LEFT, self.get_y(), _RIGHT, self.get_y())


def in_sight(text: str) -> str:
    """Each line with its characters in the order in which they are drawn, from left to right (Unicode, annex 9)."""
    if not any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in text):
        return text
    return "\n".join(
        BidiParagraph(line, base_direction=TextDirection.LTR).get_reordered_string() for line in text.split("\n")
    )


def title(invoice: InvoiceView) -> str:
    """What kind of paper it is."""
    return "Credit note" if invoice.kind == CREDIT_NOTE else "Invoice"


def render(invoice: InvoiceView) -> bytes:
    """The whole document."""
    sheet = _Sheet(invoice)
    sheet.add_page()
    _head(sheet, invoice)
    _lines(sheet, invoice)
    _sums(sheet, invoice)
    _foot(sheet, invoice)
    return bytes(sheet.output())


def _head(sheet: _Sheet, invoice: InvoiceView) -> None:
    sheet.write_in(18, bold=True)
    sheet.cell(90, 9, title(invoice))
    top = sheet.get_y()
    sheet.set_xy(_LEFT, top + 10)
    sheet.write_in(10, quiet=True)
    sheet.cell(90, 5, invoice.number)
    issuer = invoice.issuer
    _block(sheet, 120, top, issuer.get("name", ""), _about(issuer), Align.R)
    below = max(sheet.get_y(), top + 22) + 10
    _block(sheet, _LEFT, below, invoice.customer.get("name", ""), _about(invoice.customer), Align.L, label="Billed to")
    end = sheet.get_y()
    sheet.set_y(below)
    for name, said in _facts(invoice):
        sheet.set_x(120)
        sheet.write_in(9, quiet=True)
        sheet.cell(30, _LINE_H, name)
        sheet.write_in(9)
        sheet.multi_cell(_RIGHT - 150, _LINE_H, said, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_y(max(end, sheet.get_y()) + 12)


def _block(
    sheet: _Sheet, x: float, y: float, name: str, about: Sequence[str], align: Align, *, label: str = ""
) -> None:
    """A party: name in bold, then what is known of it."""
    width = 70.0
    sheet.set_xy(x, y)
    if label:
        sheet.write_in(9, quiet=True)
        sheet.cell(width, _LINE_H, label, new_x=XPos.LEFT, new_y=YPos.NEXT)
    sheet.write_in(10, bold=True)
    sheet.multi_cell(width, _LINE_H, name, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)
    sheet.write_in(9)
    for line in about:
        sheet.multi_cell(width, 4.6, line, align=align, new_x=XPos.LEFT, new_y=YPos.NEXT)


def _about(party: Mapping[str, str]) -> list[str]:
    lines = [line for line in party.get("address", "").splitlines() if line]
    lines += [f"Tax id {party['tax_id']}"] if party.get("tax_id") else []
    return lines + ([party["email"]] if party.get("email") else [])


def _facts(invoice: InvoiceView) -> list[tuple[str, str]]:
    facts = [("Issued", _day(invoice.issued_on))]
    if invoice.kind != CREDIT_NOTE:
        facts.append(("Due", _day(invoice.due_on)))
    facts.append(("Period", _days(invoice.period_from, invoice.period_to)))
    if invoice.corrects:
        facts.append(("Takes back", invoice.corrects))
    return [*facts, ("Currency", invoice.currency)]


def _lines(sheet: _Sheet, invoice: InvoiceView) -> None:
    sheet.write_in(8.5, quiet=True)
    _row(sheet, ("Description", "Days", "A month", f"Amount ({invoice.currency})"), 6)
    sheet.hairline()
    for line in invoice.lines:
        if sheet.get_y() > _BOTTOM - 20:
            sheet.add_page()
        sheet.ln(1.5)
        sheet.write_in(9.5)
        amounts = (format_amount(line.unit_amount, invoice.currency), format_amount(line.amount, invoice.currency))
        _row(sheet, (line.text, f"{line.days} of {line.of_days}", *amounts), _LINE_H)
        sheet.write_in(8, quiet=True)
        sheet.cell(90, 4, _days(line.day_from, line.day_to), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        sheet.ln(1.5)
        sheet.hairline()


def _row(sheet: _Sheet, cells: Sequence[str], height: float) -> None:
    """Text at the left, in as many lines as it takes; numbers at the right of their columns."""
    top = sheet.get_y()
    sheet.multi_cell(_ENDS[0] - _LEFT - 4, height, cells[0], new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    bottom = sheet.get_y()
    for start, end, text in zip(_ENDS, _ENDS[1:], cells[1:], strict=False):
        sheet.set_xy(start, top)
        sheet.cell(end - start, height, text, align=Align.R)
    sheet.set_xy(_LEFT, bottom)


def _sums(sheet: _Sheet, invoice: InvoiceView) -> None:
    rows = [("Net", invoice.net)]
    if invoice.tax_rate:
        rows.append((f"{invoice.tax_name} {trim(invoice.tax_rate * 100):f} %", invoice.tax))
    rows.append(("Total", invoice.total))
    if invoice.credit_used:
        rows.append(("Paid from credit", -invoice.credit_used))
    if sheet.get_y() > _BOTTOM - 8 * (len(rows) + 2):
        sheet.add_page()
    sheet.ln(4)
    for name, amount in rows:
        _sum(sheet, name, amount, invoice.currency)
    sheet.ln(2)
    if invoice.kind == CREDIT_NOTE:
        _sum(sheet, "Credited to your account", -invoice.total, invoice.currency, bold=True)
    else:
        _sum(sheet, "To be paid", invoice.due, invoice.currency, bold=True)


def _sum(sheet: _Sheet, name: str, amount: Decimal, currency: str, *, bold: bool = False) -> None:
    sheet.write_in(11 if bold else 9.5, bold=bold)
    sheet.set_x(100)
    sheet.cell(50, 6, name)
    said = f"{format_amount(amount, currency)} {currency}" if bold else format_amount(amount, currency)
    sheet.cell(_RIGHT - 150, 6, said, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _foot(sheet: _Sheet, invoice: InvoiceView) -> None:
    said = [invoice.reason] if invoice.reason else []
    if invoice.kind != CREDIT_NOTE and invoice.due and invoice.issuer.get("bank"):
        said.append(f"Please pay by {_day(invoice.due_on)}, naming {invoice.number}.\n{invoice.issuer['bank']}")
    if invoice.kind != CREDIT_NOTE and not invoice.due:
        said.append("Nothing is to be paid: your credit covers it.")
    for text in said:
        sheet.ln(8)
        sheet.write_in(9)
        height = sheet.multi_cell(120, _LINE_H, text, dry_run=True, output=MethodReturnValue.HEIGHT)
        if isinstance(height, float | int) and sheet.get_y() + height > _BOTTOM:
            sheet.add_page()
        sheet.multi_cell(120, _LINE_H, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _days(first: date, last: date) -> str:
    """Days of one month: ``15 to 30 Nov 2026``."""
    return _day(first) if first == last else f"{first.day} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
