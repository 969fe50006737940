"""All rules as one YAML file and back: what an import would do, and doing it. The format is that of `rules_file`.

    export_rules(session, context) -> YAML of every active rule, as in force today or else its latest version
    plan_import(session, context, path) -> ImportPlan          stores nothing
    apply_import(session, context, path) -> ImportPlan         all rules of the file, or none

Importing what was exported changes nothing. Rules that the file does not name are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from sqlmodel import Session

from rcx_app.core.context import Context
from rcx_app.core.errors import Invalid
from rcx_app.core.permissions import Permission
from rcx_app.domain.audit import service as audit
from rcx_app.domain.service_rules import saving, screens, service
from rcx_app.domain.service_rules.difference import differences
from rcx_app.domain.service_rules.repository import RuleRepository
from rcx_app.domain.service_rules.rules_file import dump_rules, load_numbered
from rcx_app.domain.service_rules.saving import Saved
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import plain, sentence
from rcx_app.domain.service_rules.stored import spec_of
from rcx_app.models import ServiceRule

Outcome = Literal["created", "new_version", "unchanged", "refused"]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """What becomes of one rule of the file. `line`: where it begins. `note`: the rule, what differs, or why not."""

    line: int
    name: str
    outcome: Outcome
    note: str


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Every rule of the file in its order. `problems`: why the file can't be read, each with its line. `saved`: what
    was done, for `saving.undo`; empty where it was only planned."""

    rows: tuple[ImportRow, ...]
    problems: tuple[str, ...] = ()
    saved: tuple[Saved, ...] = ()

    def number(self, outcome: Outcome) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def can_apply(self) -> bool:
        """Whether there is something to do, and nothing refused."""
        changes = self.number("created") + self.number("new_version")
        return not self.problems and not self.number("refused") and changes > 0


def export_rules(session: Session, context: Context) -> str:
    """Every active rule, by name, as YAML that an import reads back."""
    return dump_rules(view.spec for view in screens.rules(session, context, ("active",)))


def plan_import(session: Session, context: Context, path: Path | str) -> ImportPlan:
    """What `apply_import` would do with this file; stores nothing."""
    try:
        numbered = load_numbered(path)
    except Invalid as error:
        return ImportPlan((), tuple(error.problems))
    return ImportPlan(tuple(_rows(RuleRepository(session, context), numbered)))


def apply_import(session: Session, context: Context, path: Path | str) -> ImportPlan:
    """Create the file's new rules and make new versions of those that differ. Raises Invalid where any is refused."""
    context.require(Permission.RULES)
    plan = plan_import(session, context, path)
    if plan.problems:
        raise Invalid("\n".join(plan.problems), problems=plan.problems)
    refused = [f"Line {row.line}, {row.name}: {row.note}" for row in plan.rows if row.outcome == "refused"]
    if refused:
        raise Invalid("\n".join(refused), problems=refused)
    specs = [spec for _, spec in load_numbered(path)]
    wanted = {row.name for row in plan.rows if row.outcome in ("created", "new_version")}
    pending = [spec for spec in specs if spec.name in wanted]
    saved: list[Saved] = []
    while pending:
        left: list[RuleSpec] = []
        problem: Invalid | None = None
        for spec in pending:
            try:
                saved.append(_put(session, context, spec))
            except Invalid as error:
                # What it needs, or what stands in its way, may come later in the file.
                left.append(spec)
                problem = error
        if problem is not None and len(left) == len(pending):
            # Rules that take from each other can only change together.
            active = RuleRepository(session, context).rules(["active"])
            ids = {rule.name: rule.id for rule in active}
            together = {ids[spec.name]: spec for spec in left if spec.name in ids}
            if not together:
                raise problem
            saved += saving.save_together(session, context, together)
            left = [spec for spec in left if spec.name not in ids]
        pending = left
    counts = {outcome: plan.number(outcome) for outcome in ("created", "new_version", "unchanged")}
    audit.record(session, context, "rules:import", "workspace", context.workspace_id, counts)
    return replace(plan, saved=tuple(saved))


def _put(session: Session, context: Context, spec: RuleSpec) -> Saved:
    repository = RuleRepository(session, context)
    rule = repository.by_name(spec.name)
    if rule is None or rule.state == "active":
        return saving.save(session, context, spec, rule.id if rule is not None else None)
    service.refuse(session, context, spec, rule.id)
    for version in repository.versions([rule.id]):
        session.delete(version)
    session.flush()
    session.delete(rule)
    session.flush()
    return saving.save(session, context, spec)


def _rows(repository: RuleRepository, numbered: Sequence[tuple[int, RuleSpec]]) -> list[ImportRow]:
    rules = {rule.name: rule for rule in repository.rules(["active", "suggested", "rejected", "retired"])}
    versions: dict[str, list[RuleSpec]] = {name: [] for name in rules}
    by_id = {rule.id: rule.name for rule in rules.values()}
    for version in repository.versions(sorted(by_id)):
        versions[by_id[version.rule_id]].append(spec_of(version, by_id[version.rule_id]))
    in_file = {spec.name for _, spec in numbered}
    others = [
        spec for name, own in versions.items() if rules[name].state == "active" and name not in in_file for spec in own
    ]
    return [_row(line, spec, rules.get(spec.name), versions, others) for line, spec in numbered]


def _row(
    line: int,
    spec: RuleSpec,
    rule: ServiceRule | None,
    versions: Mapping[str, Sequence[RuleSpec]],
    others: Sequence[RuleSpec],
) -> ImportRow:
    if rule is not None and rule.state in ("rejected", "retired"):
        why = f"a {rule.state} rule has this name. Give this one another, or accept that one again."
        return ImportRow(line, spec.name, "refused", why)
    for other in others:
        shared = spec.clash(other)
        if shared:
            why = f"{', '.join(shared)} is counted by the rule {other.name!r} on the same days."
            return ImportRow(line, spec.name, "refused", why)
    if rule is None or rule.state == "suggested":
        return ImportRow(line, spec.name, "created", plain(sentence(spec)))
    own = versions[spec.name]
    if dump_rules([spec]) in {dump_rules([each]) for each in own if _counts_some_day(each)}:
        return ImportRow(line, spec.name, "unchanged", "")
    later = [each for each in own if _starts_after(each, spec.effective_from)]
    if later:
        why = f"a version starts on {later[0].effective_from}, after this one. Let this one start later."
        return ImportRow(line, spec.name, "refused", why)
    said = "; ".join(differences(own[-1], spec)) or "other dates"
    return ImportRow(line, spec.name, "new_version", said)


def _counts_some_day(spec: RuleSpec) -> bool:
    return spec.effective_from is None or spec.effective_from != spec.effective_to


def _starts_after(spec: RuleSpec, start: date | None) -> bool:
    return start is not None and spec.effective_from is not None and spec.effective_from > start


__all__ = ["ImportPlan", "ImportRow", "apply_import", "export_rules", "plan_import"]
