"""Learning from verdicts: what moves, by how much, what is compared with what, and that nothing of a name is kept."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from matching import learn, score, simulate
from matching.engine import judge_pairs
from matching.learning import adjust, compare, tune
from matching.learning.adjust import Adjustment
from matching.learning.compare import Held, Quality
from matching.learning.examples import TICKED, Examples, Source, Verdict, examples
from matching.simulate import Tenant
from matching.types import Party

Habit = Callable[[Tenant, int], Tenant]


@pytest.fixture(autouse=True)
def _small_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn, "BENCH_TENANTS", 1)


def as_it_is(tenant: Tenant, _: int) -> Tenant:
    return tenant


def wrong_addresses(tenant: Tenant, seed: int) -> Tenant:
    """A vendor whose accounts carry anybody's address."""
    rng = random.Random(f"addresses {seed}")
    known = [(party.address, party.postcode) for party in tenant.left]
    left = []
    for party in tenant.left:
        address, postcode = rng.choice(known)
        left.append(replace(party, address=address, postcode=postcode))
    return Tenant(tenant.name, left, tenant.right, tenant.links)


def tenant(seed: int, habit: Habit = as_it_is, blank: float = 0.0) -> Tenant:
    return habit(simulate.chicago_test(seed, blank), seed)


def verdicts(found: Tenant, seed: int, *, at_random: float = 0.0) -> list[Verdict]:
    """What an attentive person says of every account, in no particular order; a share of it at random."""
    rng = random.Random(f"verdicts {seed}")
    links, rights = dict(found.links), [party.id for party in found.right]
    said = []
    for party in found.left:
        right = rng.choice(rights) if rng.random() < at_random else links.get(party.id)
        said.append(Verdict(party.id, right, "confirmed" if right else "no_match", 0.0))
    rng.shuffle(said)
    return [replace(verdict, at=float(k)) for k, verdict in enumerate(said)]


def source(seed: int, habit: Habit = as_it_is, *, most: int | None = None, at_random: float = 0.0) -> Source:
    found = tenant(seed, habit)
    return Source(found.left, found.right, verdicts(found, seed, at_random=at_random)[:most])


def laid_out(*sources: Source) -> Examples:
    return examples(sources, score.shipped())


def all_of(found: Examples) -> np.ndarray:
    return np.ones(len(found), np.bool_)


def test_the_learned_model_says_what_was_fitted_and_its_reasons_are_exact_sums() -> None:
    given = source(3000, wrong_addresses)
    found = laid_out(given)
    by = tune.tune(found, all_of(found))
    assert by.times["street"] < 0.8
    model = learn.model(json.loads(json.dumps(by.plain())))
    judged = judge_pairs(given.left, given.right, model=model)
    assert np.abs(judged.model_log_odds - found.log_odds(by)).max() < 1e-8
    told = model.start + model.contributions(judged.matrix, judged.standing).sum(axis=1)
    assert np.abs(judged.model_log_odds - told).max() < 1e-8


def test_without_verdicts_the_model_is_the_shipped_one() -> None:
    given = source(3000)
    found = laid_out(given)
    nothing = tune.tune(found, np.zeros(len(found), np.bool_))
    assert nothing == Adjustment()
    shipped = judge_pairs(given.left, given.right)
    mine = judge_pairs(given.left, given.right, model=learn.model(nothing.plain()))
    assert np.abs(mine.model_log_odds - shipped.model_log_odds).max() < 1e-8


def test_few_verdicts_hardly_move_anything_and_many_do() -> None:
    found = laid_out(source(3000, wrong_addresses), source(3001, wrong_addresses), source(3002, wrong_addresses))
    assert len(found) > 500
    moved = {}
    for number in (25, 500):
        by = tune.tune(found, np.arange(len(found)) < number)
        first = np.flatnonzero(found.counts)
        before, after = found.log_odds(Adjustment())[first], found.log_odds(by)[first]
        moved[number] = float(np.abs(score.probability(after) - score.probability(before)).mean())
    assert moved[25] < 0.04
    assert moved[500] > 3 * moved[25]


def test_a_workspace_with_a_habit_gains_also_on_accounts_that_it_never_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    # A model that has given up on addresses comes near to what it may lose: that is judged on the whole bench.
    monkeypatch.setattr(learn, "BENCH_TENANTS", 6)
    learned = learn.learn([source(3000, wrong_addresses), source(3002, wrong_addresses)])
    assert learned.is_better, learned.reason
    by_client = learned.held[0]
    assert (by_client.split, by_client.gain[0] > 0) == ("clients", True)
    assert by_client.after.log_loss < 0.6 * by_client.before.log_loss
    later = laid_out(source(3003, wrong_addresses))
    before = compare.losses(later, later.log_odds(Adjustment())).mean()
    assert compare.losses(later, later.log_odds(learned.adjustment)).mean() < 0.6 * before


