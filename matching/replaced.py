"""Words that stand in one name where the other has a different one: a misspelling, or another word altogether.

"Lakeland Bank" and "Lakeland Tank" differ by a letter, and are two firms. One pair's names only.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from matching.background import Background, background
from matching.lexicon import REAL_WORDS

Floats = NDArray[np.float32]
COMPARED = 4  # words left over in a name that are compared, rarest first
WELL_KNOWN = 5  # names of the corpus that a word stands in, from which it is no misspelling
OTHER_WORD = 0.2  # alikeness of two words of the language, however they are spelled
OTHER_START = 0.7  # slips of the pen rarely touch the first letter
LOOSE_WORD = 0.5  # of two words of which one says little, as "Grill" and "Restaurant"
LONGER = 0.8  # at least, of a word and its beginning that is none itself
PLURAL = 0.95
SPELLED_ALIKE = 0.999  # names that are one but for their spaces
# Words that one system puts where another has a different one, or none, for the same firm.
LOOSE = frozenset(
    """
    agency associates bar bistro business cafe catering center clinic club co company consulting corner cuisine
    deli diner eatery enterprise enterprises establishment express firm food foods global group grill grille
    grocery holding holdings house inc industries international inn kitchen lounge management market mart office
    offices partners pizza pizzeria place practice products professionals restaurant restaurants services service
    shop shoppe solutions specialists spot store stores studio systems team technologies technology the trading usa
    """.split()  # noqa: SIM905  a list of words reads better as text
)


@lru_cache(maxsize=200_000)
def is_word(text: str) -> bool:
    """Whether firms are called so: in the lexicon, or in several names of the corpus. Numbers are not words."""
    return text in REAL_WORDS or (known().words.get(text, 0) >= WELL_KNOWN and not text.isdigit())


def known() -> Background:
    """The corpus of organisation names."""
    return background()


def alike(words: list[str], ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> Floats:
    """How much each pair of words, given as positions in `words`, may be one misspelled or shortened, 0 to 1."""
    real = np.array([is_word(word) for word in words], np.bool_)
    loose = np.array([word in LOOSE for word in words], np.bool_)
    digits = np.array([word.isdigit() for word in words], np.bool_)
    start = np.array([ord(word[0]) for word in words], np.int64)
    a, b = [words[k] for k in ours.tolist()], [words[k] for k in theirs.tolist()]
    found = process.cpdist(a, b, scorer=fuzz.ratio, dtype=np.float32) / np.float32(100)
    both = real[ours] & real[theirs]
    out = np.where(start[ours] == start[theirs], found, found * np.float32(OTHER_START))
    out[both] = np.where((loose[ours] | loose[theirs])[both], LOOSE_WORD, OTHER_WORD)
    # A word and its beginning, or its plural, are alike by half at least, or the one is a third of the other.
    for row in np.flatnonzero((found >= 0.5) & (start[ours] == start[theirs])).tolist():
        short, long = sorted((a[row], b[row]), key=len)
        if long in (short + "s", short + "es"):
            out[row] = PLURAL
        elif not both[row] and len(short) > 3 and long.startswith(short) and not is_word(short):
            out[row] = max(LONGER, found[row])
    out[digits[ours] | digits[theirs]] = 0.0
    return out.astype(np.float32)


def replaced(
    words: tuple[NDArray[np.int32], NDArray[np.int32]],
    over: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    near: NDArray[np.bool_],
    spelled: list[str],
) -> Floats:
    """Of the words that only one name has, how much the least explained one may be a misspelling; NaN where only one
    name has such words. Words are codes of both sides, rarest first, shape (pairs, words); `spelled` gives the texts.
    Where names are not `near` to each other at all, every word is another.
    """
    (left, right), (over_left, over_right) = words, over
    out = np.full(left.shape[0], np.nan, np.float32)
    asked = over_left.any(axis=1) & over_right.any(axis=1)
    out[asked] = OTHER_WORD
    rows = np.flatnonzero(asked & near)
    if not rows.size:
        return out
    ours, theirs = _first(left[rows], over_left[rows]), _first(right[rows], over_right[rows])
    both = (ours[:, :, None] >= 0) & (theirs[:, None, :] >= 0)
    size = len(spelled)
    key = ours[:, :, None].astype(np.int64) * size + theirs[:, None, :]
    unique, back = np.unique(key[both], return_inverse=True)
    a, b = np.divmod(unique, size)
    used, at = np.unique(np.concatenate([a, b]), return_inverse=True)
    found = alike([spelled[k] for k in used.tolist()], at[: a.size], at[a.size :])
    table = np.full(both.shape, -1.0, np.float32)
    table[both] = found[back]
    # The side with fewer words over is asked: each of its words needs a partner.
    fewer = (ours >= 0).sum(axis=1) <= (theirs >= 0).sum(axis=1)
    best_l, best_r = table.max(axis=2), table.max(axis=1)
    least_l = np.where(ours >= 0, best_l, 2.0).min(axis=1)
    least_r = np.where(theirs >= 0, best_r, 2.0).min(axis=1)
    out[rows] = np.where(fewer, least_l, least_r)
    return out


def _first(codes: NDArray[np.int32], over: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The first `COMPARED` of the chosen codes of each row, -1 where there are fewer."""
    order = np.argsort(~over, axis=1, kind="stable")[:, :COMPARED]
    rows = np.arange(codes.shape[0])[:, None]
    return np.where(over[rows, order], codes[rows, order], np.int32(-1))
