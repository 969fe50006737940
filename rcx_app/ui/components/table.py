"""The one table: a real `<table>` with caption, sortable heads, keyed rows, one open row, skeletons and keyset paging.

A page gives columns, a var of rows and a function that draws one row:

    COLUMNS = (
        Column(width="40px", label_hidden="Select"), Column("Client", "client"), Column("Delta", numeric=True),
    )

    @rx.memo
    def finding_row(row: rx.Var[FindingRow]) -> rx.Component:
        return row_of(
            cell(checkbox(...)), head_cell(row.client), cell(row.delta, numeric=True),
            row_id=row.id, on_open=ReviewState.open(row.id),
        )

    table(COLUMNS, ReviewRowsState.rows, lambda row: finding_row(row=row, key=row.id), caption=ReviewState.caption, ...)

Keep rows in a substate of their own and out of it what changes while moving through them: which row is open is marked
in the browser (`open_row` -> `aria-current`), so opening another one draws no row anew. Give `key=row.id` on the memo,
or the focus is lost when a row goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.vars.base import Var

from rcx_app.ui.components.icons import icon
from rcx_app.ui.components.text import Flag, Text, classes, hidden

_SKELETON_WIDTHS = ("62%", "48%", "70%", "55%", "66%", "52%", "74%", "58%")


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head. `sort` is the field it sorts by (empty: not sortable); `width` in px or % (empty: the rest).

    `drawn` replaces the words by markup (a check box); `label_hidden` names a column that shows no words; `look` is a
    class of ui.css on the `<col>` that sets widths by screen size (`c-qty`, `c-amt` ...).
    """

    label: Text = ""
    sort: str = ""
    numeric: bool = False
    width: str = ""
    look: str = ""
    label_hidden: str = ""
    title: str = ""
    drawn: Callable[[], rx.Component] | None = None


def toggle_sort(current: str, field: str) -> str:
    """The sort after a click on `field`'s head: ascending, then descending (`-field`), then ascending again."""
    return f"-{field}" if current == field else field


def table(
    columns: Sequence[Column],
    rows: Any,
    render: Callable[[Any], rx.Component],
    *,
    caption: Text,
    label: str,
    open_row: Any = None,
    sort: Text = "",
    on_sort: Any = None,
    loading: Flag = False,
    empty: rx.Component | None = None,
    foot: rx.Component | None = None,
    table_foot: rx.Component | None = None,
    look: str = "fixed",
    skeleton_rows: int = 10,
    keep_scroll: str = "",
) -> rx.Component:
    """The table in its own scrolling region, filling what is left of its pane.

    rows: var of a list. Where it is empty, skeletons stand while `loading`, else `empty`.
    caption: what is shown, with count and order; read out, not seen. label: the scrolling region's name.
    open_row: var with the open row's id as text; given, J and K move through the rows.
    sort: `field` or `-field`; on_sort: handler that takes the column's field (see `toggle_sort`).
    foot: what follows the table inside the region: `load_more(...)`. table_foot: a `<tr>` for `<tfoot>`.
    keep_scroll: a name under which the browser keeps the region's place for the way back.
    """
    busy = rx.Var.create(loading)
    marked = {} if open_row is None else {"data_rows": "", "data_open_row": open_row}
    kept = {"data_keep_scroll": keep_scroll} if keep_scroll else {}
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="vh"),
            rx.el.colgroup(*(rx.el.col(class_name=column.look, custom_attrs=_width(column)) for column in columns)),
            rx.el.thead(rx.el.tr(*(_head(column, sort, on_sort) for column in columns))),
            rx.el.tbody(
                rx.foreach(rows, render),
                rx.cond(busy & (rows.length() == 0), _skeletons(columns, skeleton_rows), rx.fragment()),
            ),
            *([rx.el.tfoot(table_foot)] if table_foot is not None else []),
            class_name=classes("table", look),
            **marked,
        ),
        *([rx.cond(~busy & (rows.length() == 0), empty, rx.fragment())] if empty is not None else []),
        *([foot] if foot is not None else []),
        class_name="scroll",
        role="region",
        tab_index=0,
        aria_label=f"{label}, scrollable",
        aria_busy=busy,
        **kept,
    )


