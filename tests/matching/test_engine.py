"""Decisions in their order, what a person said above all, and sums that are exact."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import score
from matching.engine import judge_pairs, match
from matching.types import Decided, Party, Suggestion, Thresholds

LEFT = [
    Party("1", "Acme Dental LLC"),
    Party("2", "OLD - Contoso (inactive)"),
    Party("3", "Northwind Traders Inc"),
    Party("4", "Nobody Knows Ltd"),
]
RIGHT = [
    Party("a", "Acme Dental, P.C."),
    Party("b", "Contoso GmbH"),
    Party("c", "North Wind Trader"),
    Party("d", "Fabrikam"),
]


EVERY = Thresholds(floor=0.0)
TOWNS = ("Zephyr", "Quartz", "Kestrel", "Oakline", "Brightwater", "Fenwick", "Marlow", "Tansley")


def one(left: Party, *right: Party, **how: object) -> Suggestion:
    return match([left], list(right), **how)[0]  # type: ignore[arg-type]


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def test_plain_names_find_each_other() -> None:
    found = {s.left_id: s for s in match(LEFT, RIGHT)}
    assert [found[k].best.right_id if found[k].best else None for k in "1234"] == ["a", "b", "c", None]
    assert found["4"].verdict == "none"
    assert found["1"].decided_by == "model"


def test_order_is_that_of_the_left_list() -> None:
    assert [s.left_id for s in match(LEFT[::-1], RIGHT)] == ["4", "3", "2", "1"]


def test_a_right_list_in_another_order_changes_nothing() -> None:
    mixed = RIGHT[:]
    random.Random(1).shuffle(mixed)
    for one_way, other in zip(match(LEFT, mixed), match(LEFT, RIGHT), strict=True):
        assert one_way.verdict == other.verdict
        assert [c.right_id for c in one_way.candidates] == [c.right_id for c in other.candidates]
        assert [c.confidence for c in one_way.candidates] == [c.confidence for c in other.candidates]


def test_reasons_add_up_to_the_confidence() -> None:
    right = [*RIGHT, Party("e", "Acme Dental Supply", domain="acme.example"), Party("f", "Acme Dentistry")]
    left = [*LEFT, Party("5", "X", domain="acme.example")]
    for suggestion in match(left, right, thresholds=Thresholds(floor=0.0)):
        for candidate in suggestion.candidates:
            total = suggestion.start + sum(reason.weight for reason in candidate.reasons)
            assert total == pytest.approx(log_odds(candidate.confidence), abs=1e-6)


def test_reasons_are_ordered_and_carry_both_values() -> None:
    left = Party("1", "Acme Dental", postcode="60601", address="1 Main St")
    best = one(left, Party("a", "Acme Dental", postcode="60601", address="9 Oak St")).candidates[0]
    shown = [r for r in best.reasons if r.code not in ("other", "limit", "veto") and r.weight]
    assert [abs(r.weight) for r in shown] == sorted((abs(r.weight) for r in shown), reverse=True)
    postcode = next(r for r in best.reasons if r.code == "postcode")
    assert (postcode.left, postcode.right) == ("60601", "60601")
    assert postcode.weight > 0


def test_a_confirmed_pair_is_repeated_and_a_rejected_one_never_returns() -> None:
    decided = [Decided("1", "d", "confirmed"), Decided("2", "b", "rejected"), Decided("3", None, "confirmed")]
    found = {s.left_id: s for s in match(LEFT, RIGHT, decided=decided)}
    assert (found["1"].decided_by, found["1"].candidates[0].right_id) == ("person", "d")
    assert found["1"].candidates[0].confidence == 1.0
    assert "b" not in [c.right_id for c in found["2"].candidates]
    assert (found["3"].verdict, found["3"].decided_by, found["3"].candidates) == ("none", "person", ())


def test_a_rejection_stands_against_an_equal_identifier() -> None:
    left, right = Party("1", "Acme", identifiers={"vat": "NL1"}), Party("a", "Acme", identifiers={"vat": "NL1"})
    assert one(left, right, decided=[Decided("1", "a", "rejected")]).candidates == ()


def test_contradictory_verdicts_and_double_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="two right records"):
        match(LEFT, RIGHT, decided=[Decided("1", "a", "confirmed"), Decided("1", "b", "confirmed")])
    with pytest.raises(ValueError, match="right ids occur more than once: 'a'"):
        match(LEFT, [RIGHT[0], RIGHT[0]])
    with pytest.raises(ValueError, match="needs a right id"):
        Decided("1", None, "rejected")
    with pytest.raises(ValueError, match="must rise"):
        Thresholds(suggest=0.9, preselect=0.8)


def test_an_identifier_outranks_any_likeness() -> None:
    left = Party("1", "Acme Dental LLC", identifiers={"m365_tenant": "AAAA-1"})
    found = one(left, Party("a", "Acme Dental LLC"), Party("b", "Bright Smiles", identifiers={"m365_tenant": "aaaa-1"}))
    assert (found.best.right_id, found.verdict, found.decided_by) == ("b", "preselect", "identifier")  # type: ignore[union-attr]


def test_an_identifier_on_two_records_is_left_to_a_person() -> None:
    left = Party("1", "Acme", identifiers={"vat": "NL1"})
    rights = [Party(k, f"Acme {k}", identifiers={"vat": "NL1"}) for k in "ab"]
    found = one(left, *rights)
    assert found.verdict == "suggest"
    assert all(c.ambiguous for c in found.candidates)


def test_different_identifiers_are_never_ticked() -> None:
    left, right = (
        Party("1", "Acme Dental", identifiers={"vat": "NL1"}),
        Party("a", "Acme Dental", identifiers={"vat": "NL2"}),
    )
    found = one(left, right)
    assert found.verdict != "preselect"
    assert "identifier_differs" in [r.code for r in found.candidates[0].reasons]


def test_a_domain_that_only_two_records_carry_decides() -> None:
    left = Party("1", "Zephyr Holdings", emails=("a@fabrikam.com",))
    found = one(left, Party("a", "Fabrikam", domain="www.fabrikam.com"), Party("b", "Zephyr Cafe"))
    assert (found.best.right_id, found.decided_by) == ("a", "domain")  # type: ignore[union-attr]


def test_free_mail_decides_nothing() -> None:
    left = Party("1", "Zephyr Holdings", emails=("a@gmail.com",))
    assert one(left, Party("a", "Quartz Mining", emails=("b@gmail.com",))).decided_by != "domain"


def test_twins_are_flagged_and_never_ticked() -> None:
    found = one(Party("1", "Subway"), Party("a", "Subway"), Party("b", "Subway"))
    assert found.verdict != "preselect"
    assert [c.ambiguous for c in found.candidates] == [True, True]


def test_the_address_tells_twins_apart() -> None:
    left = Party("1", "Subway", address="12 Oak St", postcode="60601")
    rights = [
        Party("a", "Subway", address="99 Elm Rd", postcode="60622"),
        Party("b", "Subway", address="12 Oak Street", postcode="60601"),
    ]
    assert one(left, *rights).candidates[0].right_id == "b"


def people(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}@work.example" for name in names)


def test_shared_people_find_a_client_of_another_name() -> None:
    left = Party("1", "Brightwater Holdings", people=people("ann", "bob", "cyd", "dee"))
    rights = [
        Party("a", "Oakline Joinery", people=people("ann", "bob", "cyd")),
        Party("b", "Brightwind Energy", people=people("eve", "fay")),
    ]
    best = one(left, *rights).candidates[0]
    assert best.right_id == "a"
    reason = next(r for r in best.reasons if r.code == "people")
    assert reason.weight > 0
    assert reason.text == "3 shared people"


def test_more_shared_people_count_for_more_and_none_count_against() -> None:
    def confidence(*known: str) -> float:
        left = Party("1", "Zephyr Mining", people=people("ann", "bob", "cyd", "dee"))
        return (
            one(left, Party("a", "Zephyr Drilling", people=people(*known)), thresholds=EVERY).candidates[0].confidence
        )

    assert (
        confidence("eve", "fay", "gus")
        < confidence()
        < confidence("ann", "fay", "gus")
        < confidence("ann", "bob", "cyd")
    )


def test_an_administrator_whom_everybody_has_is_no_evidence() -> None:
    lefts = [Party(f"l{k}", name, people=people("admin")) for k, name in enumerate(TOWNS)]
    rights = [Party(f"r{k}", f"{name} Bakery", people=people("admin")) for k, name in enumerate(TOWNS)]
    found = match(lefts, rights)
    assert all(r.code != "people" for s in found for c in s.candidates for r in c.reasons)


def test_shared_devices_find_a_client_and_common_host_names_do_not() -> None:
    named = one(
        Party("1", "Kestrel Group", devices=("KST-LT-014", "KST-LT-015", "KST-SRV-01")),
        Party("a", "Oakline Joinery", devices=("kst-lt-014.corp.local", "KST-LT-015")),
    )
    assert named.candidates[0].right_id == "a"
    common = ("DESKTOP-1", "LAPTOP", "SERVER", "DC01", "To be filled by O.E.M.")
    found = one(Party("1", "Kestrel Group", devices=common), Party("a", "Oakline Joinery", devices=common))
    assert found.verdict == "none"
    assert all(c.confidence < 0.1 for c in found.candidates)


def test_a_number_or_branch_that_differs_speaks_against_a_pair() -> None:
    for name, same, other in (
        ("Subway #123", "Subway 123", "Subway 456"),
        ("Oakline North", "Oakline North", "Oakline South"),
    ):
        found = one(Party("1", name), Party("a", same), Party("b", other), thresholds=EVERY)
        assert [c.right_id for c in found.candidates] == ["a", "b"]
        assert found.candidates[0].confidence > found.candidates[1].confidence + 0.2
        assert one(Party("1", name), Party("b", other)).verdict != "preselect"


def test_the_same_seat_count_decides_nothing() -> None:
    found = one(Party("1", "Quartz Mining", seat_count=57), Party("a", "Zephyr Cafe", seat_count=57))
    assert found.verdict == "none"


def test_initials_of_one_name_only_are_proposed_and_never_ticked() -> None:
    rights = [Party("a", "Quartz Ridge Brewing Board"), Party("b", "Zephyr Cafe"), Party("c", "Oakline Joinery")]
    found = one(Party("1", "QRBB"), *rights)
    assert (found.verdict, found.candidates[0].right_id) == ("suggest", "a")
    assert {"initials", "lone_initials"} & {r.code for r in found.candidates[0].reasons}
    twice = one(Party("1", "QRBB"), *rights, Party("d", "Queens Road Boat Bakery"))
    assert twice.verdict == "none"


def test_a_key_outranks_shared_people() -> None:
    key = {"m365_tenant": "0aa1"}
    left = Party("1", "Brightwater", identifiers=key, people=people("ann", "bob", "cyd"))
    rights = [Party("a", "Brightwater", people=people("ann", "bob", "cyd")), Party("b", "Oakline", identifiers=key)]
    assert one(left, *rights).candidates[0].right_id == "b"


def test_judged_pairs_leave_verdicts_out_and_add_up() -> None:
    judged = judge_pairs(LEFT, RIGHT)
    assert len(judged.pairs) == judged.matrix.shape[0] == judged.own_log_odds.size == judged.standing.shape[0]
    model = score.shipped()
    again = model.log_odds(model.pair_log_odds(judged.matrix), judged.standing)
    assert abs(again - judged.model_log_odds).max() < 1e-8
    with pytest.raises(ValueError, match="more than once"):
        judge_pairs([LEFT[0], LEFT[0]], RIGHT)


@pytest.mark.parametrize("name", ["", "...", "\x00\x07", "x" * 10_000, "a " * 5_000, "- " * 5_000, "\u202e"])
def test_strange_names_are_answered_at_once(name: str) -> None:
    lefts = [Party(f"l{k}", name, domain=name[:70], people=(name,), devices=(name,)) for k in range(20)]
    rights = [Party(f"r{k}", name, domain=name[:70], people=(name,), devices=(name,)) for k in range(20)]
    assert all(s.verdict != "preselect" for s in match(lefts, rights))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The Dental Office", "Dental Office LLC"),
        ("Family Law Group", "The Family Law Group"),
        ("Subway #123", "Subway #456"),
    ],
)
def test_common_words_or_another_number_are_never_ticked(left: str, right: str) -> None:
    assert one(Party("1", left), Party("a", right)).verdict != "preselect"


def test_one_to_one_uses_each_right_once_and_takes_the_better_pair() -> None:
    left = [Party("1", "Acme Dental"), Party("2", "Acme Dental Supply")]
    right = [Party("a", "Acme Dental")]
    many = match(left, right, thresholds=Thresholds(suggest=0.05))
    assert [s.verdict != "none" for s in many].count(True) >= 1
    single = match(left, right, thresholds=Thresholds(suggest=0.05), assignment="one_to_one")
    assert [s.best.right_id if s.best else None for s in single] == ["a", None]


def test_confirmed_rights_are_used_up_one_to_one() -> None:
    decided = [Decided("2", "a", "confirmed")]
    left, right = [Party("1", "Acme Dental"), Party("2", "Other")], [Party("a", "Acme Dental")]
    assert match(left, right, decided=decided, assignment="one_to_one")[0].verdict == "none"
    assert match(left, right, decided=decided)[0].verdict != "none"


def test_empty_sides_and_nameless_records() -> None:
    assert match([], RIGHT) == []
    assert [s.verdict for s in match(LEFT, [])] == ["none"] * 4
    assert [s.verdict for s in match([Party("1", "")], [Party("a", "")])] == ["none"]


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    match(LEFT, RIGHT, progress=lambda _, share: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


names = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=24)
parties = st.lists(st.tuples(names, names, names, names), max_size=6)


@settings(max_examples=40, deadline=None)
@given(parties, parties, st.sampled_from(["many_to_one", "one_to_one"]))
def test_any_records_give_one_lawful_suggestion_each(
    left: list[tuple[str, ...]], right: list[tuple[str, ...]], how: str
) -> None:
    def side(rows: list[tuple[str, ...]], mark: str) -> list[Party]:
        return [Party(f"{mark}{k}", n, domain=d, address=a, postcode=p) for k, (n, d, a, p) in enumerate(rows)]

    found = match(side(left, "l"), side(right, "r"), assignment=how)  # type: ignore[arg-type]
    assert [s.left_id for s in found] == [f"l{k}" for k in range(len(left))]
    for suggestion in found:
        ranks = [c.rank for c in suggestion.candidates]
        assert ranks == list(range(1, len(ranks) + 1))
        assert all(0 <= c.confidence <= 1 for c in suggestion.candidates)
        assert all(c.verdict == "compare" for c in suggestion.candidates[1:])
    if how == "one_to_one":
        used = [s.best.right_id for s in found if s.best]
        assert len(used) == len(set(used))
