"""`rcx doctor`: whether this installation has what it needs, one line a part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from cryptography.fernet import Fernet

from rcx_app.commands import own_redis
from rcx_app.commands.checks import machine, outside, servers, work
from rcx_app.commands.checks.audit import audit as audit_holds
from rcx_app.commands.checks.finding import Check, Finding, Place, look
from rcx_app.commands.workspaces import workspace_id
from rcx_app.core.settings import settings

_MACHINE: tuple[tuple[str, Check], ...] = (
    ("settings", machine.configured),
    ("packages", machine.packages),
    ("data", machine.data),
    ("key", machine.key),
    ("node", machine.node),
    ("pages", machine.pages),
    ("mail", outside.mail),
)
# Each of these needs the server before it.
_DATABASE: tuple[tuple[str, Check], ...] = (
    ("queue", work.queue),
    ("outbox", work.outbox),
    ("vendors", outside.vendors),
)
_REDIS: tuple[tuple[str, Check], ...] = (("workers", work.workers), ("scheduler", work.scheduler))
_WIDTH = 12


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--new-key", is_flag=True, help="Only print a new key for RCX_SECRET_KEYS.")
@click.option("--workspace", metavar="NAME_OR_ID", default="", help="Look at this one's jobs and connections only.")
@click.option("--audit", is_flag=True, help="Only check the audit trail's chains, every event.")
@click.option("--heads", is_flag=True, help="With --audit: print each chain's newest hash, to be kept elsewhere.")
@click.option("--expect", multiple=True, metavar="HASH", help="With --audit: a hash kept earlier, which must be there.")
@click.pass_context
def doctor(
    context: click.Context,
    as_json: bool,
    new_key: bool,
    workspace: str,
    audit: bool,
    heads: bool,
    expect: tuple[str, ...],
) -> None:
    """Check this installation: ok, warning or failed a part, with what to do. Ends with 1 where a part failed.

    Changes nothing, sends no mail and signs in nowhere.
    """
    if new_key:
        click.echo(Fernet.generate_key().decode())
        return
    chosen = workspace_id(workspace) if workspace else None
    if audit or heads or expect:
        if not audit_holds(chosen, heads=heads, expected=expect):
            context.exit(1)
        return
    place = Place(
        redis_url=settings().redis_url or own_redis.running(settings().var_dir.resolve()), workspace_id=chosen
    )
    findings = _all(place)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<8} {finding.part:<{_WIDTH}} {finding.detail}")
            if finding.remedy:
                click.echo(f"{'':<8} {'':<{_WIDTH}} {finding.remedy}")
    if any(finding.state == "failed" for finding in findings):
        context.exit(1)


def _all(place: Place) -> list[Finding]:
    found = _each(_MACHINE, place)
    database = look("database", servers.database, place)
    redis = look("redis", servers.redis, place)
    found += [*database, *redis]
    has_database, has_redis = not _failed(database), not _failed(redis)
    if has_database and has_redis:
        found += look("clock", servers.clocks, place)
    found += _each(_REDIS, place) if has_redis else _unknown(_REDIS, "Redis")
    found += _each(_DATABASE, place) if has_database else _unknown(_DATABASE, "the database")
    return found


def _each(checks: Sequence[tuple[str, Check]], place: Place) -> list[Finding]:
    return [finding for part, check in checks for finding in look(part, check, place)]


def _unknown(checks: Sequence[tuple[str, Check]], server: str) -> list[Finding]:
    said = f"Not looked at, for want of {server}."
    return [Finding(part, "warning", said, "Mend that first.") for part, _ in checks]


def _failed(findings: Sequence[Finding]) -> bool:
    return any(finding.state == "failed" and finding.part != "role" for finding in findings)
