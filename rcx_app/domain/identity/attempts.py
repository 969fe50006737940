"""Limits on attempts: counted in Redis over all processes, in this process alone where Redis does not answer.

Nobody can lock another out for good: windows pass, an address that has signed in before is exempt from the
account's own limit, and an account under attack gets a sign-in link by mail.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from rcx_app.core import log
from rcx_app.core.errors import TooMany
from rcx_app.core.settings import settings

ACCOUNT_FROM_ADDRESS = parse("10 per 10 minutes")
ADDRESS = parse("100 per 10 minutes")
ACCOUNT = parse("60 per 15 minutes")
SIGN_UPS_FROM_ADDRESS = parse("20 per hour")
CODES_FROM_ADDRESS = parse("6 per 10 minutes")
CODES = parse("30 per hour")
RESETS_FROM_ADDRESS = parse("20 per hour")
INVITES_BY_PERSON = parse("60 per hour")
INVITES_OF_WORKSPACE = parse("300 per day")
# By one workspace to one address; by all together, so that a mailbox is safe and no workspace uses up another's turn.
INVITES_TO_ADDRESS = parse("5 per hour")
INVITES_TO_MAILBOX = parse("30 per hour")
MAILS_TO_ADDRESS = parse("5 per hour")
UPLOADS = parse("300 per hour")
RESCUE_MAILS = parse("1 per hour")

_memory = MovingWindowRateLimiter(MemoryStorage())


def count(limit: RateLimitItem, kind: str, *who: str) -> bool:
    """Count an attempt. False where it is one too many (and then it is not counted, so the window drains)."""
    key = _key(kind, who)
    shared = _shared(settings().redis_url)
    if shared is not None:
        try:
            return bool(shared.hit(limit, key))
        except RedisError as error:
            log.get("attempts").warning("redis_unreachable", error=type(error).__name__)
    return bool(_memory.hit(limit, key))


def is_open(limit: RateLimitItem, kind: str, *who: str) -> bool:
    """Whether one more attempt would be counted; counts nothing itself."""
    key = _key(kind, who)
    shared = _shared(settings().redis_url)
    if shared is not None:
        try:
            return bool(shared.test(limit, key))
        except RedisError as error:
            log.get("attempts").warning("redis_unreachable", error=type(error).__name__)
    return bool(_memory.test(limit, key))


def require(limit: RateLimitItem, kind: str, *who: str) -> None:
    """Count an attempt. Raises TooMany, with when to try again."""
    if not count(limit, kind, *who):
        wait = wait_s(limit, kind, *who)
        raise TooMany("Too many attempts.", remedy=f"Try again in {_minutes(wait)}.", retry_after_s=wait)


def wait_s(limit: RateLimitItem, kind: str, *who: str) -> int:
    """Seconds until another attempt is free."""
    key = _key(kind, who)
    shared = _shared(settings().redis_url)
    try:
        stats = (shared or _memory).get_window_stats(limit, key)
    except RedisError:
        stats = _memory.get_window_stats(limit, key)
    return max(1, math.ceil(stats.reset_time - time.time()))


def forget(limit: RateLimitItem, kind: str, *who: str) -> None:
    """Forget the attempts, after a success."""
    key = _key(kind, who)
    shared = _shared(settings().redis_url)
    _memory.clear(limit, key)
    if shared is not None:
        try:
            shared.clear(limit, key)
        except RedisError as error:
            log.get("attempts").warning("redis_unreachable", error=type(error).__name__)


def forget_all() -> None:
    """Forget what this process has counted."""
    _memory.storage.reset()
    _shared.cache_clear()


def network(address: str) -> str:
    """The unit that attempts are counted by: an IPv4 address, or an IPv6 /64 (one customer's)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


@lru_cache(maxsize=4)
def _shared(redis_url: str) -> MovingWindowRateLimiter | None:
    if not redis_url:
        return None
    options = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0}
    return MovingWindowRateLimiter(storage_from_string(redis_url, **options))


def _key(kind: str, who: tuple[str, ...]) -> str:
    # Hashed, so that addresses of people do not stand in Redis.
    return f"{kind}:{hashlib.sha256('|'.join(who).encode()).hexdigest()[:32]}"


def _minutes(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
