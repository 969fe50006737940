"""When two seats of different tools are one person or one machine. Pure; no database.

They are of one family (people, machines, protected machines) and have the same identity (UPN, mail address, serial
number), or, for machines, the same MAC address or host name and not two different serial numbers. A key that more than
`MANY` seats of one connection hold (a dock's MAC, a cloned image's serial) says nothing, nor does a host name that
anybody's machine may have.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connectors.devices import has_serial
from rcx_app.core.text import fold

MANY = 2
FAMILIES = {
    "user": "people",
    "mailbox": "people",
    "device": "machines",
    "agent": "machines",
    "workload": "protected machines",
}
_PROTECTED = frozenset({"machines", "protected machines"})
_MAC = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])|(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])")
_NO_MAC = frozenset({"000000000000", "ffffffffffff"})
_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]+")
_GENERIC = frozenset(
    [
        "admin",
        "computer",
        "default",
        "desktop",
        "host",
        "imac",
        "laptop",
        "localhost",
        "mac",
        "macbook",
        "notebook",
        "office",
        "pc",
        "server",
        "test",
        "unknown",
        "user",
        "win10",
        "win11",
        "windows",
        "workstation",
        "mac mini",
        "macbook air",
        "macbook pro",
    ]
)
_SUREST = ("identity", "MAC address", "host name")
Key = tuple[str, str]
"""(by what, its value)."""


@dataclass(frozen=True, slots=True)
class Named:
    """A live seat with what it is known by, folded. `order` decides which of two equal ones is the original."""

    seat_id: int
    account_id: int
    client_id: int
    connection_id: int
    order: tuple[str, str, str]
    name: str
    kind: str
    device_class: str
    identity: str
    host: str
    macs: tuple[str, ...] = ()
    is_silent: bool = False

    @property
    def family(self) -> str:
        return FAMILIES.get(self.kind, "")

    @property
    def serial(self) -> str:
        """The identity, where that is no name of the machine."""
        return self.identity if has_serial(self.identity) and host_key(self.identity) != self.host else ""

    @property
    def keys(self) -> Iterator[Key]:
        """What it is known by, the surest first."""
        is_machine = self.family in _PROTECTED
        if self.identity and (not is_machine or self.serial):
            yield "identity", self.identity
        if is_machine:
            yield from (("MAC address", mac) for mac in self.macs)
            if self.host:
                yield "host name", self.host


def host_key(name: str) -> str:
    """A host name without domain, in one form; "" for an address, a generic name or one too short to mean anything."""
    plain = fold(name).rpartition("\\")[2].rstrip("$")
    if _ADDRESS.fullmatch(plain):
        return ""
    first = plain.split(".", 1)[0].strip()
    return "" if first in _GENERIC or len(first) < 3 else first


def macs_in(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The MAC addresses among folded attributes, as twelve hexadecimal digits."""
    found = {
        re.sub(r"[:-]", "", mac)
        for name, value in attributes.items()
        if "mac" in name
        for mac in _MAC.findall(str(value))
    }
    return tuple(sorted(found - _NO_MAC))


def contradict(one: Named, other: Named) -> bool:
    """Whether two machines that share a name are two: each has a serial number, and not the same."""
    return bool(one.serial and other.serial and one.serial != other.serial)


def telling(seats: Iterable[Named]) -> dict[Key, list[Named]]:
    """The seats behind each key, without keys that too many of one connection share."""
    by_key: dict[Key, list[Named]] = defaultdict(list)
    for seat in seats:
        for key in dict.fromkeys(seat.keys):
            by_key[key].append(seat)
    return {
        key: own for key, own in by_key.items() if max(Counter(each.connection_id for each in own).values()) <= MANY
    }


def twins(seats: Iterable[Named]) -> Iterator[tuple[Named, Named, str]]:
    """(seat, its original, by what) for seats of one client that another connection of the same category has too.

    One a connection for each original: that a connection has a thing twice is for itself to say.
    """
    told: set[int] = set()
    by_family: dict[str, list[Named]] = defaultdict(list)
    for seat in seats:
        if seat.family:
            by_family[seat.family].append(seat)
    for own in by_family.values():
        for (what, _), same in sorted(telling(own).items(), key=lambda item: (_SUREST.index(item[0][0]), item[0])):
            original, *others = sorted(same, key=lambda each: (each.order, each.seat_id))
            seen = {original.connection_id}
            for other in others:
                if other.connection_id in seen or contradict(original, other):
                    continue
                seen.add(other.connection_id)
                if other.seat_id not in told and original.seat_id not in told:
                    told.add(other.seat_id)
                    yield other, original, what