def test_verdicts_given_at_random_are_not_followed() -> None:
    learned = learn.learn([source(3000, at_random=1.0)])
    assert not learned.is_better
    assert "frozen cases" in learned.reason


@pytest.mark.parametrize("number", [0, 10, 49])
def test_too_few_verdicts_teach_nothing_and_say_so(number: int) -> None:
    with pytest.raises(learn.TooFew, match=f"There are {number} verdicts; a training needs at least 50"):
        learn.learn([source(3000, most=number)])


def test_many_verdicts_on_few_clients_teach_nothing_either() -> None:
    assert "5 different clients" in learn.why_not(400, 5)
    assert learn.why_not(50, 20) == ""


def test_the_same_verdicts_give_the_same_numbers_whatever_the_records_are_called() -> None:
    first, again = learn.learn([source(3000)]), learn.learn([source(3000)])
    assert first == again
    plain = source(3000)
    named = Source(
        [replace(party, id=f"9{k:06d}") for k, party in enumerate(plain.left)],
        [replace(party, id=f"7{k:06d}") for k, party in enumerate(plain.right)],
        [_renamed(verdict, plain) for verdict in plain.verdicts],
    )
    assert learn.learn([named]) == first


def _renamed(verdict: Verdict, plain: Source) -> Verdict:
    left = {party.id: f"9{k:06d}" for k, party in enumerate(plain.left)}
    right = {party.id: f"7{k:06d}" for k, party in enumerate(plain.right)}
    return replace(verdict, left_id=left[verdict.left_id], right_id=verdict.right_id and right[verdict.right_id])


def test_what_is_kept_is_a_number_for_each_group_of_evidence_and_nothing_else() -> None:
    kept = learn.learn([source(3000, wrong_addresses)]).adjustment.plain()
    assert set(kept) == {"intercept", "slope", "times"}
    assert set(kept["times"]) <= set(score.shipped().group_names)
    assert all(isinstance(value, float) for value in (kept["intercept"], kept["slope"], *kept["times"].values()))


def test_evidence_never_turns_its_meaning_round() -> None:
    backwards = source(3000)
    wrong = [
        replace(verdict, right_id=None, told="no_match") if verdict.right_id else verdict
        for verdict in backwards.verdicts
    ]
    found = laid_out(Source(backwards.left, backwards.right, wrong))
    by = tune.tune(found, all_of(found), tune.Prior(5.0, 5.0, 5.0))
    assert by.slope > 0
    assert all(0 <= times <= adjust.MOST for times in by.times.values())


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"intercept": 0.0, "slope": 1.0},
        {"intercept": 0.0, "slope": 1.0, "times": {"shoe_size": 1.0}},
        {"intercept": 0.0, "slope": 1.0, "times": {"name": -0.5}},
        {"intercept": float("nan"), "slope": 1.0, "times": {}},
        {"intercept": 0.0, "slope": 0.0, "times": {}},
        {"intercept": "much", "slope": 1.0, "times": {}},
        {"intercept": 0.0, "slope": 1.0, "times": []},
    ],
)
def test_numbers_that_do_not_fit_the_shipped_model_are_refused(kept: dict[str, object]) -> None:
    with pytest.raises(score.ModelError, match="train it again"):
        learn.model(kept)


def parties(*names: str) -> list[Party]:
    return [Party(name, name) for name in names]


LEFT = parties("Saltmarsh Veterinary", "Quarry Builders", "Tidewell Clinics")
RIGHT = parties("Saltmarsh Vets", "Saltmarsh Veterinary Ltd", "Quarry Builders Inc", "Tidewell Clinic")


def said(*given: Verdict, left: Sequence[Party] = LEFT, right: Sequence[Party] = RIGHT) -> Examples:
    return laid_out(Source(left, right, given))


def test_a_confirmation_speaks_for_its_client_and_against_the_others() -> None:
    found = said(Verdict("Saltmarsh Veterinary", "Saltmarsh Veterinary Ltd", "confirmed", 1.0))
    rows = np.flatnonzero(found.counts)
    assert found.truth[rows].sum() == 1
    assert 2 <= rows.size <= 5
    assert found.linked.tolist() == [True]


def test_no_match_speaks_against_all_and_a_rejection_against_one() -> None:
    nobody = said(Verdict("Saltmarsh Veterinary", None, "no_match", 1.0))
    assert (nobody.counts.sum() >= 2, nobody.truth.sum()) == (True, 0)
    one = said(Verdict("Saltmarsh Veterinary", "Saltmarsh Vets", "rejected", 1.0))
    assert (one.counts.sum(), one.truth.sum(), one.linked.tolist()) == (1, 0, [False])


