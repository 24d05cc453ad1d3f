"""The run as a Markdown table: each figure beside its goal."""

from collections.abc import Iterator
from typing import Any

Row = tuple[str, str, str]
_MOST_MS = 300


def markdown(result: dict[str, Any]) -> str:
    """Parts that were not run have no rows."""
    lines = [f"| {what} | {value} | {goal} |" for what, value, goal in rows(result)]
    return "\n".join(["| measured | value | goal |", "|---|---|---|", *lines, ""])


def rows(result: dict[str, Any]) -> Iterator[Row]:
    """What was measured, its value, and the goal, empty where it stands for comparison only."""
    for rate in result.get("rates") or ():
        at = f"at {rate['clients']} clients"
        for name in ("bare_update", "limited", "unlimited", "slots_16"):
            yield f"{name} a second {at}", f"{rate[name]['per_s']:,.0f}", ""
        yield f"limited / bare_update {at}", f"{100 * rate['limited_share_of_bare']:.0f} %", "40 % or more"
    for name, most in (("redeem", 100), ("evaluate_50", 50)):
        found = (result.get("http") or {}).get(name)
        if found:
            yield f"{name} over HTTP, p50 / p95 ms", f"{found['p50_ms']} / {found['p95_ms']}", f"p95 below {most}"
    evaluated = result.get("evaluate") or {}
    for name, goal in (("pure", ""), ("clients_1", ""), ("clients_16", "p95 below 50")):
        if name in evaluated:
            found = evaluated[name]
            yield f"evaluate 50 candidates, {name}, p50 / p95 ms", f"{found['p50_ms']} / {found['p95_ms']}", goal
    if result.get("codes"):
        yield from _codes(result["codes"])
    if result.get("storm"):
        storm = result["storm"]
        yield "attempts of the storm", f"{storm['attempts']:,}", ""
        for name in ("over_redemptions", "counter_drift"):
            yield name, str(storm[name]), "0"
        for name in ("connections_killed", "deadlocks_forced"):
            yield name, str(storm[name]), ""


def _codes(codes: dict[str, Any]) -> Iterator[Row]:
    yield f"{codes['codes']:,} codes made, seconds", str(codes["seconds"]), "below 60 for a million"
    yield "memory grown meanwhile, MB", str(codes["memory_grown_mb"]), ""
    yield "one code found, p50 / p95 ms", f"{codes['lookup_p50_ms']} / {codes['lookup_p95_ms']}", "p50 below 2"
    for name, found in codes["admin_lists"].items():
        yield f"admin list {name}, p50 / p95 ms", f"{found['p50_ms']} / {found['p95_ms']}", f"below {_MOST_MS}"
