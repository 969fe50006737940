"""Writes the files that the tests of the file connector read, and runs conversions to their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import xlsxwriter

from connectors.errors import Problem
from connectors.files import Conversion, Item, Profile, convert, guess

SAMPLES = Path(__file__).parent / "samples"

LINES_HEADER = "client_id,client_name,line_id,product_code,quantity,unit_price,currency,effective_date"
SEATS_HEADER = "integration,account_id,account_name,seat_id,kind,sku,identity,status,quantity,last_seen_at"

T = TypeVar("T")


@dataclass
class Outcome:
    """Everything a conversion yielded."""

    conversion: Conversion
    records: list[Item]
    problems: list[Problem]

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]

    def only(self, kind: type[T]) -> list[T]:
        return [record for record in self.records if isinstance(record, kind)]


def write_csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "Export") -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_numbers": False}) as workbook:
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        page = workbook.add_worksheet(sheet)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if hasattr(value, "year"):
                    page.write_datetime(at, column, value, day)
                elif value is not None:
                    page.write(at, column, value)
    return path


def run(path: Path, profile: Profile | None = None, **options: Any) -> Outcome:
    """Convert a file with the guessed profile (or the given one) and the given options."""
    profile = profile or guess(path).profile
    conversion = convert(path, replace(profile, options=replace(profile.options, **options)))
    records: list[Item] = []
    problems: list[Problem] = []
    for item in conversion:
        if isinstance(item, Problem):
            problems.append(item)
        else:
            records.append(item)
    return Outcome(conversion, records, problems)
