"""`rcx doctor --audit`: whether every chain of the audit trail holds, and whether hashes kept elsewhere are in one."""

from __future__ import annotations

from collections.abc import Sequence

import click

from rcx_app.core.db import transaction
from rcx_app.domain.audit import verify
from rcx_app.domain.audit.schemas import ChainState


def audit(workspace_id: int | None, *, heads: bool, expected: Sequence[str]) -> bool:
    """Print one line a chain (with `heads` its newest hash too); whether all hold and every expected hash was met.

    `workspace_id` None: every chain. Each is read in a transaction of its own, in constant memory.
    """
    with transaction(None, read_only=True) as session:
        wanted = verify.chain_ids(session) if workspace_id is None else [workspace_id]
    missing, is_well = {each.strip().lower() for each in expected}, True
    for chain in wanted:
        with transaction(None, read_only=True) as session:
            state = verify.whole(session, chain, missing)
        click.echo(_line(state))
        if heads:
            click.echo(f"{'':<8} {'head':<12} {state.head or '(empty)'}")
        is_well = is_well and state.broken is None
        missing -= state.met
    for each in sorted(missing):
        click.echo(f"{'failed':<8} {'audit':<12} No event has the hash {each}: a chain was written anew or cut off.")
    if not wanted:
        click.echo(f"{'ok':<8} {'audit':<12} Nothing is recorded yet.")
    return is_well and not missing


def _line(state: ChainState) -> str:
    whose = "events without a workspace" if state.workspace_id is None else f"workspace {state.workspace_id}"
    if state.broken is not None:
        said = f"{whose}: {state.broken.kind}: {state.broken.said} {state.checked} before it hold."
        return f"{'failed':<8} {'audit':<12} {said}"
    until = f", the last of {state.last_at:%Y-%m-%d %H:%M:%S} UTC" if state.last_at is not None else ""
    return f"{'ok':<8} {'audit':<12} {whose}: {state.checked} events hold{until}."
