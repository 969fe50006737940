"""Every kind of job has its work, and a worker never loads the user interface."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jobs import registry
from tests.conftest import ROOT


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_the_work_of_each_kind_is_there(kind: str) -> None:
    assert callable(registry.work(kind))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no\.such"):
        registry.work("no.such")


def test_all_work_loads_without_the_user_interface() -> None:
    code = (
        "import sys, jobs.tasks; from jobs import registry\n"
        "for kind in registry.KINDS: registry.work(kind)\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'reflex' or name.startswith('rcx_app.ui')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
