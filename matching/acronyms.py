"""Which pairs are a name and its initials: `NEHC`, `HKL Architects`, `JRB Law`. The forms are in `normalise`."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from matching.side import Side

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
LONGEST = 8  # letters of a name that may be initials
WHOLE, PART = 1.0, 0.5


def agreement(left: Side, right: Side, a: Ints, b: Ints) -> tuple[Floats, Floats]:
    """How far one name of each pair (a, b) is the other's initials (0, `PART` or `WHOLE`), and how many other names of
    the longer one's side have the same initials, as log1p (NaN where they do not agree).
    """
    sides = (left, right)
    letters = [[v.core.replace(" ", "") if len(v.core) <= LONGEST else "" for v in side.names] for side in sides]
    short = [(whole, side.before_word, side.before_trade) for whole, side in zip(letters, sides, strict=True)]
    codes: dict[str, int] = {}
    for columns in short:
        for column in columns:
            for form in column:
                if form:
                    codes.setdefault(form, len(codes))
    level = np.zeros(a.size, np.float32)
    rivals = np.full(a.size, np.nan, np.float32)
    for ours, theirs, i, j in ((0, 1, a, b), (1, 0, b, a)):
        spelled, paired, alone = (np.array([codes[f] if f else -1 for f in one], np.int64) for one in short[ours])
        whole = np.array([codes.get(text, -2) if text else -2 for text in sides[theirs].initials], np.int64)
        tail = np.array([codes.get(text, -2) if text else -2 for text in sides[theirs].but_last], np.int64)
        is_whole = spelled[i] == whole[j]
        is_part = (paired[i] == tail[j]) | (alone[i] == whole[j])
        found = is_whole | is_part
        if found.any():
            count = Counter(whole.tolist())
            same = np.array([count[k] - 1 if k >= 0 else 0 for k in whole[j[found]].tolist()], np.float32)
            level[found] = np.maximum(level[found], np.where(is_whole[found], WHOLE, PART))
            rivals[found] = np.fmax(rivals[found], np.log1p(same))
    return level, rivals
