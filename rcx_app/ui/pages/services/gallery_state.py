"""State of the presets gallery, and of taking all rules out to a file and back."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import reflex as rx

from rcx_app.core.context import Context
from rcx_app.core.errors import RcxError
from rcx_app.core.permissions import Permission
from rcx_app.domain.integrations import service as integrations
from rcx_app.domain.service_rules import exchange, offers
from rcx_app.domain.service_rules.exchange import ImportPlan
from rcx_app.domain.service_rules.offers import PresetChoice
from rcx_app.ui import words
from rcx_app.ui.base import AppState, read, write
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.services.rows import Choice, Said
from rcx_app.ui.pages.services.state import ServicesRowsState
from rcx_app.ui.shell import ShellState
from rcx_app.ui.words import confidence_text

_OUTCOMES = {
    "created": ("Created", "ok", "plus"),
    "new_version": ("New version", "acc", "rules"),
    "unchanged": ("Unchanged", "muted", "minus"),
    "refused": ("Refused", "fail", "stop"),
}

MOST_TEXT = 120_000
"""Characters of a rules file that the page takes: more might not fit into one message to the server."""
_TYPED = "rules.yaml"
_UNREAD = {
    "large": f"is longer than {MOST_TEXT:,} characters. Split it into several files.",
    "encoding": "is not UTF-8 text. Save it as UTF-8.",
}


@dataclass
class OfferRow:
    """A billing model as the gallery shows it. `product`: the code of what it shall bill, `suggested` what it is paired
    with by matching. `rule`: what counts it already, so that it can't be chosen."""

    key: str
    title: str
    seats: str
    clients: str
    product: str
    product_name: str
    suggested: str
    suggested_name: str
    confidence: str
    rule: str
    chosen: bool


@dataclass
class TakenRow:
    """What one chosen model would make."""

    id: str
    name: str
    numbers: str


@dataclass
class PlanRow:
    """What an import does with one rule."""

    id: str
    line: str
    name: str
    note: str
    word: str
    tone: str
    icon: str


