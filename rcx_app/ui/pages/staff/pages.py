"""The pages of RCX's own people, but for those that other features bring (calendar, tickets, plans)."""

from __future__ import annotations

from rcx_app.ui.page import Page
from rcx_app.ui.pages.staff import board, file, platform, workspaces

PAGES: tuple[Page, ...] = (board.PAGE, workspaces.PAGE, file.PAGE, *platform.PAGES)
