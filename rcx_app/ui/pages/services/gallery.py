"""The dialogs of the presets gallery, and of taking all rules out to a file and back."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, checkbox, select, text_input
from rcx_app.ui.components.dialog import dialog
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.menu import menu_trigger, popup
from rcx_app.ui.components.text import hidden
from rcx_app.ui.pages.services.gallery_state import MOST_TEXT, OfferRow, PlanRow, TakenRow
from rcx_app.ui.pages.services.gallery_state import GalleryState as State
from rcx_app.ui.pages.services.marks import state
from rcx_app.ui.pages.services.rows import Choice

# What the browser reads of the chosen file: its name, its text, and why there is none. The field is emptied, so that
# the same file can be chosen again once it is mended.
_READ_FILE = """(function () {
  var field = document.getElementById("rules-file");
  var file = field.files[0];
  if (!file) return ["", "", "none"];
  if (file.size > MOST) { field.value = ""; return [file.name, "", "large"]; }
  return file.arrayBuffer().then(function (bytes) {
    field.value = "";
    try { return [file.name, new TextDecoder("utf-8", { fatal: true }).decode(bytes), ""]; }
    catch (error) { return [file.name, "", "encoding"]; }
  });
})()""".replace("MOST", str(MOST_TEXT))


def all_dialogs() -> rx.Component:
    return rx.match(State.dialog, ("presets", _presets()), ("export", _export()), ("import", _import()), rx.fragment())


def _head(*heads: tuple[str, str]) -> rx.Component:
    return rx.el.thead(rx.el.tr(*(rx.el.th(word, scope="col", class_name=look) for word, look in heads)))


def _problems() -> rx.Component:
    listed = rx.el.ul(
        rx.foreach(State.problems, lambda each: rx.el.li(each)),
        class_name="fail t12",
        role="alert",
        style={"marginTop": "8px"},
    )
    return rx.fragment(
        rx.cond(State.problems.length() > 0, listed, rx.fragment()),
        rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="fail", role="alert"), rx.fragment()),
    )


def _presets() -> rx.Component:
    heads = (("", ""), ("Billing model", ""), ("Seats", "num"), ("Clients", "num"), ("Bills the product", ""))
    listed = rx.el.table(
        rx.el.caption("Billing models that this connection's usage allows", class_name="vh"),
        rx.el.colgroup(
            rx.el.col(custom_attrs={"width": "32"}), rx.el.col(), rx.el.col(custom_attrs={"width": "64"}),
            rx.el.col(custom_attrs={"width": "64"}), rx.el.col(custom_attrs={"width": "272"}),
        ),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(word or hidden("Chosen"), scope="col", class_name=look) for word, look in heads))
        ),
        rx.el.tbody(rx.foreach(State.offered, _offer)),
        class_name="table fixed flush",
    )  # fmt: skip
    nothing = rx.el.p("This connection has no usage that a preset could count.", class_name="muted")
    return dialog(
        "Presets",
        rx.cond(
            State.connections.length() > 0,
            select(State.connections, State.connection, State.pick_connection, label="Connection"),
            rx.el.p("No usage is connected yet. Connect a vendor or import its export first.", class_name="muted"),
        ),
        rx.cond(State.offered.length() > 0, listed, rx.cond(State.connection != "", nothing, rx.fragment())),
        rx.cond(
            State.taken.length() > 0,
            rx.fragment(
                rx.el.h3("They would take ", State.sums, style={"marginTop": "12px"}),
                rx.el.ul(rx.foreach(State.taken, _taken), class_name="t12"),
            ),
            rx.fragment(),
        ),
        _problems(),
        on_close=State.close,
        footer=rx.fragment(
            button("Cancel", on_click=State.close, disabled=State.is_busy),
            button(
                "Make ", State.chosen, rx.cond(State.chosen == 1, " rule", " rules"),
                kind="primary", key="mod+enter", on_click=State.apply,
                disabled=State.is_busy | (State.taken.length() == 0) | (State.problems.length() > 0),
            ),
        ),
        wide=True,
    )  # fmt: skip


def _offer(row: rx.Var[OfferRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.cond(
                row.rule == "",
                checkbox("Make a rule of " + row.title.to(str), row.chosen, lambda _: State.choose(row.key)),
                rx.fragment(),
            )
        ),
        rx.el.th(row.title, scope="row", class_name="c", title=row.title),
        rx.el.td(row.seats, class_name="num"),
        rx.el.td(row.clients, class_name="num"),
        rx.cond(
            row.rule == "",
            rx.el.td(_picker(row)),
            rx.el.td("Counted by ", row.rule, class_name="c muted", title=row.rule),
        ),
        key=row.key,
    )


def _picker(row: rx.Var[OfferRow]) -> rx.Component:
    """The product that a model bills, found by name or code."""
    of = " that " + row.title.to(str) + " bills"
    chosen = rx.cond(row.product != "", row.product_name.to(str), "Choose a product")
    sure = rx.cond((row.product != "") & (row.product == row.suggested), row.confidence, "")
    trigger = button(
        hidden("Product" + of + ": "),
        rx.el.span(chosen, class_name="clip grow", style={"textAlign": "left"}),
        rx.cond(sure != "", rx.el.span(hidden("suggested, "), sure, class_name="muted num"), rx.fragment()),
        icon("down", 12),
        on_click=State.find(row.key, ""),
        title=row.product,
        style={"width": "100%"},
        **menu_trigger("dialog"),
    )
    none = rx.el.p("No product that still needs a rule is called so.", class_name="muted", role="status")
    listed = rx.el.div(rx.foreach(State.found, lambda each: _hit(row, each)), role="menu", aria_label="Products")
    hits = rx.el.div(
        rx.cond(State.picking == row.key, rx.cond(State.found.length() > 0, listed, none), rx.fragment()),
        class_name="scroll",
        style={"width": "320px", "height": "216px"},
    )
    field = text_input(
        aria_label="Find a product" + of,
        placeholder="Name or code",
        on_change=lambda value: State.find(row.key, value).debounce(200),
        auto_complete="off",
        type="search",
        custom_attrs={"data-autofocus": ""},
    )
    return popup(trigger, field, hits, label="Product" + of)


def _hit(row: rx.Var[OfferRow], each: rx.Var[Choice]) -> rx.Component:
    return rx.el.button(
        rx.el.span(each.label, class_name="clip grow", title=each.label),
        rx.el.span(rx.cond(each.count != "", each.count, each.value), class_name="muted t12 push"),
        type="button",
        role="menuitem",
        tab_index=-1,
        on_click=State.bill(row.key, each.value),
        key=each.value,
    )


def _taken(row: rx.Var[TakenRow]) -> rx.Component:
    return rx.el.li(rx.el.b(row.name), ": ", row.numbers, key=row.id)


def _area(**props: Any) -> rx.Component:
    return rx.el.textarea(class_name="input mono", rows="14", spell_check=False, **props)


def _export() -> rx.Component:
    return dialog(
        "All rules as a file",
        rx.el.p(
            "Every active rule, in the format that an import and the command line read. What is in force today; "
            "versions that start later come in the place of the ones before them only once they do.",
            class_name="muted",
        ),
        _area(value=State.text, read_only=True, aria_label="Rules as YAML"),
        on_close=State.close,
        footer=rx.fragment(
            button("Close", on_click=State.close),
            button("Download rules.yaml", kind="primary", on_click=State.download),
        ),
        wide=True,
    )


def _import() -> rx.Component:
    listed = rx.el.table(
        rx.el.caption("What the import would do", class_name="vh"),
        rx.el.colgroup(
            rx.el.col(custom_attrs={"width": "48"}), rx.el.col(), rx.el.col(custom_attrs={"width": "124"}), rx.el.col()
        ),
        _head(("Line", "num"), ("Rule", ""), ("What happens", ""), ("Why, or what differs", "")),
        rx.el.tbody(rx.foreach(State.plan, _plan)),
        class_name="table fixed flush",
    )
    return dialog(
        "Import rules",
        rx.el.p(
            "Choose a rules file, or paste its text. Nothing is stored before you have seen what it would do.",
            class_name="muted",
        ),
        rx.el.div(
            button("Choose a file", on_click=rx.call_script("document.getElementById('rules-file').click()")),
            rx.el.span("YAML or JSON", class_name="t12 muted"),
            rx.el.input(
                id="rules-file",
                type="file",
                accept=".yaml,.yml,.json,.txt",
                hidden=True,
                aria_label="Rules file",
                tab_index=-1,
                on_change=lambda _: rx.call_script(_READ_FILE, callback=State.take_file),
            ),
            class_name="row",
            style={"margin": "8px 0"},
        ),
        _area(
            default_value=State.text,
            on_change=State.try_import.debounce(400),
            aria_label="Rules as YAML",
            placeholder="- name: Managed server",
            max_length=MOST_TEXT + 1,
            key=State.files_taken.to_string(),
        ),
        _problems(),
        rx.cond(
            State.plan.length() > 0,
            rx.fragment(rx.el.p(rx.el.b(State.plan_said), role="status", style={"marginTop": "12px"}), listed),
            rx.fragment(),
        ),
        on_close=State.close,
        footer=rx.fragment(
            button("Cancel", on_click=State.close, disabled=State.is_busy),
            button(
                "Import these rules",
                kind="primary",
                key="mod+enter",
                on_click=State.import_rules,
                disabled=State.is_busy | ~State.can_apply,
            ),
        ),
        wide=True,
    )


def _plan(row: rx.Var[PlanRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.line, class_name="num"),
        rx.el.th(row.name, scope="row", class_name="c", title=row.name),
        rx.el.td(state(row.word, row.tone, row.icon)),
        rx.el.td(row.note, class_name="whole-text"),
        class_name="tall",
        key=row.id,
    )
