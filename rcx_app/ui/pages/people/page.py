"""The page "People" of the settings: the team, invitations, and what each role may do."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.permissions import Permission, Role
from rcx_app.domain.people.rights import ROLES
from rcx_app.domain.people.rights import table as rights_table
from rcx_app.ui import addresses
from rcx_app.ui.components.badges import avatar, badge, status
from rcx_app.ui.components.controls import button, field, select, text_input
from rcx_app.ui.components.dialog import confirm, dialog
from rcx_app.ui.components.feedback import problem, skeleton_lines
from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.table import Column, cell, head_cell, row_of, table
from rcx_app.ui.components.text import hidden, outward, when
from rcx_app.ui.layout import page, page_head, section
from rcx_app.ui.page import Page
from rcx_app.ui.pages.people.state import InvitationRow, PersonRow
from rcx_app.ui.pages.people.state import PeopleState as State
from rcx_app.ui.settings import settings_tabs

TEAM = (
    Column("Person"),
    Column("Role", width="150px"),
    Column("Two-factor", width="130px"),
    Column("Last seen here", width="140px"),
    Column("In the team since", width="140px"),
    Column(label_hidden="Remove", width="100px"),
)
INVITED = (
    Column("Address"),
    Column("Role", width="110px"),
    Column("Invited by", width="180px"),
    Column("Sent", width="120px"),
    Column("Works until", width="150px"),
    Column(label_hidden="What to do", width="200px"),
)


def people() -> rx.Component:
    parts = rx.fragment(
        _team(),
        rx.cond(State.may_invite, _invite(), rx.fragment()),
        rx.cond(State.invited.length() > 0, _invited(), rx.fragment()),
        _rights(),
    )
    shown = rx.cond(State.is_loaded, parts, rx.el.div(skeleton_lines(8), class_name="section"))
    failed = rx.el.div(problem(State.problem, State.remedy, State.load), class_name="section")
    return page(
        page_head("Settings"),
        settings_tabs("people"),
        rx.cond(State.problem != "", failed, shown),
        rx.cond(State.removing != 0, _removing(), rx.fragment()),
        rx.cond(State.resetting != 0, _resetting(), rx.fragment()),
        active="settings",
        title="People",
        crumbs=(("Settings", addresses.WORKSPACE_SETTINGS),),
        narrow=True,
    )


def _team() -> rx.Component:
    listed = table(
        TEAM,
        State.people,
        _person,
        caption="The team, in the order in which people joined",
        label="Team",
        look="stacks",
        skeleton_rows=0,
    )
    return section("Team", listed)


def _person(row: rx.Var[PersonRow]) -> rx.Component:
    me = rx.cond(row.is_me, rx.el.span(" ", badge("You")), rx.fragment())
    who = rx.el.div(
        avatar(row.initials),
        rx.el.div(rx.el.span(row.name, me), rx.el.span(row.email, class_name="second faint")),
        class_name="row person",
    )
    role = rx.cond(
        row.can_change,
        select(State.choices, row.role, lambda role: State.set_role(row.id, role), label="Role of " + row.name),
        rx.el.span(row.role_name),
    )
    reset = button(
        "Reset", size="tight", on_click=State.ask_to_reset(row.id), aria_label="Reset two-factor of " + row.name
    )
    two_factor = rx.cond(
        row.two_factor,
        rx.el.span(
            status("On", tone="ok", icon="ok"), rx.cond(row.can_reset, reset, rx.fragment()), class_name="row wrap"
        ),
        status("Off", tone="", icon="alert"),
    )
    seen = rx.cond(row.seen != "", when(row.seen, shown=row.seen_text), rx.el.span("Never", class_name="faint"))
    remove = button("Remove", size="tight", on_click=State.ask_to_remove(row.id), aria_label="Remove " + row.name)
    return row_of(
        head_cell(who),
        cell(role, data_label="Role"),
        cell(two_factor, data_label="Two-factor"),
        cell(seen, data_label="Last seen here"),
        cell(row.joined, data_label="In the team since"),
        cell(rx.cond(row.can_change & ~row.is_me, remove, rx.fragment())),
        row_id=row.id,
        tall=True,
    )


def _invite() -> rx.Component:
    role = rx.el.select(
        rx.foreach(State.choices, lambda each: rx.el.option(each.label, value=each.value, key=each.value)),
        id="invite-role",
        name="role",
        default_value=Role.OPERATOR.value,
        class_name="input",
    )
    email = text_input(
        id="invite-email", name="email", type="email", placeholder="colleague@company.com", auto_complete="off",
        max_length=254, required=True,
    )  # fmt: skip
    form = rx.el.form(
        field("E-mail address", email, field_id="invite-email"),
        field("Role", role, field_id="invite-role"),
        button("Invite", kind="primary", type="submit"),
        rx.el.span(State.wrong, class_name="wrong", role="alert"),
        on_submit=State.invite,
        class_name="rate-form invite-form",
        key=State.form_key,
    )
    return section("Invite", form, end="A mail with a link that works once, for 7 days")


def _invited() -> rx.Component:
    listed = table(
        INVITED,
        State.invited,
        _invitation,
        caption="Invitations without an answer, newest first",
        label="Invitations",
        look="stacks",
        skeleton_rows=0,
    )
    return section("Invitations without an answer", listed)


def _invitation(row: rx.Var[InvitationRow]) -> rx.Component:
    acts = rx.el.div(
        button("Send again", size="tight", on_click=State.resend(row.id), aria_label="Send again to " + row.email),
        button("Take back", size="tight", on_click=State.take_back(row.id), aria_label="Take back " + row.email),
        class_name="row",
    )
    ends = rx.cond(row.is_expired, status("Expired " + row.ends, tone="under", icon="clock"), rx.el.span(row.ends))
    return row_of(
        head_cell(row.email),
        cell(row.role, data_label="Role"),
        cell(row.by, data_label="Invited by"),
        cell(row.sent, data_label="Sent"),
        cell(ends, data_label="Works until"),
        cell(rx.cond(row.can_change, acts, rx.fragment())),
        row_id=row.id,
    )


def _rights() -> rx.Component:
    """The table of permissions as it is in force."""
    heads = [rx.el.th(rx.el.span(ROLES[role][0]), scope="col", title=ROLES[role][1], class_name="mid") for role in Role]
    rows = [
        rx.el.tr(
            rx.el.th(right.words, scope="row"),
            *(rx.el.td(_held(role in right.held_by), class_name="mid") for role in Role),
        )
        for right in rights_table()
    ]
    drawn = rx.el.table(
        rx.el.caption("What each role may do", class_name="vh"),
        rx.el.thead(rx.el.tr(rx.el.th("Right", scope="col"), *heads)),
        rx.el.tbody(*rows),
        class_name="table rights",
    )
    return section(
        "What each role may do",
        rx.el.div(drawn, class_name="scroll", role="region", tab_index=0, aria_label="Rights, scrollable"),
        end="Before your onboarding is complete, some of it is closed for everybody",
    )


def _held(is_held: bool) -> rx.Component:
    if is_held:
        return rx.el.span(icon("check", 14), hidden("Yes"), class_name="st ok")
    return rx.el.span(rx.el.span("–", aria_hidden="true"), hidden("No"), class_name="faint")


def _removing() -> rx.Component:
    return confirm(
        "Remove " + State.removing_name + "?",
        rx.el.p(
            "Signed-in browsers of this person lose this workspace at once. What was decided stays, with the name."
        ),
        act="Remove from the workspace",
        kind="danger",
        on_confirm=State.remove,
        on_close=State.keep,
    )


def _resetting() -> rx.Component:
    """For a colleague who lost app and recovery codes."""
    about = rx.el.p(
        "For somebody who has lost the app and the recovery codes. The password alone signs in then, all browsers are "
        "signed out, and a mail says that you did it. Make sure first, by a way you know, who it is that asks."
    )
    prove = rx.fragment(
        about,
        rx.el.p(
            outward("Confirm that it is you", href="/account/confirm?next=%2Fsettings%2Fpeople", class_name="btn"),
            " It lasts for 15 minutes.",
        ),
    )
    title = "Reset two-factor sign-in of " + State.resetting_name + "?"
    return rx.cond(
        State.is_proven,
        confirm(
            title, about, act="Reset two-factor", kind="danger", on_confirm=State.reset_factor,
            on_close=State.leave_factor,
        ),
        dialog(title, prove, on_close=State.leave_factor, label="Reset two-factor sign-in"),
    )  # fmt: skip


PAGE = Page(route="/settings/people", title="People", build=people, on_load=(State.load,), needs=Permission.TEAM)
