"""Following syncs that workers run, from the command line: a bar where a person watches, and what came of each."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.domain.integrations.syncing import Syncable
from rcx_app.domain.jobs import service as jobs
from rcx_app.domain.jobs.schemas import JobState, JobView
from rcx_app.domain.sync.rows import STREAMS

_LOOK_EVERY_S = 0.5
_NOBODY_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A connection and its sync as it is now: ended, or left to another process."""

    connection: Syncable
    job: JobView

    @property
    def is_well(self) -> bool:
        """Whether everything was read; one that another process follows is not ours to judge."""
        return self.job.is_open or (self.job.state is JobState.DONE and not self._failures)

    @property
    def _failures(self) -> list[dict[str, Any]]:
        return list(self.job.result.get("failures", ()))

    def lines(self) -> list[str]:
        """How it ended, and what could not be read with whose turn it is."""
        label, job = self.connection.label, self.job
        if job.state is JobState.DONE:
            counts: dict[str, dict[str, int]] = job.result["counts"]
            read = ", ".join(STREAMS[name].counted(counts[name]["read"]) for name in STREAMS if name in counts)
            said = f"{label}: {read or 'nothing'} read, {job.result['written']:,} rows written."
            return [said, *(f"{label}: {_sentence(each)}" for each in self._failures)]
        if job.is_open:
            return [f"{label}: another process reads it; this sync follows that one."]
        said = job.error or "cancelled."
        return [said if said.startswith(f"{label}:") else f"{label}: {said}"]

    def as_json(self) -> dict[str, Any]:
        """The same for a program. `state`: queued | sent | running | complete | partial | failed | cancelled."""
        state = self.job.state.value
        if self.job.state is JobState.DONE:
            state = "partial" if self._failures else "complete"
        counts = self.job.result.get("counts", {})
        return {
            "id": self.connection.id,
            "label": self.connection.label,
            "job": self.job.id,
            "state": state,
            "read": {name: counts[name]["read"] for name in STREAMS if name in counts},
            "written": self.job.result.get("written", 0),
            "error": self.job.error,
            "failures": self._failures,
        }


def ended(context: Context, connection: Syncable, job_id: int) -> Ended:
    """How the sync of a connection stands now."""
    with transaction(context, read_only=True) as session:
        return Ended(connection, jobs.view(session, context, job_id))


def follow(context: Context, asked: Sequence[tuple[Syncable, int]]) -> Iterator[Ended]:
    """Each sync when it has ended. Ctrl-C ends the following only, and says so."""
    waiting = dict(asked)
    hidden, began, was_said = not sys.stderr.isatty(), time.monotonic(), False
    bar = click.progressbar(length=len(asked), file=sys.stderr, hidden=hidden, show_eta=False, label="Waiting")
    try:
        with bar:
            while waiting:
                seen = [ended(context, *each) for each in waiting.items()]
                for each in seen:
                    if not each.job.is_open:
                        del waiting[each.connection]
                        bar.update(1)
                        _clear(hidden)
                        yield each
                if not hidden:
                    bar.label = _doing(seen)
                    bar.render_progress()
                has_begun = any(each.job.state is JobState.RUNNING or not each.job.is_open for each in seen)
                if not has_begun and not was_said and time.monotonic() > began + _NOBODY_AFTER_S:
                    was_said = True
                    click.echo("No worker has begun yet. `rcx doctor` says whether any answers.", err=True)
                if waiting:
                    _rest()
    except KeyboardInterrupt:
        left = ", ".join(each.label for each in waiting)
        click.echo(f"\nNo longer following. These syncs go on by themselves: {left}.", err=True)
        raise click.exceptions.Exit(1) from None


def _rest() -> None:
    time.sleep(_LOOK_EVERY_S)


def _clear(hidden: bool) -> None:
    """Leave the bar's line to what is said now."""
    if not hidden:
        click.echo("\r\033[K", err=True, nl=False)


def _doing(seen: Sequence[Ended]) -> str:
    running = next((each for each in seen if each.job.state is JobState.RUNNING), None)
    if running is None:
        return "Waiting for a worker"
    note = f" {running.job.note}" if running.job.note else ""
    done = f" {running.job.done:,}" if running.job.done else ""
    return f"{running.connection.label}:{note}{done}"


def _sentence(failure: dict[str, Any]) -> str:
    streams = ", ".join(STREAMS[name].plural for name in failure["streams"])
    return f"{streams} not brought up to date. {failure['message']} {failure['remedy']}".strip()
