"""The bench runs, is honest about accuracy, compares on the same lists, and its names are realistic in number."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from matching import simulate
from matching.benches import accuracy, peer, rivals
from matching.benches.accuracy import best_threshold
from matching.benches.speed import names, run
from matching.simulate import Tenant
from matching.types import Party
from rcx_app.commands.bench import bench
from rcx_app.commands.benches import estate_matching


@pytest.fixture(autouse=True)
def _no_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting all that thousands of tests left, before each timing, takes longer than what is timed here."""
    monkeypatch.setattr("matching.benches.speed.gc", SimpleNamespace(collect=lambda: 0))


def test_a_small_bench_reports_both_sides() -> None:
    found = run(300)
    json.dumps(found)
    assert found["names"] == 300
    assert found["pipeline_top1"] >= found["reference_top1"] - 0.02
    assert found["pipeline_top1"] > 0.9
    assert found["ratio"] > 0
    assert set(found["others"]) == {"rapidfuzz WRatio", "rapidfuzz token_sort"}
    assert not any(other["scaled"] for other in found["others"].values())


def test_what_is_too_much_is_measured_on_some_names_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from matching.benches import speed

    monkeypatch.setattr(speed, "SAMPLE", {"rapidfuzz token_sort": 2_000})
    found = speed.run(200)["others"]["rapidfuzz token_sort"]
    assert found["measured_on"] == 10
    assert found["scaled"]


def test_more_names_than_the_sets_hold_are_combined() -> None:
    assert len(set(names(40_000))) == 40_000


TWO = Tenant(
    "two",
    [Party("1", "Acme Dental"), Party("2", "Zephyr Quartz"), Party("3", "Foo", aliases=("Contoso Bakery",))],
    [Party("a", "ACME DENTAL"), Party("b", "Contoso Bakery Ltd")],
    frozenset({("1", "a"), ("3", "b")}),
)


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_a_rival_picks_the_best_name_of_any(name: str) -> None:
    picks = {left: (right, score) for left, right, score in rivals.link(rivals.RIVALS[name], TWO.left, TWO.right)}
    assert picks["1"][0] == "a"
    assert picks["3"][0] == "b"
    assert all(0.0 <= score <= 1.0 for _, score in picks.values())
    assert rivals.link(rivals.RIVALS[name], [], TWO.right) == []


def test_the_best_threshold_is_the_best() -> None:
    assert best_threshold([(0.9, True), (0.8, True), (0.7, False), (0.6, True)], 3) == 0.6
    assert best_threshold([(0.9, True), (0.5, False), (0.5, False)], 1) == 0.9
    assert best_threshold([(0.9, False), (0.9, True)], 1) == 0.9


def test_rivals_are_judged_by_the_same_measures() -> None:
    found = accuracy.other("x", [[("1", "a", 1.0), ("2", "b", 0.3), ("3", "a", 0.6)]], [TWO], 1.0)
    assert (found.precision, found.recall, found.top1, found.threshold) == (1.0, 0.5, 0.5, 1.0)
    assert found.recall_at_99 == 0.5
    assert found.abstention == pytest.approx(2 / 3)


def test_all_methods_are_compared_on_the_same_lists() -> None:
    rows = accuracy.compare(simulate.frozen("blank70", 1))
    assert [row.method for row in rows] == ["RCX", *rivals.RIVALS]
    assert len({(row.lists, row.linked) for row in rows}) == 1
    ours, *others = rows
    assert ours.f1 > max(row.f1 for row in others)
    assert ours.ticked_precision is not None
    assert all(row.ticked_precision is None for row in others)


def test_an_estate_becomes_lists_with_known_links() -> None:
    tenants = estate_matching.tenants(7, 12, 200)
    assert len(tenants) >= 8
    for tenant in tenants:
        lefts, rights = {p.id for p in tenant.left}, {p.id for p in tenant.right}
        assert len(lefts) == len(tenant.left)
        assert tenant.links
        assert all(left in lefts and right in rights for left, right in tenant.links)
    assert any(party.people for tenant in tenants for party in tenant.left)
    assert any(party.devices for tenant in tenants for party in tenant.left)


FAKE = """
import csv, json, sys
from pathlib import Path
root = Path(sys.argv[1])
for number in range(int(sys.argv[2])):
    folder = root / str(number)
    rows = {s: list(csv.DictReader((folder / f"{s}.csv").open(encoding="utf-8"))) for s in ("left", "right")}
    with (root / str(number) / "links.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            (a["unique_id"], b["unique_id"], float(a["name"] == b["name"])) for a in rows["left"] for b in rows["right"]
        )
(root / "seconds.json").write_text(json.dumps(1.5))
"""


def test_a_peer_is_called_with_files_and_its_best_links_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "fake.py"
    script.write_text(FAKE, encoding="utf-8")
    monkeypatch.setattr(peer, "_SCRIPT", script)
    picks, seconds = peer.Peer(Path(sys.executable)).link([TWO])
    assert seconds == 1.5
    assert ("1", "a", 1.0) in picks[0]
    assert {left for left, _, _ in picks[0]} == {"1", "2", "3"}


def test_a_peer_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "fake.py"
    script.write_text("raise SystemExit('no duck today')", encoding="utf-8")
    monkeypatch.setattr(peer, "_SCRIPT", script)
    with pytest.raises(peer.PeerError, match="no duck today"):
        peer.Peer(Path(sys.executable)).link([TWO])


def test_a_peer_that_is_not_there_is_not_installed(tmp_path: Path) -> None:
    assert peer.installed(tmp_path) is None


def test_the_command_tells_every_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "KINDS", ("names",))
    done = CliRunner().invoke(
        bench, ["match", "--n", "60", "--lists", "1", "--clients", "12", "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["budget"] == 3.0
    assert set(found["accuracy"]) == {"names", "estates"}
    assert [row["method"] for row in found["accuracy"]["names"]] == ["RCX", *rivals.RIVALS]
    told = CliRunner().invoke(bench, ["match", "--n", "60", "--lists", "0"], catch_exceptions=False)
    assert "ratio" in told.stdout