def test_agreeing_with_what_was_ticked_counts_for_less_than_choosing() -> None:
    agreed = Verdict("Quarry Builders", "Quarry Builders Inc", "confirmed", 1.0, was_preselected=True)
    other = Verdict("Saltmarsh Veterinary", "Saltmarsh Vets", "confirmed", 1.0, was_preselected=True)
    assert said(agreed, other).weight.tolist() == [TICKED, 1.0]


def test_where_an_identifier_decides_there_is_nothing_to_learn() -> None:
    left = [replace(LEFT[0], identifiers={"vat": "NL1"}), *LEFT[1:]]
    right = [RIGHT[0], replace(RIGHT[1], identifiers={"vat": "NL1"}), *RIGHT[2:]]
    verdict = Verdict("Saltmarsh Veterinary", "Saltmarsh Veterinary Ltd", "confirmed", 1.0)
    assert len(said(verdict, left=left, right=right)) == 0
    assert len(said(replace(verdict, left_id="gone"))) == 0


def test_all_accounts_of_a_client_are_held_out_together_and_the_newest_by_time() -> None:
    one = source(3000)
    # The same clients at a second vendor.
    two = Source(one.left, one.right, [replace(verdict, at=verdict.at + 0.5) for verdict in one.verdicts])
    found = laid_out(one, two)
    by_name = dict(compare.splits(found))
    held = np.zeros(len(found), np.int64)
    for fitted_on, held_out in by_name["clients"]:
        assert not set(found.entity[fitted_on]) & set(found.entity[held_out])
        assert not (fitted_on & held_out).any()
        held += held_out
    assert (held == 1).all()
    ((older, newest),) = by_name["time"]
    assert found.at[older].max() < found.at[newest].min()
    assert 0.2 < newest.mean() < 0.4


def test_verdicts_of_one_moment_are_not_split_by_time() -> None:
    given = source(3000)
    at_once = Source(given.left, given.right, [replace(verdict, at=1.0) for verdict in given.verdicts])
    assert [name for name, _ in compare.splits(laid_out(at_once))] == ["clients"]


def test_the_model_in_use_is_compared_without_the_verdicts_that_are_held_out() -> None:
    given = source(3000, wrong_addresses)
    newest = max(verdict.at for verdict in given.verdicts)
    again = learn.learn([given], until=newest)
    assert [each.gain for each in again.held] == [(0.0, 0.0, 0.0)] * len(again.held)
    assert not again.is_better
    assert "within chance" in again.reason


def quality(log_loss: float, precision: float = 0.99) -> Quality:
    return Quality(log_loss, 0.05, 0.02, (0.95, 0.9), (precision, 0.8))


def held(split: str, gain: tuple[float, float, float], precision: float = 0.99) -> Held:
    return Held(split, 200, 150, quality(0.3), quality(0.3 - gain[1], precision), gain)


GOOD, UNSURE, BAD = (0.01, 0.03, 0.05), (-0.01, 0.01, 0.03), (-0.05, -0.03, -0.01)
SAME = {"f1": 0.9, "preselect_precision": 0.99, "preselect_recall": 0.8}


@pytest.mark.parametrize(
    ("compared", "new", "is_better", "why"),
    [
        ([held("clients", GOOD), held("time", UNSURE)], SAME, True, "held out by client"),
        ([held("clients", UNSURE), held("time", GOOD)], SAME, True, "held out by time"),
        ([held("clients", GOOD)], SAME, True, "log loss 0.300 before, 0.270 now"),
        ([held("clients", UNSURE), held("time", UNSURE)], SAME, False, "within chance"),
        ([held("clients", GOOD), held("time", BAD)], SAME, False, "Worse on the verdicts held out by time"),
        ([held("clients", BAD), held("time", GOOD)], SAME, False, "Worse on the verdicts held out by client"),
        ([held("clients", (0.0001, 0.0002, 0.0003))], SAME, False, "within chance"),
        ([held("clients", GOOD, precision=0.95)], SAME, False, "less of what it would preselect is right"),
        ([held("clients", GOOD)], SAME | {"f1": 0.85}, False, "finds fewer right clients"),
        ([held("clients", GOOD)], SAME | {"preselect_precision": 0.95}, False, "preselects more wrong clients"),
        ([held("clients", GOOD)], SAME | {"preselect_recall": 0.7}, False, "preselects far fewer clients"),
    ],
)
def test_only_what_is_better_and_nowhere_worse_is_used(
    compared: list[Held], new: dict[str, float], is_better: bool, why: str
) -> None:
    found, reason = learn.judged(compared, {"shipped": SAME, "new": new})
    assert found is is_better
    assert why in reason
