"""What the ends of a domain label and its country say: states, kinds of public body, countries. Tables and look-ups."""

from collections.abc import Iterator
from functools import lru_cache

from matching.places import COUNTRIES, STATES

_PREFIXES = (
    "cityof", "townof", "villageof", "countyof", "townshipof", "boroughof", "stateof", "the", "my", "go", "visit",
    "city", "town", "village", "ci", "co", "get",
)  # fmt: skip
_SUFFIXES = (
    "city", "town", "village", "township", "twp", "county", "co", "gov", "usa", "us", "online", "group", "hq", "inc",
    "llc", "ltd", "corp", "web", "net",
)  # fmt: skip
_STATE_ENDS = tuple(sorted({*STATES.values(), *(name.replace(" ", "") for name in STATES)}, key=len, reverse=True))
LEAST = 2  # letters that must be left of a label
KEPT = 50_000  # readings of labels and names that are remembered: each meets many others

# Kind of body -> words of a name that say it, parts of a label that say it.
_KINDS: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "police": (frozenset({"police", "marshal"}), ("police",)),
    "sheriff": (frozenset({"sheriff", "sheriffs"}), ("sheriff",)),
    "elections": (frozenset({"elections", "election", "voter", "registrar", "voters"}), ("vote", "elect", "votes")),
    "court": (frozenset({"court", "courts", "judicial", "judge"}), ("court",)),
    "school": (frozenset({"school", "schools", "isd", "usd"}), ("school", "isd", "k12")),
    "fire": (frozenset({"fire", "rescue"}), ("fire", "rescue")),
    "county": (frozenset({"county", "parish", "counties"}), ("county", "parish")),
    "township": (frozenset({"township", "charter"}), ("township", "twp")),
    "village": (frozenset({"village"}), ("village", "villageof")),
    "city": (frozenset({"city"}), ("cityof", "city")),
    "town": (frozenset({"town"}), ("townof",)),
    "library": (frozenset({"library", "libraries"}), ("library",)),
    "water": (frozenset({"water", "utility", "utilities", "sewer"}), ("water", "utilit")),
    "health": (frozenset({"health", "hospital", "medical", "medicine"}), ("health", "med")),
    "housing": (frozenset({"housing"}), ("housing",)),
    "college": (frozenset({"college", "colleges"}), ("college",)),
    "law": (frozenset({"law", "legal", "attorney", "attorneys"}), ("law", "legal", "attorney")),
    "dental": (frozenset({"dental", "dentistry", "dentist", "dentists"}), ("dental", "dentist")),
}
# Words that place a name: countries, their adjectives, large cities, and words of a language with few countries.
_COUNTRY_WORDS: dict[str, str] = {
    "de": "deutschland german germany deutsche munchen berlin hamburg",
    "de at ch": "fachhochschule hochschule universitat fur technische wirtschaft",
    "fr": "france french paris lyon superieure nationale sciences",
    "fr be ch ca ma dz tn": "universite ecole des du et",
    "it": "italy italian italia italiana universita degli studi milano roma politecnico",
    "es": "spain spanish madrid espana", "br pt ao mz": "universidade faculdade do faculdades",
    "br": "brazil brazilian brasil estadual paulo",
    "es mx ar co pe cl ve ec bo cr gt cu do pa py uy sv hn ni": "universidad "
    "tecnologico tecnologica nacional instituto autonoma catolica centro "
    "pontificia superior de la los del", "mx": "mexico mexicana", "ar": "argentina aires", "cl": "chile",
    "co": "colombia", "pe": "peru", "ec": "ecuador", "id": "indonesia universitas jakarta islam negeri",
    "my bn": "universiti", "my": "malaysia malaysian", "ru": "russian russia moscow petersburg",
    "ua": "ukraine ukrainian kiev kharkiv", "by": "belarus belarusian minsk",
    "jp": "japan japanese tokyo osaka kyoto gakuin gakuen nagoya", "cn": "china chinese shanghai beijing",
    "cn tw": "normal", "hk": "hong kong", "tw": "taiwan taipei", "kr": "korea korean seoul",
    "kz": "kazakh kazakhstan", "in": "india indian mumbai delhi", "pk": "pakistan karachi lahore",
    "bd": "bangladesh dhaka", "lk": "lanka", "ir": "iran azad tehran", "iq": "iraq baghdad",
    "tr": "turkey turkish istanbul ankara universitesi", "sa": "saudi", "eg": "egypt egyptian cairo",
    "ae": "emirates dubai sharjah", "jo": "jordan", "lb": "lebanon lebanese", "ph": "philippines philippine manila",
    "th": "thailand bangkok rajabhat", "vn": "vietnam hanoi", "sg": "singapore",
    "gb": "london british kingdom wales scotland england", "ie": "ireland dublin",
    "au": "australia australian sydney", "nz": "zealand auckland", "ca": "canada canadian", "za": "cape johannesburg",
    "ke": "kenya kenyatta", "gh": "ghana", "ng": "nigeria nigerian lagos", "ug": "uganda", "tz": "tanzania",
    "et": "ethiopia", "zm": "zambia", "zw": "zimbabwe", "pl": "poland polish warsaw wroclaw krakow poznan",
    "cz": "czech prague", "sk": "slovak slovakia bratislava", "hu": "hungary hungarian budapest",
    "ro": "romania romanian bucharest universitatea", "bg": "bulgaria bulgarian sofia", "gr": "greece greek athens",
    "al": "albania tirana", "rs": "serbia belgrade", "hr": "croatia zagreb", "si": "slovenia",
    "fi": "finland finnish helsinki", "se": "sweden swedish stockholm", "no": "norway norwegian oslo",
    "dk": "denmark danish copenhagen", "nl": "netherlands dutch amsterdam hogeschool",
    "be": "belgium brussels hogeschool", "ch": "swiss switzerland zurich", "at": "austria vienna",
    "pt": "portugal lisboa politecnico", "lt": "lithuania lithuanian vilnius", "lv": "latvia latvian riga",
    "ee": "estonia estonian tallinn", "az": "azerbaijan baku", "ge": "tbilisi", "uz": "uzbekistan tashkent",
    "np": "nepal", "mm": "myanmar", "kh": "cambodia", "mn": "mongolia", "af": "afghanistan kabul",
    "sy": "syria syrian", "ye": "yemen", "om": "oman", "qa": "qatar", "kw": "kuwait", "sd": "sudan", "ly": "libya",
    "ma": "morocco", "tn": "tunis tunisia", "dz": "algeria alger", "us": "america american", "il": "israel jerusalem",
}  # fmt: skip
_MORE_COUNTRIES = {
    "korea republic of": "kr",
    "south korea": "kr",
    "iran": "ir",
    "viet nam": "vn",
    "czech republic": "cz",
}


