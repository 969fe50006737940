"""Microsoft's names of its products by the GUID of their SKU, and how the file of them is made anew.

`python -m connectors.data.microsoft_skus TABLE.csv` writes it from the table that Microsoft publishes (see SOURCE.md).
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HELD = Path(__file__).with_name("microsoft_skus.csv.gz")
_COLUMNS = ("guid", "part_number", "name")


@dataclass(frozen=True, slots=True)
class MicrosoftSku:
    """`part_number` is what APIs call skuPartNumber, `name` what the admin centre shows. `guid` is lower case."""

    guid: str
    part_number: str
    name: str


@cache
def skus() -> dict[str, MicrosoftSku]:
    """Every SKU that is known, by its GUID."""
    with gzip.open(HELD, "rt", encoding="utf-8", newline="") as held:
        return {row["guid"]: MicrosoftSku(**row) for row in csv.DictReader(held)}


def sku_of(guid: str) -> MicrosoftSku | None:
    """The SKU with this GUID, None for one that is newer than the file."""
    return skus().get(guid.casefold())


def distilled(table: str) -> bytes:
    """The compressed file made of the text of Microsoft's table, which has a row per SKU and service plan.

    A GUID under several names gets the one on most of its rows, of equals the first in the alphabet. The same table
    always gives the same bytes. Raises KeyError where the table has other columns.
    """
    names: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for row in csv.DictReader(io.StringIO(table)):
        guid = row["GUID"].strip().casefold()
        names[guid][_clean(row["String_Id"]), _clean(row["Product_Display_Name"])] += 1
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for guid, found in sorted(names.items()):
        (part_number, name), _rows = min(found.items(), key=lambda item: (-item[1], item[0]))
        writer.writerow((guid, part_number, name))
    return gzip.compress(text.getvalue().encode(), 9, mtime=0)


def _clean(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    HELD.write_bytes(distilled(Path(sys.argv[1]).read_text(encoding="utf-8-sig")))
