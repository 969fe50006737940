"""The way to Redis as the broker: kombu's own, but for what it does once a connection is lost while a job runs."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis as broker
from redis.exceptions import ConnectionError as NotConnected


class Channel(broker.Channel):
    """A channel that says so when its connection is gone.

    A message that is not acknowledged yet is given back, or acknowledged, on the channel that it came by. Where that
    one has been closed, kombu 5.7 stumbles over the address that it no longer has (AttributeError), which no part of
    Celery takes for a lost connection: the worker ended, and with it all that it was to do. A lost connection it
    survives; the message itself does not matter, as the job's row is the truth.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if getattr(self.connection, "client", None) is None:
            raise NotConnected("the connection to Redis was closed")
        # kombu has no types.
        return super()._connparams(asynchronous)  # type: ignore[no-untyped-call]


class Transport(broker.Transport):
    """Celery finds it by its name, see `jobs.app`."""

    Channel = Channel
