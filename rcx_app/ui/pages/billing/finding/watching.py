"""How a page hears what others decide: while its tab can be seen it asks every two seconds, and when it comes back.

The browser asks, so nobody is asked for by a tab that is closed or hidden; the question is one look at an index. It
stops ten minutes after the last key or touch, so that a page left open does not keep its session alive.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

EVERY_MS, ACTIVE_MS = 2000, 600_000
START = (
    "(()=>{if(window.rcxLook)return;"
    "let at=Date.now();const touched=()=>{at=Date.now()};"
    "for(const each of ['keydown','pointerdown','pointermove','wheel'])document.addEventListener(each,touched,true);"
    f"const look=()=>{{if(!document.hidden&&Date.now()-at<{ACTIVE_MS})"
    "document.querySelector('[data-look]')?.click()};"
    f"window.rcxLook=setInterval(look,{EVERY_MS});document.addEventListener('visibilitychange',look);"
    "window.addEventListener('focus',()=>{touched();look()})})()"
)


def watched(on_look: Any) -> rx.Component:
    """The unseen button that the browser presses."""
    return rx.el.button(type="button", hidden=True, data_look="", on_click=on_look)
