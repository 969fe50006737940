"""A PSA in the sandbox that RCX has synced and may write: what tests of writing stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select
from starlette.responses import JSONResponse

from connectors.http import budgets
from connectors.sandbox.estate import build
from connectors.sandbox.estate.town import Town
from connectors.sandbox.server.sandbox import VENDORS, Exchange, Sandbox
from connectors.sandbox.server.serve import running
from jobs.runner import run_job
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.settings import settings
from rcx_app.domain.integrations import api
from rcx_app.domain.writeback import access, service, undoing
from rcx_app.domain.writeback.schemas import ChangeSetView, ChangeState, ChangeView, Wanted
from rcx_app.models import Agreement, AuditEvent, JobRun, Line, LineChange, WriteIntent
from tests.conftest import World
from tests.connectors.ground import today

PSAS = ("connectwise", "autotask", "halopsa", "syncro", "superops")
NOT_REPEATED = ("autotask", "superops")
"""What they take is a difference: a request that was not seen to arrive is not sent again."""


class Psa:
    """One PSA, synced. Jobs run in this process when `work` is called."""

    def __init__(self, world: World, vendor: str, sandbox: Sandbox, connection_id: int) -> None:
        self.world, self.vendor, self.sandbox, self.connection_id = world, vendor, sandbox, connection_id
        self.tried: set[int] = set()

    @property
    def ours(self) -> Context:
        return self.world.ours

    @property
    def server(self) -> Any:
        return self.sandbox.servers[self.vendor]

    def work(self) -> list[str]:
        """Run what waits of writing, in order; how each ended."""
        ended = []
        while (job_id := self.waiting_job()) is not None:
            ended.append(run_job(job_id))
        return ended

    def waiting_job(self) -> int | None:
        with transaction(None, read_only=True) as session:
            query = select(JobRun.id).where(JobRun.kind == "writeback.send", col(JobRun.state).in_(("queued", "sent")))
            return session.scalars(query.order_by(col(JobRun.id))).first()

    def sync(self) -> str:
        with transaction(self.ours) as session:
            job_id = api.request_sync(session, self.ours, self.connection_id)
        return run_job(job_id)

    def lines(self, cycle: str = "monthly") -> list[Line]:
        """Lines that are billed now and that a person could set, by id."""
        with transaction(self.ours, read_only=True) as session:
            query = select(Line).where(
                col(Line.removed_at).is_(None),
                col(Line.cancelled_date).is_(None),
                col(Line.is_calculated_by_psa).is_(False),
                Line.billing_cycle == cycle,
                Line.connection_id == self.connection_id,
                Line.quantity > 1,
            )
            found = session.scalars(query.order_by(col(Line.id)))
            return [each for each in found if each.quantity == int(each.quantity) and self._is_plain(each)]

    def _is_plain(self, line: Line) -> bool:
        begins = line.effective_date
        return begins is None or begins < today() - timedelta(days=40)

    def wanted(self, line: Line, by: int = 2, **more: Any) -> Wanted:
        given = {"finding_id": None, "line_id": line.id, "quantity": line.quantity + by}
        return Wanted(**{**given, **more})

    def prepare(self, *items: Wanted, **more: Any) -> int:
        with transaction(self.ours) as session:
            (found,) = service.prepare(session, self.ours, items, **more)
        return found

    def view(self, change_set_id: int) -> ChangeSetView:
        with transaction(self.ours, read_only=True) as session:
            return service.view(session, self.ours, change_set_id)

    def only(self, change_set_id: int) -> ChangeView:
        (found,) = self.view(change_set_id).changes
        return found

    def planned(self, *items: Wanted) -> int:
        """A set that waits for approval."""
        made = self.prepare(*items)
        self.work()
        with transaction(self.ours) as session:
            service.submit(session, self.ours, made)
        return made

    def approve(self, change_set_id: int) -> None:
        with transaction(self.ours) as session:
            revision = service.view(session, self.ours, change_set_id).revision
            service.approve(session, self.ours, change_set_id, revision=revision)

    def undo(self, change_id: int) -> ChangeView:
        """Take a change back, and the change that did it."""
        with transaction(self.ours) as session:
            made = undoing.undo(session, self.ours, change_id)
        self.work()
        return self.only(made)

    def written(self, line: Line, by: int = 2, **more: Any) -> ChangeView:
        made = self.planned(self.wanted(line, by, **more))
        self.approve(made)
        self.work()
        return self.only(made)

    def first_writable(self, by: int = 2) -> tuple[Line, int]:
        """A line that the PSA lets be set, in a set that waits for approval; lines it refuses are passed over."""
        for line in self.lines():
            if line.id in self.tried:
                continue
            self.tried.add(line.id)
            made = self.prepare(self.wanted(line, by))
            self.work()
            if self.only(made).state == ChangeState.PLANNED:
                with transaction(self.ours) as session:
                    service.submit(session, self.ours, made)
                return line, made
        raise LookupError(f"no line of {self.vendor} can be written")

    def prorate(self) -> None:
        """Let all agreements of ConnectWise charge by the day, so that a change within a period is two operations."""
        with transaction(self.ours, read_only=True) as session:
            ids = session.scalars(select(Agreement.external_id).where(Agreement.connection_id == self.connection_id))
            self.server.prorating.update(ids)

    # --- what happens at the PSA meanwhile

    def at_psa(self, line: Line) -> Any:
        """The line as the PSA holds it; to be changed by `sandbox.town`."""
        return self.sandbox.town.index.additions.by_id[line.external_id]

    def answer_writes(self, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]) -> None:
        """From now on every write is answered with 200 and this body, and nothing is done."""
        original = self.sandbox._answered

        async def answered(server: Any, request: Any, raw: bytes) -> Any:
            path, method = request.scope["path"], request.method
            asked = Exchange(server.id, method, "", path, "", {}, raw, 200, {}, b"")
            if not is_write(asked):
                return await original(server, request, raw)
            self.sandbox.exchanges.append(asked)
            return JSONResponse(body)

        monkeypatch.setattr(self.sandbox, "_answered", answered)

    # --- what the PSA says and was told

    def shows(self, change: ChangeView) -> str:
        """What the PSA shows of a change, read by the connector alone: applied | not_applied | moved."""
        with transaction(self.ours, read_only=True) as session:
            row = session.get_one(LineChange, change.id)
            intents = session.scalars(select(WriteIntent).where(WriteIntent.line_change_id == row.id)).all()
            way = access.way(session, self.ours, self.connection_id)
        from rcx_app.domain.writeback.operations import operation_in

        assert intents, "nothing was ever about to be sent"
        with access.opened(way, lambda: False) as writer:
            return writer.verify(operation_in(intents[-1].operation)).effect

    def sent(self) -> list[Exchange]:
        """The requests that changed something."""
        return [each for each in self.sandbox.exchanges if is_write(each)]

    def intents(self) -> list[WriteIntent]:
        with transaction(self.ours, read_only=True) as session:
            return list(session.scalars(select(WriteIntent).order_by(col(WriteIntent.id))))

    def audit(self) -> list[str]:
        with transaction(self.ours, read_only=True) as session:
            query = select(AuditEvent.tag).where(col(AuditEvent.tag).startswith("writeback:"))
            return list(session.scalars(query.order_by(col(AuditEvent.id))))


def is_write(each: Exchange) -> bool:
    """Whether a request changes something; some PSAs read by POST as well."""
    if each.method == "GET":
        return False
    path = each.path.lower()
    if "graphql" in path or each.vendor == "superops":
        return b"mutation" in each.request_body
    return not path.endswith(("/query", "/token", "/oauth2/token", "/auth/token"))


@contextmanager
def psa(
    world: World, vendor: str, monkeypatch: pytest.MonkeyPatch, *, may_write: bool = True, clients: int = 6
) -> Iterator[Psa]:
    """A small estate behind one PSA, synced into our workspace."""
    town = Town(build(11, clients, clients * 10, as_of=today()))
    sandbox = Sandbox(town, {vendor: VENDORS[vendor]})
    sandbox.keeps = True
    with running(sandbox) as url:
        monkeypatch.setenv("RCX_SANDBOX_URL", url)
        settings.cache_clear()
        budgets._window.cache_clear()
        with transaction(world.ours) as session:
            values = dict(sandbox.servers[vendor].settings)
            connection_id = api.connect(
                session, world.ours, connector_id=vendor, label="PSA", values=values, is_sandbox=True
            )
        made = Psa(world, vendor, sandbox, connection_id)
        assert made.sync() == "done"
        if may_write:
            with transaction(world.ours) as session:
                access.enable_writing(session, world.ours, connection_id)
        sandbox.exchanges.clear()
        yield made
