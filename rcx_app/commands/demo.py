"""`rcx demo`: the demo workspace and the link into it. How it is filled is in `demo_building`, loaded only for that."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

import click

from rcx_app.commands import demo_staff, demo_subscription
from rcx_app.core import clock
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.permissions import Stage
from rcx_app.core.settings import settings
from rcx_app.domain.identity import passwords
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.schemas import Device, LinkPurpose, SignUpForm
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.service_rules import screens as rule_screens
from rcx_app.models import Workspace

EMAIL = "dana@northbeam.example"
NAME = "Dana Whitfield"
WORKSPACE = "Northbeam IT"
_FRESH_FOR = timedelta(hours=24)
# How many `demo_building` connects; that is loaded only where something is missing.
_SYSTEMS = 9
_LINK_LIFETIME = timedelta(hours=12)


@click.command()
@click.option(
    "--as",
    "who",
    type=click.Choice(["owner", "agent"]),
    default="owner",
    show_default=True,
    help="Whose link to print.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the link to this file.")
def demo(who: str, out: Path | None) -> None:
    """Build the demo workspace if it is missing; print a link that signs in, once. Needs a worker and the sandbox."""
    user_id, context = owner()
    # First, before the beat begins a trial of today.
    demo_subscription.build(context)
    is_fresh, is_begun = _is_fresh(context), _is_begun(context)
    if not (is_fresh and is_begun):
        from rcx_app.commands import demo_building

        demo_building.build(context, with_syncs=not is_fresh, with_verdicts=not is_begun)
    agent_id = demo_staff.agent(context)
    user_id = agent_id if who == "agent" else user_id
    with transaction(None) as session:
        path = identity.one_time_link(session, user_id, LinkPurpose.SIGN_IN, _LINK_LIFETIME)
    link = settings().public_url + path
    if out is None:
        click.echo(link)
        return
    out.unlink(missing_ok=True)
    out.touch(mode=0o600)
    out.write_text(link)


def owner() -> tuple[int, Context]:
    """The demo's owner and his workspace; signed up where they are missing. The way in is the link, not a password."""
    with transaction(None, read_only=True) as session:
        account = identity.find(session, EMAIL, Device())
    if account is None:
        _sign_up()
    with transaction(None, read_only=True) as session:
        account = identity.find(session, EMAIL, Device())
        if account is None:
            raise Unavailable("The demo's owner could not be signed up.")
        choice = identity.workspaces(session, account.user_id)[0]
    context = Context(
        workspace_id=choice.workspace_id, user_id=account.user_id, role=choice.role, user_name=account.name
    )
    return account.user_id, context


def _sign_up() -> None:
    password = secrets.token_urlsafe(32)
    form = SignUpForm(name=NAME, email=EMAIL, password=password, workspace_name=WORKSPACE)
    hashed = passwords.hash_password(password)
    with transaction(None) as session:
        identity.sign_up(session, form, hashed)
    with transaction(None) as session:
        # It stands for a workspace at work, also where new ones are led in.
        account = identity.find(session, EMAIL, Device())
        row = session.get(Workspace, identity.workspaces(session, account.user_id)[0].workspace_id) if account else None
        if row is not None:
            row.stage = Stage.ACTIVE.value
            session.add(row)


def _is_fresh(context: Context) -> bool:
    """Whether every system of the demo was read lately."""
    with transaction(context, read_only=True) as session:
        found = integrations.connections(session, context)
    limit = clock.now() - _FRESH_FOR
    lately = [each for each in found if each.last_complete_at is not None and each.last_complete_at > limit]
    return len(lately) >= _SYSTEMS


def _is_begun(context: Context) -> bool:
    """Whether somebody has decided on rules: from then on it is the person's own work."""
    with transaction(context, read_only=True) as session:
        return any(rule.state != "suggested" for rule in rule_screens.rules(session, context))
