"""Buttons, keys, badges, menus, dialogs, panels, tabs: the attributes that keys, screen readers and links rely on."""

from __future__ import annotations

import pytest
import reflex as rx

from rcx_app.ui.components.badges import avatar, badge, status
from rcx_app.ui.components.controls import button, checkbox, field, icon_button, key_text, select, text_input
from rcx_app.ui.components.dialog import confirm
from rcx_app.ui.components.feedback import callout, empty, job_bar, notify, problem
from rcx_app.ui.components.icons import PATHS, icon, sprite, sprite_markup
from rcx_app.ui.components.keys import hotkey
from rcx_app.ui.components.menu import item, menu, menu_trigger, option
from rcx_app.ui.components.panel import side_panel, sum_line
from rcx_app.ui.components.selection import selection_bar
from rcx_app.ui.components.stats import stat
from rcx_app.ui.components.tabs import Tab, tabs
from rcx_app.ui.components.text import classes, link, outward, when
from tests.support.vars import var

CLICK = rx.console_log("clicked")
FLAG = var("state.flag", bool)
WORD = var("state.word", str)


def test_keys_are_told_in_words() -> None:
    assert key_text("a") == "A"
    assert key_text("shift+a") == "Shift A"
    assert key_text("mod+enter") == "Ctrl Enter"
    assert key_text("/ f") == "/"


def test_a_button_with_a_key_declares_it_and_shows_the_cap() -> None:
    text = str(button("Approve 14", key="shift+a", on_click=CLICK))
    assert '"data-key":"shift+a"' in text
    assert '"aria-keyshortcuts":"Shift+a"' in text
    assert '"Shift A"' in text
    assert 'type:"button"' in text


def test_a_text_field_that_the_server_could_overwrite_while_it_is_typed_is_refused() -> None:
    with pytest.raises(ValueError, match="loses letters"):
        text_input(value=WORD, on_change=CLICK)
    kept = str(text_input(default_value=WORD, data_value=WORD, on_change=CLICK))
    assert "defaultValue:state.word" in kept
    assert '"data-value":state.word' in kept


def test_an_icon_button_has_a_name() -> None:
    assert '"aria-label":"Close panel"' in str(icon_button("close", "Close panel"))


def test_a_key_without_a_visible_button_still_goes_through_a_bound_click() -> None:
    text = str(hotkey("n", "No match", CLICK))
    assert "hidden:true" in text
    assert '"data-key-label":"No match"' in text
    assert "onClick" in text


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(KeyError, match="No icon"):
        icon("nosuch")


def test_every_icon_is_in_both_sprites() -> None:
    drawn, written = str(sprite()), sprite_markup()
    for name in PATHS:
        assert f'"i-{name}"' in drawn
        assert f'id="i-{name}"' in written


def test_class_names_join_plain_and_var() -> None:
    assert classes("btn", "", "primary") == "btn primary"
    assert "state.word" in str(classes("dot", WORD))


def test_links_stay_in_the_app() -> None:
    text = str(link("Review", href="/billing/review"))
    assert "ReactRouterLink" in text
    assert 'to:"/billing/review"' in text


def test_downloads_are_followed_by_the_browser() -> None:
    assert str(outward("Export", href="/exports/1.csv")).startswith('jsx("a"')


def test_a_time_is_exact_in_the_markup_and_relative_in_the_browser() -> None:
    text = str(when("2026-11-20T09:12:00+00:00", shown="20 Nov 2026"))
    assert 'dateTime:"2026-11-20T09:12:00+00:00"' in text
    assert '"data-relative"' in text
    assert "20 Nov 2026" in text


def test_badges_and_states_carry_their_word() -> None:
    assert '"Ready"' in str(badge("Ready", "ok", "ok"))
    assert '"Not ready"' in str(status("Not ready", tone="fail", icon="stop"))
    assert '"aria-label":"Dana Whitfield"' in str(avatar("DW", "Dana Whitfield"))


def test_a_field_is_named_and_says_what_is_wrong() -> None:
    text = str(field("Name", text_input(id="name"), field_id="name", wrong="Too short"))
    assert 'htmlFor:"name"' in text
    assert 'role:"alert"' in text
    assert "Too short" in text


