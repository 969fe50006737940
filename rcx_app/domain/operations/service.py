"""What `rcx doctor` asks of the installation, or of one workspace. Each needs a transaction without a workspace."""

from __future__ import annotations

import fnmatch
from datetime import timedelta

import httpx
from sqlmodel import Session

from connectors.connector import Connector, SettingsRefused
from connectors.http.client import Http
from rcx_app.core import clock
from rcx_app.core.errors import Invalid, Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.operations.repository import OperationsRepository
from rcx_app.domain.operations.schemas import Connections, Queue, Site
from rcx_app.domain.sync import opening
from rcx_app.models import Connection

_DAY = timedelta(days=1)
_SILENCE = timedelta(minutes=2)
"""The sweeper takes over from a silent worker within a fraction of this."""


def queue(session: Session, workspace_id: int | None = None) -> Queue:
    """The work that waits and runs."""
    silence = timedelta(seconds=settings().job_dead_after_s) + _SILENCE
    now = clock.now()
    return OperationsRepository(session, workspace_id).queue(silent_since=now - silence, failed_since=now - _DAY)


def connections(session: Session, workspace_id: int | None = None) -> Connections:
    """Whether stored credentials can be read, and which hosts their connections call. Calls nobody."""
    rows = OperationsRepository(session, workspace_id).connections()
    labels: dict[tuple[str, int, bool], dict[str, str]] = {}
    unreadable, unknown = [], []
    for row in rows:
        try:
            found = _sites(row)
        except Unavailable:
            unreadable.append(row.label)
            continue
        except (Invalid, SettingsRefused):
            # This version wants other settings, which the connection's own page and its next sync say.
            found = set()
        if not found:
            unknown.append(row.label)
        for site in found:
            labels.setdefault(site, {})[row.label] = row.connector
    sites = tuple(
        Site(host=host, port=port, is_tls=is_tls, vendor=next(iter(named.values())), labels=tuple(sorted(named)))
        for (host, port, is_tls), named in sorted(labels.items())
    )
    return Connections(sites=sites, unreadable=tuple(unreadable), unknown=tuple(unknown), total=len(rows))


def _sites(row: Connection) -> set[tuple[str, int, bool]]:
    """Host, port and whether by TLS. Raises Unavailable where no key fits, Invalid and SettingsRefused."""
    values = opening.stored(row)
    if row.is_sandbox:
        opening.need_sandbox()
        sandbox = httpx.URL(settings().sandbox_url)
        is_tls = sandbox.scheme == "https"
        return {(sandbox.host, sandbox.port or (443 if is_tls else 80), is_tls)}
    made = opening.connector_of(row.connector)(values, opening.wire(is_sandbox=False))
    with made:
        found = {origin for each in vars(made).values() if isinstance(each, Http) for origin in each.origins}
    if found:
        return {(host, port or 443, scheme == "https") for scheme, host, port in found}
    return {(host, 443, True) for host in _plain_hosts(made)}


def _plain_hosts(made: Connector) -> list[str]:
    """Of a connector that opens nothing yet: the hosts that its patterns name whatever the settings."""
    shortest = [pattern.replace("*", "") for pattern in made.about.hosts if not pattern.startswith("*")]
    return [host for host, pattern in zip(shortest, made.about.hosts, strict=False) if fnmatch.fnmatch(host, pattern)]