class GalleryState(AppState):
    """`dialog`: "" | presets | export | import. `picking`: the offer whose products are `found`."""

    dialog: str = ""
    picking: str = ""
    found: list[Choice] = []
    connections: list[Choice] = []
    connection: str = ""
    offered: list[OfferRow] = []
    taken: list[TakenRow] = []
    sums: str = ""
    problems: list[str] = []
    wrong: str = ""
    is_busy: bool = False
    text: str = ""
    plan: list[PlanRow] = []
    plan_said: str = ""
    can_apply: bool = False
    files_taken: int = 0

    _file_name: str = _TYPED

    @rx.var
    def chosen(self) -> int:
        """How many models are chosen."""
        return sum(row.chosen for row in self.offered)

    # --- presets

    @rx.event
    @requires(Permission.RULES)
    async def open_presets(self) -> None:
        """The billing models of the first connection with usage."""
        found = await read(_connections)
        self.connections = [Choice(str(each), label, "") for each, label in found]
        self.dialog, self.wrong, self.taken, self.problems, self.sums = "presets", "", [], [], ""
        self.offered, self.connection = [], self.connections[0].value if self.connections else ""
        if self.connection:
            await self._offers()

    @rx.event
    @requires(Permission.RULES)
    async def pick_connection(self, connection: str) -> None:
        """The models of another connection."""
        if connection in {each.value for each in self.connections}:
            self.connection = connection
            await self._offers()

    async def _offers(self) -> None:
        found = await read(offers.offers, int(self.connection))
        self.offered = [
            OfferRow(
                key=each.key,
                title=each.title,
                seats=f"{each.seats:,}",
                clients=f"{each.clients:,}",
                product=each.product.code if each.product else "",
                product_name=each.product.name if each.product else "",
                suggested=each.product.code if each.product else "",
                suggested_name=each.product.name if each.product else "",
                confidence=confidence_text(each.product.confidence) if each.product else "",
                rule=each.rule,
                chosen=bool(each.product and each.product.is_sure and not each.rule),
            )
            for each in found
        ]
        await self._preview()

    @rx.event
    @requires(Permission.RULES)
    async def choose(self, key: str) -> None:
        """Choose a model, or no longer."""
        rows = _plain(self.offered)
        self.offered = [replace(row, chosen=not row.chosen) if row.key == key and not row.rule else row for row in rows]
        await self._preview()

    @rx.event(supersedes=True)
    @requires(Permission.RULES)
    async def find(self, key: str, text: str) -> None:
        """What a model may bill: the product that is suggested first, then those that nothing counts, by name."""
        row = next((row for row in _plain(self.offered) if row.key == key), None)
        if row is None:
            return
        found = await read(offers.free_products, text[:200])
        made = [Choice(each.code, each.name, "") for each in found if each.code != row.suggested or text.strip()]
        if row.suggested and not text.strip():
            made.insert(0, Choice(row.suggested, row.suggested_name, f"Suggested, {row.confidence}"))
        self.found, self.picking = made, key

    @rx.event
    @requires(Permission.RULES)
    async def bill(self, key: str, product: str) -> None:
        """Let a model bill a product that was found for it; it is chosen with that."""
        name = next((each.label for each in self.found if each.value == product and self.picking == key), "")
        if not name:
            return
        rows = _plain(self.offered)
        self.offered = [
            replace(row, product=product, product_name=name, chosen=True) if row.key == key and not row.rule else row
            for row in rows
        ]
        await self._preview()

    def _choices(self) -> list[PresetChoice]:
        return [PresetChoice(row.key, row.product) for row in _plain(self.offered) if row.chosen and row.product]

    async def _preview(self) -> None:
        self.taken, self.problems, self.sums, self.wrong = [], [], "", ""
        without = [row.title for row in _plain(self.offered) if row.chosen and not row.product]
        self.problems = [f"{title}: choose the product that it bills." for title in without]
        choices = self._choices()
        if not choices:
            return
        try:
            found = await read(offers.preview_presets, int(self.connection), choices)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return
        self.taken = [
            TakenRow(
                each.key,
                each.spec.name,
                f"{words.count(each.takes.seats, 'seat')} at {words.count(each.takes.clients, 'client')}",
            )
            for each in found.rules
        ]
        self.problems = [*self.problems, *found.problems]
        self.sums = f"{words.count(found.seats, 'seat')}, {found.newly_accounted:,} of them taken by no rule yet"

    @rx.event
    @requires(Permission.RULES)
    async def apply(self) -> AsyncIterator[Any]:
        """Make a rule of each chosen model, or of none."""
        choices = self._choices()
        if not choices or self.problems or self.is_busy:
            return
        self.is_busy = True
        yield
        try:
            done = await write(offers.apply_presets, int(self.connection), choices)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_busy = False
        self.dialog = ""
        page = await self.get_state(ServicesRowsState)
        subject = words.count(len(done.steps), "rule")
        page._remember(subject, "", done.steps)
        await page._after_saving("")
        page.said = Said(subject, "made from presets", f"{subject} made from presets", "ok")
        yield ShellState.watch

    # --- all rules as a file

    @rx.event
    @requires(Permission.READ)
    async def open_export(self) -> None:
        """All active rules as YAML."""
        self.text = await read(exchange.export_rules)
        self.dialog = "export"

    @rx.event
    @requires(Permission.READ)
    async def download(self) -> Any:
        """Hand the file to the browser."""
        return rx.download(data=self.text, filename="rules.yaml")

    @rx.event
    @requires(Permission.RULES)
    async def open_import(self) -> None:
        """A place for the text of a rules file."""
        self.text, self.plan, self.plan_said, self.can_apply, self.wrong = "", [], "", False, ""
        self.problems, self.dialog, self.files_taken = [], "import", self.files_taken + 1

    @rx.event
    @requires(Permission.RULES)
    async def try_import(self, text: str) -> None:
        """What an import of this text would do; nothing is stored."""
        await self._try(_TYPED, text)

    @rx.event
    @requires(Permission.RULES)
    async def take_file(self, found: list[str]) -> None:
        """The same for a file that was chosen: its name, its text, and why there is none (large | encoding)."""
        name, text, wrong = [*found, "", "", ""][:3]
        if wrong == "none":
            return
        self.text, self.files_taken = text, self.files_taken + 1
        if wrong in _UNREAD:
            self.plan, self.plan_said, self.can_apply, self.wrong = [], "", False, ""
            self.problems = [f"{name[:80]} {_UNREAD[wrong]}"]
            return
        await self._try(name, text)

    async def _try(self, name: str, text: str) -> None:
        self.text, self._file_name = text, _safe(name)
        if len(text) > MOST_TEXT:
            self.plan, self.plan_said, self.can_apply, self.wrong = [], "", False, ""
            self.problems = [f"The text {_UNREAD['large']}"]
            return
        found = await read(_planned, self._file_name, text)
        self.plan = [_plan_row(at, row) for at, row in enumerate(found.rows)]
        self.problems, self.can_apply, self.wrong = list(found.problems), found.can_apply, ""
        counts = [(found.number(name), word.lower()) for name, (word, _, _) in _OUTCOMES.items()]  # type: ignore[arg-type]
        self.plan_said = ", ".join(f"{number:,} {word}" for number, word in counts if number)

    @rx.event
    @requires(Permission.RULES)
    async def import_rules(self) -> AsyncIterator[Any]:
        """Do what the preview showed."""
        if not self.can_apply or self.is_busy:
            return
        self.is_busy = True
        yield
        try:
            done = await write(_applied, self._file_name, self.text)
        except RcxError as error:
            self.wrong = f"{error.message} {error.remedy}".strip()
            return
        finally:
            self.is_busy = False
        self.dialog = ""
        page = await self.get_state(ServicesRowsState)
        await page._after_saving("")
        subject = words.count(done.number("created") + done.number("new_version"), "rule")
        page._remember(subject, "", done.saved)
        page.said = Said(subject, "imported", f"{subject} imported", "ok")
        yield ShellState.watch

    @rx.event
    @requires(Permission.READ)
    async def close(self) -> None:
        """Close the dialog that is open."""
        self.dialog = ""


