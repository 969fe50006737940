"""The composition root of the web process: pages, guard, routes. Nothing else lives here."""

from __future__ import annotations

import reflex as rx

from jobs import send
from rcx_app.core import log, outbox
from rcx_app.domain.integrations.uploads import register_upload
from rcx_app.ui import tab_lock, tab_order, theme
from rcx_app.ui.base import show_error
from rcx_app.ui.guard import Guard
from rcx_app.ui.page import Page
from rcx_app.ui.pages.audit import page as audit
from rcx_app.ui.pages.billing.pages import PAGES as BILLING
from rcx_app.ui.pages.booking import page as booking
from rcx_app.ui.pages.calendar import page as calendar
from rcx_app.ui.pages.changes import page as changes
from rcx_app.ui.pages.changes import set_page as change_set
from rcx_app.ui.pages.configuration import page as configuration
from rcx_app.ui.pages.integrations import page as integrations
from rcx_app.ui.pages.mapping import page as mapping
from rcx_app.ui.pages.match_settings import page as match_settings
from rcx_app.ui.pages.missing import page as missing
from rcx_app.ui.pages.network import page as network
from rcx_app.ui.pages.notifications import page as notifications
from rcx_app.ui.pages.onboarding import page as onboarding
from rcx_app.ui.pages.overview import page as overview
from rcx_app.ui.pages.people.pages import PAGES as PEOPLE
from rcx_app.ui.pages.plans import page as plans
from rcx_app.ui.pages.reports import page as reports
from rcx_app.ui.pages.services import page as services
from rcx_app.ui.pages.settings_writing import page as settings_writing
from rcx_app.ui.pages.staff.pages import PAGES as STAFF
from rcx_app.ui.pages.subscription import page as subscription
from rcx_app.ui.pages.support import page as support
from rcx_app.ui.pages.tickets_desk import page as tickets_desk
from rcx_app.web.app import wrapper

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    reports.PAGE,
    *notifications.PAGES,
    *BILLING,
    changes.PAGE,
    change_set.PAGE,
    settings_writing.PAGE,
    mapping.PAGE,
    services.PAGE,
    integrations.PAGE,
    configuration.PAGE,
    match_settings.PAGE,
    *PEOPLE,
    audit.PAGE,
    network.PAGE,
    *onboarding.PAGES,
    *STAFF,
    *booking.PAGES,
    *support.PAGES,
    *tickets_desk.PAGES,
    calendar.PAGE,
    subscription.PAGE,
    *plans.PAGES,
    missing.PAGE,
)

log.configure()
outbox.use_sender(send.send)
outbox.use_mail_waker(send.wake_mailer)
tab_lock.install()
tab_order.install()
app = rx.App(**theme.app_options(), backend_exception_handler=show_error, api_transformer=wrapper(register_upload))
app.add_middleware(Guard(), index=0)
for page in PAGES:
    page.add_to(app)
