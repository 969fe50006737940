"""A process that runs writing jobs in children of its own, each of which can be struck down.

Reads lines from its input: a job's id. Answers with the child's process id, and with "ended <how>" or "killed" once it
is over. The children are forks of a process that has loaded everything, so that hundreds of them cost little.
"""

from __future__ import annotations

import os
import sys

from jobs.runner import run_job
from rcx_app.core.db import dispose_engines

PRELOADED = ("rcx_app.domain.writeback.sending", "connectors.registry")


def main() -> None:
    for name in PRELOADED:
        __import__(name)
    print("ready", flush=True)
    for line in sys.stdin:
        job_id = int(line)
        child = os.fork()
        if child == 0:
            _work(job_id)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)


def _work(job_id: int) -> None:
    code = 1
    try:
        os.dup2(2, 1)  # the log is none of the answers
        dispose_engines()
        run_job(job_id)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
