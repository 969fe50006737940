"""What runs on this machine, seen by the process table."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def with_in_environment(text: str) -> dict[int, str]:
    """Running processes (not zombies) whose environment or command line holds `text`, by id, with their command."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = (entry / "environ").read_bytes().decode(errors="replace")
            if state != "Z" and (text in command or text in where):
                found[int(entry.name)] = command
    return found
