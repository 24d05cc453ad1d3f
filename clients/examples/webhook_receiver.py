"""A receiver of webhooks in the standard library: check the signature, refuse old and repeated ones, answer quickly.

WEBHOOK_SECRET=... python webhook_receiver.py 9000
"""

import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

OLDEST_S = 300


def is_genuine(secret: str, body: bytes, timestamp: str, signature: str, *, now: float) -> bool:
    """Whether `signature` (`v1=<hex>`) is HMAC-SHA256 over `<timestamp>.<body>`, sent within five minutes of now."""
    if not timestamp.isdigit() or abs(now - int(timestamp)) > OLDEST_S:
        return False
    expected = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v1={expected}".encode(), signature.encode())


class Receiver(BaseHTTPRequestHandler):
    secret = os.environ.get("WEBHOOK_SECRET", "")
    seen: set[str] = set()  # in a shop: a unique column of its database

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        timestamp, signature = self.headers.get("Webhook-Timestamp", ""), self.headers.get("Webhook-Signature", "")
        if not self.secret or not is_genuine(self.secret, body, timestamp, signature, now=time.time()):
            self.send_error(400, "the signature does not fit")
            return
        event = json.loads(body)
        if event["id"] not in self.seen:  # a delivery may come again: act once
            self.seen.add(event["id"])
            sys.stdout.write(f"{event['kind']} {json.dumps(event['data'])}\n")
            sys.stdout.flush()
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("", int(sys.argv[1])), Receiver).serve_forever()
