"""A small SMTP server for tests: keeps what comes in over the wire, and refuses whom it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP


@dataclass
class Received:
    """A letter with its envelope."""

    sender: str
    recipients: list[str]
    message: EmailMessage


@dataclass
class Mailbox:
    """Where the server listens, and what it got."""

    port: int
    letters: list[Received] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Addresses that are answered with 550."""


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Listen on a free port of this machine until the block ends."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        box = server.box = Mailbox(server.server_address[1])  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
        sender, recipients = "", list[str]()
        self._say(220, "made up")
        for line in self.rfile:
            verb, address = line[:4].upper(), line.decode().partition(":")[2].strip().split(" ")[0].strip("<>")
            if verb == b"MAIL":
                sender, recipients = address, []
            elif verb == b"RCPT":
                if address in box.refused:
                    self._say(550, "unknown here")
                    continue
                recipients.append(address)
            elif verb == b"DATA":
                self._say(354, "go on")
                message = message_from_bytes(self._data(), _class=EmailMessage, policy=SMTP)
                box.letters.append(Received(sender, recipients, message))
            elif verb == b"QUIT":
                self._say(221, "bye")
                return
            self._say(250, "ok")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())
