"""`rcx people`: what only who runs this installation can do for people's accounts."""

from __future__ import annotations

import click

from rcx_app.core.db import transaction
from rcx_app.domain.identity import recovering


@click.group()
def people() -> None:
    """Help people back into their accounts."""


@people.command("reset-two-factor")
@click.option("--email", required=True, help="The address of the account.")
@click.confirmation_option("--yes", prompt="Have you made sure by other means that it is this person who asks?")
def reset_two_factor(email: str) -> None:
    """Switch the second factor off for who lost his app and his recovery codes; he is told by mail.

    Make sure first that it is he who asks. His signed-in browsers are signed out, and every workspace of his reads of
    it in its audit log. The password stays as it is.
    """
    with transaction(None) as session:
        name = recovering.reset_by_operator(session, email)
    click.echo(f"{name} signs in with the password alone now, and is told by mail.", err=True)