def test_selects_and_check_boxes_have_names() -> None:
    assert '"aria-label":"Kind"' in str(select([("a", "Alpha")], WORD, CLICK, label="Kind"))
    assert '"data-mixed":state.flag' in str(checkbox("Select all", False, CLICK, mixed=FLAG))


def test_a_menu_follows_its_trigger() -> None:
    text = str(menu(rx.el.button("Kind", **menu_trigger()), item("Any", on_click=CLICK), label="Kind"))
    assert text.index('"data-menu"') < text.index('role:"menu"')
    assert '"aria-haspopup":"menu"' in text
    assert 'popover:"auto"' in text.replace('"popover"', "popover")


def test_two_menus_keep_their_own_names() -> None:
    first = menu(rx.el.button("A", **menu_trigger()), label="First")
    second = menu(rx.el.button("B", **menu_trigger()), label="Second")
    assert '"aria-label":"First"' in str(first)
    assert '"aria-label":"Second"' in str(second)


def test_a_choice_of_several_keeps_the_menu_open() -> None:
    assert "menuitemradio" in str(option("A", checked=FLAG, on_click=CLICK))
    several = str(option("A", checked=True, on_click=CLICK, several=True))
    assert "menuitemcheckbox" in several
    assert "data-stay" in several
    assert '"aria-checked":"true"' in several


def test_a_confirmation_names_its_act_and_can_be_left() -> None:
    text = str(confirm("Confirm 38 matches?", act="Confirm 38 matches", on_confirm=CLICK, on_close=CLICK))
    assert '"data-modal"' in text
    assert '"data-close"' in text
    assert '"data-key":"mod+enter"' in text


def test_a_panel_is_named_and_scrolls_by_keyboard() -> None:
    text = str(side_panel(label="Finding: Alder & Pike", header=rx.el.h2("Alder & Pike"), footer=rx.el.p("acts")))
    assert "Finding: Alder & Pike" in text
    assert "tabIndex:0" in text


def test_a_sum_line_keeps_operator_words_and_value_apart() -> None:
    text = str(sum_line("−", "Included", "1", why="one break-glass admin", total=True))
    assert 'scope:"row"' in text
    assert '"total"' in text


def test_the_current_tab_says_so() -> None:
    text = str(tabs(Tab("To review", "/clients", FLAG, 21), label="Queue"))
    assert '"aria-current":(state.flag ? "page" : null)' in text


def test_a_tabs_count_is_grouped_by_thousands() -> None:
    text = str(tabs(Tab("To review", "/clients", FLAG, var("state.count", int)), label="Queue"))
    assert "state.count?.toLocaleString('en')" in text


def test_a_number_is_a_link_where_it_has_a_list() -> None:
    assert "ReactRouterLink" in str(stat("Open", "132", href="/billing/review"))
    assert "ReactRouterLink" not in str(stat("Open", "132"))


def test_the_selection_bar_hides_while_nothing_is_selected() -> None:
    assert "state.count > 0" in str(selection_bar(var("state.count", int), on_clear=CLICK))


def test_a_job_bar_wanders_until_the_total_is_known() -> None:
    text = str(job_bar("Import", "rows", done=var("s.done", int), total=var("s.total", int)))
    assert "bar waits" in text
    assert 'role:"progressbar"' in text
    assert '"aria-valuenow"' in text


def test_failures_are_read_out_at_once_and_offer_a_way_on() -> None:
    text = str(problem("ConnectWise did not answer.", "Try again in a minute.", CLICK))
    assert 'role:"alert"' in text
    assert "Try again" in text
    assert 'role:"alert"' not in str(callout("Note"))


def test_empty_says_why_and_offers_the_next_step() -> None:
    text = str(empty("Nothing here yet", "No file was imported.", button("Import a file")))
    assert text.index("Nothing here yet") < text.index("No file was imported.") < text.index("Import a file")


def test_a_toast_carries_its_text_and_level() -> None:
    text = str(notify("Saved", tone="fail", detail="Not quite"))
    assert "Saved" in text
    assert "error" in text
    assert "Not quite" in text
