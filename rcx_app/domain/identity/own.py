"""One's own account: profile, password, address, and the browsers that are signed in.

All of it works across workspaces: run it in `transaction(None)`, for the person who is signed in and nobody else.
"""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from rcx_app.core import clock
from rcx_app.core.errors import Invalid, NotFound, NotPermitted
from rcx_app.domain.identity import trail
from rcx_app.domain.identity.devices import named
from rcx_app.domain.identity.forms import name_objection
from rcx_app.domain.identity.links import is_good, one_time_link, redeem
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.domain.identity.schemas import AccountView, Identity, LinkPurpose, Method, SessionView
from rcx_app.domain.identity.sessions import is_alive, revoke, revoke_all

PROOF_LASTS = timedelta(minutes=15)
RESET_LIFETIME = timedelta(minutes=30)


def account(session: Session, identity: Identity) -> AccountView:
    """How one's own account stands."""
    user = IdentityRepository(session).own(identity.user_id)
    return AccountView(
        name=user.name,
        email=user.email,
        has_password=user.password_hash.startswith("$"),
        password_changed_at=user.password_changed_at,
        two_factor_since=user.totp_since,
        codes_left=IdentityRepository(session).recovery_codes_left(user.id),
    )


def rename(session: Session, identity: Identity, name: str) -> None:
    """Go by another name. Raises Invalid, NotPermitted (see `require_own`)."""
    require_own(identity)
    problem = name_objection(name, "Tell us your name.")
    if problem:
        raise Invalid(problem)
    user = IdentityRepository(session).own(identity.user_id)
    if user.name != name.strip():
        user.name = name.strip()
        session.add(user)
        trail.record(session, user.id, "account:rename")


def is_proven(identity: Identity) -> bool:
    """Whether the person proved himself in this session a short while ago."""
    return identity.proven_at is not None and clock.now() < identity.proven_at + PROOF_LASTS


def require_proof(identity: Identity) -> None:
    """Raises NotPermitted unless the person proved himself (password or code) in this session a short while ago."""
    if not is_proven(identity):
        raise NotPermitted("Confirm first that it is you.", remedy="Use “Confirm that it is you” on this page.")


def require_own(identity: Identity) -> None:
    """Raises NotPermitted where only a workspace's provider vouched: that is no word over the account itself."""
    if identity.method is Method.OPENID and not is_proven(identity):
        raise NotPermitted(
            "You signed in with your company's account.", remedy="Confirm first that it is you, by your RCX password."
        )


def prove(session: Session, identity: Identity) -> None:
    """Note that the person has just proven himself in this session."""
    row = IdentityRepository(session).auth_session(identity.session_id)
    if row is None:
        raise NotFound("The session")
    row.proven_at = clock.now()
    session.add(row)
    trail.record(session, identity.user_id, "account:prove")


def set_password(session: Session, user_id: int, password_hash: str, *, but: int | None, tag: str) -> list[int]:
    """A new password: every other session and every link of the person ends. Returns the ended sessions' ids."""
    user = IdentityRepository(session).own(user_id)
    user.password_hash, user.password_changed_at = password_hash, clock.now()
    session.add(user)
    IdentityRepository(session).retire_links(user_id, "", clock.now())
    trail.record(session, user_id, tag)
    return revoke_all(session, user_id, but=but)


def reset_path(session: Session, user_id: int) -> str:
    """A link that lets its owner choose another password, once; older ones work no more."""
    trail.record(session, user_id, "account:password:forgot")
    return one_time_link(session, user_id, LinkPurpose.RESET, RESET_LIFETIME)


def link_owner(session: Session, token: str) -> tuple[str, str] | None:
    """(address, name) of whose password a good reset link sets; None where it is not good."""
    if not is_good(session, token, LinkPurpose.RESET):
        return None
    user = IdentityRepository(session).link_owner(token, LinkPurpose.RESET.value)
    return (user.email, user.name) if user is not None else None


def reset_password(session: Session, token: str, password_hash: str) -> tuple[str, str] | None:
    """Spend the link: (address, name) of whose password was set, or None. All his sessions end."""
    user = redeem(session, token, LinkPurpose.RESET)
    if user is None:
        return None
    set_password(session, user.id, password_hash, but=None, tag="account:password:reset")
    return user.email, user.name


def sessions(session: Session, identity: Identity) -> list[SessionView]:
    """The browsers in which he is signed in, last seen first; for a guest of a provider those of its workspace only."""
    now = clock.now()
    found = IdentityRepository(session).sessions_in(identity.user_id)
    is_guest = identity.method is Method.OPENID
    return [
        SessionView(
            session_id=row.id,
            device=named(row.user_agent),
            address=row.address,
            workspace=workspace.name,
            begun_at=row.created_at,
            seen_at=row.last_seen_at,
            method=Method(row.method),
            is_this=row.id == identity.session_id,
        )
        for row, workspace in found
        if is_alive(row, now) and (not is_guest or workspace.id == identity.workspace_id)
    ]


def end_session(session: Session, identity: Identity, session_id: int) -> None:
    """Sign one of his browsers out. Raises NotFound where it is none of those that `sessions` shows."""
    if session_id not in {each.session_id for each in sessions(session, identity)}:
        raise NotFound("The session")
    revoke(session, session_id)
    trail.record(session, identity.user_id, "account:revoke", {"session": session_id})


def end_others(session: Session, identity: Identity) -> list[int]:
    """Sign all his other browsers out; returns their sessions' ids."""
    others = [each.session_id for each in sessions(session, identity) if not each.is_this]
    for each in others:
        revoke(session, each)
    if others:
        trail.record(session, identity.user_id, "account:revoke", {"sessions": others})
    return others
