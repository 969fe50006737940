"""A mail server that speaks just enough SMTP to sign in by TLS and take mail, and notes what it was told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

FINE = b"250 fine\r\n"


@dataclass
class MailServer:
    """`commands` are the first words of what was said to it, `taken` the mails that it has, whoever heard so.

    `answer(word, line)` says what is answered before a mail comes; empty: the connection is closed.
    `before_answer(mail)` runs when a mail is there and nobody has been told.
    """

    port: int
    commands: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    answer: Callable[[str, str], bytes] = lambda _word, _line: FINE
    before_answer: Callable[[EmailMessage], None] = lambda _mail: None

    @property
    def readers(self) -> list[str]:
        return [str(each["To"]) for each in self.taken]


@contextmanager
def mail_server(
    folder: Path, *, offers_tls: bool = True, password_ok: bool = True, port: int = 0
) -> Iterator[MailServer]:
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = MailServer(listening.getsockname()[1])
        context = _context(folder)
        thread = threading.Thread(
            target=_serve, args=(listening, server, context, offers_tls, password_ok), daemon=True
        )
        thread.start()
        yield server
        # Closing alone would leave `accept` waiting.
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


def _serve(listening: socket.socket, server: MailServer, context: ssl.SSLContext, tls: bool, password_ok: bool) -> None:
    while True:
        try:
            stream: socket.socket = listening.accept()[0]
        except OSError:
            return
        stream.settimeout(10)
        line = _Line(stream)
        with suppress(OSError, EOFError):
            _talk(line, server, context, tls, password_ok)
        line.stream.close()


class _Line:
    """One connection, read by lines; it may turn to TLS in between."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream, self._waiting = stream, b""

    def read(self) -> bytes:
        while b"\r\n" not in self._waiting:
            more = self.stream.recv(65536)
            if not more:
                raise EOFError
            self._waiting += more
        line, _, self._waiting = self._waiting.partition(b"\r\n")
        return line

    def read_mail(self) -> EmailMessage:
        lines = []
        while (line := self.read()) != b".":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"\r\n".join(lines) + b"\r\n", policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def say(self, answer: bytes) -> None:
        if not answer:
            raise EOFError
        self.stream.sendall(answer)


def _talk(line: _Line, server: MailServer, context: ssl.SSLContext, tls: bool, password_ok: bool) -> None:
    line.say(b"220 test\r\n")
    while True:
        said = line.read().decode()
        word = said.split(" ")[0].upper()
        server.commands.append(word)
        if word == "EHLO":
            line.say(b"250-test\r\n" + (b"250-STARTTLS\r\n" if tls else b"") + b"250 AUTH PLAIN\r\n")
        elif word == "STARTTLS":
            line.say(b"220 go\r\n")
            line.stream = context.wrap_socket(line.stream, server_side=True)  # which takes the old one over
        elif word == "AUTH":
            line.say(b"235 in\r\n" if password_ok else b"535 no\r\n")
        elif word == "DATA":
            line.say(server.answer(word, said).replace(b"250", b"354", 1))
            message = line.read_mail()
            server.taken.append(message)
            server.before_answer(message)
            line.say(FINE)
        elif word == "QUIT":
            line.say(b"221 bye\r\n")
            return
        else:
            line.say(server.answer(word, said))


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
