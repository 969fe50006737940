"""Fields and conditions of the builder, which its parts share."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import button, icon_button, select, text_input
from rcx_app.ui.pages.services.builder_state import BuilderState as State
from rcx_app.ui.pages.services.tree import Node

FORM = State.form
LOOK = State.look.debounce(350)
_HOW = (("all", "all of"), ("any", "any of"), ("none", "none of"))


def wrong(text: Any) -> rx.Component:
    """What is wrong with a field, under it."""
    return rx.cond(text != "", rx.el.span(text, class_name="fail t12", role="alert"), rx.fragment())


def entry(name: str, label: str, *, width: str = "88px", **props: Any) -> rx.Component:
    """A text field of the form by its name; the browser keeps what is being typed."""
    return text_input(
        label=label,
        default_value=FORM.texts[name],
        on_change=[lambda value: State.enter(name, value), LOOK],
        invalid=FORM.wrong.contains(name),
        style={"width": width},
        auto_complete="off",
        **props,
    )


def pick(name: str, label: str, options: Any) -> rx.Component:
    """A choice of the form by its name."""
    return select(options, FORM.texts[name], [lambda value: State.enter(name, value), LOOK], label=label)


def problem_of(name: str) -> rx.Component:
    return rx.cond(
        FORM.wrong.contains(name),
        rx.el.div(rx.el.span(FORM.wrong[name], class_name="fail t12", role="alert")),
        rx.fragment(),
    )


def condition(scope: Any) -> rx.Component:
    """The rows of one condition."""
    return rx.el.div(
        rx.foreach(FORM.nodes, lambda node: rx.cond(node.scope == scope, _node(node), rx.fragment())),
        class_name="stack",
        style={"gap": "6px"},
    )


def _node(node: rx.Var[Node]) -> rx.Component:
    remove = icon_button("close", "Remove " + node.name.to(str), on_click=[State.remove_node(node.id), LOOK])
    group = rx.el.div(
        select(
            _HOW, node.how, [lambda value: State.set_node(node.id, "how", value), LOOK], label="How the rows combine"
        ),
        button("Condition", icon="plus", kind="ghost", size="tight", on_click=[State.add_node(node.id, False), LOOK]),
        button("Group", icon="plus", kind="ghost", size="tight", on_click=[State.add_node(node.id, True), LOOK]),
        rx.cond(
            node.root,
            rx.fragment(),
            icon_button("close", "Remove this group", on_click=[State.remove_node(node.id), LOOK]),
        ),
        class_name="row",
    )
    leaf = rx.el.div(
        select(
            State.fields,
            node.field,
            [lambda value: State.set_node(node.id, "field", value), LOOK],
            label="Field",
            style={"maxWidth": "150px"},
        ),
        select(node.ops, node.op, [lambda value: State.set_node(node.id, "op", value), LOOK], label="Comparison"),
        _value(node),
        remove,
        class_name="row crow",
    )
    return rx.el.div(
        rx.cond(node.is_group, group, leaf),
        wrong(node.wrong),
        style={"marginLeft": node.indent},
        key=node.id,
    )


def _value(node: rx.Var[Node]) -> rx.Component:
    def typed(**props: Any) -> rx.Component:
        return text_input(
            aria_label="Value of " + node.name.to(str),
            default_value=node.value,
            on_change=[lambda value: State.set_node(node.id, "value", value), LOOK],
            invalid=node.wrong != "",
            auto_complete="off",
            key=node.id.to(str) + node.field.to(str) + node.input.to(str),
            **props,
        )

    many = rx.el.textarea(
        default_value=node.value,
        on_change=[lambda value: State.set_node(node.id, "value", value), LOOK],
        class_name="input",
        rows="3",
        placeholder="One value a line",
        aria_label="Values of " + node.name.to(str) + ", one a line",
        aria_invalid=node.wrong != "",
        style={"width": "180px"},
    )
    truth = select(
        (("true", "yes"), ("false", "no, it is given")),
        node.value,
        [lambda value: State.set_node(node.id, "value", value), LOOK],
        label="Is it missing?",
    )
    listed = "known-" + node.field.to(str)
    return rx.match(
        node.input,
        ("lines", many),
        ("none", truth),
        ("date", typed(type="date", style={"width": "136px"})),
        ("days", typed(input_mode="numeric", style={"width": "72px"})),
        ("number", typed(input_mode="decimal", style={"width": "96px"})),
        typed(style={"width": "180px"}, custom_attrs={"list": listed}),
    )
