"""The tabs "Seats" and "Integrations" of a client's page: what its usage is, and where it was read."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui import addresses
from rcx_app.ui.components.badges import dot, status
from rcx_app.ui.components.feedback import empty
from rcx_app.ui.components.filters import filter_bar, search_field
from rcx_app.ui.components.table import Column, cell, head_cell, load_more, row_of, table
from rcx_app.ui.components.text import link, when
from rcx_app.ui.pages.billing import parts
from rcx_app.ui.pages.billing.client.rows import IntegrationLine
from rcx_app.ui.pages.billing.client.state import ClientSeatsState as Seats
from rcx_app.ui.pages.billing.client.state import ClientState as State
from rcx_app.ui.pages.billing.finding.rows import SeatLine

VIEW = State.view
SEATS = (
    Column("Name"),
    Column("Identity", width="26%"),
    Column("Integration", width="16%"),
    Column("Kind", width="22%"),
    Column("Last seen", numeric=True, width="130px"),
)
INTEGRATIONS = (
    Column("Integration", width="220px"),
    Column("Accounts"),
    Column("Seats", numeric=True, width="90px"),
    Column("Health", width="140px"),
    Column("Last import", width="200px"),
)


def seats() -> rx.Component:
    none = empty(
        rx.cond(State.find != "", "No seat fits", "No seats"),
        rx.cond(
            State.find != "", "No live seat's name or identity holds this text.", "No account is mapped to this client."
        ),
    )
    foot = rx.cond(Seats.shown > 0, Seats.shown.to_string() + " of " + VIEW.seats.value, "")
    searched = rx.cond(Seats.shown > 0, Seats.shown.to_string() + " found", "")
    return rx.fragment(
        filter_bar(search_field(State.find, Seats.search, label="Name or identity", key="/")),
        table(
            SEATS,
            parts.joined(Seats),
            lambda row: seat_row(row=row, key=row.id),
            caption="The live seats of this client's accounts, by name",
            label="Seats",
            empty=none,
            foot=load_more(rx.cond(State.find != "", searched, foot), Seats.more, has_more=Seats.has_more),
            keep_scroll="seats",
        ),
    )


@rx.memo
def seat_row(row: rx.Var[SeatLine], rest: rx.RestProp) -> rx.Component:
    """One named unit."""
    seen = rx.cond(row.seen != "", when(row.seen, shown=row.seen_text), rx.el.span("not reported", class_name="faint"))
    drawn = row_of(
        head_cell(row.name, title=row.name),
        cell(row.identity, clip=True, title=row.identity, class_name="muted"),
        cell(row.integration, clip=True, title=row.integration),
        cell(row.where, clip=True, title=row.where),
        cell(seen, numeric=True),
        row_id=row.id,
    )
    return rx.fragment(drawn, rest)


def integrations() -> rx.Component:
    return table(
        INTEGRATIONS,
        VIEW.integrations,
        _integration,
        caption="Integrations in which this client has accounts",
        label="Integrations",
        empty=empty(
            "No account is mapped to this client",
            "Its usage can't be counted until one is.",
            link("Map accounts", href=addresses.MAPPING, class_name="btn"),
        ),
    )


def _integration(row: rx.Var[IntegrationLine]) -> rx.Component:
    fetched = rx.cond(row.fetched != "", when(row.fetched, shown=row.fetched_text), rx.el.span("never"))
    return row_of(
        head_cell(row.label, title=row.label),
        cell(row.accounts, clip=True, title=row.accounts),
        cell(row.seats, numeric=True),
        cell(status(row.health, mark=dot(row.tone))),
        cell(fetched),
        row_id=row.id,
    )
