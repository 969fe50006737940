"""Files of tickets: what may be attached, to whom it is handed out, and that nothing is left lying about."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from rcx_app.core import clock, folders
from rcx_app.core.context import Context
from rcx_app.core.db import transaction
from rcx_app.core.errors import Invalid, NotFound
from rcx_app.core.permissions import Role
from rcx_app.domain.identity import attempts
from rcx_app.domain.support import desk, files, kinds, service, upkeep
from rcx_app.models import SupportAttachment
from tests.conftest import World
from tests.domain.support.ground import agent, at_desk, colleague, form, once, opened, seen

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture(autouse=True)
def _no_attempts() -> None:
    attempts.forget_all()


def package(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


SHEET = package("[Content_Types].xml", "xl/workbook.xml")
GOOD = {
    "a.png": PNG,
    "A.JPEG": b"\xff\xd8\xff\xe0" + bytes(9),
    "a.gif": b"GIF89a\x01",
    "a.webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "a.pdf": b"%PDF-1.7\n",
    "run.log": "Zürich ok\t\x1b[0m\n".encode(),
    "old.csv": "Zürich;1".encode("cp1252"),
    "wide.txt": "Zürich".encode("utf-16"),
    "a.json": b'{"a": 1}',
    "a.xlsx": SHEET,
    "a.docx": package("[Content_Types].xml", "word/document.xml"),
}
BAD = {
    "a.exe": b"MZ\x90",
    "a.svg": b"<svg onload=alert(1)>",
    "a.html": b"<html>",
    "invoice.pdf.exe": b"%PDF-1.7",
    "noending": b"text",
    "a.png.": PNG,
    "a.zip": SHEET,
    "a.xlsm": SHEET,
    "program.txt": b"MZ\x90\x00\x03",
    "shell.png": b"#!/bin/sh\n",
    "page.txt": b"\xef\xbb\xbf  <!DOCTYPE html><script>",
    "page.csv": b"<script>alert(1)</script>",
    "wide.txt": "<html>".encode("utf-16"),
    "torn.txt": b"\xff\xfea",
    "zero.csv": b"a;b\x00c",
    "late.log": b"x" * 2_000_000 + b"\x00",
    "picture.pdf": PNG,
    "text.jpg": b"hello",
    "plain.xlsx": package("a.txt"),
    "word.xlsx": GOOD["a.docx"],
    "macro.xlsx": package("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
    "torn.xlsx": SHEET[:40],
    "empty.png": b"",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_what_it_says_is_taken(tmp_path: Path, name: str) -> None:
    path = tmp_path / "stored"
    path.write_bytes(GOOD[name])
    assert "/" in kinds.media_type(name, path)


@pytest.mark.parametrize("name", BAD)
def test_a_disguised_file_is_refused_kindly(tmp_path: Path, name: str) -> None:
    path = tmp_path / "stored"
    path.write_bytes(BAD[name])
    with pytest.raises(kinds.FileRefused) as refused:
        kinds.media_type(name, path)
    assert name in refused.value.message
    assert refused.value.remedy


def upload(who: Context, content: bytes = PNG, name: str = "shot.png") -> int:
    path = folders.attachments() / secrets.token_hex(16)
    path.write_bytes(content)
    found = files.look_into(name, path, hashlib.sha256(content).hexdigest(), len(content))
    with transaction(who) as session:
        return files.register(session, who, found).id


def taken(who: Context, file_id: int) -> bytes:
    with transaction(None if who.staff else who) as session:
        stored, path = files.hand_out(session, who, file_id)
        assert stored.media_type == "image/png"
        return path.read_bytes()


def test_a_file_is_handed_to_those_who_see_its_ticket_and_counted(world: World) -> None:
    asker, other = colleague(world.ours, "Ada", Role.VIEWER), colleague(world.ours, "Ole", Role.APPROVER)
    file_id, elin = upload(asker), agent()
    # Before it is sent it is nobody else's.
    for who in (world.ours, other, world.theirs, elin):
        with pytest.raises(NotFound):
            taken(who, file_id)
    ticket_id = opened(asker, is_private=True, files=(file_id,))
    assert [each.filename for each in seen(asker, ticket_id).entries[0].files] == ["shot.png"]
    for who in (asker, world.ours, elin):
        assert taken(who, file_id) == PNG
    for who in (other, world.theirs):
        with pytest.raises(NotFound):
            taken(who, file_id)
    with transaction(None) as session:
        assert session.get_one(SupportAttachment, file_id).downloads == 3


def test_a_file_goes_with_one_message_of_the_person_who_uploaded_it(world: World) -> None:
    file_id = upload(world.ours)
    other = colleague(world.ours, "Ole", Role.OWNER)
    with pytest.raises(NotFound):
        opened(other, files=(file_id,))
    opened(world.ours, files=(file_id,))
    with pytest.raises(NotFound):
        opened(world.ours, files=(file_id,))
    with pytest.raises(NotFound), transaction(world.ours) as session:
        files.remove(session, world.ours, file_id)
    assert taken(world.ours, file_id) == PNG


def test_a_ticket_holds_so_many_files_and_no_more(sqlite_world: World) -> None:
    ours = sqlite_world.ours
    eleven = tuple(upload(ours) for _ in range(11))
    with pytest.raises(Invalid, match="10 files"):
        opened(ours, files=eleven)
    with transaction(ours) as session:
        ticket_id = service.open_ticket(session, ours, form(files=eleven[:10]))
        files.remove(session, ours, eleven[10])
    assert seen(ours, ticket_id).files_left == 0
    one = upload(ours)
    with pytest.raises(Invalid, match="10 files"), transaction(ours) as session:
        service.reply(session, ours, ticket_id, "One more", once_key=once(), attached=(one,))
    with transaction(ours) as session:
        files.remove(session, ours, one)
        assert files.loose(session, ours) == ()


def test_so_many_files_wait_and_no_more(sqlite_world: World) -> None:
    for _ in range(30):
        upload(sqlite_world.ours)
    with pytest.raises(Invalid, match="wait for their message"):
        upload(sqlite_world.ours)


def test_a_file_attached_at_one_ticket_never_goes_along_with_another(world: World) -> None:
    elin, first, second = agent(), opened(world.ours), opened(world.theirs)
    file_id = upload(elin)
    with transaction(None) as session:
        assert [each.id for each in files.put_to(session, elin, [file_id], first)] == [file_id]
        # It has its place; nobody moves it, and no other page shows it.
        assert files.put_to(session, elin, [file_id], second) == ()
        assert files.loose(session, elin) == files.loose(session, elin, second) == ()
    last = at_desk(elin, second).ticket.seen
    with pytest.raises(NotFound), transaction(None) as session:
        desk.answer(session, elin, second, "a", once_key=once(), seen=last, attached=[file_id])
    last = at_desk(elin, first).ticket.seen
    with transaction(None) as session:
        desk.answer(session, elin, first, "a", once_key=once(), seen=last, attached=[file_id])
    assert [each.id for each in seen(world.ours, first).entries[-1].files] == [file_id]
    assert len(seen(world.theirs, second).entries) == 1


def test_what_nobody_sent_and_what_no_row_knows_is_swept(world: World) -> None:
    sent, loose = upload(world.ours), upload(world.ours, name="later.png")
    opened(world.ours, files=(sent,))
    with transaction(None) as session:
        names = {each: session.get_one(SupportAttachment, each).stored_as for each in (sent, loose)}
    strays: list[Path] = []
    for folder in (folders.attachments(), folders.uploads()):
        for name in ("old", "young"):
            strays.append(folder / f"{name}{secrets.token_hex(4)}")
            strays[-1].write_bytes(b"x")
    yesterday = (clock.now() - timedelta(hours=25)).timestamp()
    for path in (*strays[::2], *(folders.attachments() / each for each in names.values())):
        os.utime(path, (yesterday, yesterday))
    with transaction(None) as session:
        assert upkeep.sweep(session) == 2
    assert [path.exists() for path in strays] == [False, True, False, True]
    with clock.frozen(clock.now() + timedelta(hours=25)), transaction(None) as session:
        assert upkeep.sweep(session) >= 1
    assert (folders.attachments() / names[sent]).exists()
    assert not (folders.attachments() / names[loose]).exists()
