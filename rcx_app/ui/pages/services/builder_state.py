"""State of the rule builder: the form, its live preview, the back-test and saving. The list beside it has its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Literal

import reflex as rx

from rcx_app.core.clock import today
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.service_rules import known, saving, screens
from rcx_app.domain.service_rules import service as rules
from rcx_app.domain.service_rules.backtest import back_test
from rcx_app.domain.service_rules.conditions.fields import ATTRIBUTE_PREFIX, FIELDS
from rcx_app.domain.service_rules.preview import preview
from rcx_app.domain.service_rules.schemas import RuleSpec
from rcx_app.domain.service_rules.sentence import FIELD_WORDS
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.services import draft, filling, tree
from rcx_app.ui.pages.services.draft import Form, MemberRow, TierRow
from rcx_app.ui.pages.services.effect import EffectView, TestedView, effect, tested
from rcx_app.ui.pages.services.rows import Choice, Said
from rcx_app.ui.pages.services.state import ServicesRowsState
from rcx_app.ui.shell import ShellState

RowField = Literal["up_to", "price", "name", "rule", "integration", "count", "per_unit"]
_EMPTY = draft.form_of()
_MOST_FOUND = 6


class BuilderState(AppState):
    """The rule that is being edited. `rule_id` 0: a new one. `shown` numbers the opened forms, so that fields that the
    browser keeps are drawn anew."""

    is_open: bool = False
    shown: int = 0
    rule_id: int = 0
    title: str = ""
    form: Form = _EMPTY
    fields: list[Choice] = []
    values: dict[str, list[str]] = {}
    integrations: list[Choice] = []
    rule_names: list[Choice] = []
    found_products: list[Choice] = []
    found_lines: list[Choice] = []
    more_lines: bool = False
    line_text: str = ""
    looking: bool = False
    is_busy: bool = False
    is_testing: bool = False
    is_valid: bool = False
    effect: EffectView = EffectView()
    tested: TestedView = TestedView()
    problem: str = ""

    _seen: int = 0

    # --- opening and leaving

    async def _show(self, form: Form, title: str, rule_id: int = 0, seen: int = 0) -> None:
        self.form, self.title, self.rule_id, self._seen = form, title, rule_id, seen
        self.effect, self.tested, self.problem = EffectView(), TestedView(), ""
        self.found_products, self.line_text, self.shown, self.is_open = [], "", self.shown + 1, True
        found = await read(known.known, form.texts["integration"])
        self._know(found)
        others = await read(screens.rules, ("active",))
        self.rule_names = [Choice(each.name, each.name, "") for each in others if each.rule_id != rule_id]
        await self._lines()
        await self._look()

    def _know(self, found: known.Known) -> None:
        named = [Choice(name, FIELD_WORDS[name], "") for name in FIELDS]
        other = [Choice(ATTRIBUTE_PREFIX + name, name, "") for name in found.attributes]
        here = {choice.value for choice in (*named, *other)}
        used = {node.field for node in self.form.nodes if not node.is_group} - here
        self.fields = [*named, *other, *(Choice(each, each, "") for each in sorted(used))]
        self.values = {name: list(values) for name, values in found.values.items()}
        self.integrations = [
            Choice("", "all integrations", ""),
            *(Choice(each, each, "") for each in found.integrations),
        ]
        chosen = self.form.texts["integration"]
        if chosen and chosen not in found.integrations:
            self.integrations = [*self.integrations, Choice(chosen, chosen, "")]

    @rx.event
    @requires(Permission.RULES)
    async def edit(self, rule_id: int) -> None:
        """Open a saved rule, or a suggestion, to make a new version of it."""
        view = await read(screens.rule, rule_id)
        await self._show(draft.form_of(view.spec), view.name, rule_id, view.version)

    @rx.event
    @requires(Permission.RULES)
    async def restore(self, rule_id: int, version_id: int) -> None:
        """Open an older version, to let it count again as a new one from today on."""
        view, old = await read(screens.rule, rule_id), await read(rules.version, version_id)
        if old.rule_id == rule_id:
            spec = old.spec.model_copy(update={"name": view.name, "effective_from": today(), "effective_to": None})
            await self._show(draft.form_of(spec), f"{view.name}, as in v{old.number}", rule_id, view.version)

    @rx.event
    @requires(Permission.RULES)
    async def begin(self, product_code: str) -> None:
        """Open an empty rule, for a product where one is given."""
        form = draft.form_of()
        name = await read(filling.product_name, product_code) if product_code else ""
        form.texts["name"] = name
        form.products = [product_code] if product_code else []
        await self._show(form, name or "New rule")

    @rx.event
    @requires(Permission.RULES)
    async def from_usage(self, sku_id: str) -> None:
        """Open a rule that counts a group of unaccounted usage."""
        spec = await read(filling.rule_for, sku_id)
        form = draft.form_of(spec)
        form.products = []
        await self._show(form, spec.name)

    @rx.event
    @requires(Permission.READ)
    async def leave(self) -> None:
        """Close the builder; nothing is saved."""
        self.is_open = False

    # --- editing

    @rx.event
    @requires(Permission.RULES)
    async def enter(self, name: str, value: str) -> None:
        """One of the form's text fields, as typed."""
        if name in draft.TEXTS:
            self.form = replace(_plain(self.form), texts={**self.form.texts, name: value[:500]})
        if name == "integration":
            self._know(await read(known.known, value))

    @rx.event(supersedes=True)
    @requires(Permission.RULES)
    async def find_product(self, text: str) -> None:
        """Products of the catalogue that fit what is typed."""
        found = await read(known.products, text) if text.strip() else ()
        taken = set(self.form.products)
        self.found_products = [Choice(each.code, each.name, each.code) for each in found if each.code not in taken][
            :_MOST_FOUND
        ]

    @rx.event
    @requires(Permission.RULES)
    async def toggle_product(self, code: str) -> None:
        """Choose a product, or take it out."""
        now = list(self.form.products)
        changed = [each for each in now if each != code] if code in now else [*now, code]
        self.form = replace(_plain(self.form), products=changed)
        self.found_products = []
        await self._lines()

    async def _lines(self, text: str = "") -> None:
        form = _plain(self.form)
        found = await read(known.lines_of, list(form.products), text, list(form.lines)) if form.products else ()
        self.found_lines = [
            Choice(each.external_id, f"{each.client}, line {each.external_id}", f"{each.quantity:,f}") for each in found
        ]
        self.more_lines = len(found) - len(form.lines) >= known.MOST_LINES

    @rx.event(supersedes=True)
    @requires(Permission.RULES)
    async def find_line(self, text: str) -> None:
        """Lines of the products whose client or id fits what is typed, beside those that are chosen."""
        self.line_text = text[:200]
        await self._lines(self.line_text)

    @rx.event
    @requires(Permission.RULES)
    async def toggle_line(self, external_id: str) -> None:
        """Hold the rule against a line, or no longer."""
        now = list(self.form.lines)
        changed = [each for each in now if each != external_id] if external_id in now else [*now, external_id]
        self.form = replace(_plain(self.form), lines=changed)

    @rx.event
    @requires(Permission.RULES)
    async def set_node(self, node_id: str, part: Literal["how", "field", "op", "value"], value: str) -> None:
        """One part of a row of a condition."""
        form = _plain(self.form)
        nodes = [tree.drawn(replace(each, **{part: value})) if each.id == node_id else each for each in form.nodes]
        self.form = replace(form, nodes=nodes)

    @rx.event
    @requires(Permission.RULES)
    async def add_node(self, group_id: str, is_group: bool) -> None:
        """A row, or a group of rows, at the end of a group."""
        form = _plain(self.form)
        if any(each.id == group_id and each.is_group for each in form.nodes):
            self.form = replace(form, nodes=tree.added(form.nodes, group_id, is_group=is_group))

    @rx.event
    @requires(Permission.RULES)
    async def remove_node(self, node_id: str) -> None:
        """Take a row out, with what stands in it."""
        form = _plain(self.form)
        self.form = replace(form, nodes=tree.removed(form.nodes, node_id))

    @rx.event
    @requires(Permission.RULES)
    async def add_term(self, term: Literal["tier", "member", "allowance"]) -> None:
        """A further tier, member, or what comes free."""
        form = _plain(self.form)
        if term == "tier":
            self.form = replace(form, tiers=[*form.tiers, TierRow()])
        elif term == "allowance":
            nodes = draft.with_scope(form.nodes, "allow")
            self.form = replace(form, has_allowance=True, nodes=nodes) if not form.has_allowance else form
        else:
            scope = f"m{max((int(row.scope[1:]) for row in form.members), default=-1) + 1}"
            row = MemberRow(scope, name=f"Member {len(form.members) + 1}")
            self.form = replace(form, members=[*form.members, row], nodes=draft.with_scope(form.nodes, scope))

    @rx.event
    @requires(Permission.RULES)
    async def drop_term(self, term: Literal["tier", "member", "allowance"], at: int) -> None:
        """Take a tier, a member or the allowance out."""
        form = _plain(self.form)
        if term == "tier":
            self.form = replace(form, tiers=[row for number, row in enumerate(form.tiers) if number != at])
            self.shown += 1
            return
        scope = "allow" if term == "allowance" else form.members[at].scope if at < len(form.members) else ""
        nodes = [each for each in form.nodes if each.scope != scope]
        members = [row for row in form.members if row.scope != scope]
        self.form = replace(form, nodes=nodes, members=members, has_allowance=form.has_allowance and scope != "allow")
        self.shown += 1

    @rx.event
    @requires(Permission.RULES)
    async def set_row(self, term: Literal["tier", "member"], at: int, part: RowField, value: str) -> None:
        """One part of a tier or a member."""
        form = _plain(self.form)
        rows: list[Any] = list(form.tiers if term == "tier" else form.members)
        if at < len(rows) and hasattr(rows[at], part):
            if part == "rule" and draft.is_own_name(rows[at].name, form):
                rows[at] = replace(rows[at], name=value or f"Member {at + 1}")
            rows[at] = replace(rows[at], **{part: value[:200]})
            self.form = replace(form, tiers=rows) if term == "tier" else replace(form, members=rows)

    # --- what it comes to

    @rx.event(supersedes=True)
    @requires(Permission.RULES)
    async def look(self) -> AsyncIterator[None]:
        """Work the draft out as it stands; a later edit takes the place of an answer that is under way."""
        self.looking = True
        yield
        try:
            await self._look()
        finally:
            self.looking = False

    async def _look(self) -> RuleSpec | None:
        spec, self.form = draft.checked(_plain(self.form))
        self.is_valid = spec is not None
        if spec is None:
            return None
        try:
            self.effect = effect(await read(preview, spec, self.rule_id or None))
            self.problem = ""
        except RcxError as error:
            self.problem = f"{error.message} {error.remedy}".strip()
        return spec

    @rx.event
    @requires(Permission.RULES)
    async def test(self) -> AsyncIterator[None]:
        """Hold the draft against the months that are kept."""
        spec, self.form = draft.checked(_plain(self.form))
        self.is_valid = spec is not None
        if spec is None or self.is_testing:
            return
        self.is_testing = True
        yield
        try:
            self.tested = tested(await read(back_test, spec, self.rule_id or None))
        except RcxError as error:
            self.problem = f"{error.message} {error.remedy}".strip()
        finally:
            self.is_testing = False

    @rx.event
    @requires(Permission.RULES)
    async def save(self) -> AsyncIterator[Any]:
        """Let it count: a new rule, or a new version of the one that was opened."""
        spec, self.form = draft.checked(_plain(self.form))
        self.is_valid, self.problem = spec is not None, ""
        if spec is None:
            self.problem = "Something in the form is not right yet; it is said where it stands."
            return
        if self.is_busy:
            return
        self.is_busy = True
        yield
        try:
            done = await write(saving.save, spec, self.rule_id or None, seen=self._seen if self.rule_id else None)
        except RcxError as error:
            self.problem = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_busy = False
        self.is_open = False
        page = await self.get_state(ServicesRowsState)
        page._remember(spec.name, spec.product_keys[0], (done,))
        await page._after_saving(spec.product_keys[0])
        page.said = Said(spec.name, "saved", f"{spec.name} saved", "ok")
        yield ShellState.watch


def _plain(found: Any) -> Any:
    """A state's value without Reflex's tracking around it."""
    return getattr(found, "__wrapped__", found)
