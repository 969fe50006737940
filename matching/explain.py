"""Turns the contributions of a score into sentences a person can check, with both raw values beside each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.block import Pairs
from matching.features import NAMES, Words, shared_words
from matching.side import Side
from matching.types import Party, Reason

Floats = NDArray[np.float64]
SHOWN = 3  # shared people or devices that are named
SMALL = 0.1  # log-odds: contributions below this are told together
_AT = {name: k for k, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class Case:
    """One pair as the sentences need it."""

    left: Party
    right: Party
    left_name: str
    right_name: str
    row: list[float]
    shared: str  # rarest word that both names have
    left_over: str  # rarest word that only the left name has
    right_over: str
    lead: float  # log-odds ahead of the best rival of the same left record

    def value(self, feature: str) -> float:
        """A feature of the pair."""
        return self.row[_AT[feature]]


Told = tuple[str, str, str]


def _name(case: Case, up: bool) -> Told:
    alike = f"{int(case.value('token_sort') * 100)} %"
    return (f"Names are alike ({alike})" if up else f"Names differ ({alike} alike)", case.left_name, case.right_name)


def _rare_word(case: Case, up: bool) -> Told:
    shared = f"{'Rare' if up else 'Only common'} word '{case.shared}' shared"
    return (shared if case.shared else "No word is shared", case.left_name, case.right_name)


def _left_over(case: Case, up: bool) -> Told:
    if not case.left_over and not case.right_over:
        return "No word is left over", case.left_name, case.right_name
    return ("Words left over are minor" if up else "Words stand in one name only", case.left_over, case.right_over)


def _other_words(case: Case, up: bool) -> Told:
    return ("Words that differ are spelled alike" if up else "Different words", case.left_over, case.right_over)


def _generic(case: Case, up: bool) -> Told:
    return (
        "The name is its own on both sides" if up else "Several records carry this name",
        case.left_name,
        case.right_name,
    )


def _numbers(case: Case, _: bool) -> Told:
    value = case.value("numbers")
    text = "Numbers are equal" if value == 1 else "Numbers differ" if value == 0 else "Numbers agree only in part"
    return text, case.left_name, case.right_name


def _equality(what: str, feature: str, read: Callable[[Party], str]) -> Callable[[Case, bool], Told]:
    def tell(case: Case, _: bool) -> Told:
        value = case.value(feature)
        text = f"{what} equal" if value == 1 else f"{what} differs"
        return text, read(case.left), read(case.right)

    return tell


def web(party: Party) -> str:
    """The domain evidence of a record as it was given."""
    return party.domain or ", ".join(party.emails) or party.name


def _domain(case: Case, _: bool) -> Told:
    same = case.value("domain") == 1
    return ("Same domain" if same else "Domains differ", web(case.left), web(case.right))


def _name_domain(case: Case, up: bool) -> Told:
    has = bool(case.right.domain or case.right.emails)
    left, right = (case.left_name, web(case.right)) if has else (web(case.left), case.right_name)
    return (f"Domain {'spells' if up else 'does not spell'} the name", left, right)


def _street(case: Case, up: bool) -> Told:
    same = case.value("street_number") == 1
    text = ("Street address agrees" if up else "Street differs") if same else "Street number differs"
    return text, case.left.address, case.right.address


def _city(case: Case, up: bool) -> Told:
    value = case.value("city")
    if value == value:  # both cities are known
        text = "City equal" if value == 1 else "City differs"
    else:
        text = f"City {'stands' if up else 'does not stand'} in the other name"
    return text, case.left.city or case.left_name, case.right.city or case.right_name


def _common(what: str, feature: str, read: Callable[[Party], tuple[str, ...]]) -> Callable[[Case, bool], Told]:
    def tell(case: Case, _: bool) -> Told:
        ours, theirs = read(case.left), read(case.right)
        count = round(float(np.expm1(case.value(feature))))
        text = f"{count} shared {what}" if count else f"No shared {what}"
        both = sorted({v.strip().lower() for v in ours} & {v.strip().lower() for v in theirs})[:SHOWN]
        shown = ", ".join(both)
        return text, shown or f"{len(ours)} known", shown or f"{len(theirs)} known"

    return tell


def _branch(case: Case, _: bool) -> Told:
    value = case.value("branch")
    text = "Branches are equal" if value == 1 else "Branches differ" if value == 0 else "Branch in one name only"
    return text, case.left_name, case.right_name


def _seats(case: Case, up: bool) -> Told:
    return (f"Seat counts are {'close' if up else 'far apart'}", str(case.left.seat_count), str(case.right.seat_count))


def _runner_up(case: Case, up: bool) -> Told:
    behind = case.lead < 0
    text = "Another candidate fits better" if behind else "Another candidate fits nearly as well"
    return ("Leads every other candidate" if up else text, case.left_name, case.right_name)


def _rivals(case: Case, up: bool) -> Told:
    text = "No other record fits this one as well" if up else "Another record fits this one as well or better"
    return text, case.left_name, case.right_name


def _plain(yes: str, no: str) -> Callable[[Case, bool], Told]:
    return lambda case, up: (yes if up else no, case.left_name, case.right_name)


_TELL: dict[str, Callable[[Case, bool], Told]] = {
    "name": _name,
    "rare_word": _rare_word,
    "left_over": _left_over,
    "replaced": _other_words,
    "generic_name": _generic,
    "numbers": _numbers,
    "legal_form": _equality("Legal form", "legal_form", lambda p: p.name),
    "initials": _plain("One name is the other's initials", "Initials do not agree"),
    "alias": _plain("Compared by their own names", "Found through another name of the record"),
    "domain": _domain,
    "name_domain": _name_domain,
    "phone": _equality("Telephone", "phone", lambda p: p.phone),
    "postcode": _equality("Postcode", "postcode", lambda p: p.postcode),
    "street": _street,
    "city": _city,
    "region": _equality("Region", "region", lambda p: p.region),
    "country": _equality("Country", "country", lambda p: p.country),
    "seats": _seats,
    "branch": _branch,
    "chain": _plain("No other record of its brand", "Other records carry this brand"),
    "people": _common("people", "people_count", lambda p: p.people),
    "devices": _common("devices", "devices_count", lambda p: p.devices),
    "runner_up": _runner_up,
    "rivals": _rivals,
}


def tell(case: Case, weights: list[float], groups: tuple[str, ...]) -> list[Reason]:
    """Reasons of one pair, strongest first; their weights add up to all of `weights`."""
    telling = [k for k, weight in enumerate(weights) if not -SMALL < weight < SMALL]
    rest = sum([weight for weight in weights if -SMALL < weight < SMALL])
    out: list[Reason] = []
    for k in sorted(telling, key=lambda k: -abs(weights[k])):
        weight = weights[k]
        text, ours, theirs = _TELL[groups[k]](case, weight > 0)
        out.append(Reason(groups[k], text, ours, theirs, weight))
    if rest:
        out.append(Reason("other", "Smaller evidence together", "", "", rest))
    return out


def cases(left: Side, right: Side, pairs: Pairs, matrix: NDArray[np.float32], words: Words, lead: Floats) -> list[Case]:
    """Everything the sentences need, for chosen pairs only."""
    in_right, in_left = shared_words(words, pairs.left_name, pairs.right_name)
    ours, theirs = words.left[pairs.left_name], words.right[pairs.right_name]

    def rarest(table: NDArray[np.int32], keep: NDArray[np.bool_]) -> list[str]:
        # Words stand rarest first, so the first kept column is the rarest.
        at = keep.argmax(axis=1)
        code = np.where(keep.any(axis=1), table[np.arange(at.size), at], -1)
        return [words.spelled[c] if c >= 0 else "" for c in code.tolist()]

    shared = rarest(ours, in_right)
    over_l, over_r = (rarest(ours, ~in_right & (ours >= 0)), rarest(theirs, ~in_left & (theirs >= 0)))
    rows = matrix.tolist()
    out = []
    for k, (i, j, a, b) in enumerate(
        zip(pairs.left.tolist(), pairs.right.tolist(), pairs.left_name.tolist(), pairs.right_name.tolist(), strict=True)
    ):
        one, two = left.parties[i], right.parties[j]
        name_l = one.name if a == left.first[i] else left.names[a].core
        name_r = two.name if b == right.first[j] else right.names[b].core
        out.append(Case(one, two, name_l, name_r, rows[k], shared[k], over_l[k], over_r[k], float(lead[k])))
    return out
