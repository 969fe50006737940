"""The world outside: the mail server, stored credentials, and the hosts that enabled connections call."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpcore

from connectors.http.failures import ApiFailure
from connectors.http.guard import GuardedBackend
from rcx_app.commands.checks.finding import Finding, Place
from rcx_app.core.db import transaction
from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings
from rcx_app.domain.operations import service
from rcx_app.domain.operations.schemas import Site

_PATIENCE_S = 5.0
_AT_ONCE = 8
_NAMED = 3


def mail(_: Place) -> Iterator[Finding]:
    """Whether the mail server lets us in, without sending; or whether mails can be written."""
    chosen = settings()
    if chosen.mail_transport == "file":
        folder = chosen.var_dir.resolve() / "mail"
        nearest = folder if folder.exists() else folder.parent
        if not os.access(nearest, os.W_OK):
            raise Unavailable(f"{nearest} can't be written.", remedy="Correct its owner or rights.")
        yield Finding("mail", "ok", f"written to {folder}; nobody gets any before RCX_MAIL_TRANSPORT is smtp")
        return
    if not chosen.smtp_host:
        raise Unavailable("RCX_SMTP_HOST is not set.", remedy="Set it, or RCX_MAIL_TRANSPORT to file.")
    where = f"{chosen.smtp_host}:{chosen.smtp_port}"
    try:
        with smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=_PATIENCE_S) as server:
            server.starttls()
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            server.noop()
    except smtplib.SMTPAuthenticationError as error:
        raise Unavailable(
            f"{where} does not accept RCX_SMTP_USER and its password.", remedy="Correct RCX_SMTP_PASSWORD."
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(
            f"The mail server {where} does not take us ({type(error).__name__}).",
            remedy="Check RCX_SMTP_HOST and RCX_SMTP_PORT, that it offers STARTTLS, and the firewall.",
        ) from error
    yield Finding("mail", "ok", f"{where} takes mail from us")


def vendors(place: Place) -> Iterator[Finding]:
    """Whether stored credentials can be read, and the vendors' hosts be reached. Signs in nowhere."""
    with transaction(None, read_only=True) as session:
        found = service.connections(session, place.workspace_id)
    readable = found.total - len(found.unreadable)
    if found.unreadable:
        said = f"No key opens the credentials of {_some(found.unreadable)}."
        yield Finding("credentials", "failed", said, "Restore the key that encrypted them to RCX_SECRET_KEYS.")
    else:
        yield Finding(
            "credentials", "ok", f"the key opens those of {readable} connections" if readable else "none stored"
        )
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        outcomes = list(pool.map(_reach, found.sites))
    reached = 0
    for site, why in zip(found.sites, outcomes, strict=True):
        if why:
            said = f"{site.host}:{site.port} {why}; {_some(site.labels)} can't be read"
            remedy = "Check the address, DNS and the firewall; `rcx connectors --json` lists the hosts to allow."
            yield Finding("vendors", "failed", said, remedy)
        else:
            reached += 1
    said = f"{reached} of {len(found.sites)} hosts answer" if found.sites else "no connection calls any"
    if found.unknown:
        said += f"; not known before a sync: those of {_some(found.unknown)}"
    if reached == len(found.sites):
        yield Finding("vendors", "ok", said)


def _reach(site: Site) -> str:
    """Why a host can't be reached; empty where it can. Through the guard that also keeps syncs out of networks."""
    # The sandbox stands where the operator says, syncs go there unguarded too.
    is_sandbox = bool(settings().sandbox_url) and not site.is_tls
    backend = GuardedBackend(site.vendor, allow_private=is_sandbox or settings().allow_private_hosts)
    try:
        stream = backend.connect_tcp(site.host, site.port, timeout=_PATIENCE_S)
        try:
            if site.is_tls:
                stream = stream.start_tls(_greeting(), server_hostname=site.host, timeout=_PATIENCE_S)
        finally:
            stream.close()
    except ApiFailure:
        return "lies in a private network, which RCX_ALLOW_PRIVATE_HOSTS does not allow"
    except httpcore.ConnectTimeout:
        return "does not answer"
    except (httpcore.ConnectError, OSError) as error:
        return "has no address" if "no address" in str(error) else f"refuses ({type(error).__name__})"
    return ""


def _greeting() -> ssl.SSLContext:
    """Greets by TLS without judging the certificate: a connection may bring its own authority, and its sync judges."""
    greeting = ssl.create_default_context()
    greeting.check_hostname, greeting.verify_mode = False, ssl.CERT_NONE
    return greeting


def _some(labels: tuple[str, ...]) -> str:
    """``A, B, C and 4 more``."""
    more = len(labels) - _NAMED
    return ", ".join(labels[:_NAMED]) + (f" and {more} more" if more > 0 else "")
