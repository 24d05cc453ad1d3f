"""The table of the ledger's benchmark: each figure beside its goal, and no row for a part that was not run."""

from typing import Any

from benchmarks.ledger.table import markdown

HEAD = ["| measured | value | goal |", "|---|---|---|"]


def times(p50: float, p95: float, per_s: float = 0.0) -> dict[str, Any]:
    return {"p50_ms": p50, "p95_ms": p95, "per_s": per_s}


def test_nothing_was_run() -> None:
    assert markdown({"cpus": 2}).splitlines() == HEAD


def test_rates_stand_beside_the_bare_update() -> None:
    rate = {"clients": 16, "bare_update": times(1, 2, 4_000.4), "limited": times(1, 2, 1_700.0)}
    rate |= {"unlimited": times(1, 2, 2_000.0), "slots_16": times(1, 2, 1_900.0), "limited_share_of_bare": 0.425}
    assert markdown({"rates": [rate]}).splitlines() == [
        *HEAD,
        "| bare_update a second at 16 clients | 4,000 |  |",
        "| limited a second at 16 clients | 1,700 |  |",
        "| unlimited a second at 16 clients | 2,000 |  |",
        "| slots_16 a second at 16 clients | 1,900 |  |",
        "| limited / bare_update at 16 clients | 42 % | 40 % or more |",
    ]


def test_times_codes_and_storms_have_their_goals() -> None:
    codes = {"codes": 1_000_000, "seconds": 41.5, "memory_grown_mb": 12.0, "lookup_p50_ms": 0.4, "lookup_p95_ms": 0.9}
    storm = {"attempts": 100_000, "over_redemptions": 0, "counter_drift": 0}
    result = {
        "http": {"redeem": times(40, 80), "evaluate_50": times(20, 45)},
        "evaluate": {"clients_16": times(10, 30)},
        "codes": {**codes, "admin_lists": {"codes": times(60, 90)}},
        "storm": {**storm, "connections_killed": 9, "deadlocks_forced": 4},
    }
    assert markdown(result).splitlines() == [
        *HEAD,
        "| redeem over HTTP, p50 / p95 ms | 40 / 80 | p95 below 100 |",
        "| evaluate_50 over HTTP, p50 / p95 ms | 20 / 45 | p95 below 50 |",
        "| evaluate 50 candidates, clients_16, p50 / p95 ms | 10 / 30 | p95 below 50 |",
        "| 1,000,000 codes made, seconds | 41.5 | below 60 for a million |",
        "| memory grown meanwhile, MB | 12.0 |  |",
        "| one code found, p50 / p95 ms | 0.4 / 0.9 | p50 below 2 |",
        "| admin list codes, p50 / p95 ms | 60 / 90 | below 300 |",
        "| attempts of the storm | 100,000 |  |",
        "| over_redemptions | 0 | 0 |",
        "| counter_drift | 0 | 0 |",
        "| connections_killed | 9 |  |",
        "| deadlocks_forced | 4 |  |",
    ]
