"""The pages of Billing & invoices."""

from __future__ import annotations

from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing.client import page as client
from rcx_app.ui.pages.billing.clients import page as clients
from rcx_app.ui.pages.billing.queue import page as queue
from rcx_app.ui.pages.billing.services import page as services

PAGES: tuple[Page, ...] = (clients.PAGE, client.PAGE, services.PAGE, queue.PAGE)
