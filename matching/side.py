"""One side of a match as columns: what every later step reads instead of the records themselves."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matching import domains, places
from matching.nobody import own_keys
from matching.normalise import Variant, before_trade, before_word, but_last, domain_like, initials, variants
from matching.shared import telling_devices, telling_people
from matching.types import Own, Party

Ints = NDArray[np.int32]
KEY_MEMBERS = 25  # a key that more records of one side carry is no key


@dataclass(frozen=True, slots=True)
class Side:
    """`names[k]` is a way of calling record `owner[k]`; a record's own name comes first (`first[record]`)."""

    parties: Sequence[Party]
    names: list[Variant]
    owner: Ints
    first: Ints
    initials: list[str]  # of each name of three words or more, else empty
    domains: list[tuple[str, ...]]
    phones: list[tuple[str, ...]]
    postcode: list[str]
    number: list[str]
    street: list[str]
    city: list[str]
    region: list[str]
    country: list[str]
    people: list[tuple[str, ...]] = field(default_factory=list)
    devices: list[tuple[str, ...]] = field(default_factory=list)
    # By name, empty where there is no such form: see `normalise`.
    before_word: list[str] = field(default_factory=list)
    before_trade: list[str] = field(default_factory=list)
    but_last: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.parties)


_NAMELESS = Variant("", (), "", ())


def _column(read: Callable[[str], str], values: Iterable[str]) -> list[str]:
    return [read(value) if value else "" for value in values]


def _record_domains(party: Party) -> tuple[str, ...]:
    named = domain_like(party.name) if "." in party.name else ""
    if not (party.domain or party.emails or named):
        return ()
    return domains.own_domains(f"{party.domain};{named}" if named else party.domain, party.emails)


def prepare(parties: Sequence[Party], own: Own = Own()) -> Side:  # noqa: B008  frozen and empty
    """Everything of the records that matching compares, normalised once; domains of the MSP itself fall out."""
    not_theirs = own_keys(own).domains
    names: list[Variant] = []
    owner: list[int] = []
    first: list[int] = []
    for index, party in enumerate(parties):
        found = variants(party.name, party.aliases) or [_NAMELESS]
        first.append(len(names))
        names += found
        owner += [index] * len(found)
    return Side(
        parties=parties,
        names=names,
        owner=np.array(owner, np.int32),
        first=np.array(first, np.int32),
        initials=[initials(v) if len(v.tokens) > 2 else "" for v in names],
        domains=[tuple(d for d in _record_domains(p) if d not in not_theirs) for p in parties],
        phones=[places.phone_keys(p.phone) if p.phone else () for p in parties],
        postcode=_column(places.postcode, (p.postcode for p in parties)),
        number=_column(places.street_number, (p.address for p in parties)),
        street=_column(places.street_name, (p.address for p in parties)),
        city=_column(places.plain, (p.city for p in parties)),
        region=_column(places.region, (p.region for p in parties)),
        country=_column(places.country, (p.country for p in parties)),
        people=[telling_people(p.people, not_theirs) if p.people else () for p in parties],
        devices=[telling_devices(p.devices) if p.devices else () for p in parties],
        before_word=[before_word(v) for v in names],
        before_trade=[before_trade(v) for v in names],
        but_last=[but_last(v) for v in names],
    )


def crowded(*sides: Iterable[Hashable]) -> frozenset[Hashable]:
    """Values that more than `KEY_MEMBERS` records of one side carry; a record gives each of its values once."""
    return frozenset(value for side in sides for value, count in Counter(side).items() if count > KEY_MEMBERS)


def without_crowded(left: Side, right: Side) -> tuple[Side, Side]:
    """Both sides without domains, telephones and addresses that too many records of either carry to say anything.

    An MSP's own telephone on every record would else agree with every other.
    """
    if max(len(left), len(right)) <= KEY_MEMBERS:
        return left, right
    both = (left, right)
    domain = crowded(*((value for values in side.domains for value in values) for side in both))
    phone = crowded(*((value for values in side.phones for value in values) for side in both))
    places_of = [list(zip(side.postcode, side.number, strict=True)) for side in both]
    place = crowded(*places_of) - {("", "")}
    if not (domain or phone or place):
        return left, right
    found = []
    for side, at in zip(both, places_of, strict=True):
        kept = [where not in place for where in at]
        found.append(
            replace(
                side,
                domains=[tuple(d for d in values if d not in domain) for values in side.domains],
                phones=[tuple(p for p in values if p not in phone) for values in side.phones],
                postcode=[value if keep else "" for value, keep in zip(side.postcode, kept, strict=True)],
                number=[value if keep else "" for value, keep in zip(side.number, kept, strict=True)],
                street=[value if keep else "" for value, keep in zip(side.street, kept, strict=True)],
            )
        )
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column of both sides as integers that are equal where the texts are; -1 where there is none."""

    left: Ints
    right: Ints


def code_column(left: Sequence[str], right: Sequence[str]) -> Coded:
    """Integer codes over both sides of single-valued columns."""
    codes: dict[str, int] = {"": -1}
    both = [codes.setdefault(value, len(codes)) for side in (left, right) for value in side]
    return Coded(np.array(both[: len(left)], np.int32), np.array(both[len(left) :], np.int32))


def code_sets(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]], width: int) -> Coded:
    """Integer codes of multi-valued columns, shape (records, up to `width`), padded with -1 left and -2 right."""
    codes: dict[str, int] = {}

    def one(side: Sequence[Sequence[str]], pad: int) -> Ints:
        widest = max(1, min(width, max(map(len, side), default=1)))
        rows = [[codes.setdefault(v, len(codes)) for v in values[:widest]] for values in side]
        table = np.full((len(side), widest), pad, np.int32)
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        table[np.arange(widest) < lengths[:, None]] = np.fromiter((c for row in rows for c in row), np.int32)
        return table

    return Coded(one(left, -1), one(right, -2))
