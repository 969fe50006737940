"""The company sign-in (OpenID Connect) on the page "Security": for owners a form, for others what is set."""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.badges import status
from rcx_app.ui.components.controls import button, field, text_input
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.panel import pairs
from rcx_app.ui.layout import section
from rcx_app.ui.pages.people.company_state import CompanyState as State

_KINDS = (("entra", "Microsoft Entra ID"), ("google", "Google Workspace"), ("other", "Another OpenID Connect provider"))


def company() -> rx.Component:
    is_owner = State.role == "owner"
    return rx.fragment(
        section(
            "Company sign-in",
            rx.el.p(
                "People of the team sign in with their company's account (OpenID Connect). It opens this workspace "
                "only, for people who are in the team already and whose address is of one of your mail domains.",
                class_name="muted",
            ),
            rx.cond(State.exists, _standing(), rx.el.p(status("Not set up", icon="minus"))),
            rx.cond(
                is_owner,
                rx.cond(State.is_loaded, _form(), rx.fragment()),
                rx.el.p("Owners may change this: who sets it up decides who can sign in.", class_name="muted"),
            ),
            class_name="prose",
        ),
        rx.cond(State.is_removing, _removing(), rx.fragment()),
    )


def _standing() -> rx.Component:
    state = rx.cond(State.is_on, status("On", tone="ok", icon="ok"), status("Off", icon="minus"))
    return pairs(
        (
            ("State", state),
            ("Your team signs in at", rx.el.code(State.signs_in_at)),
            ("Mail domains", State.domains),
        ),
        left=True,
    )


def _form() -> rx.Component:
    locked = ~State.may_change

    def entry(label: str, name: str, value: Any, hint: Any = "", **props: Any) -> rx.Component:
        given = text_input(
            id=f"sso-{name}", name=name, default_value=value, disabled=locked, auto_complete="off", **props
        )
        return field(label, given, field_id=f"sso-{name}", hint=hint)

    kind = rx.el.select(
        *(rx.el.option(words, value=value) for value, words in _KINDS),
        id="sso-kind",
        name="kind",
        default_value=State.kind,
        class_name="input",
        disabled=locked,
    )
    kept = rx.cond(State.has_secret, "Kept encrypted. Leave empty to keep it.", "Kept encrypted, never shown again.")
    return rx.el.form(
        field("Provider", kind, field_id="sso-kind"),
        rx.el.div(
            rx.el.span("Address to come back to", class_name="lab"),
            rx.el.code(State.comes_back_to),
            rx.el.span("Enter it at the provider as redirect URI of a web application.", class_name="hint"),
            class_name="field",
        ),
        entry(
            "Issuer",
            "issuer",
            State.issuer,
            "Entra: https://login.microsoftonline.com/<tenant id>/v2.0. Google: https://accounts.google.com.",
            type="url",
            max_length=300,
        ),
        entry("Client id", "client_id", State.client_id, max_length=300),
        entry("Client secret", "secret", "", kept, type="password", max_length=500),
        entry(
            "Your mail domains", "domains", State.domains, "Such as company.com; several by commas.", max_length=1000
        ),
        rx.el.label(
            rx.el.input(
                type="checkbox",
                name="is_enabled",
                default_checked=State.is_on | ~State.exists,
                class_name="check",
                disabled=locked,
            ),
            rx.el.span("Let people sign in by it"),
            class_name="choice",
        ),
        rx.el.p("It makes nobody a member: people are invited first, under People.", class_name="muted"),
        rx.cond(State.wrong != "", rx.el.p(State.wrong, class_name="wrong", role="alert"), rx.fragment()),
        rx.el.div(
            button("Save", kind="primary", type="submit", disabled=locked),
            rx.cond(State.exists, button("Remove", on_click=State.ask_to_remove, disabled=locked), rx.fragment()),
            class_name="row",
        ),
        on_submit=State.save,
        class_name="data-form",
        key=State.form_key.to_string() + State.issuer + State.may_change.to_string(),
    )


def _removing() -> rx.Component:
    return confirm(
        "Remove the company sign-in?",
        rx.el.p("People sign in with their passwords again; who has none gets one by “Forgot your password?”."),
        act="Remove company sign-in",
        kind="danger",
        on_confirm=State.remove,
        on_close=State.keep,
    )
