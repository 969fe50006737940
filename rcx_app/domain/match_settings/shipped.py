"""What the shipped model reached on its frozen test tenants, as counts by confidence: the committed file and its maker.

``python -m rcx_app.domain.match_settings.shipped`` measures it anew; needed when the shipped model changes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from matching import simulate
from matching.engine import match
from rcx_app.domain.learning import service as learning
from rcx_app.domain.match_settings.measure import Tally

# Names alone, addresses on 30 % of one side, and domains: what an MSP's estate comes nearest to. Those with all
# addresses from one origin would flatter.
KINDS = ("names", "blank70", "bodies", "universities")
_STEPS = 1000
_FILE = "shipped.json"


@lru_cache(maxsize=1)
def _body() -> dict[str, Any]:
    text = resources.files("rcx_app.domain.match_settings").joinpath("data", _FILE).read_text()
    body: dict[str, Any] = json.loads(text)
    return body


def model_measured() -> str:
    """The signature of the model that the file was measured with."""
    return str(_body()["model"])


@lru_cache(maxsize=1)
def tally() -> Tally:
    """The counts of all kinds together."""
    rows = np.array(_body()["bins"], np.float64).reshape(-1, 3)
    return Tally(rows[:, 0] / _STEPS, rows[:, 1], rows[:, 2], np.ones(len(rows)), float(_body()["links"]))


def accounts() -> int:
    """How many test accounts stand behind the counts."""
    return tally().judged


def measure() -> dict[str, Any]:
    """Run the shipped model over the frozen tenants: [step, judged, right] by confidence, rounded down to the step."""
    judged: Counter[int] = Counter()
    right: Counter[int] = Counter()
    links = 0
    for kind in KINDS:
        for tenant in simulate.frozen(kind):
            links += len(tenant.links)
            for one in match(tenant.left, tenant.right, top_n=1):
                if one.candidates:
                    first = one.candidates[0]
                    step = int(first.confidence * _STEPS)
                    judged[step] += 1
                    right[step] += (one.left_id, first.right_id) in tenant.links
    bins = [[step, judged[step], right[step]] for step in sorted(judged)]
    return {"model": learning.shipped_version(), "kinds": list(KINDS), "links": links, "bins": bins}


if __name__ == "__main__":
    target = Path(__file__).parent / "data" / _FILE
    target.write_text(json.dumps(measure()) + "\n")
    sys.stderr.write(f"{target} written\n")
