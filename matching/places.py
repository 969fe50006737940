"""Addresses, postcodes and telephones, reduced to keys that can be compared for equality."""

import re

from matching.normalise import fold

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_STREET_WORDS = frozenset(
    [
        "street",
        "st",
        "road",
        "rd",
        "avenue",
        "ave",
        "av",
        "boulevard",
        "blvd",
        "lane",
        "ln",
        "drive",
        "dr",
        "court",
        "ct",
        "place",
        "pl",
        "square",
        "sq",
        "highway",
        "hwy",
        "parkway",
        "pkwy",
        "way",
        "terrace",
        "ter",
        "suite",
        "ste",
        "unit",
        "floor",
        "fl",
        "room",
        "rm",
        "n",
        "s",
        "e",
        "w",
        "north",
        "south",
        "east",
        "west",
        "strasse",
        "str",
        "straat",
        "weg",
        "laan",
        "rue",
        "via",
        "calle",
        "apt",
        "building",
        "bldg",
        "po",
        "box",
    ]
)
COUNTRIES = {
    "usa": "us", "united states": "us", "united states of america": "us", "u s a": "us", "america": "us",
    "uk": "gb", "united kingdom": "gb", "great britain": "gb", "england": "gb", "scotland": "gb", "wales": "gb",
    "germany": "de", "deutschland": "de", "netherlands": "nl", "the netherlands": "nl", "nederland": "nl",
    "holland": "nl", "belgium": "be", "belgie": "be", "belgique": "be", "france": "fr", "spain": "es", "espana": "es",
    "italy": "it", "italia": "it", "switzerland": "ch", "schweiz": "ch", "austria": "at", "osterreich": "at",
    "canada": "ca", "australia": "au", "new zealand": "nz", "ireland": "ie", "denmark": "dk", "danmark": "dk",
    "sweden": "se", "sverige": "se", "norway": "no", "norge": "no", "finland": "fi", "suomi": "fi", "poland": "pl",
    "polska": "pl", "portugal": "pt", "mexico": "mx", "brazil": "br", "brasil": "br", "india": "in", "japan": "jp",
    "china": "cn", "south africa": "za", "singapore": "sg",
}  # fmt: skip
STATES = {
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
    "connecticut": "ct", "delaware": "de", "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id",
    "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la", "maine": "me",
    "maryland": "md", "massachusetts": "ma", "michigan": "mi", "minnesota": "mn", "mississippi": "ms", "missouri": "mo",
    "montana": "mt", "nebraska": "ne", "nevada": "nv", "new hampshire": "nh", "new jersey": "nj", "new mexico": "nm",
    "new york": "ny", "north carolina": "nc", "north dakota": "nd", "ohio": "oh", "oklahoma": "ok", "oregon": "or",
    "pennsylvania": "pa", "rhode island": "ri", "south carolina": "sc", "south dakota": "sd", "tennessee": "tn",
    "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va", "washington": "wa", "west virginia": "wv",
    "wisconsin": "wi", "wyoming": "wy", "district of columbia": "dc", "ontario": "on", "quebec": "qc",
    "british columbia": "bc", "alberta": "ab", "new south wales": "nsw", "victoria": "vic", "queensland": "qld",
}  # fmt: skip


def plain(text: str) -> str:
    """Folded words of a short text with single spaces: for cities, regions, countries."""
    return " ".join(re.sub(r"[^\w]+", " ", fold(text)).split())


def postcode(text: str) -> str:
    """A postcode without spaces and marks; the ZIP+4 extension is dropped, a lost leading zero is put back."""
    value = re.sub(r"[^0-9a-z]", "", fold(text.split("-")[0] if re.match(r"^\s*\d{5}-\d{4}\s*$", text) else text))
    if value.endswith("0") and re.match(r"^\s*\d+\.0\s*$", text):
        value = value[:-1]
    return value.zfill(5) if value.isdigit() and len(value) == 4 and text.strip().startswith("0") else value


def street_number(address: str) -> str:
    """The house number of an address line, its first number; empty when it has none."""
    match = _NUMBER.search(address)
    return match.group().lstrip("0") if match else ""


def street_name(address: str) -> str:
    """The distinguishing words of an address line, in order."""
    return " ".join(word for word in _WORD.findall(fold(address)) if word not in _STREET_WORDS)


def phone_keys(text: str) -> tuple[str, ...]:
    """The last nine digits of each telephone number (country code and trunk zero fall away), seven or more needed."""
    keys: dict[str, None] = {}
    for part in re.split(r"[;,/|]|\b(?:ext|x)\b\.?\s*\d+", text.lower()):
        digits = re.sub(r"\D", "", part)
        if len(digits) >= 7:
            keys.setdefault(digits[-9:])
    return tuple(keys)


def country(text: str) -> str:
    """Two letters where the name is known, else the folded text."""
    name = plain(text)
    return COUNTRIES.get(name, name)


def region(text: str) -> str:
    """A state or province as its short form where known, else the folded text."""
    name = plain(text)
    return STATES.get(name, name)
