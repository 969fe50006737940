"""The state of the shell around every page: what waits for a person, how integrations do, what the palette found."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from rcx_app.core.permissions import Permission
from rcx_app.domain.mapping import service as mapping
from rcx_app.ui import addresses
from rcx_app.ui.base import AppState, read
from rcx_app.ui.guard import requires

_HITS = 8


@dataclass
class Hit:
    """A client that the palette found."""

    name: str
    detail: str
    href: str


class ShellState(AppState):
    """Read anew when a page opens, so that counts are those of that moment."""

    billing_count: int = 0
    mapping_count: int = 0
    services_count: int = 0
    integrations_count: int = 0
    sync_tone: str = ""
    sync_text: str = ""
    hits: list[Hit] = []

    @rx.event(supersedes=True)
    @requires(Permission.READ)
    async def find(self, text: str) -> None:
        """Look for clients by name, as the palette's field changes."""
        found = await read(mapping.search_clients, text, _HITS) if text.strip() else []
        self.hits = [Hit(hit.name, hit.place or hit.external_id, addresses.client(hit.client_id)) for hit in found]
