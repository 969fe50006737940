"""What goes into matching and what comes out of it: plain frozen values, no behaviour beyond their own arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Assignment = Literal["many_to_one", "one_to_one"]
CandidateVerdict = Literal["preselect", "suggest", "compare"]
SuggestionVerdict = Literal["preselect", "suggest", "none"]
DecidedBy = Literal["person", "identifier", "domain", "code", "catalogue", "model", "none"]
NoClient = Literal["", "own", "test", "placeholder"]


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation record of either side: a PSA client, a vendor tenant, a site.

    `domain` and `phone` may hold several values separated by `;`. `identifiers` are strong keys by scheme, for example
    `{"m365_tenant": "…guid…", "vat": "NL…"}`: an equal value under an equal scheme decides before any name does.
    `people` are the sign-in names of persons, `devices` host names or serial numbers, both folded: on a vendor's side
    those of the account, on the PSA's those of the client's contacts and of accounts that people gave to it.
    """

    id: str
    name: str
    domain: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    aliases: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    seat_count: int | None = None
    people: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Own:
    """What is known of the MSP itself, whose own tenant belongs to no client: names it goes by, domains it owns."""

    names: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """One product record of either side: a vendor SKU in use, or a product that the PSA bills.

    `quantities` are by client, used or billed; 0 says that the client could have some of it and has none. `unit_price`
    is what one costs the MSP (a SKU) or its client (a product) a month, both sides in one currency.
    """

    id: str
    name: str
    sku: str = ""
    vendor: str = ""
    description: str = ""
    unit: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[str, float] = field(default_factory=dict)
    unit_price: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: its signed share of the log-odds and the two raw values it came from."""

    code: str
    text: str
    left: str
    right: str
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible right record. `confidence` is the calibrated probability that the link is right.

    `reasons` are ordered by strength, and the suggestion's `start` plus all their weights is the log-odds of
    `confidence`. `ambiguous` says that another candidate is nearly as good, so the machine must not choose.
    `doubt`: the pair is never ticked in advance unless `suggest` lies above it; 1 where no threshold helps (a veto, a
    rival too close, a record that is nobody's), None where nothing stands against it.
    """

    right_id: str
    confidence: float
    rank: int
    verdict: CandidateVerdict
    reasons: tuple[Reason, ...] = ()
    ambiguous: bool = False
    doubt: float | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is proposed for one left record: candidates best first, and the verdict on the best of them.

    `no_client` says that the record looks like nobody's: the MSP's `own` tenant, a `test` tenant, a distributor's or
    vendor's `placeholder`. Such a record is never preselected.
    """

    left_id: str
    verdict: SuggestionVerdict
    candidates: tuple[Candidate, ...]
    start: float = 0.0
    decided_by: DecidedBy = "none"
    no_client: NoClient = ""

    @property
    def best(self) -> Candidate | None:
        """The candidate that is proposed, or nothing when the verdict is `none`."""
        return self.candidates[0] if self.verdict != "none" and self.candidates else None


@dataclass(frozen=True, slots=True)
class Decided:
    """A person's verdict on a pair, keyed on ids; a machine never overrides it.

    `confirmed` without a right id means: a person said that this left record has no counterpart.
    """

    left_id: str
    right_id: str | None
    verdict: Literal["confirmed", "rejected"]

    def __post_init__(self) -> None:
        if self.verdict == "rejected" and self.right_id is None:
            raise ValueError("a rejected pair needs a right id; 'no match' is a confirmed verdict without one")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidences that turn a score into a verdict.

    `floor`: below it a candidate is not listed. `suggest`: from here it is proposed. `preselect`: from here it is
    ticked in advance, if it leads the runner-up by at least `gap` and no veto stands against it.
    """

    suggest: float = 0.50
    preselect: float = 0.85
    floor: float = 0.05
    gap: float = 0.10

    def __post_init__(self) -> None:
        if not 0.0 <= self.floor <= self.suggest <= self.preselect <= 1.0:
            raise ValueError(
                f"thresholds must rise: 0 <= floor {self.floor} <= suggest {self.suggest} "
                f"<= preselect {self.preselect} <= 1"
            )
        if not 0.0 <= self.gap <= 1.0:
            raise ValueError(f"gap must lie between 0 and 1, not {self.gap}")
