"""A WebSocket connection for tests, blocking, that shows a refusal and a close as what they are."""

from __future__ import annotations

import socket
import time
from collections import deque
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError


class Refused(Exception):
    """The server did not accept the connection."""


class Closed(Exception):
    """The connection has ended."""


class Wire:
    """One connection."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        parts = urlsplit(address)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=5)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._texts: deque[str] = deque()
        self._partial = ""
        self._state = "opening"
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        target = f"{parts.path}?{parts.query}"
        request = Request(host=parts.netloc, target=target, extra_headers=extra)
        self._socket.sendall(self._protocol.send(request))
        try:
            while self._state == "opening":
                self._read(5)
        finally:
            if self._state != "open":
                self.close()
        if self._state == "refused":
            raise Refused(address)

    def send(self, text: str) -> None:
        """Raises Closed."""
        try:
            self._socket.settimeout(20)
            self._socket.sendall(self._protocol.send(TextMessage(data=text)))
        except (OSError, LocalProtocolError) as error:
            raise Closed(str(error)) from error

    def receive(self, within_s: float) -> str | None:
        """The next text; None where none comes in time. Raises Closed."""
        end = time.monotonic() + within_s
        while not self._texts:
            if self._state != "open":
                raise Closed(self._state)
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                return None
        return self._texts.popleft()

    def close(self) -> None:
        self._socket.close()

    def _read(self, within_s: float) -> bool:
        """Take in what has come. False where nothing comes in time."""
        self._socket.settimeout(max(within_s, 0.001))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            data = b""
        self._protocol.receive_data(data or None)
        for event in self._protocol.events():
            self._take(event)
        if not data and self._state in ("opening", "open"):
            self._state = "refused" if self._state == "opening" else "closed"
        return True

    def _take(self, event: object) -> None:
        if isinstance(event, AcceptConnection):
            self._state = "open"
        elif isinstance(event, RejectConnection | RejectData):
            self._state = "refused"
        elif isinstance(event, CloseConnection):
            self._state = "closed"
        elif isinstance(event, Ping):
            self._socket.sendall(self._protocol.send(event.response()))
        elif isinstance(event, TextMessage):
            self._partial += event.data
            if event.message_finished:
                self._texts.append(self._partial)
                self._partial = ""
