"""What runs on this machine, seen by the process table."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def touching(text: str) -> dict[int, str]:
    """Running processes (not zombies) that carry `text` in their environment, command line or working folder.

    By id, with their command line.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = (entry / "environ").read_bytes().decode(errors="replace")
            where += str((entry / "cwd").readlink())
            if state != "Z" and (text in command or text in where):
                found[int(entry.name)] = command
    return found
