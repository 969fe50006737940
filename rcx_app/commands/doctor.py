"""`rcx doctor`: whether this installation has what it needs, one line a part."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click
import redis
from cryptography.fernet import Fernet

from rcx_app.commands import frontend, migrate, own_redis
from rcx_app.commands.places import check_packages, data_folder, node_folder
from rcx_app.core import crypto
from rcx_app.core.errors import RcxError, Unavailable
from rcx_app.core.settings import settings

_LEAST_FREE_BYTES = 1_000_000_000
_LEAST_NODE = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one check. `detail` says what was found, or what is wrong and what to do."""

    part: str
    is_well: bool
    detail: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--new-key", is_flag=True, help="Only print a new key for RCX_SECRET_KEYS.")
@click.pass_context
def doctor(context: click.Context, as_json: bool, new_key: bool) -> None:
    """Check this installation. Ends with 1 where something is wrong."""
    if new_key:
        click.echo(Fernet.generate_key().decode())
        return
    findings = [_check(part, check) for part, check in _CHECKS]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{'ok   ' if finding.is_well else 'WRONG'} {finding.part:<9} {finding.detail}")
    if not all(finding.is_well for finding in findings):
        context.exit(1)


def _check(part: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(part, True, check())
    except RcxError as error:
        return Finding(part, False, str(error))


def _settings() -> str:
    chosen = settings()
    given = sorted(chosen.model_fields_set)
    return f"given: {', '.join(given)}" if given else "all by default"


def _packages() -> str:
    check_packages()
    return "complete"


def _folder() -> str:
    folder = data_folder()
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE_BYTES:
        raise Unavailable(
            f"Only {free / 1e9:.1f} GB are free where {folder} lies.", remedy="Make room: at least 1 GB should be free."
        )
    return f"{folder}, {free / 1e9:.0f} GB free"


def _key() -> str:
    if crypto.decrypt(crypto.encrypt({"probe": "1"})) != {"probe": "1"}:
        raise Unavailable("The key does not decrypt what it encrypts.", remedy="Check RCX_SECRET_KEYS.")
    where = "RCX_SECRET_KEYS" if settings().secret_keys.get_secret_value() else "secret.key in the data folder"
    return f"{where}; keep a copy of it, stored credentials are lost without it"


def _database() -> str:
    at, wanted = migrate.current(), migrate.head()
    kind = "PostgreSQL" if settings().sqlalchemy_url.startswith("postgresql") else "SQLite"
    if at != wanted:
        raise Unavailable(
            f"{kind} is at {at or 'no version'}, this version needs {wanted}.", remedy="Run `rcx migrate`."
        )
    return f"{kind}, at {at}"


def _redis() -> str:
    if not settings().redis_url:
        program = own_redis.find()
        return f"`rcx up` will start {program.path} ({program.version})"
    try:
        with redis.Redis.from_url(settings().redis_url, socket_timeout=3, socket_connect_timeout=3) as client:
            told = client.info("server")
    except redis.RedisError as error:
        raise Unavailable(
            f"The Redis of REDIS_URL does not answer ({type(error).__name__}).", remedy="Start it or correct REDIS_URL."
        ) from error
    return f"version {told['redis_version']} at REDIS_URL"


def _node() -> str:
    node = node_folder() / "node"
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    version = told.stdout.strip().removeprefix("v")
    if not version or int(version.partition(".")[0]) < _LEAST_NODE:
        raise Unavailable(
            f"{node} is version {version or 'unknown'}.", remedy=f"Node {_LEAST_NODE} or newer is needed."
        )
    return f"version {version}"


def _pages() -> str:
    return "built" if frontend.is_current() else "will be built at the next start"


_CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("settings", _settings),
    ("packages", _packages),
    ("data", _folder),
    ("key", _key),
    ("database", _database),
    ("redis", _redis),
    ("node", _node),
    ("pages", _pages),
)
