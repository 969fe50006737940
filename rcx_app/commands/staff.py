"""`rcx staff`: who works for the company that runs RCX. The first platform admin is made here, others in the app."""

from __future__ import annotations

from datetime import timedelta

import click

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Staff
from rcx_app.core.settings import settings
from rcx_app.domain.identity import service as identity
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.schemas import LinkPurpose
from rcx_app.domain.staff import agents

_LINK_LIFETIME = timedelta(hours=12)
_ROLES = [each.value for each in Staff if each is not Staff.NONE]


@click.group()
def staff() -> None:
    """Say who works for the company that runs RCX."""


@staff.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice(_ROLES), default=Staff.AGENT.value, show_default=True)
@click.option("--name", default="", help="Make an account where none is, and print a link that signs in, once.")
def add(email: str, role: str, name: str) -> None:
    """Make the owner of an account an agent or platform admin."""
    with transaction(None) as session:
        is_new = bool(name) and email_key(email) not in {email_key(each.email) for each in agents.listed(session)}
        found = agents.appoint(session, None, email, Staff(role), name)
        path = identity.one_time_link(session, found.user_id, LinkPurpose.SIGN_IN, _LINK_LIFETIME) if is_new else ""
    click.echo(f"{found.name} <{found.email}> is {role.replace('_', ' ')} of RCX now.", err=True)
    if path:
        click.echo(settings().public_url + path)


@staff.command("list")
def listed() -> None:
    """List agents and platform admins."""
    with transaction(None, read_only=True) as session:
        for each in agents.listed(session):
            click.echo(f"{each.staff.value}\t{each.email}\t{each.name}")


@staff.command("remove")
@click.argument("email")
def remove(email: str) -> None:
    """Make somebody no agent any more; his sessions end at once."""
    with transaction(None) as session:
        found = next((each for each in agents.listed(session) if email_key(each.email) == email_key(email)), None)
        if found is None:
            raise NotFound("An agent with this address", remedy="`rcx staff list` lists them.")
        agents.dismiss(session, None, found.user_id)
    click.echo(f"{found.name} is no agent any more.", err=True)
