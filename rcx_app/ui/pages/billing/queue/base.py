"""What stands around the queue's rows: what the address asks for, numbers, and what can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import reflex as rx

from rcx_app.domain.reconcile.screens.query import VIEWS, FindingQuery
from rcx_app.domain.reconcile.screens.schemas import FilterOption, FindingsHead
from rcx_app.domain.review.schemas import Person
from rcx_app.domain.views.currency_schemas import Rates
from rcx_app.ui import addresses, words
from rcx_app.ui.base import AppState
from rcx_app.ui.pages.billing import texts
from rcx_app.ui.pages.billing.queue.reading import Known
from rcx_app.ui.pages.billing.texts import SumLine

_MOST_TAGS = 30
_NAMES = tuple(each.name for each in fields(FindingQuery))
_ORDERS = {
    "age": "newest last",
    "client": "by client",
    "service": "by service",
    "amount": "by amount",
    "delta": "by delta",
}


@dataclass
class Choice:
    """One entry of a filter's menu."""

    value: str
    label: str
    count: str


class QueueState(AppState):
    """What stands around the rows. `asked` holds every part of a `FindingQuery`, empty where nothing is asked."""

    asked: dict[str, str] = dict.fromkeys(_NAMES, "")
    order: str = ""
    has_run: bool = False
    is_loaded: bool = False
    is_busy: bool = False
    problem: str = ""
    remedy: str = ""
    sums: list[SumLine] = []
    sums_display: str = ""
    sums_display_of: str = ""
    counts: dict[str, str] = dict.fromkeys(VIEWS, "")
    hidden: int = 0
    reconciled: str = ""
    in_view: int = 0
    total: int = 0
    integrations: list[Choice] = []
    services: list[Choice] = []
    people: list[Choice] = []
    tags: list[Choice] = []
    currencies: list[Choice] = []
    client_name: str = ""
    service_name: str = ""
    assignee_name: str = ""
    export_href: str = addresses.EXPORT_FINDINGS
    is_filtered: bool = False
    all_filters: bool = False
    one_currency: str = ""
    _known: Known | None = None
    _counts: dict[str, int] = {}
    _rates: Rates = Rates()

    @rx.var
    def total_text(self) -> str:
        return f"{self.total:,}" if self.total else ""

    @rx.var
    def in_view_text(self) -> str:
        return f"{self.in_view:,}"

    @rx.var
    def caption(self) -> str:
        """What the table holds, for those who hear it."""
        field = self.order.removeprefix("-")
        turned = ", descending" if self.order.startswith("-") else ""
        return f"{words.count(self.total, 'finding')}, {_ORDERS.get(field, field)}{turned}"

    def _query(self) -> FindingQuery:
        return FindingQuery(**{name: self.asked.get(name, "") for name in _NAMES})

    def _ask(self, query: FindingQuery) -> None:
        self.asked = {name: getattr(query, name) for name in _NAMES}
        self.order = query.order
        self.is_filtered = query.is_filtered
        self.export_href = addresses.address(addresses.EXPORT_FINDINGS, query.params())
        self._name()

    def _name(self) -> None:
        """The words of what is chosen, and whether one currency holds for the whole list."""
        asked = self.asked
        self.service_name = next((each.label for each in self.services if each.value == asked["service"]), "")
        self.assignee_name = next((each.label for each in self.people if each.value == asked["assignee"]), "")
        only = self.currencies[0].value if len(self.currencies) == 1 else ""
        self.one_currency = asked["currency"] or only

    def _count(self, counts: Mapping[str, int]) -> None:
        self.counts = {view: f"{number:,}" for view, number in counts.items()}
        self._counts = dict(counts)

    def _choose(self, people: tuple[Person, ...], tags: tuple[str, ...]) -> None:
        """Whom and which tags the list can be narrowed to."""
        named = [("me", "Me"), ("nobody", "Nobody"), *((str(each.user_id), each.name) for each in people)]
        self.people = [Choice(value, label, "") for value, label in named]
        self.tags = [Choice(each, each, "") for each in tags[:_MOST_TAGS]]
        self._name()

    def _head_only(self, head: FindingsHead) -> None:
        """What moves with verdicts: sums and counts."""
        self.has_run = head.has_run
        self.sums = texts.sum_lines(head.money)
        self.sums_display, self.sums_display_of = texts.display_sum(head.money, self._rates)
        self._count(head.counts)

    def _head(self, head: FindingsHead, options: dict[str, tuple[FilterOption, ...]]) -> None:
        self._head_only(head)
        self.hidden = head.hidden_accounts
        self.reconciled = f"{head.clients_reconciled:,} of {words.count(head.clients, 'client')} reconciled"
        self.integrations, self.services, self.currencies = (
            [Choice(each.value, each.label, f"{each.count:,}") for each in options[name]]
            for name in ("integration", "service", "currency")
        )
        self._name()
