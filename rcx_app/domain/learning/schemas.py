"""What the learning slice hands out: the model in use, verdicts as labels, where learning stands, and its models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from matching import score


class ModelState(StrEnum):
    """`rejected`: measured no better than what was in use. `retired`: was in use once."""

    REJECTED = "rejected"
    ADOPTED = "adopted"
    RETIRED = "retired"


class Told(StrEnum):
    """What a person's verdict says: the account is this client's, is not this client's, or is nobody's."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """The model that matching uses. `model` None: the shipped one. `number` is the workspace's own, None where shipped.

    `version` signs suggestions: "org-match ab12cd34", or "workspace 3 on org-match ab12cd34".
    """

    model: score.Model | None
    version: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A person's verdict that stands, the newest on its account, with what the model had said.

    `client_id` is the confirmed or the rejected client, None for no match. `how`: person | file. `first_client_id` and
    `first_confidence` are of the candidate that stood first when the verdict was given, `was_preselected` tells whether
    it was ticked in advance; `rank` is the place of `client_id` among the candidates shown, None where it was not one.
    """

    account_id: int
    connection_id: int
    told: Told
    client_id: int | None
    given_at: datetime
    given_by: int | None
    how: str
    first_client_id: int | None
    first_confidence: float | None
    was_preselected: bool
    rank: int | None

    @property
    def is_first_right(self) -> bool | None:
        """Whether the model's first candidate was the right one; None where it offered none or that was not told."""
        if self.first_client_id is None:
            return None
        if self.told is Told.REJECTED:
            return False if self.first_client_id == self.client_id else None
        return self.told is Told.CONFIRMED and self.first_client_id == self.client_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where learning stands. `is_enough` says whether a training would be tried, `why_not` in a sentence why not.

    `clients` counts the different clients among the labels, `new_labels` those given since the newest model was made.
    """

    labels: int
    clients: int
    newest_at: datetime | None
    new_labels: int
    running_job: int | None
    is_enough: bool
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How a model did on held-out verdicts of one split.

    Log loss is per account over its candidates, weighed as in training. Brier score, calibration error (`ece`) and
    (precision, recall) at the two thresholds are of each account's first candidate; None where nothing could be told.
    """

    log_loss: float
    brier: float
    ece: float
    suggest: tuple[float, float]
    preselect: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The model in use before and the new one, on the same held-out verdicts.

    `split`: "clients" (all accounts of one client are held out together) or "time" (the newest verdicts are held out).
    `gain` is how much the log loss fell, with the ends of its 90 % interval; `accounts` and `clients` are held out.
    """

    split: str
    accounts: int
    clients: int
    before: Quality
    after: Quality
    gain: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """A model of the workspace. `reason` says in plain words why it was adopted or not, or is not used.

    `times` says how much each group of evidence counts beside the shipped model, 1 being the same.
    """

    number: int
    state: ModelState
    is_in_use: bool
    can_adopt: bool
    made_at: datetime
    made_by: str
    adopted_at: datetime | None
    retired_at: datetime | None
    base: str
    labels: int
    clients: int
    held: tuple[Held, ...]
    intercept: float
    slope: float
    times: dict[str, float]
    reason: str