def row_of(
    *cells: rx.Component,
    row_id: Any,
    on_open: Any = None,
    selected: Flag = False,
    tall: bool = False,
    class_name: Text = "",
    **props: Any,
) -> rx.Component:
    """One row. `on_open` runs for a click beside its links, for Enter, and a moment after J or K stopped on it.

    A row that must go to another page instead carries a `link(..., data_enter="")` in a cell: Enter follows that.
    """
    opener = [] if on_open is None else [rx.el.button(type="button", hidden=True, data_open="", on_click=on_open)]
    first, *rest = cells
    first.children.extend(opener)
    chosen = rx.cond(selected, "sel", "") if isinstance(selected, Var) else ("sel" if selected else "")
    return rx.el.tr(
        first,
        *rest,
        key=row_id,
        data_row=row_id,
        class_name=classes("tall" if tall else "", class_name, chosen),
        **props,
    )


def cell(
    *children: Any, numeric: bool = False, clip: bool = False, class_name: Text = "", **props: Any
) -> rx.Component:
    """A data cell. `numeric`: right-aligned tabular figures. `clip`: one line with an ellipsis (give `title=` too)."""
    return rx.el.td(*children, class_name=classes("num" if numeric else "", "c" if clip else "", class_name), **props)


def head_cell(
    *children: Any, second: Text = "", clip: bool = True, class_name: Text = "", **props: Any
) -> rx.Component:
    """The row's own head (`<th scope="row">`), one in every row. `second` is its explaining second line."""
    below = [rx.el.span(second, class_name="second")] if isinstance(second, Var) or second else []
    return rx.el.th(*children, *below, scope="row", class_name=classes("c" if clip else "", class_name), **props)


def group_row(title: Text, *more: Any, columns: int) -> rx.Component:
    """A dividing row with words, such as a confidence band."""
    return rx.el.tr(
        rx.el.th(title, " ", rx.el.span(*more, class_name="faint"), scope="rowgroup", col_span=columns),
        class_name="group",
    )


def load_more(text: Text, on_more: Any, *, has_more: Any, loading: Flag = False, roomy: bool = False) -> rx.Component:
    """The line under the rows: "50 of 132", and the button that fetches the next page, pressed by itself near the end.

    `roomy` leaves the height of a selection bar under it.
    """
    busy = rx.Var.create(loading)
    return rx.el.div(
        rx.el.span(text, role="status"),
        rx.cond(
            has_more,
            rx.el.button(
                "Show more", type="button", class_name="btn tight", data_more="", disabled=busy, on_click=on_more
            ),
            rx.fragment(),
        ),
        class_name=classes("table-foot", "roomy" if roomy else ""),
    )


def _width(column: Column) -> dict[str, str]:
    # An attribute, not a style: the style's own element would stand inside the colgroup, which HTML does not allow.
    return {"width": column.width.removesuffix("px")} if column.width else {}


def _head(column: Column, sort: Text, on_sort: Any) -> rx.Component:
    words: Any = (
        column.drawn() if column.drawn else (hidden(column.label_hidden) if column.label_hidden else column.label)
    )
    look = "num" if column.numeric else ""
    title = {"title": column.title} if column.title else {}
    if not column.sort or on_sort is None:
        return rx.el.th(words, scope="col", class_name=look, **title)
    current = rx.Var.create(sort).to(str)
    up, down = current == column.sort, current == f"-{column.sort}"
    arrow = rx.cond(up, icon("up", 12), rx.cond(down, icon("down", 12), rx.fragment()))
    return rx.el.th(
        rx.el.button(words, arrow, type="button", class_name="sorter", on_click=on_sort(column.sort)),
        scope="col",
        class_name=look,
        aria_sort=rx.cond(up, "ascending", rx.cond(down, "descending", None)),
        **title,
    )


def _skeletons(columns: Sequence[Column], how_many: int) -> rx.Component:
    def bone(row: int, column: int) -> rx.Component:
        numeric = columns[column].numeric
        width = "44px" if numeric else _SKELETON_WIDTHS[(row + 3 * column) % len(_SKELETON_WIDTHS)]
        return cell(rx.el.span(class_name="skel later", style={"width": width}), numeric=numeric)

    return rx.fragment(
        *(
            rx.el.tr(*(bone(row, column) for column in range(len(columns))), aria_hidden="true")
            for row in range(how_many)
        )
    )
