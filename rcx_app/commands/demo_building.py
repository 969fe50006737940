"""Fills the demo workspace through the services and jobs that a person's clicks use. Needs a worker and the sandbox.

Every system of the sandbox's made MSP is connected and synced; sure suggestions and rules are accepted, the rest is
left as work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from decimal import Decimal

import click
import httpx

from jobs.send import send
from rcx_app.core import outbox
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.mapping import service as mapping
from rcx_app.domain.service_rules import service as rules

SYSTEMS = {
    "connectwise": "ConnectWise PSA",
    "microsoft365": "Microsoft 365",
    "ninjaone": "NinjaOne",
    "datto_rmm": "Datto RMM",
    "huntress": "Huntress",
    "acronis": "Acronis",
    "proofpoint": "Proofpoint",
    "pax8": "Pax8",
    "partner_center": "Partner Center",
}
"""Connector -> what its connection is called. The PSA comes first."""
KINDS = ("sync.run", "mapping.match", "reconcile.run")
# What a person would accept at a glance; the rest is left to be looked at.
SURE_CLIENT = Decimal("0.95")
SURE_RULE = Decimal("0.9")
_PATIENCE_S = 600.0
_NO_WORKER_S = 90.0


def build(context: Context, *, with_syncs: bool, with_verdicts: bool) -> None:
    """Bring the workspace to where a person starts to review: every system read today, what is sure accepted."""
    outbox.use_sender(send)
    if with_syncs:
        _sync(context, _connected(context))
    if with_verdicts:
        _accept_what_is_sure(context)


def _connected(context: Context) -> dict[int, str]:
    """Id -> label of the demo's connections; those that are missing are made with the sandbox's credentials."""
    offered = _sandbox()
    with transaction(context, read_only=True) as session:
        known = {view.label: view for view in integrations.connections(session, context)}
    found = {}
    for connector, label in SYSTEMS.items():
        view = known.get(label)
        if view is not None and view.connector != connector:
            raise Unavailable(
                f"{label} of this demo workspace is filled in another way ({view.connector}).",
                remedy="It was built by an earlier version: use another RCX_VAR_DIR, or remove this one.",
            )
        if view is not None:
            found[view.id] = label
            continue
        with transaction(context) as session:
            values = offered[connector]["settings"]
            number = api.connect(session, context, connector_id=connector, label=label, values=values, is_sandbox=True)
        found[number] = label
    return found


def _sandbox() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """What the sandbox says of itself. Raises Unavailable where there is none."""
    address = settings().sandbox_url
    remedy = "Use `rcx up --demo`, or run `rcx sandbox` and set RCX_SANDBOX_URL to its address."
    if not address:
        raise Unavailable("The demo needs the sandbox.", remedy=remedy)
    began = time.monotonic()
    while True:
        try:
            shown = httpx.get(f"{address}/_sandbox", trust_env=False)
            vendors: Mapping[str, Mapping[str, Mapping[str, str]]] = shown.raise_for_status().json()["vendors"]
            return vendors
        except httpx.HTTPError as error:
            if time.monotonic() - began > _NO_WORKER_S:
                raise Unavailable(f"The sandbox does not answer at {address}.", remedy=remedy) from error
            time.sleep(0.1)


def _sync(context: Context, connections: Mapping[int, str]) -> None:
    """Read every connection, then wait for what follows from it."""
    _wait(context, lambda: not _open_jobs(context), "what is left")
    _say(f"Reading {len(connections)} systems of a made MSP ...")
    with transaction(context) as session:
        asked = {label: api.request_sync(session, context, number) for number, label in connections.items()}
    for label, job_id in asked.items():
        _wait(context, lambda job_id=job_id: not _job(context, job_id).is_open, f"the sync of {label}")  # type: ignore[misc]
        job = _job(context, job_id)
        if job.state is not JobState.DONE or job.result.get("failures"):
            said = job.error or " ".join(each["message"] for each in job.result.get("failures", ()))
            raise Unavailable(f"The demo's {label} could not be read: {said}")
    _say("Matching and reconciling ...")
    _wait(context, lambda: not _open_jobs(context), "the matching")


def _accept_what_is_sure(context: Context) -> None:
    """What a person would do in the first minutes."""
    with transaction(context, read_only=True) as session:
        preview = mapping.preview_confirm(session, context, SURE_CLIENT)
    _say("Confirming what is sure ...")
    choices = [(row.account_id, row.version, row.client_id) for row in preview.rows if row.client_id is not None]
    if choices:
        with transaction(context) as session:
            mapping.confirm_many(session, context, choices)
        # Rules are suggested anew from what the confirmed accounts count.
        _wait(context, lambda: not _open_jobs(context), "the reconciliation")
    with transaction(context) as session:
        rules.accept_many(session, context, SURE_RULE)
    _wait(context, lambda: not _open_jobs(context), "the reconciliation")


def _job(context: Context, job_id: int) -> JobView:
    with transaction(context, read_only=True) as session:
        return jobs.view(session, context, job_id)


def _open_jobs(context: Context) -> bool:
    with transaction(context, read_only=True) as session:
        return bool(jobs.open_jobs(session, context, KINDS))


def _wait(context: Context, is_over: Callable[[], bool], what: str) -> None:
    """Wait for the worker. Raises Unavailable where there is none, or it takes far too long."""
    began = time.monotonic()
    while not is_over():
        waited = time.monotonic() - began
        if waited > _NO_WORKER_S and not _is_anything_running(context):
            raise Unavailable(
                f"No worker takes {what} of the demo.", remedy="Use `rcx up --demo`, or run `rcx worker`."
            )
        if waited > _PATIENCE_S:
            raise Unavailable(f"{what.capitalize()} of the demo takes too long.", remedy="Look at the worker's log.")
        time.sleep(0.1)


def _is_anything_running(context: Context) -> bool:
    with transaction(context, read_only=True) as session:
        return any(job.state is JobState.RUNNING for job in jobs.open_jobs(session, context, KINDS))


def _say(text: str) -> None:
    click.echo(text, err=True)
