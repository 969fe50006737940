"""A profile is how one kind of export is read: shape, sheet, header row, columns, options; remembered as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

AccountFrom = Literal["column", "constant", "upn_domain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Choices about values. Empty text means "as the file says" or "not given".

    `date_order`/`decimal` "auto" are decided over the whole column at each conversion. `currency` is used where the
    file has none. `integration` labels every account and seat. `account_name` is the account where `account_from` is
    "constant". `as_of` stands for "online now" and dates lines that are cancelled without a date. `sum_by_sku` turns
    seats into one count-level seat per account and SKU. `keep_unlicensed` also yields users without a licence.
    `kind` is the seat kind where the file has none. `encoding`/`delimiter` override the detection.
    """

    date_order: Literal["auto", "ymd", "dmy", "mdy"] = "auto"
    decimal: Literal["auto", "point", "comma"] = "auto"
    sum_by_sku: bool = False
    account_from: AccountFrom = "column"
    account_name: str = ""
    keep_unlicensed: bool = False
    currency: str = ""
    integration: str = ""
    kind: str = ""
    as_of: date | None = None
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How to read one kind of export.

    `columns` maps header text, as it stands in the file, to a field name of the shape; columns that are not named
    become attributes. `header_row` is the row number a person sees. `fingerprint` recognises the header next month.
    """

    __pydantic_config__ = ConfigDict(extra="ignore")

    shape: str
    sheet: str = ""
    header_row: int = 1
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    fingerprint: str = ""

    def to_json(self) -> str:
        """Return the profile as JSON text that `from_json` reads back to an equal profile."""
        return _ADAPTER.dump_json(self).decode()

    @staticmethod
    def from_json(text: str | bytes) -> Profile:
        """Read a profile; raises pydantic.ValidationError where the JSON is no profile."""
        return _ADAPTER.validate_json(text)


_ADAPTER: TypeAdapter[Profile] = TypeAdapter(Profile)
