"""Runs the sandbox: in a thread beside the caller, or as the whole process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from connectors.sandbox.server.sandbox import Sandbox

_PATIENCE_S = 15.0


@contextmanager
def running(sandbox: Sandbox) -> Iterator[str]:
    """Serve on a free port of this machine while the block runs; yields the address."""
    # Named as TCP, or asyncio would not switch off the delay of small packets (40 ms an answer).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(_config(sandbox))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="rcx-sandbox", daemon=True)
    thread.start()
    ends = time.monotonic() + _PATIENCE_S
    while not server.started:
        if time.monotonic() > ends or not thread.is_alive():
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_PATIENCE_S)
        listening.close()


def serve(sandbox: Sandbox, host: str, port: int) -> None:
    """Serve until the process is told to end."""
    config = _config(sandbox)
    config.host, config.port = host, port
    uvicorn.Server(config).run()


def _config(sandbox: Sandbox) -> uvicorn.Config:
    # Planned faults end in errors that nobody needs to read.
    return uvicorn.Config(
        sandbox,
        log_level="critical",
        access_log=False,
        lifespan="off",
        loop="asyncio",
        timeout_graceful_shutdown=1,
        date_header=False,
    )
