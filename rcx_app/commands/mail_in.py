"""`rcx mail-in`: take one mail from stdin into the ticket that its address names; the mail server runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rcx_app.core.errors import RcxError

# sysexits.h, which mail servers understand: three are given back to the sender, the last is tried again.
_BAD_MAIL, _NOBODY, _REFUSED, _LATER = 65, 67, 77, 75


@click.command("mail-in")
@click.option("--to", "recipients", multiple=True, help="An address the mail was for, if no header of it says so.")
def mail_in(recipients: tuple[str, ...]) -> int:
    """Read one mail (RFC 822) from stdin and add it to its ticket.

    Exit codes are those of sysexits.h: 0 taken, or nothing to do (an automatic answer), 65 not a mail that can be read,
    67 no address of a ticket, 77 not the person the address was given to, 75 try again later.
    """
    from sqlalchemy.exc import OperationalError

    from rcx_app.core.errors import Conflict, Invalid, NotFound, NotPermitted, RcxError
    from rcx_app.domain.support import inbound, receiving

    # Never more than can be a mail of ours, however much is sent.
    raw = sys.stdin.buffer.read(inbound.MAX_BYTES + 1)
    try:
        _, said = receiving.receive(raw, recipients=recipients)
    except NotFound as error:
        return _say(error, _NOBODY)
    except (NotPermitted, Conflict) as error:
        return _say(error, _REFUSED)
    except Invalid as error:
        return _say(error, _BAD_MAIL)
    except RcxError as error:
        return _say(error, _LATER)
    except (OperationalError, OSError) as error:
        click.echo(f"Not now: {type(error).__name__}.", err=True)
        return _LATER
    click.echo(said, err=True)
    return 0


def _say(error: RcxError, code: int) -> int:
    click.echo(str(error), err=True)
    return code
