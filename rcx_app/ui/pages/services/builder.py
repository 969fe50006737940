"""The rule builder in the right pane: its form. `builder_terms` adds the further terms, `builder_effect` what it comes
to."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button, text_input
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import hidden
from rcx_app.ui.pages.services import builder_effect, builder_terms
from rcx_app.ui.pages.services.builder_parts import FORM, LOOK, condition, entry, pick, problem_of
from rcx_app.ui.pages.services.builder_state import BuilderState as State
from rcx_app.ui.pages.services.hand_rows import Part
from rcx_app.ui.pages.services.rows import Choice

COUNTS = (
    ("seats", "every seat"),
    ("distinct", "different seats, by identity"),
    ("sum", "the sum of their quantities"),
    ("peak", "the month's peak"),
)
_KNOWN = ("kind", "sku", "sku_name", "status", "device_class", "integration")


def pane_builder() -> rx.Component:
    return rx.el.section(
        _head(),
        rx.el.div(
            rx.el.div(_form(), builder_terms.terms(), class_name="section", key=State.shown.to_string()),
            builder_effect.effect(),
            class_name="scroll",
            tab_index=0,
            role="region",
            aria_label="Rule editor, scrollable",
        ),
        _foot(),
        *(_datalist(name) for name in _KNOWN),
        class_name="fill",
        aria_label="Rule builder",
    )


def _datalist(name: str) -> rx.Component:
    return rx.el.datalist(
        rx.foreach(State.values[name], lambda value: rx.el.option(value=value, key=value)), id=f"known-{name}"
    )


def _head() -> rx.Component:
    parts = rx.foreach(State.effect.sentence, _part)
    return rx.el.div(
        rx.el.div(
            rx.el.h2(State.title, class_name="clip", style={"fontSize": "16px"}),
            badge(rx.cond(State.rule_id > 0, "New version", "New rule"), "acc"),
            rx.cond(
                State.looking,
                rx.el.span("Working out", class_name="push t12 muted", role="status"),
                rx.el.span(class_name="push"),
            ),
            class_name="row",
        ),
        rx.cond(
            State.effect.is_known,
            rx.el.p(parts, class_name=rx.cond(State.is_valid, "sentence", "sentence faint")),
            rx.el.p("The sentence and what it comes to appear as soon as the rule is whole.", class_name="muted t12"),
        ),
        class_name="hand-head",
    )


def _part(part: rx.Var[Part]) -> rx.Component:
    return rx.cond(part.strong, rx.el.b(part.text), rx.el.span(part.text))


def _form() -> rx.Component:
    return rx.el.div(
        rx.el.span("Name", class_name="lab"),
        rx.el.div(entry("name", "Name of the rule", width="320px"), problem_of("name")),
        rx.el.span("Bills", class_name="lab"),
        _products(),
        rx.el.span("Count", class_name="lab"),
        rx.el.div(
            rx.el.div(
                pick("count", "Way of counting", COUNTS),
                rx.el.span("of", class_name="muted"),
                pick("integration", "Integration", State.integrations),
                class_name="row wrap",
            ),
            problem_of("integration"),
        ),
        rx.el.span("Where", class_name="lab"),
        condition("rule"),
        rx.el.span("Then", class_name="lab"),
        _formula(),
        rx.el.span("From", class_name="lab"),
        rx.el.div(
            rx.el.div(
                entry("effective_from", "First day", width="136px", type="date"),
                rx.el.span("until the day before", class_name="muted"),
                entry("effective_to", "First day on which it counts no longer", width="136px", type="date"),
                rx.el.span("empty: open", class_name="muted t12"),
                class_name="row wrap",
            ),
            problem_of("effective_from"),
            problem_of("effective_to"),
        ),
        class_name="build",
    )


def _products() -> rx.Component:
    chosen = rx.foreach(
        FORM.products,
        lambda code: rx.el.button(
            hidden("Take out "),
            code,
            icon("close", 12),
            type="button",
            class_name="chip on",
            on_click=[State.toggle_product(code), LOOK],
            key=code,
        ),
    )
    found = rx.foreach(State.found_products, _product)
    return rx.el.div(
        rx.el.div(
            chosen,
            text_input(
                label="Find a product of the PSA",
                key=FORM.products.length().to_string(),
                placeholder="Find a product",
                on_change=State.find_product.debounce(200),
                invalid=FORM.wrong.contains("products"),
                style={"width": "220px"},
                auto_complete="off",
                type="search",
            ),
            class_name="row wrap",
        ),
        rx.cond(
            State.found_products.length() > 0,
            rx.el.ul(found, class_name="row wrap", aria_label="Products found", style={"marginTop": "6px"}),
            rx.fragment(),
        ),
        problem_of("products"),
    )


def _product(each: rx.Var[Choice]) -> rx.Component:
    return rx.el.li(
        button(
            each.label, rx.el.span(each.count, class_name="faint"), icon="plus", size="tight",
            on_click=[State.toggle_product(each.value), LOOK],
        ),
        key=each.value,
    )  # fmt: skip


def _formula() -> rx.Component:
    fields = (("minimum", "minimum"), ("included", "included"), ("pack_size", "per"), ("multiplier", "times"))
    return rx.el.div(
        rx.el.div(
            *(
                rx.el.label(
                    rx.el.span(word, class_name="muted"),
                    entry(name, word, width="64px", input_mode="decimal"),
                    class_name="row",
                )
                for name, word in fields
            ),
            class_name="row wrap",
        ),
        *(problem_of(name) for name, _ in fields),
    )


def _foot() -> rx.Component:
    save = rx.cond(State.rule_id > 0, "Save as a new version", "Save the rule")
    refused = rx.cond(State.problem != "", State.problem, State.effect.refused)
    said = rx.el.p(refused, role="alert", class_name="fail t12", style={"padding": "8px var(--gutter) 0"})
    return rx.fragment(
        rx.cond((refused != "") & (State.is_valid | (State.problem != "")), said, rx.fragment()),
        rx.el.div(
            button(save, kind="primary", key="mod+enter", on_click=State.save, disabled=State.is_busy),
            button(
                rx.cond(State.is_testing, "Testing", "Back-test"),
                on_click=State.test,
                disabled=State.is_testing | ~State.is_valid,
            ),
            rx.el.span(class_name="grow"),
            button("Discard", kind="ghost", on_click=State.leave),
            class_name="row acts",
        ),
    )
