"""A receiver of webhooks in the standard library: check the signature, refuse old and repeated ones, answer quickly.

The signature is that of Standard Webhooks, so any of its libraries does the check as well.

WEBHOOK_SECRET=whsec_... python webhook_receiver.py 9000
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

OLDEST_S = 300


def is_genuine(secret: str, body: bytes, headers: Mapping[str, str], *, now: float) -> bool:
    """Whether the signature is HMAC-SHA256 over `<id>.<timestamp>.<body>`, sent within five minutes of `now`."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > OLDEST_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # several are separated by blanks, while a secret is being changed
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, signature.encode()) for signature in given)


class Receiver(BaseHTTPRequestHandler):
    secret = os.environ.get("WEBHOOK_SECRET", "")
    seen: set[str] = set()  # in a shop: a unique column of its database

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not self.secret or not is_genuine(self.secret, body, headers, now=time.time()):
            self.send_error(400, "the signature does not fit")
            return
        event = json.loads(body)
        if headers["webhook-id"] not in self.seen:  # a delivery may come again: act once
            self.seen.add(headers["webhook-id"])
            sys.stdout.write(f"{json.dumps(event)}\n")
            sys.stdout.flush()
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("", int(sys.argv[1])), Receiver).serve_forever()
