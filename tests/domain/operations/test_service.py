"""Which hosts connections call, as their connectors say; and what is not asked."""

from __future__ import annotations

from typing import Any

import pytest

from rcx_app.core import crypto
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.operations import service
from rcx_app.models import Connection
from tests.conftest import World


def add(context: Context, connector: str, settings: dict[str, str], **more: Any) -> None:
    with transaction(context) as session:
        values: dict[str, Any] = {"label": f"{connector} {len(settings)}", "side": "usage", "vendor": connector} | more
        row = Connection(workspace_id=context.workspace_id, connector=connector, settings=settings, **values)
        row.label_key, row.credentials = row.label.lower(), crypto.encrypt({"client_secret": "s3cr3t-and-long-enough"})
        session.add(row)


@pytest.mark.parametrize(
    ("connector", "settings", "host"),
    [
        ("ninjaone", {"region": "eu", "client_id": "abcdef12"}, "eu.ninjarmm.com"),
        ("halopsa", {"host": "psa.northbeam.example", "client_id": "abcdef12"}, "psa.northbeam.example"),
    ],
)
def test_a_connection_calls_the_host_of_its_settings(
    sqlite_world: World, connector: str, settings: dict[str, str], host: str
) -> None:
    add(sqlite_world.ours, connector, settings)
    add(sqlite_world.theirs, connector, settings)
    add(sqlite_world.ours, connector, settings, label="Off", is_enabled=False)
    with transaction(None, read_only=True) as session:
        found = service.connections(session)
        ours = service.connections(session, sqlite_world.ours.workspace_id)
    assert [(each.host, each.port, each.is_tls) for each in found.sites] == [(host, 443, True)]
    assert (found.total, ours.total, found.unknown) == (2, 1, ())


def test_settings_that_this_version_does_not_take_are_no_fault_of_the_host(sqlite_world: World) -> None:
    add(sqlite_world.ours, "ninjaone", {"region": "nowhere"}, label="Old")
    with transaction(None, read_only=True) as session:
        found = service.connections(session)
    assert (found.sites, found.unknown) == ((), ("Old",))
