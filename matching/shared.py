"""People and devices that two records have in common: exact values only, and none that too many records carry."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Values = Sequence[Sequence[str]]

CARRIERS = 5  # a value that more records of one side carry is nobody's (an administrator, a common host name)
MOST = 5_000  # values of one record that are read
# Host names that a thousand networks have: a generic word, with a short number or none.
_GENERIC_HOST = re.compile(
    r"^(?:desktop|laptop|pc|computer|workstation|ws|server|srv|win|windows|host|client|user|admin|reception|office|"
    r"front ?desk|macbook(?:[- ]?(?:pro|air))?|imac|mac|mini|ipad|iphone|android|surface|dc|ad|fs|file ?server|app|sql|"
    r"exchange|mail|web|db|rds|ts|hyperv|hv|esxi?|vm|nas|synology|diskstation|backup|bdr|print(?:er|server)?|router|"
    r"firewall|switch|localhost|test|demo|temp|default|unknown|n/?a|none|null|to be filled by o\.?e\.?m\.?|"
    r"system serial number|default string|0+|1?234567890?)[-_ .]?\d{0,3}$"
)


def telling_devices(devices: Sequence[str]) -> tuple[str, ...]:
    """Device names and serials that can tell one network from another, folded, without domain suffix."""
    found: dict[str, None] = {}
    for device in devices[:MOST]:
        name = device.strip().lower()
        name = name if " " in name else name.split(".")[0]
        if len(name) > 3 and not _GENERIC_HOST.match(name):
            found.setdefault(name)
    return tuple(found)


def telling_people(people: Sequence[str], own: frozenset[str]) -> tuple[str, ...]:
    """Sign-in names of persons; those at the MSP's `own` domains fall out."""
    found: dict[str, None] = {}
    for person in people[:MOST]:
        name = person.strip().lower()
        if name and name.rpartition("@")[2] not in own:
            found.setdefault(name)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Common:
    """How many values each pair of records shares, and how many each record has that count at all."""

    counts: "sparse.csr_matrix"
    size_left: Ints
    size_right: Ints


def common(left: Values, right: Values) -> Common | None:
    """Shared values of all record pairs at once; nothing where a side has none.

    The work is bounded: a value links at most `CARRIERS` records of each side.
    """
    if not any(left) or not any(right):
        return None
    codes: dict[str, int] = {}
    tables = []
    for side in (left, right):
        lengths = np.fromiter(map(len, side), np.int64, len(side))
        cols = np.fromiter((codes.setdefault(v, len(codes)) for values in side for v in values), np.int64)
        tables.append((np.repeat(np.arange(len(side)), lengths), cols, len(side)))
    carriers = [np.bincount(cols, minlength=len(codes)) for _, cols, _ in tables]
    counts = np.maximum(*carriers) <= CARRIERS
    ours, theirs = (
        sparse.csr_matrix(
            (np.ones(int(counts[cols].sum()), np.float32), (rows[counts[cols]], cols[counts[cols]])),
            shape=(size, len(codes)),
        )
        for rows, cols, size in tables
    )
    return Common(
        (ours @ theirs.T).tocsr(), np.diff(ours.indptr).astype(np.int64), np.diff(theirs.indptr).astype(np.int64)
    )


def linked(left: Values, right: Values) -> tuple[Ints, Ints]:
    """Record pairs that share at least one value."""
    found = common(left, right)
    if found is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    pairs = found.counts.tocoo()
    return pairs.row.astype(np.int64), pairs.col.astype(np.int64)


def overlap(left: Values, right: Values, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """(share of the smaller set that is shared, log1p of how many) by pair; NaN where either record has none."""
    found = common(left, right)
    if found is None:
        nothing = np.full(i.size, np.nan, np.float32)
        return nothing, nothing
    count = np.asarray(found.counts[i, j], np.float32).ravel() if i.size else np.zeros(0, np.float32)
    least = np.minimum(found.size_left[i], found.size_right[j])
    share = np.where(least > 0, count / np.maximum(least, 1), np.nan).astype(np.float32)
    return share, np.where(least > 0, np.log1p(count), np.nan).astype(np.float32)
