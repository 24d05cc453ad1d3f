"""Made-up coupons, one in each state, for the page that shows what the strip can look like."""

from datetime import datetime, timedelta
from typing import Any

STATES = ("available", "claiming", "claimed", "used", "ended", "gone", "failed", "offline")
_COUPONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Any two yogurts", {"type": "amount", "amount_minor": 100}),
    ("Cold cereal", {"type": "percent", "percent_bp": 2_000}),
    ("Ground coffee", {"type": "amount", "amount_minor": 250}),
    ("Cheddar block", {"type": "amount", "amount_minor": 75}),
    ("Delivery", {"type": "free_shipping"}),
    ("Beef roast", {"type": "amount", "amount_minor": 300}),
    ("Bananas, apples", {"type": "percent", "percent_bp": 1_500}),
    ("Fluid milk", {"type": "amount", "amount_minor": 50}),
)


def preview_items(now: datetime) -> list[dict[str, Any]]:
    """What `strip.preview` takes: coupons as the API shows them, with the state they are drawn in."""
    return [
        {
            "coupon": f"made-up-{state}",
            "title": title,
            "benefit": {"text": "", "currency": "USD", "amount_minor": None, "percent_bp": None, **benefit},
            "valid_until": (now + timedelta(days=3 * place - 12 if state == "ended" else 3 + 3 * place)).isoformat(),
            "min_spend_minor": 0,
            "reason": {"code": "interest", "text": "Because you often shop for it"},
            "state": state,
            "grant": {
                "saved_minor": benefit.get("amount_minor", 0),
                "used_at": (now - timedelta(days=2)).isoformat(),
            },
        }
        for place, (state, (title, benefit)) in enumerate(zip(STATES, _COUPONS, strict=True))
    ]
