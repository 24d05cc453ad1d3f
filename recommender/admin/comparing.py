"""Two models side by side: by a training's paired figures where there are any, else by each one's own intervals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from coupons.admin.display import number
from recommender.admin.measures import (
    HEADLINE,
    ComparisonRow,
    Estimate,
    comparison,
    served,
    system_estimates,
)
from recommender.models import ModelVersion, TrainingRun


@dataclass(frozen=True)
class Comparison:
    """The table, and what may be concluded from it."""

    rows: list[ComparisonRow] = field(default_factory=list)
    note: str = ""
    """Which test, and how its interval is to be read."""
    warning: str = ""
    """Why the two must not be compared like with like."""
    better: int = 0
    worse: int = 0

    @property
    def verdict(self) -> tuple[str, str, str]:
        """(tone, icon, words) over all measures."""
        if self.warning:
            return "warn", "info", gettext("Different test sets")
        if self.worse:
            return "warn", "trending_down", gettext("Worse on %(worse)d of %(all)d") % self._counts()
        if self.better:
            return "ok", "check", gettext("Better on %(better)d of %(all)d, worse on none") % self._counts()
        return "plain", "drag_handle", gettext("No clear change")

    def _counts(self) -> dict[str, int]:
        return {"better": self.better, "worse": self.worse, "all": len(self.rows)}


def compare_run(run: TrainingRun) -> Comparison | None:
    """The candidate of a run beside the model that was live then, on the same pairs; None where none was judged."""
    found = run.report.get("comparison")
    if not isinstance(found, Mapping) or not isinstance(found.get("measures"), Mapping):
        return None
    return _paired(found)


def compare_versions(one: ModelVersion, other: ModelVersion) -> Comparison:
    """`one` beside `other`: paired figures where a training of one judged the other, else two reports."""
    for version, rival, turned in ((one, other, False), (other, one, True)):
        report = version.run.report if version.run else {}
        found = report.get("comparison")
        if (
            isinstance(found, Mapping)
            and found.get("live") == str(rival)
            and isinstance(found.get("measures"), Mapping)
        ):
            return _paired(found, turned=turned)
    rows = comparison(served(system_estimates(one.metrics)), served(system_estimates(other.metrics)))
    if same_test(one, other):
        note = gettext("Each judged on the same test campaigns. Bar: 95% interval of the first one's own value.")
        return _summed(Comparison(rows=rows, note=note))
    warning = gettext(
        "The two were tested on different campaigns, so a difference may come from the test and not from the model."
    )
    return Comparison(rows=rows, warning=warning)


def same_test(one: ModelVersion, other: ModelVersion) -> bool:
    """Whether the trainings of both were judged on the same campaigns with data up to the same moment."""
    reports = [version.run.report if version.run else {} for version in (one, other)]
    parts = [report.get("split") for report in reports]
    tests = [part.get("test") if isinstance(part, Mapping) else None for part in parts]
    return bool(tests[0]) and tests[0] == tests[1] and one.data_to == other.data_to


def _paired(found: Mapping[str, Any], *, turned: bool = False) -> Comparison:
    """The rows of a paired comparison; the interval is that of the difference itself."""
    ours: dict[str, Estimate] = {}
    theirs: dict[str, Estimate] = {}
    for name in HEADLINE:
        row = found["measures"].get(name)
        if not isinstance(row, Mapping) or row.get("live") is None or row.get("candidate") is None:
            continue
        first, second = float(row["candidate"]), float(row["live"])
        low, high = row.get("low"), row.get("high")
        if turned:
            first, second = second, first
            low, high = (-high, -low) if low is not None and high is not None else (None, None)
        if low is not None and high is not None:
            ours[name] = Estimate(first, second + low, second + high)
        else:
            ours[name] = Estimate(first)
        theirs[name] = Estimate(second)
    note = gettext(
        "Same test: %(pairs)s shopper–coupon pairs of %(shoppers)s shoppers, %(used)s used. "
        "Bar: 95%% interval of the difference."
    ) % {
        "pairs": number(found.get("pairs")),
        "shoppers": number(found.get("shoppers")),
        "used": number(found.get("positives")),
    }
    return _summed(Comparison(rows=comparison(ours, theirs), note=note))


def _summed(found: Comparison) -> Comparison:
    return Comparison(
        rows=found.rows,
        note=found.note,
        better=sum(row.tone == "ok" for row in found.rows),
        worse=sum(row.tone == "warn" for row in found.rows),
    )
