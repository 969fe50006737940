"""A mail server that speaks just enough SMTP to sign in by TLS, and notes what it was told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class MailServer:
    """`commands` are the first words of what was said to it."""

    port: int
    commands: list[str] = field(default_factory=list)


@contextmanager
def mail_server(folder: Path, *, offers_tls: bool = True, password_ok: bool = True) -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = MailServer(listening.getsockname()[1])
        context = _context(folder)
        thread = threading.Thread(
            target=_serve, args=(listening, server, context, offers_tls, password_ok), daemon=True
        )
        thread.start()
        yield server
    thread.join(timeout=10)


def _serve(listening: socket.socket, server: MailServer, context: ssl.SSLContext, tls: bool, password_ok: bool) -> None:
    try:
        stream: socket.socket = listening.accept()[0]
    except OSError:
        return
    stream.settimeout(10)
    stream.sendall(b"220 test\r\n")
    waiting = b""
    while True:
        while b"\r\n" not in waiting:
            try:
                read = stream.recv(4096)
            except OSError:
                read = b""
            if not read:
                stream.close()
                return
            waiting += read
        line, _, waiting = waiting.partition(b"\r\n")
        word = line.decode().split(" ")[0].upper()
        server.commands.append(word)
        if word == "EHLO":
            stream.sendall(b"250-test\r\n" + (b"250-STARTTLS\r\n" if tls else b"") + b"250 AUTH PLAIN\r\n")
        elif word == "STARTTLS":
            stream.sendall(b"220 go\r\n")
            stream = context.wrap_socket(stream, server_side=True)
        elif word == "AUTH":
            stream.sendall(b"235 in\r\n" if password_ok else b"535 no\r\n")
        else:
            stream.sendall(b"250 fine\r\n" if word != "QUIT" else b"221 bye\r\n")


def _context(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "mail-server.pem"
    path.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
