"""Names as people type them, brought to what can be compared: variants, core words, legal form, numbers.

Only text is handled here; addresses, telephones and domains are in `places` and `domains`.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from matching.domains import registrable
from matching.lexicon import REAL_WORDS
from matching.words import (
    ABBREVIATIONS,
    ATTACHED_FORMS,
    GENERIC_WORDS,
    LEADING_FORMS,
    LEGAL_FORM_WORDS,
    LEGAL_FORMS,
    LEGAL_LAST_WORDS,
    SMALL_WORDS,
    STOP_WORDS,
)


class Variant(NamedTuple):
    """One way in which a record is called: compared text, its words, legal family and numbers in it."""

    core: str
    tokens: tuple[str, ...]
    legal: str
    numbers: tuple[str, ...]


# Letters of other alphabets that look like Latin ones; used only when a name mixes alphabets.
_LOOKALIKES = str.maketrans(
    "авеёкмнорстухіјѕԁһԛԝαβεικνορτυχγ",
    "abeekmhopctyxijsdhqwabeiknoptuxy",
)
_FOLDS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n"}
)
_NOT_LATIN = re.compile(r"[^\x00-\u024f\u1e00-\u1eff]")
_LATIN = re.compile(r"[a-z]")
# Apostrophes close up ("b's" -> "bs"), every other mark parts words.
_PUNCTUATION = {
    ord(mark): " " for mark in '!"#$%()*+,-./:;<=>?@[\\]^_{|}~–—‐‑·•®™©«»“”„…§°¿¡\t\n\r\u00a0、。・（）'
} | {ord(mark): None for mark in "'`´’‘ʼ\u200b\u200c\u200d\ufeff\u00ad"}
_PUNCTUATION[ord("&")] = " and "
_PUNCTUATION |= dict.fromkeys((*range(32), 127), " ")
_PUNCTUATION_TABLE: dict[int, str | None] = dict(_PUNCTUATION)
# Marks that say nothing, signs that only steer how text is shown, and halves of a character (no text encodes them).
_INVISIBLE = dict.fromkeys(
    (*map(ord, "™®©℠"), 0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
) | dict.fromkeys(range(0xD800, 0xE000))
# Accents of Latin, Greek and Cyrillic, vowel signs of Hebrew and Arabic; marks that make another letter elsewhere stay.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
_CARE_OF = re.compile(r"[\s,;(\-]*(?:\bc\s*/\s*o\b|\bcare of\b|\batt(?:n|ention)?\s*:|\bfao\b)[\s:.,\-]*")
_ATTACHED = re.compile(f"^(?:{'|'.join(ATTACHED_FORMS)})|(?:{'|'.join(ATTACHED_FORMS)})$")
LONGEST = 400  # characters of a name that are read
INITIALS = (3, 5)  # letters of initials that stand before another word
MOST_NAMES = 16  # ways of calling one record
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.){2,}(?=\W|$)|\b(?:[^\W\d_]\.)+[^\W\d_]\b")
_NOISE_START = re.compile(
    r"^(?:[\s*_\-.!~\[(]*(?:z{3,}(?=[\s_\-.:])|(?:z{1,2}|x{1,3})(?=_|\s*[-.:]\s)|(?:do\s*not\s*use|dnu)\b|"
    r"(?:old|inactive|closed|former|archived?|deleted|obsolete|duplicate|dupe|terminated|cancell?ed|disabled|test)"
    r"\s*(?=[-:_\])*]))[\s*_\-.:!\])]*)+(?=\w)"
)
_NOISE_ANYWHERE = re.compile(
    r"[\s\-–_*]*[(\[]\s*(?:inactive|old|closed|archived?|deleted|do not use|dnu|duplicate|dupe|former client|"
    r"terminated|cancell?ed|disabled|prospect|test|trial|demo|nfr|migrated|new)\s*[)\]]|"
    r"\s+[-–]\s*(?:inactive|closed|archived?|deleted|do not use|dnu|duplicate|terminated|cancell?ed|disabled|old)\s*$|"
    r"\*+\s*(?:inactive|closed|do not use|dnu|old)\s*\*+"
)
_SPLIT = re.compile(
    r"\s*(?:\bd\s*/\s*b\s*/\s*a\b|\bd\.b\.a\.?|\bdba\b|\bt\s*/\s*a\b|\btrading as\b|\bdoing business as\b|"
    r"\ba\s*/\s*k\s*/\s*a\b|\baka\b|\balso known as\b|\bf\s*/\s*k\s*/\s*a\b|\bfka\b|"
    r"\bformerly known as\b|\bformerly\b)[\s:.,\-]*"
)
_SPLIT_HINT = re.compile(r"dba|/\s*[abk]|[ab]\.a|aka|fka|known as|formerly|doing b|trading as|[ftk]\s*/")
_DASH = re.compile(r"\s+[-–—|]+\s+|\s*[|]\s*|\s+/\s+|:\s+|\s*[–—]\s*|\s+@\s*|-\s+")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_DOMAIN_NAME = re.compile(r"^(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})/?$")
_DIGITS = re.compile(r"\d+")


def fold(text: str) -> str:
    """Case, accents, compatibility forms and look-alike letters folded away; spacing and marks kept."""
    text = text.strip()
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).casefold().translate(_FOLDS)
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text)))
    if _NOT_LATIN.search(text) and _LATIN.search(text):
        text = " ".join(_unmask(word) for word in text.split(" "))
    return text


def _unmask(word: str) -> str:
    """A word that mixes Latin letters with look-alikes of another alphabet, wholly in Latin letters."""
    return word.translate(_LOOKALIKES) if _LATIN.search(word) and _NOT_LATIN.search(word) else word


def strip_noise(folded: str) -> str:
    """`OLD - Acme (inactive)` -> `acme`: marks that people leave on records, off a folded name."""
    if folded[:1] in "zxoifcadt*_-![(~.":
        stripped = _NOISE_START.sub("", folded)
        folded = stripped or folded
    if "(" in folded or "[" in folded or "-" in folded or "*" in folded:
        folded = _NOISE_ANYWHERE.sub("", folded) or folded
    return folded


def split_names(folded: str) -> list[str]:
    """All names inside one field, the main one first: `a d/b/a b`, `a (b)`, `a - b`; `a c/o b` is `a` alone."""
    if "/" in folded or ":" in folded or "care of" in folded or "fao" in folded:
        folded = next((piece for piece in _CARE_OF.split(folded) if piece.strip()), folded)
    if _SPLIT_HINT.search(folded):
        pieces = [piece.strip(" ()[],-") for piece in _SPLIT.split(folded)]
        if len(pieces := [piece for piece in pieces if piece]) > 1:
            return pieces
    parts = [folded]
    if "(" in folded or "[" in folded:
        parts.append(_BRACKETS.sub(" ", folded))
        parts += [a or b for a, b in _BRACKETS.findall(folded)]
    if _DASH.search(folded):
        pieces = [piece.strip() for piece in _DASH.split(_BRACKETS.sub(" ", folded))]
        parts += [piece for piece in pieces if piece]
    return parts


def _strip_legal(tokens: list[str]) -> tuple[list[str], str]:
    """Trailing and leading legal forms off a token list; the family of the outermost one."""
    legal = ""
    while len(tokens) > 1 and tokens[-1] in LEGAL_LAST_WORDS:
        for size in range(min(LEGAL_FORM_WORDS, len(tokens) - 1), 0, -1):
            family = LEGAL_FORMS.get(tokens[-1] if size == 1 else " ".join(tokens[-size:]))
            if family is not None:
                tokens = tokens[:-size]
                legal = family if not legal or legal == "co" else legal
                break
        else:
            break
    for size in (2, 1):
        family = LEADING_FORMS.get(" ".join(tokens[:size])) if len(tokens) > size else None
        if family is not None and (not legal or tokens[0] not in ("a", "ab", "sc", "oy")):
            return tokens[size:], legal or family
    return tokens, legal


def _detach(tokens: list[str]) -> tuple[list[str], str]:
    """Forms written against the name (`株式会社トヨタ`) off the first and last word, unless nothing else is there."""
    for at in (0, -1):
        rest = _ATTACHED.sub("", tokens[at])
        if rest and rest != tokens[at]:
            return [*tokens[:at], rest, *tokens[at:][1:]] if at else [rest, *tokens[1:]], "kk"
    return tokens, ""


def variant_of(folded: str) -> Variant | None:
    """One folded name as a `Variant`; nothing when no word is left of it."""
    if "." in folded:
        folded = _DOTTED.sub(lambda match: match.group().replace(".", ""), folded)
    tokens = folded.translate(_PUNCTUATION_TABLE).split()
    if not tokens:
        return None
    tokens, legal = _strip_legal(tokens)
    if not legal and not folded.isascii():
        tokens, legal = _detach(tokens)
    kept = [ABBREVIATIONS.get(token, token) for token in tokens if token not in STOP_WORDS] or tokens
    core = " ".join(kept)
    numbers: tuple[str, ...] = ()
    if not core.isalpha():
        numbers = tuple(found.lstrip("0") or "0" for found in _DIGITS.findall(core))
    return Variant(core, tuple(kept), legal, numbers)


def initials(variant: Variant) -> str:
    """First letters of the words of a name, small words left out: `Department of Public Safety` -> `dps`."""
    return "".join([token[0] for token in variant.tokens if token not in SMALL_WORDS])


def before_word(variant: Variant) -> str:
    """The whole name, where it is two words of which the first looks like initials: `hkl architects`; else empty."""
    if len(variant.tokens) != 2:
        return ""
    first = variant.tokens[0]
    return (
        variant.core if INITIALS[0] <= len(first) <= INITIALS[1] and first.isalpha() and first not in REAL_WORDS else ""
    )


def before_trade(variant: Variant) -> str:
    """The first word of such a name, where the second only says what the firm does: `jrb law` -> `jrb`."""
    return (
        variant.tokens[0] if variant.tokens[1:] and variant.tokens[1] in GENERIC_WORDS and before_word(variant) else ""
    )


def but_last(variant: Variant) -> str:
    """The initials of all words but the last, and the last word; empty for names of fewer than four words."""
    if len(variant.tokens) <= INITIALS[0]:
        return ""
    first = initials(variant._replace(tokens=variant.tokens[:-1]))
    return f"{first} {variant.tokens[-1]}" if len(first) > 2 else ""


def variants(name: str, aliases: Iterable[str] = ()) -> list[Variant]:
    """Every name of a record, its own whole name first, without duplicates; empty when there is no word at all."""
    found: list[Variant] = []
    seen: set[str] = set()
    for position, raw in enumerate((name, *aliases)):
        if len(found) >= MOST_NAMES:
            break
        folded = strip_noise(fold(raw[:LONGEST]))
        domain = _DOMAIN_NAME.match(folded) if "." in folded and " " not in folded else None
        if domain is not None:
            folded = registrable(domain.group(1)).split(".")[0].replace("-", " ")
        for number, part in enumerate(split_names(folded)):
            variant = variant_of(part)
            if variant is None or variant.core in seen:
                continue
            if number and (len(variant.core) < 3 or all(t in GENERIC_WORDS or t.isdigit() for t in variant.tokens)):
                continue
            if number and ((position == 0 and not found) or variant.core in LEGAL_FORMS):
                continue
            seen.add(variant.core)
            if len(found) < MOST_NAMES:
                found.append(variant)
    return found


def domain_like(name: str) -> str:
    """The domain, when a record's name is nothing but one (`contoso.com`); else an empty text."""
    match = _DOMAIN_NAME.match(name.strip().lower()) if len(name) <= LONGEST else None
    return match.group(1) if match else ""
