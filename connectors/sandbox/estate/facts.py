"""Facts that vendors' interfaces show beside the exports: when a thing changed, who signed in when, MAC addresses, and
what lines and subscriptions were before.

They come from their own source of chance, so that they leave the rest of the estate as it is. Nothing here changes a
quantity of today.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from random import Random

from connectors.sandbox.estate.world import Estate, Line, Subscription, User, Was

_STRANGER_SINCE = timedelta(days=1500)
_PLANNED = timedelta(days=9)
"""How long ago somebody typed in what begins or ends in the future."""


def complete(estate: Estate) -> None:
    """Fill `changed_at`, `last_sign_in_at`, `mac`, `history` and `moment` of a built estate."""
    rng = Random(f"rcx-estate-facts:{estate.seed}")  # noqa: S311 - a reproducible world is the point
    estate.moment = end = midnight(estate.as_of)
    _accounts_and_agreements(estate, end)
    for collection in (estate.users, estate.devices, estate.agents, estate.workloads, estate.mailboxes):
        for unit in collection:
            unit.changed_at = unit.created_at
    for device in estate.devices:
        device.mac = mac(estate.seed, device.serial)
    for user in estate.users:
        user.last_sign_in_at = _sign_in(rng, user, end)
    for line in estate.lines:
        line.changed_at = _edited(line, end)
        _earlier_line(rng, estate, line, end)
    for subscription in estate.subscriptions:
        subscription.changed_at = subscription.created_at
        _earlier_subscription(rng, estate, subscription, end)


def midnight(day: date) -> datetime:
    """The moment at which `day` begins."""
    return datetime.combine(day, time(), UTC)


def mac(seed: int, serial: str) -> str:
    """The address of a machine's network card, locally administered: it belongs to no maker (IEEE 802c)."""
    raw = bytearray(blake2b(f"{seed}:{serial}".encode(), digest_size=6).digest())
    raw[0] = raw[0] & 0xFC | 0x02
    return raw.hex(":").upper()


def _accounts_and_agreements(estate: Estate, end: datetime) -> None:
    since = {client.id: midnight(client.since) for client in estate.clients}
    for client in estate.clients:
        client.changed_at = since[client.id]
    for account in estate.accounts:
        owner = estate.truth[account.integration, account.id]
        account.changed_at = since[owner] if owner else end - _STRANGER_SINCE
    for agreement in estate.agreements:
        agreement.changed_at = midnight(agreement.starts_on)


def _sign_in(rng: Random, user: User, end: datetime) -> datetime | None:
    """Most people signed in this week, some not for months, some never; nobody signs in to a shared mailbox."""
    chance, ago = rng.random(), rng.random()
    if user.kind == "shared" or chance < 0.03:
        return None
    if user.is_enabled and chance < 0.9:
        least, most = 0.0, 6.0
    else:
        least, most = 35.0, 240.0
    moment = end - timedelta(seconds=int((least + ago * (most - least)) * 86_400) + 60)
    return max(moment, user.created_at)


def _edited(line: Line, end: datetime) -> datetime:
    moment = midnight(line.effective_on if line.cancelled_on is None else line.cancelled_on)
    return moment if moment < end else end - _PLANNED


def _earlier_line(rng: Random, estate: Estate, line: Line, end: datetime) -> None:
    """One standing line in six had another quantity until some weeks ago."""
    chance, days, step = rng.random(), rng.randint(10, 85), rng.choice((-3, -2, -1, -1, 1, 2))
    until = end - timedelta(days=days, seconds=-8 * 3600 - int(chance * 36_000))
    if chance > 1 / 6 or line.cancelled_on is not None or until.date() <= line.effective_on:
        return
    before = max(line.quantity + step, line.included, Decimal(1))
    if before != line.quantity:
        estate.history["line", line.id] = [Was(until, replace(line, quantity=before))]
        line.changed_at = until


def _earlier_subscription(rng: Random, estate: Estate, item: Subscription, end: datetime) -> None:
    """One live subscription in four had another quantity; a cancelled one was live until some time ago."""
    chance, days, step = rng.random(), rng.randint(5, 80), rng.choice((-3, -2, -1, -1, 1))
    until = end - timedelta(days=days, seconds=-8 * 3600 - int(chance * 36_000))
    before = max(item.quantity + step, Decimal(1))
    if until <= item.created_at:
        return
    if item.status == "cancelled":
        was = replace(item, status="active")
    elif chance < 1 / 4 and before != item.quantity:
        was = replace(item, quantity=before)
    else:
        return
    estate.history["subscription", item.id] = [Was(until, was)]
    item.changed_at = until
