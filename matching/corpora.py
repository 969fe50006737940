"""Reads the public labelled sets shipped in `matching/data` (see SOURCES.md there), for training, benches and tests."""

import csv
import gzip
import io
from functools import lru_cache
from importlib import resources

Row = dict[str, str]


@lru_cache(maxsize=16)
def rows(name: str) -> tuple[Row, ...]:
    """All rows of `matching/data/<name>.csv.gz` in file order."""
    packed = resources.files("matching").joinpath("data", f"{name}.csv.gz").read_bytes()
    return tuple(csv.DictReader(io.StringIO(gzip.decompress(packed).decode("utf-8"))))
