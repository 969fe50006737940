"""Character trigrams as sparse TF-IDF rows, built with array arithmetic only; no learning, no candidates."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

ALPHABET = 128  # ASCII as it is; every other character is folded onto 96 symbols of it
SPACE = ALPHABET**3


def trigram_counts(texts: list[str]) -> "sparse.csr_matrix":
    """Counts of character trigrams, shape (len(texts), 128**3), each text framed by one space on both sides."""
    joined = " " + "  ".join(texts) + " "
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.where(codes < ALPHABET, codes, 32 + codes % 96).astype(np.int64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    # A text of n characters stands framed as n + 2, and gives n trigrams (none where it is empty).
    starts = np.concatenate(([0], np.cumsum(lengths + 2)))[:-1]
    rows = np.repeat(np.arange(len(texts)), lengths)
    offsets = np.arange(rows.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    at = starts[rows] + offsets
    grams = (codes[at] * ALPHABET + codes[at + 1]) * ALPHABET + codes[at + 2]
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    counts = sparse.csr_matrix((np.ones(grams.size, np.float32), grams, indptr), shape=(len(texts), SPACE))
    counts.sum_duplicates()
    return counts


def document_frequency(*counts: "sparse.csr_matrix") -> tuple[Ints, Floats]:
    """The columns that occur, rising, and in how many rows of all matrices each does. Never walks the empty columns."""
    used, times = np.unique(np.concatenate([one.indices for one in counts]), return_counts=True)
    return used.astype(np.int64), times.astype(np.float32)


def unit_rows(matrix: "sparse.csr_matrix") -> "sparse.csr_matrix":
    """Rows scaled to length 1; empty rows stay empty."""
    squares = np.add.reduceat(np.append(matrix.data**2, 0.0), matrix.indptr[:-1]) if matrix.shape[0] else np.zeros(0)
    squares[np.diff(matrix.indptr) == 0] = 1.0
    scale = 1.0 / np.sqrt(squares)
    return sparse.csr_matrix(
        ((matrix.data * np.repeat(scale, np.diff(matrix.indptr))).astype(np.float32), matrix.indices, matrix.indptr),
        shape=matrix.shape,
    )


def weigh(counts: "sparse.csr_matrix", idf: Floats, used: Ints) -> "sparse.csr_matrix":
    """TF-IDF rows of unit length. `used` are the trigrams that stand in any text, rising, and `idf` is theirs."""
    indices = np.searchsorted(used, counts.indices).astype(np.int32)
    data = (1.0 + np.log(counts.data)) * idf[indices]
    return unit_rows(sparse.csr_matrix((data, indices, counts.indptr), shape=(counts.shape[0], idf.size)))


def row_dots(left: "sparse.csr_matrix", right: "sparse.csr_matrix", i: Ints, j: Ints) -> Floats:
    """Dot products of chosen row pairs: `left[i[k]] . right[j[k]]` for every k."""
    out = np.empty(i.size, np.float32)
    for start in range(0, i.size, 50_000):
        part = slice(start, start + 50_000)
        out[part] = np.asarray(left[i[part]].multiply(right[j[part]]).sum(axis=1)).ravel()
    return out
