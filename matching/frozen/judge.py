"""Runs the matcher over the frozen cases and counts, by group, what came out. What is good enough is in `gate`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np

from matching import block, engine
from matching.evaluate import calibration_error, precision_recall_f1
from matching.frozen.cases import MSP, NOBODY, Case, Expected, Record, party_cases, service_cases
from matching.services import engine as services
from matching.types import Party, Service, Suggestion

Numbers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Judged(Generic[Record]):
    """One expected account with what was suggested for it."""

    case: Case[Record]
    expected: Expected
    suggestion: Suggestion

    @property
    def is_right(self) -> bool:
        """Whether the first candidate is a true one."""
        first = self.suggestion.candidates[:1]
        return bool(first) and first[0].right_id in self.expected.links

    @property
    def is_proposed(self) -> bool:
        return self.suggestion.verdict != "none"

    @property
    def is_ticked(self) -> bool:
        return self.suggestion.verdict == "preselect"

    @property
    def is_wrongly_ticked(self) -> bool:
        """Ticked in advance, and either wrong or not to be ticked by a machine."""
        return self.is_ticked and not (self.expected.kind == "tick" and self.is_right)

    @property
    def is_kept(self) -> bool:
        """Whether what was expected came out."""
        kind, found = self.expected.kind, self.suggestion
        if kind == "tick":
            return self.is_proposed and self.is_right and not found.no_client
        if kind == "ambiguous":
            told = not self.is_proposed or (found.candidates[0].ambiguous and self.is_right)
            return told and not self.is_ticked
        if kind == "look":
            return not self.is_ticked
        return found.no_client == kind if kind in NOBODY else not self.is_proposed


@contextmanager
def single_thread() -> Iterator[None]:
    """Candidates are looked for with one thread: for lists this short, waking a second one costs more than the work."""
    usual = block.THREADS
    block.THREADS = 1
    try:
        yield
    finally:
        block.THREADS = usual


def judge(
    cases: Iterable[Case[Record]], run: Callable[[Sequence[Record], Sequence[Record]], list[Suggestion]]
) -> dict[str, list[Judged[Record]]]:
    """Every expected account by group."""
    out: dict[str, list[Judged[Record]]] = {}
    with single_thread():
        for case in cases:
            for suggestion in run(case.left, case.right):
                expected = case.expected[suggestion.left_id]
                if expected.kind != "everyday":
                    out.setdefault(case.group, []).append(Judged(case, expected, suggestion))
    return out


def average_precision(confidence: Sequence[float], hit: Sequence[bool], linked: int) -> float:
    """Mean, over the true links, of the precision down to each; a link that was not found counts 0.

    Equal confidences are one step, so their order does not matter. Without true links it is 1.
    """
    if not linked:
        return 1.0
    found = area = seen = 0.0
    for value in sorted(set(confidence), reverse=True):
        here = [h for c, h in zip(confidence, hit, strict=True) if c == value]
        seen += len(here)
        found += sum(here)
        area += sum(here) * found / seen
    return area / linked


def numbers(judged: Sequence[Judged[Any]]) -> Numbers:
    """The measures of one group, rounded to four digits.

    `brier` and `ece` are over the first candidates; `abstention` is the share for which nothing is proposed;
    `kept` the share for which the expected came out; `wrongly_preselected` counts ticks that are wrong or forbidden.
    """
    firsts = [j for j in judged if j.suggestion.candidates]
    confidence = [j.suggestion.candidates[0].confidence for j in firsts]
    hit = [j.is_right for j in firsts]
    linked = sum(bool(j.expected.links) for j in judged)
    p, y = np.array(confidence, np.float64), np.array(hit, np.bool_)
    out: Numbers = {"accounts": len(judged), "linked": linked}
    for name, chosen in (("suggest", [j for j in judged if j.is_proposed]), ("preselect", _ticked(judged))):
        values = precision_recall_f1(sum(j.is_right for j in chosen), len(chosen), linked)
        out |= {f"{name}_{part}": value for part, value in zip(("precision", "recall", "f1"), values, strict=True)}
    out |= {
        "top1": sum(hit) / linked if linked else 1.0,
        "average_precision": average_precision(confidence, hit, linked),
        "brier": float(np.mean((p - y) ** 2)) if p.size else 0.0,
        "ece": calibration_error(p, y),
        "abstention": sum(not j.is_proposed for j in judged) / len(judged),
        "kept": sum(j.is_kept for j in judged) / len(judged),
        "wrongly_preselected": sum(j.is_wrongly_ticked for j in judged),
    }
    return {name: round(value, 4) for name, value in out.items()}


def _ticked(judged: Sequence[Judged[Any]]) -> list[Judged[Any]]:
    return [j for j in judged if j.is_ticked]


def judged_parties() -> dict[str, list[Judged[Party]]]:
    """All cases of organisations as `match` judges them, with the MSP known."""
    return judge(party_cases(), lambda left, right: engine.match(left, right, top_n=2, own=MSP))


def judged_services() -> dict[str, list[Judged[Service]]]:
    """All cases of services as `match_services` judges them."""
    return judge(service_cases(), lambda left, right: services.match_services(left, right, top_n=2))


def measure() -> dict[str, dict[str, Numbers]]:
    """The numbers of every group, and of all groups of a kind together under `all`."""
    kinds: Mapping[str, Mapping[str, list[Judged[Any]]]] = {"parties": judged_parties(), "services": judged_services()}
    out: dict[str, dict[str, Numbers]] = {}
    for kind, groups in kinds.items():
        out[kind] = {group: numbers(judged) for group, judged in sorted(groups.items())}
        out[kind]["all"] = numbers([one for judged in groups.values() for one in judged])
    return out
