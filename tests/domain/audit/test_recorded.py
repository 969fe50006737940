"""Every service that a person needs more than reading for records what it did, under a tag that has words.

The code is walked, not run: whatever is added later is looked at too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rcx_app.core.permissions import Permission
from rcx_app.domain.audit.tags import GROUPS, WORDS
from rcx_app.domain.mapping.schemas import Verdict

DOMAIN = Path(__file__).parents[3] / "rcx_app" / "domain"
READING = {"READ", "SELF", "TEAM"}
_TAG = re.compile(r"[a-z_]+(:[a-z_]+){1,2}")

NOT_RECORDED = {
    "audit.export.audit_file": "reads; the file that leaves is recorded where it leaves (web.audit_exports)",
    "audit.service.count": "reads",
    "audit.service.entries": "reads",
    "audit.service.one": "reads",
    "audit.service.people": "reads",
    "audit.verify.newest": "reads",
    "booking.calendars.agent_of": "reads",
    "booking.calendars.agents": "reads",
    "booking.calendars.first_to_show": "reads",
    "booking.calendars.zone_of": "reads",
    "booking.desk.free_times": "reads",
    "booking.desk.one": "reads",
    "integrations.api.settings_of": "reads what was entered, of secrets only whether they are set",
    "integrations.sandbox.credentials": "reads the made credentials of the sandbox",
    "staff.agents.agents": "reads",
    "staff.announcements.written": "reads",
    "staff.board.board": "reads",
    "staff.board.workspace": "reads",
    "staff.board.workspaces": "reads",
    "subscription.desk.customers": "reads",
    "subscription.desk.invoices": "reads",
    "subscription.invoices.listed": "reads",
    "subscription.invoices.one": "reads",
    "subscription.issuing.issuer": "reads",
    "subscription.offers.history": "reads",
    "subscription.sending.deliveries": "reads",
    "support.desk.agents": "reads",
    "support.desk.count": "reads",
    "support.desk.leave": "says only that an agent looks no more",
    "support.desk.look": "says only that an agent looks",
    "support.desk.queue": "reads",
    "support.desk.view": "reads",
    "support.desk.workspaces": "reads",
    "support.files.register": "a file is nobody's until it is sent; the message that sends it is recorded with it",
    "support.service.connections": "reads",
    "support.service.counts": "reads",
    "support.service.listing": "reads",
    "support.service.view": "reads",
    "support.templates.listing": "reads",
}
"""Public functions that need more than READ and change nothing: why each records nothing."""


@dataclass
class Function:
    """What a function of the domain does, as far as its text says."""

    name: str
    requires: set[str] = field(default_factory=set)
    records: bool = False
    calls: set[str] = field(default_factory=set)


def functions() -> dict[str, Function]:
    """Every function at the top of a module, by ``slice.module.function``."""
    found: dict[str, Function] = {}
    for path in sorted(DOMAIN.rglob("*.py")):
        module = ".".join(path.relative_to(DOMAIN).with_suffix("").parts)
        tree = ast.parse(path.read_text())
        names = dict(_imported(tree))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                full = f"{module}.{node.name}"
                found[full] = _read(node, full, module, names)
    return found


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name here, ``slice.module`` or ``slice.module.function``) of what comes from the domain."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rcx_app.domain"):
            place = (node.module or "").removeprefix("rcx_app.domain").lstrip(".")
            for alias in node.names:
                yield alias.asname or alias.name, f"{place}.{alias.name}" if place else alias.name


def _read(node: ast.FunctionDef, full: str, module: str, names: dict[str, str]) -> Function:
    made = Function(full)
    for each in ast.walk(node):
        if not isinstance(each, ast.Call):
            continue
        called = ast.unparse(each.func)
        if called.endswith("context.require"):
            made.requires |= {
                part.attr
                for part in ast.walk(each)
                if isinstance(part, ast.Attribute) and ast.unparse(part.value) == "Permission"
            }
        elif called.endswith(("audit.record", "audit.record_outside")):
            made.records = True
        elif isinstance(each.func, ast.Name):
            made.calls.add(names.get(called, f"{module}.{called}"))
        elif isinstance(each.func, ast.Attribute) and isinstance(each.func.value, ast.Name):
            made.calls.add(f"{names.get(each.func.value.id, '?')}.{each.func.attr}")
    return made


def reaches(known: dict[str, Function], start: str, *, own_module: bool = False) -> Iterator[Function]:
    """The function and all that it calls, as far as calls are by name."""
    seen, open_ = {start}, [start]
    module = start.rpartition(".")[0]
    while open_:
        name = open_.pop()
        if name not in known:
            continue
        yield known[name]
        for each in known[name].calls - seen:
            if not own_module or (each.rpartition(".")[0] == module and each.rpartition(".")[2].startswith("_")):
                seen.add(each)
                open_.append(each)


def writers() -> list[str]:
    """Public functions that ask for more than READ, themselves or in a private part of their module."""
    known = functions()
    return [
        name
        for name in known
        if not name.rpartition(".")[2].startswith("_")
        and any(each.requires - READING for each in reaches(known, name, own_module=True))
    ]


def test_the_walk_finds_the_services() -> None:
    found = set(writers())
    assert {
        "mapping.verdicts.decide",
        "integrations.api.connect",
        "integrations.imports.start",
        "schedules.service.save",
        "learning.service.adopt",
        "sync.falls.service.confirm",
    } <= found
    assert "mapping.service.queue" not in found


def test_whatever_needs_more_than_reading_is_recorded() -> None:
    known = functions()
    silent = {name for name in writers() if not any(each.records for each in reaches(known, name))}
    assert silent - set(NOT_RECORDED) == set()


def test_no_exception_is_out_of_date() -> None:
    known = functions()
    writing = set(writers())
    assert [name for name in NOT_RECORDED if name not in writing] == []
    assert [name for name in NOT_RECORDED if any(each.records for each in reaches(known, name))] == []


def recorded_tags() -> set[str]:
    """Every tag that the domain's modules hold; of those put together at run time, all that they can be."""
    found: set[str] = set()
    permissions = {each.value for each in Permission}
    for path in DOMAIN.rglob("*.py"):
        text = path.read_text()
        if "audit" not in text or path.parent.name == "audit":
            continue
        tree = ast.parse(text)
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and id(node) not in inside
            and isinstance(node.value, str)
            and _TAG.fullmatch(node.value)
            and node.value not in permissions
        }
    return found | {f"mapping:verdict:{each.value}" for each in Verdict}


def test_every_recorded_tag_has_words() -> None:
    assert recorded_tags() - set(WORDS) == set()


@pytest.mark.parametrize("tag", sorted(WORDS))
def test_every_tag_belongs_to_a_filter_and_has_the_agreed_form(tag: str) -> None:
    assert _TAG.fullmatch(tag)
    assert WORDS[tag][0].isupper()
    assert any(tag.startswith(prefix) for _, prefixes in GROUPS.values() for prefix in prefixes)
