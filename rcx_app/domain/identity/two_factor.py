"""Codes of an authenticator app (TOTP, RFC 6238) and the recovery codes that stand in for it.

Each code is good once, also within its half minute. Secrets are kept encrypted, recovery codes as hashes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pyotp
import segno
from sqlmodel import Session

from rcx_app.core import clock, crypto
from rcx_app.core.crypto import hash_token
from rcx_app.core.errors import Conflict
from rcx_app.core.settings import settings
from rcx_app.domain.identity import trail
from rcx_app.domain.identity.repository import IdentityRepository
from rcx_app.models import RecoveryCode

RECOVERY_CODES = 10
# No letters or figures that are taken for each other; 79 bits a code, so that a plain hash keeps it.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_PERIOD_S = 30
_ISSUER = "RCX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the person scans or types into his app. `picture` is an SVG document. Shown to him, kept by nobody else."""

    secret: str
    picture: str


def start(session: Session, user_id: int) -> Setup:
    """A secret that waits to be confirmed by a code; asking again shows the same. Raises Conflict where it is on."""
    user = IdentityRepository(session).own(user_id)
    if user.totp_since is not None:
        raise Conflict("Two-factor sign-in is on already.", remedy="Switch it off first to use another app.")
    if not user.totp_pending:
        user.totp_pending = crypto.encrypt({"totp": pyotp.random_base32()})
        session.add(user)
    secret = crypto.decrypt(user.totp_pending)["totp"]
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)
    picture = segno.make(uri, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return Setup(secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), picture=picture)


def confirm(session: Session, user_id: int, code: str) -> list[str] | None:
    """Switch it on with a first code: the recovery codes, to be shown once. None where the code is wrong."""
    user = IdentityRepository(session).own(user_id)
    if user.totp_since is not None or not user.totp_pending:
        raise Conflict("This was done meanwhile.", remedy="Open your account to see how it stands.")
    step = _step_of(crypto.decrypt(user.totp_pending)["totp"], code)
    if step is None:
        return None
    user.totp_secret, user.totp_pending, user.totp_since = user.totp_pending, b"", clock.now()
    user.totp_last_step = step
    session.add(user)
    trail.record(session, user_id, "account:two_factor:on")
    return _fresh_codes(session, user_id)


def switch_off(session: Session, user_id: int) -> None:
    """Sign in by password alone again. Raises Conflict where a workspace of the person asks for two-factor, or RCX."""
    user = IdentityRepository(session).own(user_id)
    repository = IdentityRepository(session)
    if user.staff and settings().staff_needs_two_factor:
        raise Conflict("Those who work for RCX need two-factor sign-in.", remedy="So it has to stay on.")
    asking = [workspace.name for _, workspace in repository.memberships(user_id) if workspace.needs_two_factor]
    if asking:
        raise Conflict(f"{asking[0]} asks its people for two-factor sign-in.", remedy="So it has to stay on.")
    user.totp_secret, user.totp_pending, user.totp_since = b"", b"", None
    session.add(user)
    repository.drop_recovery_codes(user_id)
    trail.record(session, user_id, "account:two_factor:off")


def renew_codes(session: Session, user_id: int) -> list[str]:
    """New recovery codes; the old ones work no more. Raises Conflict where two-factor is off."""
    if IdentityRepository(session).own(user_id).totp_since is None:
        raise Conflict("Two-factor sign-in is off.", remedy="Switch it on first.")
    trail.record(session, user_id, "account:two_factor:codes")
    return _fresh_codes(session, user_id)


def accept(session: Session, user_id: int, code: str) -> bool:
    """Whether `code` is of his app or one of his recovery codes, and was not accepted before. Spends it."""
    repository = IdentityRepository(session)
    user = repository.user(user_id)
    if user is None or user.totp_since is None:
        return False
    plain = "".join(code.split()).replace("-", "").lower()
    if plain.isascii() and plain.isdecimal():
        step = _step_of(crypto.decrypt(user.totp_secret)["totp"], plain)
        return step is not None and repository.take_step(user_id, step)
    if not repository.use_recovery_code(user_id, hash_token(f"{user_id}:{plain}"), clock.now()):
        return False
    trail.record(session, user_id, "account:two_factor:recover", {"left": repository.recovery_codes_left(user_id)})
    return True


def _step_of(secret: str, code: str) -> int | None:
    """The half minute that the code belongs to: this one, the one before or the next (clocks differ)."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdecimal() and len(given) == 6):
        return None
    now, totp = clock.now(), pyotp.TOTP(secret)
    current = int(now.timestamp()) // _PERIOD_S
    for step in (current, current - 1, current + 1):
        if secrets.compare_digest(totp.generate_otp(step), given):
            return step
    return None


def _fresh_codes(session: Session, user_id: int) -> list[str]:
    repository = IdentityRepository(session)
    repository.drop_recovery_codes(user_id)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        repository.add(RecoveryCode(user_id=user_id, code_hash=hash_token(f"{user_id}:{code}")))
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]
