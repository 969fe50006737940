"""The way out to a provider and back in: attempts that work once, in the browser that began them, and linking.

Linking: (workspace, issuer, subject) names an account. The first time, the proven address must be that of a member of
this workspace; from then on the subject alone counts, so a mailbox that changes hands opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock, crypto
from rcx_app.core.context import Context
from rcx_app.core.crypto import hash_token, new_token
from rcx_app.core.permissions import Role
from rcx_app.domain.audit import service as audit
from rcx_app.domain.identity.entering import enter
from rcx_app.domain.identity.forms import email_key
from rcx_app.domain.identity.openid.repository import OpenIdRepository
from rcx_app.domain.identity.openid.schemas import Kind, Outgoing, Refused, Returned, Trusted, Vouched
from rcx_app.domain.identity.schemas import Device, Entered, Method
from rcx_app.models import IdentityLink, IdentityProvider, OpenIdAttempt, User, Workspace

LIFETIME = timedelta(minutes=10)
NO_MEMBER = "no_member"
"""Why somebody is refused for whom the provider vouches and whom nobody has invited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A person who was let in. `is_first`: his account was linked just now, and he is to be told."""

    entered: Entered
    email: str
    name: str
    is_first: bool


def trusted(session: Session, key: str) -> Trusted | None:
    """The provider behind a workspace's sign-in address; None where there is none, or it is switched off."""
    found = OpenIdRepository(session).by_key(key) if 0 < len(key) <= 100 else None
    return _trusted(*found) if found is not None and found[0].is_enabled else None


def go(session: Session, provider: Trusted, target: str) -> Outgoing:
    """Note a sign-in that leaves for the provider."""
    repository, now = OpenIdRepository(session), clock.now()
    out = Outgoing(state=new_token(), nonce=new_token(), verifier=new_token() + new_token(), browser=new_token())
    repository.drop_attempts(now - LIFETIME)
    repository.add(
        OpenIdAttempt(
            workspace_id=provider.workspace_id,
            created_at=now,
            state_hash=hash_token(out.state),
            browser_hash=hash_token(out.browser),
            nonce=out.nonce,
            verifier=crypto.encrypt({"verifier": out.verifier}),
            target=target[:2000],
            expires_at=now + LIFETIME,
        )
    )
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A returning sign-in whose state was known, and is known no more."""

    workspace_id: int
    browser_hash: str
    nonce: str
    verifier: bytes
    target: str
    is_late: bool


def take(session: Session, state: str) -> Spent:
    """Spend the attempt, whatever comes of it: commit this before going on. Raises Refused where there is none such."""
    row = OpenIdRepository(session).take_attempt(hash_token(state), clock.now()) if state else None
    if row is None:
        raise Refused("state_unknown")
    return Spent(
        workspace_id=row.workspace_id,
        browser_hash=row.browser_hash,
        nonce=row.nonce,
        verifier=row.verifier,
        target=row.target,
        is_late=clock.now() >= row.expires_at,
    )


def come_back(session: Session, spent: Spent, browser: str) -> Returned:
    """What the returning sign-in was sent out with. Raises Refused where it is late or not this browser's."""
    if spent.browser_hash != hash_token(browser):
        raise Refused("other_browser")
    if spent.is_late:
        raise Refused("too_late", "That took too long.", remedy="Start again.")
    found = OpenIdRepository(session).of_workspace(spent.workspace_id)
    if found is None or not found[0].is_enabled:
        raise Refused("switched_off")
    return Returned(
        provider=_trusted(*found),
        nonce=spent.nonce,
        verifier=crypto.decrypt(spent.verifier)["verifier"],
        target=spent.target,
    )


def arrive(session: Session, provider: Trusted, who: Vouched, device: Device) -> Arrived:
    """Let in whom the provider vouches for, into its workspace and no other. Raises Refused."""
    repository = OpenIdRepository(session)
    link = repository.linked(provider.workspace_id, who.issuer, who.subject)
    if link is not None:
        user = repository.member(provider.workspace_id, user_id=link.user_id)
    else:
        user = repository.member(provider.workspace_id, email_key=email_key(who.email))
    if user is None:
        # His company vouches for him, so he may know whom to ask.
        hosts = " or ".join(f"{host.name} ({host.email})" for host in repository.hosts(provider.workspace_id))
        raise Refused(
            NO_MEMBER,
            f"{who.email} is not in the team of {provider.workspace_name}.",
            remedy=f"Your company's account alone makes nobody a member. Ask {hosts} to invite this address, open the "
            "link in that mail, and sign in here again.",
        )
    if link is None:
        _link(session, repository, provider, who, user)
    entered = enter(session, user, device, method=Method.OPENID, workspace_id=provider.workspace_id)
    return Arrived(entered=entered, email=user.email, name=user.name, is_first=link is None)


def note_refusal(session: Session, workspace_id: int, reason: str, device: Device) -> None:
    """Tell the workspace of a sign-in by its provider that was not good enough."""
    context = Context(workspace_id=workspace_id, user_id=None, role=Role.VIEWER)
    detail = {"reason": reason[:120], "address": device.address[:100]}
    audit.record(session, context, "account:openid:refuse", "workspace", workspace_id, detail)


def _link(session: Session, repository: OpenIdRepository, provider: Trusted, who: Vouched, user: User) -> None:
    if repository.link_of(provider.workspace_id, user.id) is not None:
        # The address is the member's, but another account of the company signs in as him already.
        raise Refused("other_subject", "Another account of your company signs in as you already.")
    added = IdentityLink(workspace_id=provider.workspace_id, user_id=user.id, issuer=who.issuer, subject=who.subject)
    repository.add(added)
    context = Context(workspace_id=provider.workspace_id, user_id=user.id, role=Role.VIEWER)
    audit.record(session, context, "people:link", "person", user.id, {"issuer": who.issuer})


def _trusted(row: IdentityProvider, workspace: Workspace) -> Trusted:
    return Trusted(
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        kind=Kind(row.kind),
        issuer=row.issuer,
        client_id=row.client_id,
        secret=crypto.decrypt(row.secret)["secret"],
        domains=tuple(str(each) for each in row.domains),
    )
