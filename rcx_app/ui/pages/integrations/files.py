"""Files on the integrations page: the place to drop them, those that wait for a person, and all that came."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import empty, job_bar
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.integrations.rows import FileRow
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State

_FILES = (
    Column("File"),
    Column("Goes to", width="18%"),
    Column("Rows", numeric=True, width="84px"),
    Column("State", width="150px"),
    Column("Uploaded", width="130px"),
    Column(width="140px", label_hidden="Act"),
)


def upload_machinery() -> rx.Component:
    """What assets/upload.js works with; always there, whichever view stands under it."""
    arrived = rx.el.button(
        "Show what was uploaded",
        type="button",
        hidden=True,
        data_uploads_done="",
        on_click=rx.call_script("rcxUploaded()", callback=Rows.uploaded),
    )
    chooser = rx.el.input(
        type="file",
        multiple=True,
        accept=".csv,.tsv,.txt,.xlsx,.xlsm",
        hidden=True,
        data_upload_input="",
        tab_index=-1,
        aria_label="Files to import",
    )
    return rx.fragment(
        rx.cond(State.may_import, rx.fragment(chooser, arrived), rx.fragment()),
        rx.el.div(data_upload_list="", style={"padding": "0 var(--gutter)"}),
    )


def drop_zone() -> rx.Component:
    """Lights up while files are dragged over the page; one line where there are connections already."""
    words = rx.el.div(
        icon("upload"),
        rx.el.div(
            rx.el.b("Drop exports here"),
            rx.cond(
                State.total > 0,
                rx.el.span(" CSV or XLSX of any system that is not read by its API", class_name="muted"),
                rx.el.p(
                    "CSV or XLSX: ConnectWise, Autotask, HaloPSA, Microsoft 365, Partner Center, Pax8, NinjaOne, "
                    "Datto RMM and any other list. You see what was recognised before anything changes.",
                    class_name="muted",
                ),
            ),
        ),
        rx.el.div(button("Choose files", size="tight", data_upload_pick=""), class_name="end"),
        class_name="callout",
        data_upload_drop="",
        style={"borderStyle": "dashed", "alignItems": "center"},
    )
    zone = rx.el.div(words, style={"padding": "8px var(--gutter)"})
    return rx.cond(State.may_import, zone, rx.fragment())


def on_the_way() -> rx.Component:
    """Files that wait for a person or are at work, above the connections."""
    listed = rx.el.section(
        rx.el.div(
            rx.el.h2("Files on their way in"),
            rx.el.span(class_name="push"),
            rx.cond(
                State.may_import & (State.sure > 1),
                button(
                    "Import ", State.sure, " recognised files", kind="primary", size="tight", on_click=Rows.import_sure
                ),
                rx.fragment(),
            ),
            class_name="head",
        ),
        rx.el.ul(rx.foreach(Rows.on_the_way, _waiting_file)),
        class_name="section",
        style={"borderTop": "0", "flex": "none", "maxHeight": "40%", "overflow": "auto"},
    )
    return rx.cond(Rows.on_the_way.length() > 0, listed, rx.fragment())


def _waiting_file(row: rx.Var[FileRow]) -> rx.Component:
    facts = rx.el.div(
        link(row.filename, href=row.href, class_name="medium linked"),
        rx.cond(row.recognised != "", badge(row.recognised), rx.fragment()),
        rx.cond(row.rows != "", rx.el.span(row.rows, " rows", class_name="muted nowrap"), rx.fragment()),
        status(row.state, mark=dot(row.tone)),
        rx.el.span(class_name="push"),
        rx.cond(
            State.may_import & ~row.is_open,
            button("Withdraw", kind="ghost", size="tight", on_click=Rows.withdraw(row.number)),
            rx.fragment(),
        ),
        link(row.act, href=row.href, class_name="btn tight"),
        class_name="row row-3",
        style={"minHeight": "36px"},
    )
    bar = job_bar(row.state, row.job_note, done=row.job_done, total=row.job_total)
    return rx.el.li(
        facts, rx.cond(row.is_open, bar, rx.fragment()), key=row.id, style={"borderTop": "1px solid var(--line)"}
    )


def files() -> rx.Component:
    return table(
        _FILES,
        Rows.files,
        lambda row: file_row(row=row, key=row.id),
        caption="Files, latest first",
        label="Files",
        loading=~State.is_loaded,
        empty=empty("No files yet", "Files that you upload stand here, with what became of them."),
        foot=rx.cond(
            Rows.files.length() > 0,
            load_more(Rows.files.length().to_string() + " files", Rows.more_files, has_more=State.has_more),
            rx.fragment(),
        ),
        keep_scroll="files",
    )


@rx.memo
def file_row(row: rx.Var[FileRow], rest: rx.RestProp) -> rx.Component:
    drawn = row_of(
        head_cell(
            link(row.filename, href=row.href, data_enter="", style={"color": "inherit"}),
            second=row.recognised,
            title=row.filename,
        ),
        cell(row.target, clip=True, title=row.target),
        cell(row.rows, numeric=True),
        cell(status(row.state, mark=dot(row.tone))),
        cell(when(row.at_iso, shown=row.at), rx.el.span(row.who, class_name="second"), clip=True, title=row.who),
        cell(link(row.act, href=row.href, class_name="btn tight")),
        row_id=row.id,
        tall=True,
    )
    return rx.fragment(drawn, rest)