def _connections(session: Any, context: Context) -> list[tuple[int, str]]:
    return [(each.id, each.label) for each in integrations.connections(session, context) if each.side == "usage"]


def _planned(session: Any, context: Context, name: str, text: str) -> ImportPlan:
    with tempfile.TemporaryDirectory(prefix="rcx-rules-") as folder:
        return exchange.plan_import(session, context, _file(folder, name, text))


def _applied(session: Any, context: Context, name: str, text: str) -> ImportPlan:
    with tempfile.TemporaryDirectory(prefix="rcx-rules-") as folder:
        return exchange.apply_import(session, context, _file(folder, name, text))


def _file(folder: str, name: str, text: str) -> Path:
    path = Path(folder) / name
    path.write_bytes(text.encode("utf-8", "replace"))
    return path


def _safe(name: str) -> str:
    """A name by which problems may call the file, and nothing that leads out of its folder."""
    return re.sub(r"[^\w .-]", "_", name)[:80].strip(" .") or _TYPED


def _plan_row(at: int, row: exchange.ImportRow) -> PlanRow:
    word, tone, icon = _OUTCOMES[row.outcome]
    return PlanRow(str(at), str(row.line), row.name, row.note, word, tone, icon)


def _plain(found: Sequence[Any]) -> Any:
    """A state's list without Reflex's tracking around it."""
    return getattr(found, "__wrapped__", found)
