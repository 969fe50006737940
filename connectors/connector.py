"""What a connector is: what it declares about itself, and how its streams are read. No vendor and no HTTP here.

A connector is one class. It declares an `About`, says who the credentials belong to (`identify`) and has one method
per stream, marked by `@stream`, that is a generator of canonical records and returns the cursor for the next
incremental read ("" where there is none).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeVar

from connectors import records
from connectors.errors import ConnectorError, Problem
from connectors.http.failures import ApiFailure
from connectors.records import Record, Removed
from connectors.wire import Wire

Side = Literal["psa", "usage"]
Proof = Literal["specification", "examples", "facts"]

STREAMS: dict[str, type[Any]] = {
    "clients": records.Client,
    "products": records.Product,
    "agreements": records.Agreement,
    "lines": records.Line,
    "invoices": records.Invoice,
    "invoice_lines": records.InvoiceLine,
    "accounts": records.Account,
    "skus": records.Sku,
    "seats": records.Seat,
    "subscriptions": records.Subscription,
    "charges": records.Charge,
}
"""Every stream there is, parents before children, and the record it yields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to enter for a connection. `pattern` must match the whole value; `wrong` says what a value must be.

    `says_whom`: no secret, but belongs with one (a user's name, the public half of a key), and never an address.
    """

    name: str
    label: str
    help: str
    is_secret: bool = False
    says_whom: bool = False
    is_required: bool = True
    pattern: str = ""
    wrong: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    placeholder: str = ""

    def problem(self, value: str) -> str:
        """What is wrong with a value, "" if nothing."""
        if not value:
            return f"{self.label} is missing." if self.is_required else ""
        if len(value) > 4096 or any(ord(char) < 32 and char not in "\r\n\t" for char in value):
            return f"{self.label} holds characters that can't be in it."
        if self.choices and value not in {choice for choice, _ in self.choices}:
            return f"{self.label} must be one of {', '.join(title for _, title in self.choices)}."
        if self.pattern and re.fullmatch(self.pattern, value) is None:
            return f"{self.label} {self.wrong or 'does not look right'}."
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """A right that the API user needs, called as the vendor's own screen calls it, and what for."""

    name: str
    why: str
    is_optional: bool = False
    for_writing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """So many requests in so many seconds. `is_shared`: other integrations of the same account spend from it too.

    RCX uses `1 - headroom` of it.
    """

    requests: int
    seconds: int
    is_shared: bool = False
    headroom: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How fast a vendor may be called. `source` says where that is known from; unconfirmed limits are our caution."""

    budgets: tuple[Budget, ...] = ()
    at_once: int = 4
    is_confirmed: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteWay:
    """How a quantity is written: `absolute` or `delta`; when it takes effect; what happens to the running period.

    `refuses` lists what is never written. `why_not` is the reason where a PSA can't be written at all.
    """

    kind: Literal["absolute", "delta", "none"]
    effective: str = ""
    proration: str = ""
    refuses: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a connector declares. `hosts` are patterns of the hosts it calls, such as `*.myconnectwise.net`.

    `proof`: held against the vendor's own specification, its example payloads, or facts from documentation only.
    """

    id: str
    name: str
    side: Side
    category: str
    summary: str
    fields: tuple[Field, ...]
    privileges: tuple[Privilege, ...]
    limits: Limits
    hosts: tuple[str, ...]
    proof: Proof
    writes: WriteWay = field(default_factory=lambda: WriteWay(kind="none", why_not="Usage is only read."))
    fixed_addresses: bool = True

    @property
    def documentation(self) -> str:
        """The page that tells an admin where to find each credential, below `docs/`."""
        return f"connectors/{self.id}.md"


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A declared stream. `needs` names the privilege without which it can't be read."""

    name: str
    method: str
    is_incremental: bool
    needs: str
    is_optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The outcome of a test: whose account it is, what can't be read for want of a right, and remarks."""

    account: str
    missing: tuple[ApiFailure, ...] = ()
    notes: tuple[str, ...] = ()


Reads = Generator[Record | Removed, None, str]
_Method = TypeVar("_Method", bound=Callable[..., Reads])


def stream(
    name: str, *, incremental: bool = False, needs: str = "", optional: bool = False
) -> Callable[[_Method], _Method]:
    """Declare the method as the connector's stream `name`.

    An incremental one takes the cursor of the last read ("" for a full one), any other takes nothing.
    """
    if name not in STREAMS:
        raise ValueError(f"there is no stream {name!r}")

    def mark(method: _Method) -> _Method:
        method.__stream__ = StreamInfo(name, method.__name__, incremental, needs, optional)  # type: ignore[attr-defined]
        return method

    return mark


class Reading(Iterator[Record | Removed]):
    """A stream under way. After its end `cursor` is where the next incremental read begins ("" : read it whole)."""

    def __init__(self, name: str, reads: Reads, *, is_full: bool, go_on: Callable[[], None] = lambda: None) -> None:
        self._go_on = go_on
        self.stream = name
        self.is_full = is_full
        self.is_complete = False
        self.cursor = ""
        self._reads = reads

    def __next__(self) -> Record | Removed:
        self._go_on()
        try:
            return next(self._reads)
        except StopIteration as end:
            self.cursor, self.is_complete = end.value or "", True
            raise StopIteration from None

    def close(self) -> None:
        self._reads.close()


class SettingsRefused(ConnectorError):
    """What was entered for a connection can't be right; `problems` names each field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.message for problem in problems))


class Connector(ABC):
    """One vendor's API, read through streams. Made for one connection with its settings and its wire."""

    about: ClassVar[About]

    def __init__(self, settings: Mapping[str, str], wire: Wire) -> None:
        """Raises SettingsRefused where a setting is missing or malformed."""
        self.settings = self.cleaned(settings)
        self.wire = wire

    @classmethod
    def cleaned(cls, settings: Mapping[str, str]) -> dict[str, str]:
        """The settings trimmed and completed by defaults. Raises SettingsRefused naming every field that is wrong."""
        found, problems = {}, []
        for each in cls.about.fields:
            value = str(settings.get(each.name, "") or "").strip() or each.default
            if said := each.problem(value):
                problems.append(Problem(file=cls.about.name, column=each.name, message=said))
            found[each.name] = value
        if problems:
            raise SettingsRefused(tuple(problems))
        return found

    @classmethod
    def streams(cls) -> tuple[StreamInfo, ...]:
        """The streams this connector has, parents before children."""
        marked = [getattr(getattr(cls, name), "__stream__", None) for name in dir(cls)]
        found = {info.name: info for info in marked if info is not None}
        return tuple(found[name] for name in STREAMS if name in found)

    def read(self, name: str, since: str = "") -> Reading:
        """Read a stream: whole, or what changed since a cursor. Raises LookupError for a stream it does not have."""
        info = next((each for each in self.streams() if each.name == name), None)
        if info is None:
            raise LookupError(f"{self.about.name} has no stream {name!r}")
        begin = since if info.is_incremental else ""
        method = getattr(self, info.method)
        return Reading(
            name, method(begin) if info.is_incremental else method(), is_full=not begin, go_on=self.wire.go_on
        )

    def check(self) -> Checked:
        """Test the connection: sign in, then read the first record of every stream.

        Rights that are missing are collected; anything else raises ApiFailure.
        """
        account = self.identify()
        missing = []
        for info in self.streams():
            reading = self.read(info.name)
            try:
                next(reading, None)
            except ApiFailure as failure:
                if failure.kind != "privilege_missing":
                    raise
                missing.append(failure)
            finally:
                reading.close()
        return Checked(account=account, missing=tuple(missing), notes=self.wire.notes())

    def close(self) -> None:  # noqa: B027 - most have nothing to let go of
        """Let go of connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def identify(self) -> str:
        """Sign in and say whose account this is, in words ("Northbeam IT"). Raises ApiFailure."""
