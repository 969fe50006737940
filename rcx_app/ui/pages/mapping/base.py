"""What the mapping page holds around its list: the address, the numbers, the account in hand, the open dialog."""

from __future__ import annotations

import reflex as rx

from rcx_app.core.errors import RcxError
from rcx_app.domain.mapping.schemas import Band, Mark, Tab
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState
from rcx_app.ui.pages.mapping import hand_rows, rows
from rcx_app.ui.pages.mapping.hand_rows import HandView
from rcx_app.ui.pages.mapping.reading import Numbers, Wanted
from rcx_app.ui.pages.mapping.rows import BulkRow, Choice, HitRow, Said
from rcx_app.ui.shell import ShellState

PAGE = 50
# A download, so a plain link: it is the server's and not a page.
EXPORT = "/exports/accounts"


class MappingState(AppState):
    """What stands around the list. `dialog`: "" | bulk | exclude | snooze | search. `chosen` 0: no candidate is.

    `on_many`: the dialog is about what is selected, not about the account in hand.
    """

    tab: str = "review"
    integration: str = ""
    band: str = ""
    mark: str = ""
    text: str = ""
    counts: dict[str, int] = dict.fromkeys((tab.value for tab in Tab), 0)
    integrations: list[Choice] = []
    bands: list[Choice] = []
    marks: list[Choice] = []
    total: int = 0
    confirmable: int = 0

    is_loaded: bool = False
    problem: str = ""
    remedy: str = ""
    is_matching: bool = False
    accounts: int = 0
    clients: int = 0

    hand: HandView = HandView()
    chosen: int = 0
    place: str = ""
    said: Said = Said()

    dialog: str = ""
    dialog_wrong: str = ""
    on_many: bool = False
    snooze_days: list[Choice] = []
    snooze_first: str = ""
    is_busy: bool = False
    bulk_title: str = ""
    bulk_act: str = ""
    bulk_note: str = ""
    bulk: list[BulkRow] = []
    hits: list[HitRow] = []
    sought: str = ""
    selected: list[str] = []

    _known_bands: list[Band] = []
    _cursor: str = ""
    _ahead: HandView = HandView()
    _previewed: list[tuple[int, int, int]] = []

    @rx.var
    def integration_label(self) -> str:
        """The filtered integration's name."""
        return next((each.label for each in self.integrations if each.value == self.integration), self.integration)

    @rx.var
    def band_text(self) -> str:
        return next((each.label for each in self.bands if each.value == self.band), self.band)

    @rx.var
    def mark_text(self) -> str:
        return next((each.label for each in self.marks if each.value == self.mark), self.mark)

    @rx.var
    def is_filtered(self) -> bool:
        return bool(self.integration or self.band or self.mark or self.text)

    @rx.var
    def export_csv(self) -> str:
        """The list as it is filtered, as a file."""
        return addresses.address(EXPORT + ".csv", self._query())

    @rx.var
    def export_xlsx(self) -> str:
        return addresses.address(EXPORT + ".xlsx", self._query())

    @rx.var
    def confirmable_text(self) -> str:
        return f"{self.confirmable:,}"

    @rx.var
    def in_tab(self) -> int:
        """Accounts under the tab, without filters."""
        return self.counts.get(self.tab, 0)

    @rx.var
    def open_id(self) -> str:
        return str(self.hand.id) if self.hand.id else ""

    @rx.var
    def chosen_client(self) -> int:
        """The client that "confirm" would map to; 0 for none."""
        cards = self.hand.candidates
        return cards[self.chosen - 1].client_id if 0 < self.chosen <= len(cards) else 0

    def _wanted(self, account_id: int = 0, size: int = PAGE) -> Wanted:
        return Wanted(
            tab=Tab(self.tab),
            connection_id=int(self.integration) if self.integration else None,
            band=self.band,
            mark=Mark(self.mark) if self.mark in set(Mark) else None,
            text=self.text,
            account_id=account_id,
            size=size,
        )

    def _read_address(self) -> int:
        """Take the view from the address; returns the account it names, or 0."""
        query = self.router.url.query_parameters
        tab = query.get("tab", "review")
        self.tab = tab if tab in set(Tab) else Tab.REVIEW.value
        self.integration = digits(query.get("integration", ""))
        self.band = query.get("band", "")
        mark = query.get("mark", "")
        self.mark = mark if mark in set(Mark) else ""
        self.text = query.get("q", "")
        return int(digits(query.get("account", "")) or 0)

    def _query(self) -> dict[str, object]:
        return {
            "tab": "" if self.tab == Tab.REVIEW.value else self.tab,
            "integration": self.integration,
            "band": self.band,
            "mark": self.mark,
            "q": self.text,
        }

    def _address(self, **changed: object) -> str:
        return addresses.address(addresses.MAPPING, self._query(), **changed)

    def _show(self, hand: HandView) -> None:
        self.hand = hand
        self.chosen = hand_rows.first_choice(hand)

    async def _count(self, numbers: Numbers) -> None:
        shell = await self.get_state(ShellState)
        shell.mapping_count = numbers.counts[Tab.REVIEW] + numbers.counts[Tab.UNMAPPED]
        self.counts = {tab.value: number for tab, number in numbers.counts.items()}
        self.bands = rows.band_choices(numbers.bands)
        self.marks = rows.mark_choices(numbers.marks, self.tab, self.mark)
        self.confirmable = numbers.confirmable
        self._known_bands = list(numbers.bands)

    def _fail(self, error: RcxError) -> None:
        self.said = Said(error.message, error.remedy, f"{error.message} {error.remedy}", "fail")


def digits(value: str) -> str:
    """The value where it is an id, else nothing."""
    return value if value.isascii() and value.isdecimal() and len(value) < 18 else ""
