"""Encryption of credentials at rest, signatures, and random tokens that are stored as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rcx_app.core.errors import Unavailable
from rcx_app.core.settings import settings

# 80 bits: what may not be guessed through a mail server that answers within a second.
_SIGNED_BYTES = 10


def new_token() -> str:
    """A URL-safe random token of 256 bits. Only its hash is ever stored."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 of a random token, hex. (Tokens carry 256 random bits, so no slow hash is needed.)"""
    return hashlib.sha256(token.encode()).hexdigest()


def encrypt(values: Mapping[str, str]) -> bytes:
    """Credentials as an encrypted blob. The first key of the settings encrypts."""
    return _fernet().encrypt(json.dumps(dict(values), sort_keys=True).encode())


def decrypt(blob: bytes) -> dict[str, str]:
    """The credentials behind `blob`. Raises Unavailable where no key fits."""
    try:
        values: dict[str, str] = json.loads(_fernet().decrypt(blob))
    except InvalidToken as error:
        raise Unavailable(
            "Stored credentials can't be decrypted.", remedy="Restore the key that encrypted them to RCX_SECRET_KEYS."
        ) from error
    return values


def rotate(blob: bytes) -> bytes:
    """`blob` encrypted anew with the first key."""
    return _fernet().rotate(blob)


def sign(purpose: str, text: str) -> bytes:
    """A keyed digest (HMAC-SHA-256, 32 bytes) of `text`, good for `purpose` only; by the first key."""
    return _signature(_keys()[0], purpose, text)


def is_signed(purpose: str, text: str, signature: bytes) -> bool:
    """Whether `signature` begins the digest of `text` under any key of the settings; at least 10 bytes of it."""
    if len(signature) < _SIGNED_BYTES:
        return False
    made = [_signature(key, purpose, text)[: len(signature)] for key in _keys()]
    return any(hmac.compare_digest(each, signature) for each in made)


def forget_keys() -> None:
    """Read the keys anew at the next use (after a rotation, or in tests)."""
    _keys.cache_clear()
    _fernet.cache_clear()


def _signature(key: str, purpose: str, text: str) -> bytes:
    own = hmac.digest(key.encode(), f"rcx sign {purpose}".encode(), "sha256")
    return hmac.digest(own, text.encode(), "sha256")


@lru_cache(maxsize=1)
def _keys() -> tuple[str, ...]:
    configured = settings().secret_keys.get_secret_value()
    keys = [key.strip() for key in configured.split(",") if key.strip()]
    return tuple(keys or [_machine_key(settings().var_dir / "secret.key")])


@lru_cache(maxsize=1)
def _fernet() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in _keys()])
    except ValueError as error:
        raise Unavailable(
            "A key in RCX_SECRET_KEYS is not a Fernet key.", remedy="Make one with `rcx doctor --new-key`."
        ) from error


def _machine_key(path: Path) -> str:
    """The key of a single machine; made once, readable by its owner only. Two processes at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(Fernet.generate_key())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_text().strip()
