"""How common words and trigrams are among organisations at large, so that rarity means the same in a list of twenty."""

import gzip
import json
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from matching.grams import ALPHABET, SPACE

FILE = "background.json.gz"
SERVICES_FILE = "background_services.json.gz"


class Background:
    """Document frequencies from a public corpus of `documents` organisation names."""

    def __init__(self, documents: int, words: dict[str, int], grams: dict[str, int]) -> None:
        self.documents = documents
        self.words = words
        self.grams: NDArray[np.float32] = np.zeros(SPACE, np.float32)
        for gram, count in grams.items():
            a, b, c = (ord(x) for x in gram)
            self.grams[(a * ALPHABET + b) * ALPHABET + c] = count


@lru_cache(maxsize=2)
def background(file: str = FILE) -> Background:
    """Shipped corpus counts, read once: organisation names, or with `SERVICES_FILE` product names."""
    packed = resources.files("matching").joinpath("data", file).read_bytes()
    found = json.loads(gzip.decompress(packed))
    return Background(found["documents"], found["words"], found["grams"])