@lru_cache(maxsize=1)
def _countries() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for codes, words in _COUNTRY_WORDS.items():
        for word in words.split():
            found.setdefault(word, set()).update(codes.split())
    return {word: frozenset(codes) for word, codes in found.items()}


@lru_cache(maxsize=KEPT)
def without_affixes(label: str) -> tuple[tuple[str, str], ...]:
    """Readings of a label without what towns and firms put around their name, each with the state that it dropped."""
    return tuple(_without_affixes(label))


def _without_affixes(label: str) -> Iterator[tuple[str, str]]:
    for start in ("", *(p for p in _PREFIXES if label.startswith(p))):
        body = label[len(start) :]
        for end in ("", *(s for s in _STATE_ENDS if body.endswith(s))):
            middle = body[: len(body) - len(end)] if end else body
            for tail in ("", *(s for s in _SUFFIXES if middle.endswith(s))):
                rest = middle[: len(middle) - len(tail)] if tail else middle
                if len(rest) >= LEAST and (start or end or tail):
                    yield rest, STATES_SQUEEZED.get(end, end)


STATES_SQUEEZED = {name.replace(" ", ""): code for name, code in STATES.items()}


def state_named(tokens: tuple[str, ...]) -> str:
    """The state that a name itself names ("Daviess County Indiana"), as its short form; empty when none."""
    for size in (2, 1):
        for at in range(len(tokens) - size, -1, -1):
            found = STATES.get(" ".join(tokens[at : at + size]))
            if found:
                return found
    return tokens[-1] if len(tokens) > 1 and tokens[-1] in STATES_SQUEEZED.values() else ""


def countries_named(tokens: tuple[str, ...], country: str) -> frozenset[str]:
    """Countries that a record can be of, by its country if that is known, else by its words; empty when unknown."""
    if country:
        code = country if len(country) == 2 else COUNTRIES.get(country) or _MORE_COUNTRIES.get(country, "")
        return frozenset({code}) if code else _countries().get(country, frozenset())
    table = _countries()
    out: frozenset[str] = frozenset()
    for token in tokens:
        found = table.get(token)
        if found:
            out = (out & found) or (found if not out or len(found) < len(out) else out)
    return out


@lru_cache(maxsize=KEPT)
def _kinds_named(tokens: tuple[str, ...]) -> frozenset[str]:
    words = set(tokens)
    return frozenset(kind for kind, (said, _) in _KINDS.items() if not words.isdisjoint(said))


@lru_cache(maxsize=KEPT)
def _kinds_shown(label: str) -> frozenset[str]:
    return frozenset(kind for kind, (_, parts) in _KINDS.items() if any(part in label for part in parts))


def kinds_agree(tokens: tuple[str, ...], label: str) -> float:
    """1 where name and label name the same kind of body, 0 another, 0.5 one of them only, NaN none at all."""
    named, shown = _kinds_named(tokens), _kinds_shown(label)
    if not named and not shown:
        return float("nan")
    return 1.0 if named & shown else 0.0 if shown else 0.5
