"""Passwords: how they are kept (argon2id), and which are refused. After NIST SP 800-63B: length, not classes."""

from __future__ import annotations

import re
import threading
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rcx_app.core.text import fold
from rcx_app.domain.identity.common_words import COMMON_WORDS

MIN_LENGTH, MAX_LENGTH = 12, 256

_hasher = PasswordHasher()
# Each computation takes 64 MiB: a crowd waits its turn instead of filling the memory.
_turn = threading.BoundedSemaphore(3)
_LEET = str.maketrans("013457@$!", "oieastasi")


def hash_password(password: str) -> str:
    with _turn:
        return _hasher.hash(password)


# Verified against when there is no such account, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether `password` fits. None (no such account) costs the same time and is never right."""
    with _turn:
        try:
            _hasher.verify(password_hash or _NOBODY, password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return bool(password_hash)


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def objection(password: str, *, email: str, names: tuple[str, ...] = ()) -> str:
    """Why `password` is refused, as a sentence; empty where it is fine. `names` are the person's and his company's."""
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    folded = fold(password)
    if len(set(folded)) < 5 or _is_run(folded) or not _rest(folded, COMMON_WORDS):
        return "This password is too easy to guess. Use a few unrelated words."
    own = {fold(email), fold(email).partition("@")[0], *(fold(name) for name in names)}
    if not _rest(folded, {word for word in own if len(word) > 3} | COMMON_WORDS):
        return "Use something else than your name or address."
    return ""


def _rest(folded: str, words: frozenset[str] | set[str]) -> str:
    """What is left of a password without `words`, digits and punctuation, with letters for look-alike signs as well."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    plain = re.sub(r"[\W\d_]+", "", re.sub(pattern, "", folded))
    spelled = re.sub(r"[\W\d_]+", "", re.sub(pattern, "", folded.rstrip("0123456789!.?").translate(_LEET)))
    return min(plain, spelled, key=len)


def _is_run(text: str) -> bool:
    """Mostly neighbours of each other: 1234567890ab, abcdefghijkl."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return sum(step in (-1, 0, 1) for step in steps) >= len(steps) * 0.75
