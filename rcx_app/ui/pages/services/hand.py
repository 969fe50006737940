"""The right pane of the services page: a product with its rule, why it was suggested, what it counts, and the acts."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import badge
from rcx_app.ui.components.controls import button
from rcx_app.ui.components.feedback import callout, empty, skeleton_lines
from rcx_app.ui.components.reasons import reasons_table
from rcx_app.ui.components.stats import stat
from rcx_app.ui.components.text import hidden, link
from rcx_app.ui.pages.services.base import ServicesState as State
from rcx_app.ui.pages.services.builder_state import BuilderState
from rcx_app.ui.pages.services.hand_rows import AsideLine, ClientLine, Fact, Number, Part, SeatLine, VersionLine
from rcx_app.ui.pages.services.marks import state
from rcx_app.ui.pages.services.state import ServicesRowsState as Rows

HAND = State.hand


def pane_in_hand() -> rx.Component:
    return rx.el.section(
        rx.cond(
            HAND.id == "",
            rx.cond(
                State.is_loaded,
                rx.cond(
                    State.total > 0,
                    empty("Nothing is open", "Choose a row from the list to see what is counted for it, and why."),
                    empty(
                        "Nothing in hand",
                        "The product you open stands here: what is counted for it, for which clients, and why.",
                    ),
                ),
                rx.el.div(skeleton_lines(), class_name="section"),
            ),
            rx.cond(
                HAND.name == "",
                rx.el.div(skeleton_lines(), class_name="section grow"),
                rx.fragment(_head(), _body(), _acts()),
            ),
        ),
        class_name="fill",
        aria_label="In hand",
    )


def _head() -> rx.Component:
    confidence = rx.el.span(
        rx.el.span(
            rx.el.i(style={"width": HAND.percent, "background": "var(--accent)"}),
            class_name="bar thick",
            aria_hidden="true",
        ),
        rx.el.span(hidden("Confidence "), HAND.confidence, class_name="num"),
        class_name="score",
    )
    suggested = rx.cond(HAND.rule_state == "suggested", confidence, rx.fragment())
    return rx.el.div(
        rx.el.div(
            rx.el.h2(HAND.name, class_name="clip", title=HAND.name, style={"fontSize": "16px"}),
            rx.cond(HAND.code != "", rx.el.span(HAND.code, class_name="t12 faint nowrap"), rx.fragment()),
            rx.cond(
                HAND.icon != "",
                rx.el.span(state(HAND.state_word, HAND.tone, HAND.icon), class_name="t12", title=HAND.state_note),
                badge(HAND.state_word),
            ),
            suggested,
            rx.el.span(State.place, class_name="push t12 faint nowrap"),
            class_name="row",
        ),
        rx.cond(
            HAND.rule_id > 0,
            rx.fragment(
                rx.el.p(rx.foreach(HAND.sentence, _part), class_name="sentence"),
                rx.el.p(_told(), class_name="t12 muted", style={"marginTop": "4px"}),
            ),
            rx.fragment(),
        ),
        rx.cond(HAND.facts.length() > 0, rx.el.dl(rx.foreach(HAND.facts, _fact), class_name="facts"), rx.fragment()),
        class_name="hand-head",
    )


def _told() -> rx.Component:
    """Version, dates and who decided, in one line."""
    return rx.fragment(
        rx.cond(HAND.version != "", rx.fragment(rx.el.b(HAND.version), " · "), rx.fragment()),
        rx.cond(HAND.dates != "", rx.fragment(HAND.dates, " · "), rx.fragment()),
        HAND.standing,
    )


def _part(part: rx.Var[Part]) -> rx.Component:
    return rx.cond(part.strong, rx.el.b(part.text), rx.el.span(part.text))


def _fact(fact: rx.Var[Fact]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.name), rx.el.dd(fact.value))


def _body() -> rx.Component:
    with_rule = rx.fragment(
        rx.el.div(
            rx.foreach(HAND.numbers, _number), class_name="stats small", role="group", aria_label="What it counts"
        ),
        rx.cond(HAND.reasons.length() > 0, _why(), rx.fragment()),
        _clients(),
        _seats(),
        rx.cond(HAND.versions.length() > 1, _versions(), rx.fragment()),
    )
    return rx.el.div(
        rx.match(HAND.kind, ("sku", _usage()), rx.cond(HAND.rule_id > 0, with_rule, _bare())),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label="Evidence, scrollable",
    )


def _number(number: rx.Var[Number]) -> rx.Component:
    return stat(number.name, rx.el.span(number.value, class_name=number.tone), number.detail)


def _why() -> rx.Component:
    note = rx.cond(
        HAND.marks,
        rx.el.p(rx.el.mark("Marked"), " where the two names differ.", class_name="t12 muted"),
        rx.fragment(),
    )
    return rx.el.section(
        rx.el.div(rx.el.h3("Why it was suggested"), rx.el.span(note, class_name="push"), class_name="head"),
        reasons_table(rx.fragment("Why ", HAND.name), "Usage says", "Product says", HAND.reasons),
        class_name="section why",
    )


def _clients() -> rx.Component:
    everyone = button("Show all clients", size="tight", on_click=Rows.all_clients)
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Billed and counted, by client"),
            rx.el.span(HAND.agreement, class_name="push t12 muted"),
            class_name="head",
        ),
        rx.cond(
            HAND.at_clients.length() > 0,
            rx.el.table(
                rx.el.caption("What is billed and what the rule counts, largest difference first", class_name="vh"),
                rx.el.colgroup(
                    rx.el.col(),
                    *(rx.el.col(custom_attrs={"width": width}) for width in ("72", "72", "88", "132")),
                ),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th("Client", scope="col"),
                        rx.el.th("Billed", scope="col", class_name="num"),
                        rx.el.th("Counted", scope="col", class_name="num"),
                        rx.el.th("Difference", scope="col", class_name="num"),
                        rx.el.th("Result", scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(HAND.at_clients, _client)),
                class_name="table fixed flush slim",
            ),
            rx.el.p("No client is billed for it, and none uses it.", class_name="muted"),
        ),
        rx.cond(
            HAND.more_clients > 0,
            rx.el.p(
                rx.el.span(HAND.more_clients, " more, with smaller differences or none", class_name="t12 faint"),
                everyone,
                class_name="row",
                style={"marginTop": "8px"},
            ),
            rx.fragment(),
        ),
        class_name="section",
    )


def _client(line: rx.Var[ClientLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(link(line.name, href=line.href), scope="row", class_name="c", title=line.name),
        rx.el.td(rx.cond(line.billed != "", line.billed, hidden("no line")), class_name="num"),
        rx.el.td(rx.cond(line.counted != "", line.counted, hidden("no account")), class_name="num"),
        rx.el.td(rx.cond(line.delta != "", line.delta, hidden("none")), class_name="num"),
        rx.el.td(state(line.verdict, line.tone, line.icon)),
        key=line.id,
    )


def _seats() -> rx.Component:
    listed = rx.el.table(
        rx.el.caption("Some of the seats it counts, the newest of each client", class_name="vh"),
        rx.el.colgroup(rx.el.col(), rx.el.col(), rx.el.col(), rx.el.col(custom_attrs={"width": "104"})),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("Seat", scope="col"),
                rx.el.th("What it is", scope="col"),
                rx.el.th("Client", scope="col"),
                rx.el.th("Last seen", scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(HAND.seats, _seat)),
        class_name="table fixed flush slim",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Seats it counts"), rx.el.span(HAND.seats_note, class_name="push t12 muted"), class_name="head"
        ),
        rx.cond(
            HAND.seats.length() > 0,
            listed,
            rx.el.p("It counts no seat of a mapped account today.", class_name="muted"),
        ),
        class_name="section",
    )


def _seat(line: rx.Var[SeatLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(line.name, scope="row", class_name="c", title=line.name),
        rx.el.td(line.what, class_name="c muted", title=line.what),
        rx.el.td(line.client, class_name="c", title=line.client),
        rx.el.td(rx.cond(line.seen != "", line.seen, hidden("not told")), title=line.seen_iso),
    )


def _versions() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h3("Versions"), class_name="head"),
        rx.el.ul(rx.foreach(HAND.versions, _version), class_name="log vers"),
        class_name="section",
    )


def _version(line: rx.Var[VersionLine]) -> rx.Component:
    restore = button(
        "Restore",
        hidden(" " + line.number.to(str)),
        kind="ghost",
        size="tight",
        title="Open it as a new version from today on; you see what it changes before you save",
        on_click=BuilderState.restore(HAND.rule_id, line.version_id),
    )
    may = State.may_rule & ~line.is_shown & ((HAND.rule_state == "active") | (HAND.rule_state == "suggested"))
    return rx.el.li(
        rx.el.time(line.day),
        rx.el.span(
            rx.cond(line.is_shown, rx.el.b(line.number), line.number),
            " ",
            line.text,
            " ",
            rx.cond(may, restore, rx.fragment()),
        ),
    )


def _bare() -> rx.Component:
    """A product that nothing counts: why, and what RCX will do by itself."""
    flat = callout(
        "A flat fee, it seems",
        rx.el.p("Every line bills 1, and no usage that is imported fits it. Nothing is compared for it."),
        icon="minus",
    )
    unknown = callout(
        "Nothing counts this product",
        rx.el.p(
            "No usage that is imported fits its name and its quantities well enough. What is billed for it is compared "
            "with nothing. RCX looks again after every import."
        ),
        tone="under",
        icon="alert",
    )
    unused = link(
        "Usage that no rule takes", href=addresses.address(addresses.SERVICES, tab="unaccounted"), class_name="btn"
    )
    return rx.el.div(
        rx.cond(
            HAND.aside.length() > 0,
            rx.foreach(HAND.aside, _aside),
            rx.cond(HAND.state == "flat", flat, unknown),
        ),
        rx.cond(State.counts["unaccounted"] > 0, rx.el.div(unused, style={"marginTop": "12px"}), rx.fragment()),
        class_name="section",
    )


def _aside(line: rx.Var[AsideLine]) -> rx.Component:
    """What would count the product, had a person not decided otherwise."""
    return rx.el.div(
        callout(
            rx.fragment(line.word, ": ", line.name),
            rx.el.p(line.sentence, " It counts nothing, and is not suggested again."),
            icon="minus",
            end=link("Look at it", href=line.href, class_name="btn"),
        ),
        key=line.id,
        style={"marginBottom": "8px"},
    )


def _usage() -> rx.Component:
    """Usage that no rule takes, by client."""
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Where it is used"),
            rx.el.span(link("Open in the review queue", href=HAND.href), class_name="push t12"),
            class_name="head",
        ),
        rx.el.table(
            rx.el.caption("Clients with seats that no rule takes", class_name="vh"),
            rx.el.colgroup(rx.el.col(), rx.el.col(custom_attrs={"width": "88"})),
            rx.el.thead(rx.el.tr(rx.el.th("Client", scope="col"), rx.el.th("Seats", scope="col", class_name="num"))),
            rx.el.tbody(
                rx.foreach(
                    HAND.at_clients,
                    lambda line: rx.el.tr(
                        rx.el.th(link(line.name, href=line.href), scope="row", class_name="c", title=line.name),
                        rx.el.td(line.counted, class_name="num"),
                        key=line.id,
                    ),
                )
            ),
            class_name="table fixed flush slim",
        ),
        rx.cond(
            HAND.more_clients > 0,
            rx.el.p(HAND.more_clients, " more in the review queue", class_name="t12 faint", style={"marginTop": "8px"}),
            rx.fragment(),
        ),
        class_name="section",
    )


def _acts() -> rx.Component:
    viewer = rx.el.div("You can look at the rules. Operators and above decide them.", class_name="row muted acts")
    suggested = rx.el.div(
        button(
            "Accept this rule",
            kind="primary",
            key="y",
            key_label="Accept the suggested rule",
            on_click=Rows.decide(HAND.rule_id, "accept"),
        ),
        button("Change it", key="e", key_label="Change the rule first", on_click=BuilderState.edit(HAND.rule_id)),
        button("Reject", key="n", key_label="Reject the suggestion", on_click=Rows.decide(HAND.rule_id, "reject")),
        class_name="row acts",
    )
    active = rx.el.div(
        button("Change this rule", key="e", on_click=BuilderState.edit(HAND.rule_id)),
        rx.el.span("In force: it counts at every reconciliation.", class_name="muted t12 grow"),
        button(
            "Retire this rule",
            title="It counts no longer; its history stays, and you can undo this",
            on_click=Rows.decide(HAND.rule_id, "retire"),
        ),
        class_name="row acts",
    )
    back = rx.el.div(
        rx.el.span("It counts nothing.", class_name="muted t12 grow"),
        button("Accept after all", on_click=Rows.decide(HAND.rule_id, "accept")),
        class_name="row acts",
    )
    decided = rx.match(
        HAND.rule_state,
        ("suggested", suggested),
        ("active", active),
        ("rejected", back),
        ("retired", back),
        rx.fragment(),
    )
    usage = rx.el.div(
        button("Make a rule from this", kind="primary", key="e", on_click=BuilderState.from_usage(HAND.id)),
        class_name="row acts",
    )
    bare = rx.el.div(
        button("Make a rule for it", kind="primary", key="e", on_click=BuilderState.begin(HAND.code)),
        class_name="row acts",
    )
    made = rx.cond(State.may_rule & (HAND.id != ""), rx.cond(HAND.kind == "sku", usage, bare), rx.fragment())
    return rx.cond(HAND.rule_id > 0, rx.cond(State.may_rule, decided, viewer), made)
