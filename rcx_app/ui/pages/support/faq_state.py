"""State of the FAQ: what is looked for, the questions that fit, and the one that is open. The address holds both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from rcx_app.core.errors import NotFound
from rcx_app.core.permissions import Permission
from rcx_app.domain.support import faq
from rcx_app.ui.addresses import address
from rcx_app.ui.base import AppState
from rcx_app.ui.guard import requires
from rcx_app.ui.pages.billing import history

_LONGEST = 200


@dataclass
class SpanRow:
    """A run of text with its look."""

    text: str
    look: str
    href: str


@dataclass
class BlockRow:
    """A paragraph, heading or entry of a list."""

    key: str
    kind: str
    spans: list[SpanRow] = field(default_factory=list)


@dataclass
class QuestionRow:
    """A question in the list."""

    slug: str
    question: str
    href: str


class FaqState(AppState):
    """`slug`, `question` and `blocks` are the open article's."""

    find: str = ""
    questions: list[QuestionRow] = []
    slug: str = ""
    question: str = ""
    blocks: list[BlockRow] = []
    is_missing: bool = False

    @rx.event
    @requires(Permission.SUPPORT)
    async def load(self) -> None:
        """What the address asks for."""
        asked = self.router.url.query_parameters
        self.find = asked.get("find", "")[:_LONGEST]
        self._list()
        self._open(asked.get("open", ""))

    @rx.event(supersedes=True)
    @requires(Permission.SUPPORT)
    async def look_for(self, text: str) -> Any:
        """Look for questions, as the field changes."""
        self.find = text[:_LONGEST]
        self._list()
        return history.replace(address("/support/faq", find=self.find, open=self.slug))

    def _list(self) -> None:
        self.questions = [
            QuestionRow(each.slug, each.question, address("/support/faq", find=self.find, open=each.slug))
            for each in faq.search(self.find)
        ]

    def _open(self, slug: str) -> None:
        self.slug, self.question, self.blocks, self.is_missing = "", "", [], False
        if not slug:
            return
        try:
            found = faq.article(slug)
        except NotFound:
            self.is_missing = True
            return
        self.slug, self.question = found.slug, found.question
        self.blocks = [
            BlockRow(str(number), block.kind, [SpanRow(each.text, each.look, each.href) for each in block.spans])
            for number, block in enumerate(found.blocks)
        ]
