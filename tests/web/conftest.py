"""Fixtures of the tests that talk to a running web process."""

from tests.support.web_fixture import web

__all__ = ["web"]
