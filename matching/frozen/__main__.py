"""`python -m matching.frozen`: the frozen bench beside its gate; `--accept` rewrites the gate and says what moved."""

import argparse
import sys
from typing import Any

from matching.frozen import gate
from matching.frozen.judge import Judged, Numbers, judged_parties, judged_services, measure

_SHOWN = (
    ("accounts", "n"), ("suggest_precision", "P"), ("suggest_recall", "R"), ("suggest_f1", "F1"),
    ("preselect_precision", "tick P"), ("preselect_recall", "tick R"), ("top1", "top-1"), ("average_precision", "AP"),
    ("brier", "Brier"), ("ece", "ECE"), ("abstention", "abst."), ("kept", "kept"), ("wrongly_preselected", "wrong"),
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Exit code 1 where a group falls below the gate and nothing was accepted."""
    parser = argparse.ArgumentParser(prog="python -m matching.frozen", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="make the present numbers the gate")
    parser.add_argument("--misses", metavar="GROUP", help="list what comes out otherwise (`typo`, `services/plans`)")
    options = parser.parse_args(argv)
    if options.misses:
        return _misses(options.misses)
    now = measure()
    for kind, groups in now.items():
        print("\n".join(_lines(kind, groups)))
    moved = gate.differences(gate.read() if gate.GATE.exists() else {}, now)
    worse = [one for one in moved if one.is_worse]
    print("\n".join(map(str, moved)) if moved else "no difference from the gate")
    if options.accept:
        gate.write(now)
        print(f"accepted {len(moved)} differences, {len(worse)} of them for the worse")
        return 0
    return 1 if worse else 0


def _lines(kind: str, groups: dict[str, Numbers]) -> list[str]:
    header = f"{kind:14}" + "".join(f"{title:>8}" for _, title in _SHOWN)
    return [header, *(f"{g:14}" + "".join(f"{v[key]:8.4g}" for key, _ in _SHOWN) for g, v in groups.items()), ""]


def _misses(group: str) -> int:
    found: dict[str, list[Judged[Any]]] = dict(judged_parties())
    found |= {f"services/{name}": judged for name, judged in judged_services().items()}
    if group not in found:
        print(f"there is no group {group!r}; there are {', '.join(sorted(found))}", file=sys.stderr)
        return 2
    for one in found[group]:
        if not one.is_kept or one.is_wrongly_ticked:
            names = {r.id: r.name for r in one.case.right} | {r.id: r.name for r in one.case.left if r.id[0] == "a"}
            first = one.suggestion.candidates[:1]
            got = f"{names[first[0].right_id]!r} {first[0].confidence:.3f}" if first else "nothing"
            print(
                f"{one.case.number:4} {one.expected.kind:12} {names[one.suggestion.left_id]!r} wants "
                f"{sorted(names[x] for x in one.expected.links)}: {one.suggestion.verdict}"
                f"{' ' + one.suggestion.no_client if one.suggestion.no_client else ''}, {got}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
