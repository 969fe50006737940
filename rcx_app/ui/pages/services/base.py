"""What stands around the services page's list: the address, the numbers, what is in hand. Handlers are in `state`."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.domain.service_rules.saving import Saved
from rcx_app.domain.service_rules.schemas import Step
from rcx_app.domain.views.settings import CONTRACT_VIEWS
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState
from rcx_app.ui.pages.services import rows
from rcx_app.ui.pages.services.hand_rows import HandView
from rcx_app.ui.pages.services.reading import ALL, ASIDE, REVIEW, TABS, UNACCOUNTED, Numbers, Wanted
from rcx_app.ui.pages.services.rows import BulkRow, Choice, Said
from rcx_app.ui.shell import ShellState

PAGE_SIZE = 50


class ServicesState(AppState):
    """What stands around the list. `dialog`: "" | bulk. `sure`: suggestions that can be accepted at once. `lines`: the
    contract view that the address asks for (empty: the workspace's), `hidden`: products that it leaves out."""

    tab: str = REVIEW
    state: str = ""
    integration: str = ""
    text: str = ""
    lines: str = ""
    hidden: int = 0
    counts: dict[str, int] = dict.fromkeys(TABS, 0)
    tab_counts: dict[str, str] = dict.fromkeys(TABS, "0")
    states: list[Choice] = []
    integrations: list[Choice] = []
    summary: str = ""
    currency: str = ""
    total: int = 0
    sure: int = 0

    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    is_matching: bool = False
    has_usage: bool = False

    hand: HandView = HandView()
    place: str = ""
    said: Said = Said()
    can_undo: bool = False

    dialog: str = ""
    dialog_wrong: str = ""
    is_busy: bool = False
    bulk_title: str = ""
    bulk_act: str = ""
    bulk: list[BulkRow] = []

    _cursor: str = ""
    _ahead: HandView = HandView()
    _previewed: list[tuple[int, int]] = []
    _done: list[tuple[str, str, tuple[Step, ...] | tuple[Saved, ...]]] = []

    @rx.var
    def state_label(self) -> str:
        """The filtered state's word."""
        return next((each.label for each in self.states if each.value == self.state), self.state)

    @rx.var
    def integration_label(self) -> str:
        """The filtered integration's name."""
        return next((each.label for each in self.integrations if each.value == self.integration), self.integration)

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.integration or self.state or self.text)

    @rx.var
    def in_tab(self) -> int:
        """Rows under the tab, without filters."""
        return self.counts.get(self.tab, 0)

    def _wanted(self, open_id: str = "", size: int = PAGE_SIZE) -> Wanted:
        return Wanted(
            tab=self.tab,
            state=self.state,
            integration=self.integration,
            text=self.text,
            open=open_id,
            size=size,
            lines=self.lines,
        )

    def _read_address(self) -> str:
        """Take the view from the address; returns what it opens. No tab: the page chooses."""
        query = self.router.url.query_parameters
        tab = query.get("tab", "")
        self.tab = tab if tab in TABS else ""
        state = query.get("state", "")
        self.state = state if state in rows.STATES and self.tab == ALL else ""
        self.integration = query.get("integration", "")[:200]
        self.text = query.get("q", "")[:200]
        lines = query.get("lines", "")
        self.lines = lines if lines in CONTRACT_VIEWS else ""
        return str(query.get("open", ""))[:400]

    def _address(self, **changed: object) -> str:
        now = {
            "tab": self.tab,
            "state": self.state,
            "integration": self.integration,
            "q": self.text,
            "lines": self.lines,
        }
        return addresses.address(addresses.SERVICES, now, **changed)

    async def _count(self, numbers: Numbers) -> None:
        by_state = numbers.products.states
        shell = await self.get_state(ShellState)
        shell.services_count = by_state.get("suggested", 0) + by_state.get("not_counted", 0)
        self.counts = {
            REVIEW: by_state.get("suggested", 0),
            ALL: numbers.products.total,
            UNACCOUNTED: numbers.unaccounted,
            ASIDE: numbers.aside,
        }
        self.tab_counts = {tab: f"{number:,}" for tab, number in self.counts.items()}
        self.states = rows.state_choices(numbers.products)
        self.summary = rows.summary(numbers.products)
        self.sure = numbers.sure

    def _fail(self, error: RcxError) -> None:
        self.said = Said(error.message, error.remedy, f"{error.message} {error.remedy}", "fail")
