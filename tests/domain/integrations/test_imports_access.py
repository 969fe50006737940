"""Whose imports they are: other workspaces, roles, pages of the list, and where files must lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from rcx_app.core.db import transaction
from rcx_app.core.errors import NotFound, NotPermitted
from rcx_app.core.permissions import Role
from rcx_app.domain.integrations import imports, service, uploads
from rcx_app.domain.integrations.schemas import Settlement
from rcx_app.models import (
    JobRun,
)
from tests.conftest import World
from tests.domain.integrations.conftest import bring_in, look, upload
from tests.domain.integrations.files import devices, lines
from tests.domain.integrations.in_force import TEN


def test_another_workspace_finds_nothing(world: World) -> None:
    ours, theirs = world.ours, world.theirs
    done = bring_in(ours, devices(*TEN))
    waiting = upload(ours, devices(*TEN))
    assert done.result is not None
    connection_id = done.result.connections[0].connection_id
    settlement = Settlement(shape="ninjaone_devices", columns={}, label="X")
    calls = (
        lambda session: imports.view(session, theirs, waiting),
        lambda session: imports.preview(session, theirs, waiting),
        lambda session: imports.problems(session, theirs, waiting),
        lambda session: imports.problem_file(session, theirs, waiting),
        lambda session: imports.settle(session, theirs, waiting, settlement),
        lambda session: imports.look_again(session, theirs, waiting),
        lambda session: imports.start(session, theirs, waiting),
        lambda session: imports.cancel(session, theirs, waiting),
        lambda session: uploads.withdraw(session, theirs, waiting),
        lambda session: service.connection(session, theirs, connection_id),
        lambda session: service.rename(session, theirs, connection_id, "Mine"),
        lambda session: service.set_enabled(session, theirs, connection_id, enabled=False),
    )
    for call in calls:
        with pytest.raises(NotFound), transaction(theirs) as session:
            call(session)
    with transaction(theirs, read_only=True) as session:
        assert service.connections(session, theirs) == []
        assert imports.imports(session, theirs).items == ()
    own = upload(theirs, devices(*TEN))
    settlement = Settlement(shape="ninjaone_devices", columns={}, connection_id=connection_id)
    with pytest.raises(NotFound), transaction(theirs) as session:
        imports.settle(session, theirs, own, settlement)


def test_a_viewer_may_look_but_not_import(sqlite_world: World) -> None:
    import_id = upload(sqlite_world.ours, devices(*TEN))
    viewer = sqlite_world.as_role(Role.VIEWER)
    assert look(viewer, import_id).shape == "ninjaone_devices"
    for call in (
        lambda session: imports.start(session, viewer, import_id),
        lambda session: uploads.withdraw(session, viewer, import_id),
        lambda session: imports.look_again(session, viewer, import_id),
        lambda session: service.create(session, viewer, side="psa", label="X"),
    ):
        with pytest.raises(NotPermitted), transaction(viewer) as session:
            call(session)


def test_lists_are_paged(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    wrong = lines(*[("c1", f"l{number}", "P1", "many") for number in range(120)])
    import_id = upload(ours, wrong)
    with transaction(ours, read_only=True) as session:
        page = imports.problems(session, ours, import_id)
        assert (len(page.items), page.total) == (imports.PROBLEMS_PAGE, 120)
        rest = imports.problems(session, ours, import_id, page.next_cursor)
        assert rest.items[0].row == page.items[-1].row + 1
        first = imports.preview(session, ours, import_id)
        second = imports.preview(session, ours, import_id, first.next_offset)
        assert second.rows[0].row == first.rows[-1].row + 1
    with transaction(ours, read_only=True) as session:
        assert session.scalars(select(JobRun.state)).all() == ["done"]


def test_the_registered_file_must_lie_in_the_upload_folder(sqlite_world: World, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("a,b\n1,2\n")
    for name in ("../elsewhere.csv", "/etc/passwd", "missing"):
        with pytest.raises(NotFound), transaction(sqlite_world.ours) as session:
            uploads.register_upload(
                session, sqlite_world.ours, filename="x.csv", stored_as=name, sha256="0", size_bytes=1
            )
