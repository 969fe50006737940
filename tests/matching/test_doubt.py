"""What a candidate says of itself tells its verdict at every pair of thresholds, not only at those of its own run."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from matching import simulate
from matching.engine import match
from matching.types import Own, Party, Suggestion, Thresholds

OWN = Own(names=("Northbeam IT",), domains=("northbeam.example",))
ODD = (
    ("Test Tenant", "Test Tenant"),
    ("Subway #123", "Subway #456"),
    ("City Dental", "The Dental Office"),
    ("Northbeam IT", "Northbeam"),
    ("Placeholder", "Acme Ltd"),
)


@cache
def sides() -> tuple[list[Party], list[Party]]:
    tenant = simulate.frozen("blank70", 1)[0]
    left = [*tenant.left[:80], *(Party(id=f"l{n}", name=name) for n, (name, _) in enumerate(ODD))]
    right = [*tenant.right, *(Party(id=f"r{n}", name=name) for n, (_, name) in enumerate(ODD))]
    right += [Party(id=f"twin{n}", name=party.name) for n, party in enumerate(tenant.right[:6])]
    return left, right


@cache
def at_the_usual() -> dict[str, Suggestion]:
    return {each.left_id: each for each in match(*sides(), own=OWN)}


def expected(one: Suggestion, at: Thresholds) -> str:
    if not one.candidates or one.candidates[0].confidence < at.suggest:
        return "none"
    best = one.candidates[0]
    free = best.doubt is None or best.doubt < at.suggest
    return "preselect" if free and best.confidence >= at.preselect else "suggest"


@settings(max_examples=25, deadline=None)
@given(st.tuples(st.floats(0.05, 1.0), st.floats(0.05, 1.0)))
def test_a_doubt_tells_the_verdict_at_any_thresholds(drawn: tuple[float, float]) -> None:
    at = Thresholds(suggest=min(drawn), preselect=max(drawn))
    found = match(*sides(), own=OWN, thresholds=at)
    assert {each.left_id: each.verdict for each in found} == {
        key: expected(each, at) for key, each in at_the_usual().items()
    }


def test_doubts_of_every_kind_are_among_them() -> None:
    first = {key: each.candidates[0] for key, each in at_the_usual().items() if each.candidates}
    doubts = {candidate.doubt for candidate in first.values()}
    assert {None, 1.0} < doubts
    assert any(doubt is not None and doubt < 1 for doubt in doubts)
