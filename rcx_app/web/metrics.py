"""`/metrics` for Prometheus: who may read it, and the shape it has there. What is counted is in `domain/operations`.

Nothing is counted by this process: any web process tells the whole truth, and workers need not be scraped.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.operations import ticks
from rcx_app.domain.operations.measures import Labels, Measures, measure

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
Fold = Literal["sum", "max"]


async def metrics(request: Request) -> Response:
    """The metrics now. 404 where they are off, so that nobody learns more; 401 without the right token."""
    chosen = settings()
    token = chosen.metrics_token.get_secret_value()
    if not token and not chosen.metrics_on_loopback:
        return PlainTextResponse("Not found", 404)
    if not (_shows(request, token) or (chosen.metrics_on_loopback and _is_here(request))):
        return PlainTextResponse("A token is needed.", 401, headers={"WWW-Authenticate": "Bearer"})
    text = await asyncio.to_thread(_text)
    return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _shows(request: Request, token: str) -> bool:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())


def _is_here(request: Request) -> bool:
    """Whether the caller itself is on this machine: not where a proxy here forwards for somebody."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _text() -> bytes:
    with transaction(None, read_only=True) as session:
        measures = measure(session)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(measures, by_workspace=settings().metrics_by_workspace))
    return generate_latest(registry)


class _Measured(Collector):
    """One scrape."""

    def __init__(self, measures: Measures, *, by_workspace: bool) -> None:
        self._measures = measures
        self._by_workspace = by_workspace

    def collect(self) -> Iterator[Metric]:
        found = self._measures
        yield from self._syncs(found)
        yield self._gauge("rcx_jobs", "Background jobs.", ("kind", "state"), found.jobs)
        yield self._gauge("rcx_queue_depth", "Jobs that wait.", ("kind",), found.waiting)
        yield self._gauge(
            "rcx_queue_oldest_age_seconds", "Age of the oldest job that waits.", ("kind",), found.oldest_waiting, "max"
        )
        yield self._gauge(
            "rcx_mails", "Mails in the outbox, for as long as it remembers.", ("kind", "state"), found.mails
        )
        yield self._gauge(
            "rcx_mail_oldest_unsent_age_seconds",
            "Age of the oldest mail that has not gone out.",
            ("kind",),
            found.oldest_mail,
            "max",
        )
        yield self._gauge(
            "rcx_connections", "Connections by health, as people see it.", ("vendor", "health"), found.connections
        )
        yield self._gauge(
            "rcx_complete_sync_age_seconds",
            "Since the last complete sync of the enabled connection for which it is the longest.",
            ("vendor",),
            found.complete_age,
            "max",
        )
        yield self._gauge(
            "rcx_never_synced_connections", "Enabled connections never read completely.", ("vendor",), found.never
        )
        at = ticks.last()
        if at is not None:
            said = "When scheduler and workers last looked for scheduled work."
            yield GaugeMetricFamily("rcx_scheduler_last_tick_timestamp_seconds", said, value=at.timestamp())

    def _syncs(self, found: Measures) -> Iterator[Metric]:
        yield self._counter("rcx_sync_runs", "Syncs begun, by how they ended.", ("vendor", "mode", "state"), found.runs)
        names = self._names(("vendor",))
        seconds = SummaryMetricFamily("rcx_sync_duration_seconds", "Duration of syncs that ended.", labels=names)
        lasted = self._folded(found.seconds)
        for labels, number in self._folded(found.ended).items():
            seconds.add_metric(labels, count_value=int(number), sum_value=lasted[labels])
        yield seconds
        yield self._counter(
            "rcx_sync_rows", "Rows of syncs, by what became of them.", ("vendor", "stream", "outcome"), found.rows
        )
        yield self._counter("rcx_sync_failures", "What syncs failed for.", ("vendor", "kind"), found.failures)

    def _counter(self, name: str, said: str, labels: Labels, values: Mapping[Labels, float]) -> Metric:
        family = CounterMetricFamily(name, said, labels=self._names(labels))
        for key, value in self._folded(values).items():
            family.add_metric(key, value)
        return family

    def _gauge(
        self, name: str, said: str, labels: Labels, values: Mapping[Labels, float], fold: Fold = "sum"
    ) -> Metric:
        family = GaugeMetricFamily(name, said, labels=self._names(labels))
        for key, value in self._folded(values, fold).items():
            family.add_metric(key, value)
        return family

    def _names(self, labels: Iterable[str]) -> Labels:
        return ("workspace", *labels) if self._by_workspace else tuple(labels)

    def _folded(self, values: Mapping[Labels, float], fold: Fold = "sum") -> dict[Labels, float]:
        """Over all workspaces, unless they are to be told apart."""
        if self._by_workspace:
            return dict(sorted(values.items()))
        found: dict[Labels, float] = Counter()  # type: ignore[assignment]
        for (_, *labels), value in sorted(values.items()):
            key = tuple(labels)
            found[key] = max(found.get(key, 0.0), value) if fold == "max" else found[key] + value
        return found


ROUTES = [Route("/metrics", metrics)]
