"""A workspace's provider as its owners set it. Owners only: who sets the provider can sign in as any member of it."""

from __future__ import annotations

import re

from sqlmodel import Session

from rcx_app.core import clock, crypto
from rcx_app.core.context import Context
from rcx_app.core.crypto import new_token
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.openid import provider as calls
from rcx_app.domain.identity.openid.repository import OpenIdRepository
from rcx_app.domain.identity.openid.schemas import Kind, ProviderForm, ProviderView
from rcx_app.domain.identity.own import require_proof
from rcx_app.domain.identity.schemas import Identity
from rcx_app.models import IdentityProvider

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_ENTRA = re.compile(
    r"https://login\.microsoftonline\.(?:com|us)/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/v2\.0"
)
GOOGLE_ISSUER = "https://accounts.google.com"
# Anybody can have an address there, so it says nothing about a team.
_OF_EVERYBODY = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com"),
        *("icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com"),
    )
)


def provider(session: Session, context: Context) -> ProviderView | None:
    """The workspace's provider, or None."""
    context.require(Permission.TEAM)
    found = OpenIdRepository(session).of_workspace(context.workspace_id)
    if found is None:
        return None
    row = found[0]
    return ProviderView(
        kind=Kind(row.kind),
        issuer=row.issuer,
        client_id=row.client_id,
        has_secret=bool(row.secret),
        domains=tuple(str(each) for each in row.domains),
        is_enabled=row.is_enabled,
        path=f"/sso/{row.key}",
    )


def check(form: ProviderForm) -> tuple[Kind, list[str]]:
    """The form's kind and domains. Raises Invalid with every problem in words."""
    problems = []
    if form.kind not in set(Kind):
        problems.append("Choose whose sign-in it is.")
    issuer = form.issuer.strip()
    if not calls.is_allowed(issuer) or "?" in issuer or len(issuer) > 300:
        problems.append("The issuer is an address that begins with https://.")
    elif form.kind == Kind.ENTRA and not _ENTRA.fullmatch(issuer) and not _is_local(issuer):
        problems.append(
            "The issuer of Microsoft Entra names your tenant: https://login.microsoftonline.com/<tenant id>/v2.0. "
            "The ones of several tenants (common, organizations) are not accepted."
        )
    elif form.kind == Kind.GOOGLE and issuer != GOOGLE_ISSUER and not _is_local(issuer):
        problems.append(f"The issuer of Google is {GOOGLE_ISSUER}.")
    if not 0 < len(form.client_id.strip()) <= 300 or any(ord(char) < 33 for char in form.client_id.strip()):
        problems.append("Enter the client id that the provider gave RCX.")
    domains = list(dict.fromkeys(part.lower().lstrip("@") for part in re.split(r"[\s,;]+", form.domains) if part))
    wrong = [each for each in domains if not _DOMAIN.fullmatch(each)]
    if not domains or len(domains) > 50:
        problems.append("Name the mail domains of your company, such as company.com.")
    elif wrong:
        problems.append(f"{wrong[0][:80]} is no mail domain.")
    elif taken := [each for each in domains if each in _OF_EVERYBODY]:
        problems.append(f"Anybody can have an address at {taken[0]}: name your company's own domains.")
    if problems:
        raise Invalid(" ".join(problems), problems=problems)
    return Kind(form.kind), domains


def _is_local(issuer: str) -> bool:
    """A provider of tests: only where private hosts may be called at all."""
    return issuer.startswith("http://") and calls.is_allowed(issuer)


def save(session: Session, context: Context, identity: Identity, form: ProviderForm) -> None:
    """Keep the provider. Ask `provider.endpoints` first whether it is there.

    A secret is not kept for another issuer than it was entered for. With another issuer all links end. Raises Invalid,
    NotPermitted below owner and without a fresh proof.
    """
    context.require(Permission.OWN)
    require_proof(identity)
    kind, domains = check(form)
    issuer, repository = form.issuer.strip(), OpenIdRepository(session)
    found = repository.of_workspace(context.workspace_id)
    row = found[0] if found else None
    secret = form.secret.strip()
    if not secret and (row is None or row.issuer != issuer):
        raise Invalid("Enter the client secret with the issuer.")
    before = {} if row is None else {"issuer": row.issuer, "domains": row.domains, "enabled": row.is_enabled}
    if row is None:
        row = IdentityProvider(
            workspace_id=context.workspace_id, kind=kind.value, key=new_token()[:16], issuer=issuer, client_id="",
            secret=b"",
        )  # fmt: skip
    elif row.issuer != issuer:
        repository.unlink_all(context.workspace_id)
    row.kind, row.issuer, row.client_id = kind.value, issuer, form.client_id.strip()
    row.domains, row.is_enabled, row.changed_at = domains, form.is_enabled, clock.now()
    if secret:
        row.secret = crypto.encrypt({"secret": secret})
    repository.add(row)
    after = {"issuer": issuer, "domains": domains, "enabled": form.is_enabled, "secret_changed": bool(secret)}
    audit.record(
        session, context, "workspace:openid", "workspace", context.workspace_id, {"before": before, "after": after}
    )


def remove(session: Session, context: Context, identity: Identity) -> None:
    """Forget the provider, its secret and all links. Raises NotPermitted below owner and without a fresh proof."""
    context.require(Permission.OWN)
    require_proof(identity)
    repository = OpenIdRepository(session)
    found = repository.of_workspace(context.workspace_id)
    if found is None:
        return
    repository.unlink_all(context.workspace_id)
    session.delete(found[0])
    audit.record(session, context, "workspace:openid:remove", "workspace", context.workspace_id)
