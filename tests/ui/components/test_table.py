"""The table's markup: what a screen reader, the browser's script and a keyboard rely on."""

from __future__ import annotations

import reflex as rx

from rcx_app.ui.components.table import Column, cell, group_row, head_cell, load_more, row_of, table, toggle_sort
from tests.support.vars import var

ROWS = var("rows", list[dict[str, str]])
COLUMNS = (Column("Client", "client"), Column("Amount", "amount", numeric=True), Column(label_hidden="Acts"))


def draw(row: rx.Var) -> rx.Component:
    return row_of(head_cell(row["client"]), cell(row["amount"], numeric=True), cell(), row_id=row["id"])


def drawn(**more: object) -> str:
    return str(table(COLUMNS, ROWS, draw, caption="2 findings, oldest first", label="Findings", **more))  # type: ignore[arg-type]


def test_sort_turns_around_on_the_second_click() -> None:
    assert toggle_sort("", "age") == "age"
    assert toggle_sort("age", "age") == "-age"
    assert toggle_sort("-age", "age") == "age"
    assert toggle_sort("-age", "client") == "client"


def test_it_is_a_real_table_with_caption_and_scopes() -> None:
    text = drawn()
    assert 'jsx("caption"' in text
    assert "2 findings, oldest first" in text
    assert text.count('scope:"col"') == len(COLUMNS)
    assert 'scope:"row"' in text
    assert '"aria-label":"Findings, scrollable"' in text


def test_a_column_without_words_is_named_for_screen_readers() -> None:
    assert '{className:"vh"},"Acts"' in drawn().replace(" ", "")


def test_only_sortable_columns_get_a_button_and_aria_sort() -> None:
    text = drawn(sort=var("state.sort", str), on_sort=lambda field: rx.console_log(field))
    assert text.count('"aria-sort"') == 2
    assert text.count('"sorter"') == 2
    assert "ascending" in text
    assert "descending" in text


def test_without_a_handler_nothing_looks_sortable() -> None:
    assert "sorter" not in drawn()


def test_rows_answer_keys_only_where_one_can_be_open() -> None:
    assert "data-rows" not in drawn()
    text = drawn(open_row=var("state.open_id", str))
    assert '"data-rows"' in text
    assert '"data-open-row":state.open_id' in text


def test_rows_are_keyed_and_named_by_their_id() -> None:
    text = drawn()
    assert 'key:row_rx_state_?.["id"]' in text
    assert '"data-row":row_rx_state_?.["id"]' in text


def test_opening_a_row_is_a_bound_click_out_of_sight() -> None:
    row = str(row_of(cell("a"), row_id="7", on_open=rx.console_log("open")))
    assert '"data-open"' in row
    assert "hidden:true" in row
    assert "onClick" in row


def test_empty_words_wait_until_loading_is_over() -> None:
    text = drawn(loading=var("state.loading", bool), empty=rx.el.p("All reconciled"))
    assert "All reconciled" in text
    assert "skel later" in text
    assert '"aria-busy":state.loading' in text


def test_more_rows_are_fetched_by_a_button_that_waits_while_busy() -> None:
    text = str(load_more("50 of 132", rx.console_log("more"), has_more=True, loading=var("busy", bool)))
    assert '"data-more"' in text
    assert "disabled:busy" in text
    assert 'role:"status"' in text


def test_a_group_row_spans_the_table() -> None:
    assert "colSpan:5" in str(group_row("0.95 and above", "12", columns=5))
