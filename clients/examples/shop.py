"""The smallest shop that shows personal coupons: one page, and a backend that asks for shopper tokens.

SITE=http://localhost:8000 SERVER_KEY=... BROWSER_KEY=... SHOPPER=1823 python clients/examples/shop.py
"""

import json
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 3000
SITE = os.environ.get("SITE", "http://localhost:8000")
SHOPPER = os.environ.get("SHOPPER", "1823")  # in a shop: whoever is logged in

PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A shop</title>
<script src="{SITE}/static/strip/coupon-strip.js" defer></script>
<coupon-strip key="{os.environ.get("BROWSER_KEY", "")}" token-url="/shopper-token"></coupon-strip>
</html>"""


def shopper_token() -> dict[str, Any]:
    """Asked of the platform with the server's key, which no page ever sees."""
    request = urllib.request.Request(  # noqa: S310  the platform's own address
        f"{SITE}/api/v1/shopper-tokens",
        data=json.dumps({"shopper": SHOPPER}).encode(),
        headers={"Authorization": f"Api-Key {os.environ['SERVER_KEY']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  the same
        return dict(json.load(answer))


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/shopper-token":
            kind, body = "application/json", json.dumps({"token": shopper_token()["token"]})
        else:
            kind, body = "text/html; charset=utf-8", PAGE
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is http.server's
        """Nothing: it runs beside what is typed into the same terminal."""


if __name__ == "__main__":
    sys.stdout.write(f"http://localhost:{PORT}\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()
