"""How a page hears what others decide: while its tab can be seen it asks every two seconds, and when it comes back.

The browser asks, so nobody is asked for by a tab that is closed or hidden; the question is one look at an index.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

EVERY_MS = 2000
START = (
    "(()=>{if(window.rcxLook)return;"
    "const look=()=>{if(!document.hidden)document.querySelector('[data-look]')?.click()};"
    f"window.rcxLook=setInterval(look,{EVERY_MS});document.addEventListener('visibilitychange',look);"
    "window.addEventListener('focus',look)})()"
)


def watched(on_look: Any) -> rx.Component:
    """The unseen button that the browser presses."""
    return rx.el.button(type="button", hidden=True, data_look="", on_click=on_look)
