"""The pages of people and security, for the composition root."""

from __future__ import annotations

from rcx_app.ui.pages.account import page as account
from rcx_app.ui.pages.people import page as people
from rcx_app.ui.pages.people import security_page, workspace_page

PAGES = (account.PAGE, people.PAGE, workspace_page.PAGE, security_page.PAGE)
