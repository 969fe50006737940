"""Events that were there before the chain are chained by the migration, in their order and as RCX itself would."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from rcx_app.core.db import engine, transaction
from rcx_app.domain.audit import service as audit
from tests.conftest import ROOT, World
from tests.domain.audit.chains import fill, state


def test_events_from_before_are_chained_and_go_on(world: World) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    config.cmd_opts = type("Options", (), {"x": [f"url={world.url}"]})()
    for _ in range(2):
        fill(world.ours, 2)
        fill(world.theirs, 1)
    with transaction(None) as session:
        audit.record_outside(session, "account:sign_in:fail", {})
    command.downgrade(config, "2026_11_21_10")
    with engine(world.url).begin() as connection:
        if world.url.startswith("postgresql"):
            connection.execute(text("SELECT set_config('rcx.workspace', 'system', true)"))
        assert connection.execute(text("SELECT count(*) FROM audit_event")).scalar_one() == 6
    command.upgrade(config, "head")
    fill(world.ours, 1)
    for workspace, events in ((world.ours, 5), (world.theirs, 2)):
        found = state(workspace.workspace_id)
        assert (found.broken, found.checked) == (None, events)
    with transaction(world.ours, read_only=True) as session:
        found_details = [entry.detail["n"] for entry in audit.entries(session, world.ours).items]
    assert found_details == [0, 1, 0, 1, 0]
