"""The pages of Billing & invoices, and the settings of what they show."""

from __future__ import annotations

from rcx_app.ui.page import Page
from rcx_app.ui.pages.billing.client import page as client
from rcx_app.ui.pages.billing.clients import page as clients
from rcx_app.ui.pages.billing.queue import page as queue
from rcx_app.ui.pages.billing.services import page as services
from rcx_app.ui.pages.flagged import page as flagged
from rcx_app.ui.pages.settings_data import page as settings_data

PAGES: tuple[Page, ...] = (clients.PAGE, client.PAGE, services.PAGE, queue.PAGE, flagged.PAGE, settings_data.PAGE)
