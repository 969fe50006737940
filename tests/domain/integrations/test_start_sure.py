"""Several recognised files are started at once; whatever needs a look waits for one."""

from __future__ import annotations

import pytest

from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import imports
from rcx_app.domain.integrations.schemas import ImportState
from tests.conftest import World
from tests.domain.integrations.conftest import look, upload, work_off
from tests.domain.integrations.files import devices, lines


def test_recognised_files_start_and_those_that_need_a_look_wait(ours: Context) -> None:
    sure = [
        upload(ours, devices(("Acme", "d1")), "devices.csv"),
        upload(ours, lines(("C1", "L1", "WS", "1")), "lines.csv"),
    ]
    general = upload(ours, "Who,Thing\nAcme,Box\n", "things.csv")
    with transaction(ours, read_only=True) as session:
        ready = {row.id for row in imports.imports(session, ours).items if row.is_sure}
    assert ready == set(sure)
    with transaction(ours) as session:
        assert imports.start_sure(session, ours, [*sure, general]) == 2
    work_off(ours)
    assert [look(ours, each).state for each in sure] == [ImportState.DONE, ImportState.DONE]
    assert look(ours, general).state is not ImportState.DONE
    with transaction(ours) as session:
        assert imports.start_sure(session, ours, sure) == 0


def test_a_viewer_and_a_stranger_start_nothing(sqlite_world: World) -> None:
    import_id = upload(sqlite_world.ours, devices(("Acme", "d1")), "devices.csv")
    viewer = sqlite_world.as_role(Role.VIEWER)
    with pytest.raises(NotPermitted), transaction(viewer) as session:
        imports.start_sure(session, viewer, [import_id])
    with pytest.raises(NotFound), transaction(sqlite_world.theirs) as session:
        imports.start_sure(session, sqlite_world.theirs, [import_id])
