"""The integrations page: the drop zone, connections with their health, files on their way in; `wizard` is an import."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge, dot, status
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.feedback import callout, empty, job_bar, problem
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.panel import pairs, pane, panel_head, panel_section, side_panel, split
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import link, when
from rcx_app.ui.layout import page, page_head
from rcx_app.ui.page import Page
from rcx_app.ui.pages.integrations.rows import ConnectionRow, FileRow, RunRow
from rcx_app.ui.pages.integrations.state import IntegrationsRowsState as Rows
from rcx_app.ui.pages.integrations.state import IntegrationsState as State
from rcx_app.ui.pages.integrations.wizard import wizard
from rcx_app.ui.pages.integrations.wizard_state import ImportRowsState
from rcx_app.ui.pages.integrations.wizard_state import ImportState as Import

_CONNECTIONS = (
    Column("Connection"),
    Column("Health", width="150px"),
    Column("Last complete", width="130px"),
    Column("Rows", numeric=True, width="84px", title="Lines of a PSA, seats of a vendor"),
    Column("Last file", width="26%"),
)
_FILES = (
    Column("File"),
    Column("Goes to", width="18%"),
    Column("Rows", numeric=True, width="84px"),
    Column("State", width="150px"),
    Column("Uploaded", width="130px"),
    Column(width="140px", label_hidden="Act"),
)


def integrations() -> rx.Component:
    return page(
        _upload_machinery(),
        rx.cond(State.import_id > 0, wizard(), _lists()),
        _rename_dialog(),
        active="integrations",
        title=rx.cond(State.import_id > 0, Import.head.filename, rx.cond(State.tab == "files", "Files", "Connected")),
        crumbs=(("Integrations", addresses.INTEGRATIONS),),
        two_pane=True,
        on_jobs_done=Rows.reload,
    )


def _upload_machinery() -> rx.Component:
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


def _lists() -> rx.Component:
    return split(_main(), _panel(), open_var=State.open.id != "")


def _main() -> rx.Component:
    pick = button("Import files", kind="primary", icon="upload", key="i", data_upload_pick="")
    return pane(
        page_head(
            "Integrations",
            rx.cond(State.may_import, pick, rx.fragment()),
            sub=rx.cond(State.is_loaded, Rows.connections.length().to_string() + " connected", ""),
        ),
        rx.cond(
            State.problem != "",
            rx.el.div(problem(State.problem, State.remedy, Rows.reload), class_name="section grow"),
            rx.fragment(
                tabs(
                    Tab("Connected", addresses.INTEGRATIONS, State.tab == "", Rows.connections.length()),
                    Tab(
                        "Files", addresses.address(addresses.INTEGRATIONS, tab="files"), State.tab == "files",
                        Rows.files.length(),
                    ),
                    label="Integrations",
                    end=_health_counts(),
                ),
                rx.cond(State.tab == "files", rx.fragment(), rx.fragment(_drop_zone(), _on_the_way())),
                rx.cond(State.tab == "files", _files(), _connections()),
            ),
        ),
        label="Integrations",
    )  # fmt: skip


def _health_counts() -> rx.Component:
    def part(number: Any, tone: str, word: str) -> rx.Component:
        return rx.cond(number > 0, status(number.to_string() + f" {word}", mark=dot(tone)), rx.fragment())  # type: ignore[arg-type]

    return rx.el.span(
        part(State.healthy, "ok", "healthy"),
        part(State.attention, "under", "need attention"),
        part(State.failed, "fail", "failed"),
        class_name="row row-3 t12 muted",
    )


def _drop_zone() -> rx.Component:
    """Lights up while files are dragged over the page."""
    words = rx.el.div(
        icon("upload"),
        rx.el.div(
            rx.el.b("Drop exports here"),
            rx.el.p(
                "CSV or XLSX: ConnectWise, Autotask, HaloPSA, Microsoft 365, Partner Center, Pax8, NinjaOne, Datto RMM "
                "and any other list. You see what was recognised before anything changes.",
                class_name="muted",
            ),
        ),
        rx.el.div(button("Choose files", data_upload_pick=""), class_name="end"),
        class_name="callout",
        data_upload_drop="",
        style={"borderStyle": "dashed"},
    )
    zone = rx.el.div(words, style={"padding": "12px var(--gutter)"})
    return rx.cond(State.may_import, zone, rx.fragment())


def _on_the_way() -> rx.Component:
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
            button("Withdraw", kind="ghost", size="tight", on_click=Rows.withdraw(row.id.to(int))),
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


def _connections() -> rx.Component:
    return table(
        _CONNECTIONS,
        Rows.connections,
        lambda row: connection_row(row=row, key=row.id),
        caption="Connections, the PSA first",
        label="Connections",
        open_row=State.open.id,
        loading=~State.is_loaded,
        empty=rx.cond(
            State.waiting > 0,
            empty("Nothing is connected yet", "Review the file above; its import makes the first connection."),
            empty(
                "Nothing is connected yet",
                "Drop an export of your PSA and one of a vendor here: then clients and services are matched and "
                "billing is compared with usage.",
            ),
        ),
        keep_scroll="connections",
    )


@rx.memo
def connection_row(row: rx.Var[ConnectionRow], rest: rx.RestProp) -> rx.Component:
    drawn = row_of(
        head_cell(
            link(
                row.label,
                href=addresses.INTEGRATIONS + "?connection=" + row.id,
                data_enter="",
                style={"color": "inherit"},
            ),
            " ",
            rx.el.span(row.side, class_name="faint"),
            title=row.label,
        ),
        cell(status(row.health, mark=dot(row.tone)), title=row.error),
        cell(rx.cond(row.last_iso != "", when(row.last_iso, shown=row.last), "never")),
        cell(row.rows, numeric=True, title=row.rows_title),
        cell(row.last_file, clip=True, title=row.last_file, class_name="muted"),
        row_id=row.id,
        on_open=Rows.open_connection(row.id),
    )
    return rx.fragment(drawn, rest)


def _files() -> rx.Component:
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


def _panel() -> rx.Component:
    """The open connection: what it holds, its runs, and what may be done."""
    opened = State.open
    rename = button("Rename", on_click=Rows.ask_name)
    toggle = button(rx.cond(opened.is_enabled, "Switch off", "Switch on"), on_click=Rows.toggle_enabled)
    return side_panel(
        rx.cond(
            opened.error != "",
            panel_section(
                "",
                callout(
                    "The last import failed",
                    rx.el.p(opened.error),
                    rx.el.p("What was read before stands as it was."),
                    tone="fail",
                ),
            ),
            rx.fragment(),
        ),
        panel_section(
            "What is here",
            pairs(
                [
                    ("Side", opened.side),
                    (
                        "Last complete",
                        rx.cond(opened.last_iso != "", when(opened.last_iso, shown=opened.last), "never"),
                    ),
                    ("Last file", rx.cond(opened.last_file != "", opened.last_file, "none")),
                    ("Rows", rx.cond(opened.rows_title != "", opened.rows_title, "none")),
                ],
                left=True,
            ),
        ),
        panel_section(
            "Runs",
            rx.cond(Rows.runs.length() > 0, _runs(), rx.el.p("Nothing has run yet.", class_name="muted")),
        ),
        label=opened.label,
        header=panel_head(
            rx.el.h2(opened.label, class_name="title clip"),
            status(opened.health, mark=dot(opened.tone)),
            on_close=Rows.close_connection,
            steps=False,
        ),
        footer=rx.cond(State.may_connect, rx.el.div(rename, toggle, class_name="row"), rx.fragment()),
    )


def _runs() -> rx.Component:
    return rx.el.table(
        rx.el.caption("Runs, latest first", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Started", scope="col"),
                rx.el.th("Result", scope="col"),
                rx.el.th("Rows", scope="col", class_name="num"),
            )
        ),
        rx.el.tbody(rx.foreach(Rows.runs, _run)),
        class_name="table flush",
    )


def _run(row: rx.Var[RunRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(when(row.at_iso, shown=row.at), scope="row"),
        rx.el.td(
            status(row.result, mark=dot(row.tone)),
            rx.el.span(rx.cond(row.error != "", row.error, row.changes), class_name="second"),
        ),
        rx.el.td(row.rows, class_name="num"),
        class_name="tall",
        key=row.id,
    )


def _rename_dialog() -> rx.Component:
    form = rx.el.form(
        field(
            "Label",
            text_input(
                id="label",
                name="label",
                default_value=State.open.label,
                max_length=80,
                auto_focus=True,
                on_change=Rows.note_label,
            ),
            field_id="label",
            hint="Rules may name a connection by its label.",
            wrong=State.dialog_wrong,
        ),
        rx.el.div(
            button("Cancel", on_click=Rows.close_dialog),
            button("Rename", kind="primary", type="submit"),
            class_name="row",
            style={"justifyContent": "flex-end", "marginTop": "12px"},
        ),
        on_submit=Rows.rename,
    )
    shown = dialog("Rename the connection", form, on_close=Rows.close_dialog)
    return rx.cond(State.dialog == "rename", shown, rx.fragment())


PAGE = Page(route="/integrations", title="Integrations", build=integrations, on_load=(Rows.load, ImportRowsState.load))
