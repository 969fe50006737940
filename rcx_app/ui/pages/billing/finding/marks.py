"""What was decided on rows of a list since it was read, so that the list follows without being sent anew."""

from __future__ import annotations

from collections.abc import Iterable

from rcx_app.ui.base import AppState
from rcx_app.ui.pages.billing import texts


class MarksState(AppState):
    """`gone`: rows that belong to the list no more. `fresh`: by row the words and the look of its new state.

    A state of its own: what moving through the list changes must not draw its rows anew.
    """

    gone: list[int] = []
    fresh: dict[str, list[str]] = {}

    def _forget(self) -> None:
        self.gone, self.fresh = [], {}

    def _leave(self, *finding_ids: int) -> None:
        self.gone = [*self.gone, *(each for each in finding_ids if each not in self.gone)]

    def _decided(self, finding_ids: Iterable[int]) -> list[int]:
        """Those of them that stand in the list although somebody decided on them since."""
        return [each for each in finding_ids if self.fresh.get(str(each), ["", ""])[1] == "decided"]

    def _stay(self, finding_id: int, state: str) -> None:
        """The row stands in the list and says its new state."""
        self.gone = [each for each in self.gone if each != finding_id]
        self.fresh = {**self.fresh, str(finding_id): [*texts.state_words(state, is_ready=True)]}
