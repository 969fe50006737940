"""The builder's further terms: tiers, what comes free, a bundle's members, single lines. Each shows when it is used."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, choice, icon_button, select, text_input
from rcx_app.ui.pages.services import builder_parts as form
from rcx_app.ui.pages.services.builder_state import BuilderState as State
from rcx_app.ui.pages.services.draft import MemberRow, TierRow
from rcx_app.ui.pages.services.rows import Choice

_PART_COUNTS = (("distinct", "different seats"), ("seats", "every seat"), ("sum", "the sum"))
_MODES = (("graduated", "each unit at its tier's price"), ("volume", "all units at the last tier's price"))


def terms() -> rx.Component:
    """Everything beside the count, and what adds it."""
    has = State.form.has_allowance
    return rx.el.div(
        rx.cond(State.form.tiers.length() > 0, _block("Tiers", _tiers()), rx.fragment()),
        rx.cond(has, _block("Free", _allowance()), rx.fragment()),
        rx.cond(State.form.members.length() > 0, _block("With", _members()), rx.fragment()),
        rx.cond(
            (State.found_lines.length() > 0) | (State.line_text != ""),
            _lines(),
            rx.fragment(),
        ),
        rx.el.div(
            rx.el.span(class_name="lab"),
            rx.el.div(
                _add("Tiers", "tier"),
                rx.cond(has, rx.fragment(), _add("Free units", "allowance")),
                _add("Bundle member", "member"),
                class_name="row wrap",
            ),
            class_name="build",
        ),
        class_name="stack",
        style={"gap": "10px", "marginTop": "10px"},
    )


def _add(word: str, term: str) -> rx.Component:
    return button(word, icon="plus", kind="ghost", size="tight", on_click=[State.add_term(term), form.LOOK])


def _block(word: str, inner: rx.Component) -> rx.Component:
    return rx.el.div(rx.el.span(word, class_name="lab"), inner, class_name="build")


def _typed(
    term: str, at: Any, part: str, label: str, value: Any, *, width: str, invalid: Any, **props: Any
) -> rx.Component:
    return text_input(
        label=label,
        default_value=value,
        on_change=[lambda typed: State.set_row(term, at, part, typed), form.LOOK],
        invalid=invalid,
        style={"width": width},
        auto_complete="off",
        **props,
    )


def _tiers() -> rx.Component:
    return rx.el.div(
        rx.foreach(State.form.tiers, _tier),
        form.problem_of("tiers"),
        rx.el.div(form.pick("tier_mode", "How tiers are priced", _MODES), class_name="row"),
        class_name="stack",
        style={"gap": "6px"},
    )


def _tier(row: rx.Var[TierRow], at: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("up to", class_name="muted"),
            _typed("tier", at, "up_to", "Up to", row.up_to, width="80px", invalid=row.wrong != ""),
            rx.el.span("at", class_name="muted"),
            _typed("tier", at, "price", "Price of a unit", row.price, width="80px", invalid=row.wrong != ""),
            icon_button("close", "Remove this tier", on_click=[State.drop_term("tier", at), form.LOOK]),
            rx.el.span("empty: all above", class_name="muted t12"),
            class_name="row crow",
        ),
        form.wrong(row.wrong),
    )


def _allowance() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            form.entry("allow_quantity", "Units that come free", width="64px", input_mode="decimal"),
            rx.el.span("with each of", class_name="muted"),
            form.pick("allow_count", "What comes with free units is counted as", _PART_COUNTS),
            rx.el.span("of", class_name="muted"),
            form.pick("allow_integration", "Integration of what comes with free units", State.integrations),
            icon_button("close", "Remove the free units", on_click=[State.drop_term("allowance", 0), form.LOOK]),
            class_name="row wrap",
        ),
        form.problem_of("allow_quantity"),
        form.condition("allow"),
        class_name="stack",
        style={"gap": "6px"},
    )


def _members() -> rx.Component:
    return rx.el.div(
        rx.foreach(State.form.members, _member), form.problem_of("members"), class_name="stack", style={"gap": "12px"}
    )


def _member(row: rx.Var[MemberRow], at: Any) -> rx.Component:
    def changed(part: str) -> Any:
        return [lambda value: State.set_row("member", at, part, value), form.LOOK]

    def picked(label: str, options: Any, value: Any, part: str) -> rx.Component:
        return select(options, value, changed(part), label=label)

    by_rule = rx.el.select(
        rx.el.option("what is counted here", value=""),
        rx.foreach(State.rule_names, lambda each: rx.el.option(each.label, value=each.value, key=each.value)),
        value=row.rule,
        on_change=changed("rule"),
        aria_label="The rule that counts the member",
        class_name="input",
        style={"maxWidth": "200px"},
    )
    counted = rx.fragment(
        rx.el.div(
            picked("The member is counted as", _PART_COUNTS, row.count, "count"),
            rx.el.span("of", class_name="muted"),
            picked("Integration of the member", State.integrations, row.integration, "integration"),
            class_name="row wrap",
        ),
        form.condition(row.scope),
    )
    return rx.el.div(
        rx.el.div(
            _typed(
                "member",
                at,
                "per_unit",
                "Units promised with each",
                row.per_unit,
                width="56px",
                invalid=row.wrong != "",
            ),
            _typed(
                "member",
                at,
                "name",
                "Name of the member",
                row.name,
                width="160px",
                invalid=row.wrong != "",
                key="name-" + row.rule.to(str),
            ),
            by_rule,
            icon_button("close", "Remove this member", on_click=[State.drop_term("member", at), form.LOOK]),
            class_name="row wrap",
        ),
        form.wrong(row.wrong),
        rx.cond(row.rule == "", counted, rx.fragment()),
        class_name="stack",
        style={"gap": "6px"},
        key=row.scope,
    )


def _lines() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            rx.cond(
                State.form.lines.length() > 0,
                rx.fragment("Only ", State.form.lines.length(), " of its lines"),
                "All lines of its products; choose single ones",
            ),
            class_name="t12 muted",
        ),
        text_input(
            label="Find lines by client or id",
            placeholder="Client or line id",
            on_change=State.find_line.debounce(200),
            type="search",
            auto_complete="off",
            style={"width": "220px", "margin": "6px 0"},
        ),
        rx.el.div(
            rx.foreach(State.found_lines, _line),
            rx.cond(State.found_lines.length() == 0, rx.el.span("No line fits.", class_name="muted"), rx.fragment()),
            rx.cond(
                State.more_lines,
                rx.el.span("There are more: find them by client or id.", class_name="muted t12"),
                rx.fragment(),
            ),
            class_name="stack",
            style={"maxHeight": "180px", "overflow": "auto", "gap": "2px"},
            tab_index=0,
            role="region",
            aria_label="Lines of the products, scrollable",
        ),
        form.problem_of("lines"),
        style={"marginLeft": "64px"},
    )


def _line(each: rx.Var[Choice]) -> rx.Component:
    return rx.el.div(
        choice(
            each.label.to(str) + ", bills " + each.count.to(str),
            State.form.lines.contains(each.value),
            [lambda _: State.toggle_line(each.value), form.LOOK],
        ),
        key=each.value,
    )
