"""An SMTP server for tests: it takes every mail and remembers it, or refuses as it is told."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What came in, in its order."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    # The answer to the end of a mail.
    verdict: str = "250 taken"
    logins: list[str] = field(default_factory=list)

    def to(self, address: str) -> list[EmailMessage]:
        return [
            mail
            for mail, to in zip(self.mails, self.recipients, strict=True)
            if address in " ".join(to)
        ]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            to: list[str] = []
            self._say("220 mailbox")
            while line := self.rfile.readline().decode("utf-8", "replace").strip():
                word = line.upper()
                if word.startswith("EHLO"):
                    self._say("250-mailbox\r\n250 AUTH PLAIN LOGIN")
                elif word.startswith("AUTH"):
                    box.logins.append(line)
                    self._say("235 in")
                elif word.startswith("RCPT"):
                    to.append(line)
                    self._say("250 ok")
                elif word.startswith("DATA"):
                    self._say("354 go on")
                    raw = b""
                    while (piece := self.rfile.readline()) != b".\r\n":
                        raw += piece[1:] if piece.startswith(b"..") else piece
                    if box.verdict.startswith("250"):
                        box.mails.append(email.message_from_bytes(raw, policy=email.policy.default))
                        box.recipients.append(to)
                    self._say(box.verdict)
                elif word.startswith("QUIT"):
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield box
        server.shutdown()
