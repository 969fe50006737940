"""Days of the estate: how many things happen at a client, which, and when. What each does is beside this file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

from connectors.sandbox.estate.facts import midnight
from connectors.sandbox.estate.living import contracts, machines, people
from connectors.sandbox.estate.living.day import Happening
from connectors.sandbox.estate.town import Town
from connectors.sandbox.estate.world import Client

CHANGES_PER_PERSON_AND_DAY = 1 / (30 * 7)
"""A client of thirty people sees about one change a week, weekends included."""

HAPPENINGS: tuple[tuple[Callable[[Happening], bool], float], ...] = (
    (people.joined, 18),
    (people.left, 18),
    (machines.added, 8),
    (machines.retired, 9),
    (contracts.counted_again, 14),
    (contracts.bought, 8),
    (people.licence_changed, 7),
    (machines.fell_silent, 4),
    (contracts.repriced, 4),
    (people.renamed, 3),
    (people.shared_mailbox, 3),
    (machines.renamed, 3),
    (machines.enrolled_twice, 2),
    (contracts.line_cancelled, 1.5),
    (contracts.account_renamed, 1.5),
    (contracts.agreement_cancelled, 0.4),
)
_TRIES = 4
_FIRST, _LAST = 2 * 3600, 24 * 3600 - 1
"""Seconds of the day between which things happen: after renewals, before the next midnight."""


def advance(town: Town, days: int = 1) -> None:
    """Let `days` days pass. The same estate on the same date always lives the same day.

    Each day's chance comes from the estate's seed and the date alone, so ten days at once are ten times one day.
    Raises ValueError for a negative number of days.
    """
    if days < 0:
        raise ValueError("days cannot be taken back")
    for _ in range(days):
        _one_day(town)


def _one_day(town: Town) -> None:
    day = town.estate.as_of
    rng = Random(f"rcx-estate-day:{town.estate.seed}:{day.isoformat()}")  # noqa: S311 - a reproducible world
    contracts.renew(town, rng)
    whom = [client for client in town.estate.clients for _ in range(_how_many(rng, client))]
    rng.shuffle(whom)
    seconds = sorted(rng.randint(_FIRST, _LAST) for _ in whom)
    for client, second in zip(whom, seconds, strict=True):
        at = max(midnight(day) + timedelta(seconds=second), town.now)
        _something(Happening(town, rng, client, at))
    town.pass_midnight()


def _how_many(rng: Random, client: Client) -> int:
    usual = client.staff * CHANGES_PER_PERSON_AND_DAY
    return int(usual) + (rng.random() < usual % 1)


def _something(here: Happening) -> None:
    """Something that can happen at this client; after a few tries nothing does."""
    kinds, weights = [kind for kind, _ in HAPPENINGS], [weight for _, weight in HAPPENINGS]
    for kind in here.rng.choices(kinds, weights, k=_TRIES):
        if kind(here):
            return
