"""`rcx doctor --audit`: every chain in a line, the first broken event by name, and hashes that were kept elsewhere."""

from __future__ import annotations

import pytest

from rcx_app import cli
from rcx_app.core.db import transaction
from rcx_app.domain.audit import service as audit
from tests.conftest import World
from tests.domain.audit.chains import fill, state, tamper


def doctor(capsys: pytest.CaptureFixture[str], code: int, *arguments: str) -> str:
    capsys.readouterr()
    assert cli.run(["doctor", "--audit", *arguments]) == code
    return capsys.readouterr().out


def test_chains_that_hold_are_told_with_their_heads(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    fill(world.ours, 3)
    with transaction(None) as session:
        audit.record_outside(session, "account:sign_in:fail", {})
    told = doctor(capsys, 0, "--heads")
    assert "events without a workspace: 1 events hold" in told
    assert f"workspace {world.ours.workspace_id}: 3 events hold" in told
    assert state(world.ours.workspace_id).head in told
    one = doctor(capsys, 0, "--workspace", "Northbeam IT")
    assert "without a workspace" not in one


def test_nothing_recorded_is_well(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing is recorded yet" in doctor(capsys, 0)


def test_the_first_broken_event_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    fill(world.ours, 5)
    fill(world.theirs, 2)
    tamper(world, f"DELETE FROM audit_event WHERE workspace_id = {world.ours.workspace_id} AND number = 4")
    told = doctor(capsys, 1)
    assert f"workspace {world.ours.workspace_id}: missing: Event 4 is gone. 3 before it hold." in told
    assert f"workspace {world.theirs.workspace_id}: 2 events hold" in told


def test_a_chain_written_anew_is_told_by_a_hash_kept_elsewhere(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(world.ours, 3)
    kept = state(world.ours.workspace_id).head
    fill(world.ours, 2)
    assert "5 events hold" in doctor(capsys, 0, "--expect", kept)
    # All of it is written anew, and holds by itself.
    tamper(world, "DELETE FROM audit_event", "DELETE FROM audit_head")
    fill(world.ours, 5)
    assert "5 events hold" in doctor(capsys, 0)
    assert f"No event has the hash {kept}" in doctor(capsys, 1, "--expect", kept)
