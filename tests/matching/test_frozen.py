"""The frozen bench: its gate holds, its cases are whole and unseen, and a drop cannot pass unnoticed."""

import json
from collections import Counter
from pathlib import Path

import pytest

from matching import simulate
from matching.corpora import rows
from matching.engine import match
from matching.frozen import __main__ as command
from matching.frozen import gate
from matching.frozen.cases import Case, Expected, party_cases, service_cases, table
from matching.frozen.judge import Judged, average_precision, measure, numbers
from matching.simulate import part_of
from matching.types import Candidate, Party, Suggestion

PARTY_GROUPS = {
    "acronym", "dba", "domain_only", "franchise", "legal_form", "no_match", "non_latin", "not_a_client", "other_city",
    "parent_child", "renamed", "reordered", "strangers", "two_firms", "typo",
}  # fmt: skip
SERVICE_GROUPS = {"aliases", "codes", "devices", "editions", "no_match", "plans", "teams", "terms"}


def test_nothing_falls_below_the_gate() -> None:
    moved = gate.differences(gate.read(), measure())
    worse = [str(one) for one in moved if one.is_worse]
    assert not worse, "judge these, then `python -m matching.frozen --accept`:\n" + "\n".join(worse)


def test_every_group_has_its_lists() -> None:
    parties = Counter(case.group for case in party_cases())
    services = Counter(case.group for case in service_cases())
    assert set(parties) == PARTY_GROUPS
    assert min(parties.values()) >= 40
    assert set(services) == SERVICE_GROUPS
    assert min(services.values()) >= 20
    for case in party_cases():
        assert 1 <= len(case.left) <= 8, case
        assert 10 <= len(case.right) <= 60, case


def test_every_label_points_at_a_record_of_its_own_list() -> None:
    for case in (*party_cases(), *service_cases()):
        ids = [record.id for record in case.right]
        assert len(set(ids)) == len(ids)
        judged = [one for one in case.expected.values() if one.kind != "everyday"]
        assert judged, f"{case.group} {case.number} expects nothing"
        for one in case.expected.values():
            assert one.links <= set(ids), f"{case.group} {case.number}"
            assert bool(one.links) == (one.kind in ("tick", "look", "ambiguous", "everyday")) or one.kind == "own"
            assert len(one.links) > 1 or one.kind != "ambiguous"


def _entity(source: str) -> str | None:
    """The entity of a row's source, as the line between training and test knows it; nothing for what is no entity."""
    kind, _, key = source.partition(" ")
    if kind == "chicago_sites":
        return f"c{key}"
    if kind == "dotgov":
        return "g" + next(r["org"] for r in rows("dotgov") if r["domain"] == key).lower()
    if kind == "universities":
        return "u" + next(r["name"] for r in rows("universities") if r["domain"] == key).lower()
    assert source in ("written", "company_names", "org_name_cases"), source
    return None


def test_entities_of_the_sets_are_of_the_half_that_training_never_saw() -> None:
    sources = {row["source"] for name in ("parties", "clients") for row in table(name)}
    accounts = {row["account_number"] for row in rows("chicago_sites")}
    entities = {found for source in sources if (found := _entity(source))}
    assert len(entities) > 300
    assert {e for e in entities if part_of(e) != "test"} == set()
    assert {e[1:] for e in entities if e[0] == "c"} <= accounts


def test_written_names_are_in_no_training_set() -> None:
    seen = {name.casefold() for name, _ in simulate.all_names("train")}
    written = [row["name"] for name in ("parties", "clients") for row in table(name) if row["source"] == "written"]
    assert len(written) > 1000
    # What no firm is called by itself may stand anywhere.
    assert {name for name in written if name.casefold() in seen} <= {"Main Street Dental"}


