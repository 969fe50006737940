"""The base of connectors that speak HTTP: opens clients that share the vendor's budget and know its secrets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import httpx

from connectors.connector import Connector
from connectors.http.budgets import Gate
from connectors.http.client import Answer, Http
from connectors.http.failures import ApiFailure
from connectors.wire import Wire


class ApiConnector(Connector):
    """A connector over HTTP. Subclasses open what they need in `__init__` by `self.open(...)`."""

    page_size = 200

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        super().__init__(settings, wire)
        self.size = min(wire.page_size or self.page_size, self.page_size)
        self._opened: list[Http] = []
        self._gate = Gate(wire, self.about.id, self.budget_account(), self.about.limits)

    def open(
        self,
        base: str,
        *,
        auth: httpx.Auth | None = None,
        headers: Mapping[str, str] | None = None,
        hosts: Iterable[str] = (),
        authority: str = "",
        secrets: Iterable[str] = (),
    ) -> Http:
        """A client for one address of the vendor; all of them spend from one budget."""
        declared = [self.settings[each.name] for each in self.about.fields if each.is_secret]
        opened = Http(
            self.wire,
            self.about.name,
            base,
            gate=self._gate,
            auth=auth,
            secrets=[*declared, *secrets],
            headers=headers,
            hosts=hosts,
            explain=self.explain,
            at_once=self.about.limits.at_once,
            authority=authority,
        )
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        for each in self._opened:
            each.close()

    def budget_account(self) -> str:
        """What tells this account's budget from others': its plain settings, unless a vendor says more."""
        shown = {each.name: self.settings[each.name] for each in self.about.fields if not each.is_secret}
        return blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=12).hexdigest()

    def explain(self, answer: Answer, needs: str) -> ApiFailure | None:  # noqa: ARG002
        """A vendor's own failures (inside a 200, or better told by its body than by its status); None: the table's."""
        return None

    def failure(self, kind: str, what: str = "", **more: Any) -> ApiFailure:
        """A failure of this vendor."""
        return ApiFailure(kind, self.about.name, what, **more)
