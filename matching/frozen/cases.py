"""Reads the labelled cases: small lists of accounts against lists of clients, and what must come out for each account.

A case has its own records and whole client lists (`pools`) that it shares with others. Judging is in `judge`.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Generic, Literal, TypeVar, cast, get_args

from matching.types import Own, Party, Service

Row = dict[str, str]
Record = TypeVar("Record", Party, Service)

# tick: the link must be proposed, and may be ticked in advance. look: it may be proposed, never ticked. ambiguous:
# several are as good, none may be ticked and the tie must be told. none: nothing may be proposed. own, test,
# placeholder: nobody's record, must be recognised as such. everyday: keeps the list company and is not judged.
Expectation = Literal["tick", "look", "ambiguous", "none", "own", "test", "placeholder", "everyday"]
NOBODY = ("own", "test", "placeholder")

# The MSP that all cases belong to.
MSP = Own(names=("Brightwater IT", "Brightwater IT LLC"), domains=("brightwater-it.example",))


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come out for one left record; `links` are the right ids that are true, or as good as each other."""

    links: frozenset[str]
    kind: Expectation


@dataclass(frozen=True, slots=True)
class Case(Generic[Record]):
    """A list against a list, with what is expected of each left record."""

    group: str
    number: int
    left: tuple[Record, ...]
    right: tuple[Record, ...]
    expected: Mapping[str, Expected]


def table(name: str) -> list[Row]:
    """The rows of one of this folder's CSV files."""
    with resources.files("matching.frozen").joinpath(f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


def _party(row: Row) -> Party:
    get = row.get
    return Party(
        row["id"],
        row["name"],
        domain=row["domain"],
        emails=_several(get("emails", "")),
        phone=get("phone", ""),
        address=row["address"],
        city=row["city"],
        region=row["region"],
        postcode=row["postcode"],
        aliases=_several(get("aliases", "")),
        identifiers=dict([get("identifiers", "").split(":", 1)]) if get("identifiers") else {},
        people=_several(get("people", "")),
        devices=_several(get("devices", "")),
    )


def _service(row: Row) -> Service:
    get = row.get
    return Service(row["id"], row["name"], get("sku", ""), get("vendor", ""), get("description", ""), get("unit", ""))


def _cases(file: str, pool_file: str, left_side: str, read: Callable[[Row], Record]) -> tuple[Case[Record], ...]:
    pools: dict[str, list[Record]] = {}
    for row in table(pool_file):
        pools.setdefault(row["pool"], []).append(read(row))
    grouped: dict[tuple[str, int], list[Row]] = {}
    for row in table(file):
        grouped.setdefault((row["group"], int(row["case"])), []).append(row)
    found: list[Case[Record]] = []
    for (group, number), rows in grouped.items():
        left = [row for row in rows if row["side"] == left_side]
        right: list[Record] = [read(row) for row in rows if row["side"] != left_side]
        for row in left:
            for pool in row["pools"].split():
                right += pools[pool]
        ours: list[Record] = [read(row) for row in left]
        found.append(Case(group, number, tuple(ours), tuple(right), {row["id"]: _expected(row) for row in left}))
    return tuple(found)


def _expected(row: Row) -> Expected:
    kind = row["expect"] or "everyday"
    if kind not in get_args(Expectation):
        raise ValueError(f"{row['group']} {row['case']}: {kind!r} is no expectation")
    return Expected(frozenset(row["links"].split()), cast(Expectation, kind))


@lru_cache(maxsize=1)
def party_cases() -> tuple[Case[Party], ...]:
    """All cases of organisations, in file order."""
    return _cases("parties", "clients", "account", _party)


@lru_cache(maxsize=1)
def service_cases() -> tuple[Case[Service], ...]:
    """All cases of services, in file order."""
    return _cases("services", "billed", "used", _service)