def _judged(kind: str, verdict: str, right_id: str = "c1", confidence: float = 0.9, **of: object) -> Judged[Party]:
    case = Case("made", 1, (Party("a1", "A"),), (Party("c1", "C"), Party("c2", "D")), {})
    links = frozenset() if kind in ("none", "test") else frozenset({"c1"})
    found = Candidate(right_id, confidence, 1, "suggest", ambiguous=bool(of.get("ambiguous")))
    no_client = of.get("no_client", "")
    return Judged(case, Expected(links, kind), Suggestion("a1", verdict, (found,), no_client=no_client))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("judged", "kept", "wrong"),
    [
        (_judged("tick", "preselect"), True, False),
        (_judged("tick", "suggest"), True, False),
        (_judged("tick", "none"), False, False),
        (_judged("tick", "preselect", "c2"), False, True),
        (_judged("tick", "suggest", no_client="test"), False, False),
        (_judged("look", "suggest"), True, False),
        (_judged("look", "preselect"), False, True),
        (_judged("ambiguous", "suggest", ambiguous=True), True, False),
        (_judged("ambiguous", "suggest"), False, False),
        (_judged("ambiguous", "none"), True, False),
        (_judged("none", "none"), True, False),
        (_judged("none", "suggest"), False, False),
        (_judged("none", "preselect"), False, True),
        (_judged("test", "none", no_client="test"), True, False),
        (_judged("test", "none"), False, False),
        (_judged("test", "none", no_client="own"), False, False),
    ],
)
def test_what_counts_as_kept_and_as_wrongly_ticked(judged: Judged[Party], kept: bool, wrong: bool) -> None:
    assert (judged.is_kept, judged.is_wrongly_ticked) == (kept, wrong)


def test_numbers_of_a_group() -> None:
    found = numbers(
        [
            _judged("tick", "preselect", confidence=0.95),
            _judged("tick", "suggest", "c2", confidence=0.6),
            _judged("none", "none", confidence=0.2),
            _judged("none", "preselect", confidence=0.9),
        ]
    )
    assert found["accounts"] == 4
    assert found["linked"] == 2
    assert found["suggest_precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["suggest_recall"] == 0.5
    assert found["preselect_precision"] == 0.5
    assert found["top1"] == 0.5
    assert found["abstention"] == 0.25
    assert found["kept"] == 0.5
    assert found["wrongly_preselected"] == 1
    assert found["brier"] == pytest.approx((0.05**2 + 0.6**2 + 0.2**2 + 0.9**2) / 4, abs=1e-4)


def test_average_precision_takes_equal_confidences_together() -> None:
    assert average_precision([0.9, 0.8, 0.7], [True, False, True], 2) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([0.9, 0.9], [False, True], 1) == average_precision([0.9, 0.9], [True, False], 1) == 0.5
    assert average_precision([0.9], [True], 2) == 0.5
    assert average_precision([], [], 0) == 1.0


BEFORE: gate.Table = {"parties": {"typo": {"accounts": 40, "top1": 0.9, "brier": 0.02, "wrongly_preselected": 1}}}


def _worse(**changed: float) -> list[str]:
    now = {"parties": {"typo": BEFORE["parties"]["typo"] | changed}}
    return [one.measure for one in gate.differences(BEFORE, now) if one.is_worse]


def test_a_drop_is_seen_and_a_gain_is_none() -> None:
    assert _worse() == []
    assert _worse(top1=0.88) == ["top1"]
    assert _worse(top1=0.92, wrongly_preselected=0) == []
    assert _worse(wrongly_preselected=2) == ["wrongly_preselected"]
    assert _worse(brier=0.03) == ["brier"]
    assert _worse(accounts=39) == ["accounts"]


def test_a_group_that_is_gone_is_a_drop() -> None:
    assert all(one.is_worse for one in gate.differences(BEFORE, {"parties": {}}))
    assert not any(one.is_worse for one in gate.differences({}, BEFORE))


def test_accepting_rewrites_the_gate_and_says_what_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = measure_like(0.9)
    path = tmp_path / "gate.json"
    monkeypatch.setattr(gate, "GATE", path)
    gate.write(full)
    monkeypatch.setattr(command, "measure", lambda: measure_like(0.8))
    assert command.main([]) == 1
    assert gate.read() == full
    assert command.main(["--accept"]) == 0
    assert "worse parties typo top1: 0.9 -> 0.8" in capsys.readouterr().out
    assert json.loads(path.read_text(encoding="utf-8")) == measure_like(0.8)
    assert command.main([]) == 0


def measure_like(top1: float) -> gate.Table:
    return {"parties": {"typo": {key: 0.5 for key, _ in command._SHOWN} | {"top1": top1}}}


def test_judging_leaves_the_threads_of_matching_alone() -> None:
    from matching import block
    from matching.frozen.judge import single_thread

    before = block.THREADS
    with single_thread():
        assert block.THREADS == 1
        assert match([Party("1", "Acme Dental")], [Party("a", "Acme Dental")])[0].best is not None
    assert before == block.THREADS
