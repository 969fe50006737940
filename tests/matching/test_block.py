"""Short lists are looked through with as little ceremony as they need, and long ones alike."""

from typing import Any

import numpy as np
import pytest
from sparse_dot_topn import sp_matmul_topn

from matching import block
from matching.background import SERVICES_FILE, background
from matching.grams import document_frequency, trigram_counts
from matching.side import KEY_MEMBERS, crowded, prepare, without_crowded
from matching.types import Party


@pytest.mark.parametrize(("records", "threads"), [(30, {1}), (600, {4})])
def test_a_second_thread_is_woken_for_long_lists_only(
    monkeypatch: pytest.MonkeyPatch, records: int, threads: set[int]
) -> None:
    used: set[int] = set()
    usual = sp_matmul_topn

    def watched(*args: Any, n_threads: int, **how: Any) -> Any:
        used.add(n_threads)
        return usual(*args, n_threads=n_threads, **how)

    monkeypatch.setattr(block, "sp_matmul_topn", watched)
    monkeypatch.setattr(block, "THREADS", 4)
    side = prepare([Party(str(k), f"Harbor {k * 7919 % 1009} Dental") for k in range(records)])
    block.block(side, side)
    assert used == threads


def test_counts_of_trigrams_name_only_those_that_occur() -> None:
    counts = trigram_counts(["acme", "acme dental", ""])
    used, times = document_frequency(counts, trigram_counts(["acme"]))
    assert used.tolist() == sorted(set(counts.indices.tolist()))
    assert times.max() == 3
    assert times.sum() == counts.nnz + 4


def test_rarity_is_the_same_however_the_names_are_split_between_the_lists() -> None:
    names = ["acme dental", "acme legal", "harbor foods"]
    known = background(SERVICES_FILE)
    one, other = block.name_space(names[:1], names[1:], known), block.name_space(names[:2], names[2:], known)
    assert np.array_equal(one.document_frequency, other.document_frequency)
    assert (one.left[0] != other.left[0]).nnz == 0


def test_a_key_of_too_many_is_dropped_from_both_sides_and_no_other_is() -> None:
    many = [Party(str(k), f"Acme {k}", phone="3125550100", domain=f"acme{k}.example") for k in range(KEY_MEMBERS + 1)]
    few = [Party("a", "Contoso", phone="3125550100; 3125550199", postcode="60601", address="1 Main St")]
    left, right = without_crowded(prepare(many), prepare(few))
    assert not any(left.phones)
    assert right.phones == [("125550199",)]
    assert left.domains[3] == ("acme3.example",)
    assert (right.postcode, right.number) == (["60601"], ["1"])
    assert without_crowded(prepare(many[1:]), prepare(few))[0].phones[0] == ("125550100",)


def test_only_what_more_than_a_handful_carry_is_crowded() -> None:
    assert crowded(["a"] * KEY_MEMBERS, ["a"] * KEY_MEMBERS) == frozenset()
    assert crowded(["a"] * (KEY_MEMBERS + 1), ["b"]) == {"a"}
