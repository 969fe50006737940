"""Keeps requests out of private networks: a host is resolved, every address checked, and that address connected to.

Checking where the connection is made leaves no gap between the check and the use (a name that resolves differently
the second time).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from connectors.http.failures import ApiFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class GuardedBackend(httpcore.NetworkBackend):
    """Connects only to public addresses; with `allow_private` also to private ones, but never to link-local ones."""

    def __init__(self, vendor: str, *, allow_private: bool) -> None:
        self._vendor = vendor
        self._allow_private = allow_private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} has no address: {error}") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            if not self._may_call(address):
                raise ApiFailure("address_blocked", self._vendor, host)
        last: httpcore.ConnectError | None = None
        for address in addresses:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    def _may_call(self, text: str) -> bool:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            return False
        return address.is_global or self._allow_private


def guarded_transport(
    vendor: str, *, allow_private: bool, connections: int, authority: str = ""
) -> httpx.HTTPTransport:
    """A transport that connects through the guard. No proxy, no redirect, no settings from the environment.

    `authority` (PEM) is trusted besides the usual ones. Raises ApiFailure where it is no certificate.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    try:
        trusted = _trusted(authority)
    except ssl.SSLError as error:
        raise ApiFailure("setting_wrong", vendor, "the certificate") from error
    transport = httpx.HTTPTransport(verify=trusted, trust_env=False, retries=0, limits=limits)
    # httpx offers no way to hand in a backend; a test holds that this one is used.
    transport._pool._network_backend = GuardedBackend(vendor, allow_private=allow_private)
    return transport


class SandboxTransport(httpx.BaseTransport):
    """Sends every request to the sandbox instead, with the host that was meant in the `Host` header."""

    def __init__(self, url: str, *, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._sandbox = httpx.URL(url)
        self._plain = httpx.HTTPTransport(verify=_trusted(""), trust_env=False, limits=limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        meant = request.url
        request.headers["Host"] = meant.netloc.decode()
        request.headers["X-Sandbox-Scheme"] = meant.scheme
        request.url = meant.copy_with(scheme=self._sandbox.scheme, host=self._sandbox.host, port=self._sandbox.port)
        try:
            return self._plain.handle_request(request)
        finally:
            request.url = meant

    def close(self) -> None:
        self._plain.close()


@lru_cache(maxsize=32)
def _trusted(authority: str) -> ssl.SSLContext:
    """Reading the usual authorities takes a while; all connections share the outcome."""
    trusted = httpx.create_ssl_context(trust_env=False)
    if authority:
        trusted.load_verify_locations(cadata=authority)
    return trusted
