"""Ends the process groups of a supervisor that was killed. Run as a process of its own, with a pipe from him.

Reads the ids of groups, one a line. An end of the pipe without the line "done" means that he is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

_GRACE_S = 8.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        if line.strip() == "done":
            return
        groups.append(int(line))
    # They have been asked to end by the system (see supervise.py) and may be about to.
    time.sleep(_GRACE_S)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
