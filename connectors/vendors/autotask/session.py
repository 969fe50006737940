"""One Autotask database: where it is served, questions with all their pages, picklists by label, the request budget.

What the rows mean is not known here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx

from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.http.pages import linked
from connectors.http.rows import Row

FRONT = "https://webservices.autotask.net/atservicesrest/v1.0"
"""Any zone answers for any username; it is asked without credentials."""
_ZONE = re.compile(r"webservices\d*\.autotask\.net")
Condition = Mapping[str, Any]


def where(field: str, op: str, value: object = None) -> Condition:
    """One condition of a question."""
    return {"op": op, "field": field} if value is None else {"op": op, "field": field, "value": value}


def any_of(*conditions: Condition) -> Condition:
    return {"op": "or", "items": list(conditions)}


def need_day(row: Row, key: str) -> date:
    """A date that decides what is billed. Raises ApiFailure where there is none."""
    found = row.day(key)
    if found is None:
        raise ApiFailure("unexpected_shape", row.vendor, f"{row.noun}, {key} holds no date")
    return found


@dataclass(frozen=True, slots=True)
class Threshold:
    """Requests of all integrations to the database, counted by Autotask over the last `minutes`."""

    used: int
    allowed: int
    minutes: int

    def __str__(self) -> str:
        return (
            f"Autotask's request budget: {self.used:,} of {self.allowed:,} used in the last {self.minutes} minutes, "
            "by all integrations together."
        )


class Session:
    """Finds the database's zone when it is first needed. Safe for threads.

    `front` asks for the zone; `opened` makes the client for the address that was found, and `size` is rows a page.
    """

    def __init__(self, vendor: str, username: str, front: Http, opened: Callable[[str], Http], size: int) -> None:
        self._vendor, self._username, self._front, self._opened, self._size = vendor, username, front, opened, size
        self._lock = threading.Lock()
        self._api: Http | None = None
        self._picklists: dict[tuple[str, str], Mapping[str, str]] = {}
        self._at: datetime | None = None

    @property
    def api(self) -> Http:
        """The database's own address. Raises ApiFailure where the zone can't be found, or is no host of Autotask."""
        with self._lock:
            if self._api is None:
                zone = self._front.get("zoneInformation", {"user": self._username}).row("zone")
                self._api = self._opened(self._checked(zone.need("url")))
            return self._api

    def query(
        self, entity: str, *conditions: Condition, noun: str, needs: str, fields: tuple[str, ...] = (), most: int = 0
    ) -> Iterator[Row]:
        """All rows for which every condition holds, in the order of their ids.

        Pages follow `nextPageUrl`, on this host only, by POST of the same question. `most` ends after so many rows.
        """
        size = min(most or self._size, self._size)
        body: dict[str, Any] = {"MaxRecords": size, "filter": list(conditions)}
        if fields:
            body["IncludeFields"] = list(fields)
        taken, after = 0, -1
        while True:
            last: list[Row] = []
            for row in self._pages(entity, body, noun, needs, last):
                yield row
                taken += 1
                if taken == most:
                    return
            # A full page without a next one is the end only if nothing comes after its last id.
            if len(last) < size:
                return
            highest = max(int(row.need("id")) for row in last)
            if highest <= after:
                raise ApiFailure("paging_broken", self._vendor, noun)
            after = highest
            body = {**body, "filter": [*conditions, where("id", "gt", after)]}

    def _pages(self, entity: str, body: Mapping[str, Any], noun: str, needs: str, last: list[Row]) -> Iterator[Row]:
        """The pages of one question; `last` holds the rows of the latest page."""

        def rows(answer: Answer) -> list[Row]:
            last[:] = answer.row(f"list of {noun}s").need_rows("items", noun)
            return list(last)

        return linked(
            self.api,
            f"{entity}/query",
            rows,
            lambda answer: self._following(answer, noun),
            noun=noun,
            needs=needs,
            ask=lambda place, _asked: self._seen(self.api.ask(place, body, needs=needs)),
        )

    def picklist(self, entity: str, field: str, needs: str) -> Mapping[str, str]:
        """Value -> label of a field's picklist, as this database has it. Read once."""
        if (entity, field) not in self._picklists:
            answer = self._seen(self.api.get(f"{entity}/entityInformation/fields", needs=needs))
            for each in answer.row("list of fields").need_rows("fields", "field"):
                if not each.flag("isPickList"):
                    continue
                values = each.need_rows("picklistValues", "picklist value")
                self._picklists[entity, each.need("name")] = {one.need("value"): one.text("label") for one in values}
        if (entity, field) not in self._picklists:
            raise ApiFailure("unexpected_shape", self._vendor, f"{entity} has no picklist {field}")
        return self._picklists[entity, field]

    def threshold(self) -> Threshold:
        """How much of the request budget is used."""
        row = self.api.get("ThresholdInformation").row("request threshold")
        return Threshold(
            used=int(row.need_exact("currentTimeframeRequestCount")),
            allowed=int(row.need_exact("externalRequestThreshold")),
            minutes=int(row.need_exact("requestThresholdTimeframe")),
        )

    def now(self) -> datetime:
        """Autotask's clock as it last answered; this server's where it never told."""
        return self._at or datetime.now(UTC)

    def _seen(self, answer: Answer) -> Answer:
        self._at = answer.at or self._at
        return answer

    def _following(self, answer: Answer, noun: str) -> str | None:
        details = answer.row(f"list of {noun}s").row("pageDetails")
        if "nextPageUrl" not in details.data:
            raise ApiFailure("unexpected_shape", self._vendor, f"the list of {noun}s does not say whether it goes on")
        return details.text("nextPageUrl") or None

    def _checked(self, address: str) -> str:
        url = httpx.URL(address)
        if url.scheme != "https" or _ZONE.fullmatch(url.host) is None:
            raise ApiFailure("foreign_page", self._vendor, url.host or address)
        return f"{str(url).rstrip('/')}/V1.0"
