"""Keys: how a page declares them and how they reach the server. The acting half is assets/keys.js.

The technique. A page declares a key by marking the element that does the thing: `button("Approve", key="a",
on_click=State.approve)`. The browser's script finds the marked element in the topmost dialog or in the page and clicks
it. So every key goes through a handler Reflex bound, the guard sees it like a click, a disabled button disables its
key, and what the list of keys (`?`) says is what is really there. Where nothing visible does the thing, `hotkey`
places an unseen button. Keys are ignored in fields, in menus, and behind an open dialog.

Inside a table row only the open row's marked elements answer, so `checkbox(..., key="x")` in every row means "select
the row in hand". `j`, `k`, the arrows and Enter belong to the table (`table(..., open_row=...)`): the browser moves
the focus and `aria-current` and clicks the row's `on_open`, both at once; while moves follow each other within 140 ms,
the server is told of the last alone.

Names: letters and digits as they are, `shift+a`, `mod+enter` (Ctrl or Cmd), `escape`, `/`, `?`. Several names may be
given with spaces; the first is shown.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from rcx_app.ui.components.controls import icon_button, key_props


def hotkey(key: str, label: str, on_press: Any, **props: Any) -> rx.Component:
    """A key without a visible button. `label` is what the list of keys says; `disabled=` switches it off."""
    return rx.el.button(type="button", hidden=True, on_click=on_press, **key_props(key, label), **props)


def keys_dialog() -> rx.Component:
    """The list of all keys, filled by the browser from what the page declares. The layout places it."""
    return rx.el.dialog(
        rx.el.header(
            rx.el.h2("Keys", id="keys-title"),
            rx.el.span(class_name="push"),
            icon_button("close", "Close", data_close=""),
        ),
        rx.el.div(rx.el.dl(class_name="keylist", data_keys_list=""), class_name="body"),
        id="keys",
        class_name="dialog",
        aria_labelledby="keys-title",
        data_local="",
    )
