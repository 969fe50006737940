"""The pages of Billing & invoices."""

from __future__ import annotations

from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing.clients import page as clients
from rcx_app.ui.pages.billing.queue import page as queue

PAGES: tuple[Page, ...] = (clients.PAGE, queue.PAGE)
