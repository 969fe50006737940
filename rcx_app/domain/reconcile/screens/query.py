"""What the address of the review queue asks for: one reading of it, for the page and for the export alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from rcx_app.core.errors import Invalid
from rcx_app.domain.reconcile.screens.repository import FINDING_SORTS
from rcx_app.domain.reconcile.screens.schemas import FindingFilters
from rcx_app.domain.review.filtering import ME, NOBODY

KINDS = ("calculated", "estimated", "unmapped", "unaccounted")
DIRECTIONS = ("under", "over")
DEFAULT_SORT = "-amount"
_LONGEST_ID = 19
_PEOPLE = {"me": ME, "nobody": NOBODY}
_YES_NO = {"yes": True, "no": False}

DECIDED = ("approved", "dismissed", "snoozed", "at_vendor", "wrong_mapping")

# Views: what each fixes beyond "open". Under- and over-billed are what the calculated sums are made of.
VIEWS: dict[str, FindingFilters] = {
    "": FindingFilters(states=("open",)),
    "under": FindingFilters(states=("open",), kinds=("calculated",), directions=("under",), is_ready=True),
    "over": FindingFilters(states=("open",), kinds=("calculated",), directions=("over",), is_ready=True),
    "unmapped": FindingFilters(states=("open",), kinds=("unmapped",)),
    "unaccounted": FindingFilters(states=("open",), kinds=("unaccounted",)),
    "estimated": FindingFilters(states=("open",), kinds=("estimated",)),
    "not_ready": FindingFilters(states=("open",), is_ready=False),
    "mine": FindingFilters(states=("open",), assignee_id=ME),
    "returned": FindingFilters(states=("open",), is_returned=True),
    "decided": FindingFilters(states=DECIDED),
}
AGES = ("7", "30", "90")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingQuery:
    """A view, narrowed by filters, in an order. Empty: not asked for.

    `ready`, `returned`: yes | no; `client`: a client's id; `assignee`: me | nobody | a person's id; `age`: days that it
    stands at least; `state`: among what is decided.
    """

    view: str = ""
    kind: str = ""
    direction: str = ""
    integration: str = ""
    service: str = ""
    currency: str = ""
    ready: str = ""
    client: str = ""
    assignee: str = ""
    tag: str = ""
    returned: str = ""
    age: str = ""
    state: str = ""
    find: str = ""
    sort: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> FindingQuery:
        """Raises Invalid for a value that means nothing. A filter that the view fixes already is passed over."""
        known = {each.name for each in fields(cls)}
        asked = cls(**{name: value.strip() for name, value in params.items() if name in known})
        _one_of("view", asked.view, tuple(VIEWS))
        _one_of("kind", asked.kind, KINDS)
        _one_of("direction", asked.direction, DIRECTIONS)
        _one_of("ready", asked.ready, ("yes", "no"))
        _one_of("returned", asked.returned, ("yes", "no"))
        _one_of("age", asked.age, AGES)
        _one_of("state", asked.state, DECIDED)
        _one_of("sort", asked.sort.removeprefix("-"), tuple(FINDING_SORTS))
        if asked.client and not _is_id(asked.client):
            raise _broken("client", asked.client)
        if asked.assignee not in ("", *_PEOPLE) and not _is_id(asked.assignee):
            raise _broken("assignee", asked.assignee)
        fixed = VIEWS[asked.view]
        return replace(
            asked,
            kind="" if fixed.kinds else asked.kind,
            direction="" if fixed.directions else asked.direction,
            ready="" if fixed.is_ready is not None else asked.ready,
            assignee="" if fixed.assignee_id is not None else asked.assignee,
            returned="" if fixed.is_returned is not None else asked.returned,
            state=asked.state if asked.view == "decided" else "",
            sort="" if asked.sort == DEFAULT_SORT else asked.sort,
        )

    @property
    def order(self) -> str:
        return self.sort or DEFAULT_SORT

    @property
    def is_filtered(self) -> bool:
        """Whether something beyond the view narrows the list."""
        return replace(self, view="", sort="") != FindingQuery()

    def params(self) -> dict[str, str]:
        """What stands in the address."""
        return {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}

    @property
    def _assignee_id(self) -> int | None:
        return _PEOPLE.get(self.assignee, int(self.assignee) if self.assignee.isdecimal() else None)

    def filters(self) -> FindingFilters:
        fixed = VIEWS[self.view]
        return replace(
            fixed,
            kinds=fixed.kinds or ((self.kind,) if self.kind else ()),
            directions=fixed.directions or ((self.direction,) if self.direction else ()),
            is_ready=fixed.is_ready if fixed.is_ready is not None else _YES_NO.get(self.ready),
            integration=self.integration,
            service_key=self.service,
            currency=self.currency,
            client_id=int(self.client) if self.client else None,
            states=(self.state,) if self.state else fixed.states,
            assignee_id=self._assignee_id if fixed.assignee_id is None else fixed.assignee_id,
            tag=self.tag,
            is_returned=_YES_NO.get(self.returned) if fixed.is_returned is None else fixed.is_returned,
            min_days=int(self.age) if self.age else None,
            search=self.find,
        )


def is_by_kind(view: str) -> bool:
    """Whether a view can be told from an open finding's own columns (see `fits`)."""
    fixed = VIEWS[view]
    return fixed.states == ("open",) and fixed.assignee_id is None and fixed.is_returned is None


def fits(view: str, *, kind: str, direction: str, is_ready: bool) -> bool:
    """Whether an open finding belongs to a view that `is_by_kind`."""
    fixed = VIEWS[view]
    return (
        (not fixed.kinds or kind in fixed.kinds)
        and (not fixed.directions or direction in fixed.directions)
        and fixed.is_ready in (None, is_ready)
    )


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < _LONGEST_ID


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value and value not in known:
        raise _broken(name, value)


def _broken(name: str, value: str) -> Invalid:
    return Invalid(f"This address asks for {name} {value[:40]!r}, which does not exist.", remedy="Clear the filters.")
