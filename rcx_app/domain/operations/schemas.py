"""What the operations slice hands out; no tables, no names of clients and no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The work that waits and runs. `oldest_waiting` leaves out what waits for a running job of its own key.

    `silent`: running jobs whose worker has not been heard of since `since`. `failed`: that failed in the last day.
    """

    waiting: int
    oldest_waiting: datetime | None
    running: int
    silent: tuple[int, ...]
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A host and port that connections call, with their labels. `is_tls`: it is greeted with TLS."""

    host: str
    port: int
    is_tls: bool
    vendor: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What can be said of the enabled connections that read an API.

    `unreadable`: labels of those whose credentials no key opens. `unknown`: of those whose host only the vendor tells,
    once it is asked.
    """

    sites: tuple[Site, ...]
    unreadable: tuple[str, ...]
    unknown: tuple[str, ...]
    total: int
