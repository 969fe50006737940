"""Limits on attempts: counted over processes in Redis, in this process where Redis is away, never for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from limits import parse

from rcx_app.core.errors import TooMany
from rcx_app.core.settings import settings
from rcx_app.domain.identity import attempts

THREE = parse("3 per minute")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    attempts.forget_all()
    yield
    attempts.forget_all()


def use_up(*who: str) -> None:
    for _ in range(3):
        attempts.require(THREE, "test", *who)


def test_one_too_many_is_refused_and_says_when_to_try_again() -> None:
    use_up("mia")
    with pytest.raises(TooMany, match="Try again in") as caught:
        attempts.require(THREE, "test", "mia")
    assert caught.value.retry_after_s is not None
    assert 1 <= caught.value.retry_after_s <= 61


def test_others_are_not_touched() -> None:
    use_up("mia")
    attempts.require(THREE, "test", "max")
    attempts.require(THREE, "other kind", "mia")


def test_a_success_forgets() -> None:
    use_up("mia")
    attempts.forget(THREE, "test", "mia")
    attempts.require(THREE, "test", "mia")


@pytest.mark.redis
def test_with_redis_all_processes_count_together(redis_url: str) -> None:
    assert settings().redis_url == redis_url
    use_up("mia")
    attempts.forget_all()  # as another process would know nothing of its own
    assert not attempts.count(THREE, "test", "mia")


@pytest.mark.redis
def test_no_address_stands_in_redis(redis_url: str) -> None:
    import redis

    attempts.count(THREE, "test", "mia@northbeam.example")
    with redis.Redis.from_url(redis_url) as client:
        keys = b" ".join(client.keys())
    assert keys
    assert b"northbeam" not in keys


def test_without_redis_this_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.cache_clear()
    use_up("mia")
    with pytest.raises(TooMany):
        attempts.require(THREE, "test", "mia")
    attempts.forget(THREE, "test", "mia")
    attempts.require(THREE, "test", "mia")


@pytest.mark.parametrize(
    ("address", "unit"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("not an address", "not an address"),
    ],
)
def test_an_ipv6_customer_counts_as_one(address: str, unit: str) -> None:
    assert attempts.network(address) == unit
