"""What the page of an experiment shows: arms, intervals, the split, and the verdict in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from coupons.admin.display import money, number
from recommender.admin.policy_page import signed
from recommender.enums import ExperimentStatus
from recommender.models import Experiment, ExperimentArm, ExperimentReading


@dataclass(frozen=True)
class ArmView:
    name: str
    gets: str
    share: str
    shoppers: str
    uses: str
    revenue: str
    cost: str
    profit: str
    """A shopper."""


@dataclass(frozen=True)
class ComparisonView:
    """A treatment beside the control. Bars are in per cent of the widest interval, 50 is no difference."""

    name: str
    profit: str
    interval: str
    total: str
    revenue: str
    verdict: str
    tone: str
    icon: str
    left: float
    width: float
    point: float


def verdict_in_words(experiment: Experiment, reading: ExperimentReading | None) -> tuple[str, str]:
    """(tone, one or two sentences) that a person may act on."""
    numbers = reading.numbers if reading else {}
    code, currency = numbers.get("code", "too_few"), experiment.channel.currency
    if code == "too_few":
        return "plain", gettext("Too early to say: each arm needs 100 shoppers.")
    if code == "broken":
        return "bad", gettext(
            "Do not use these numbers: shoppers were not split as planned, so the arms cannot be compared. "
            "Look for answers that are logged under one arm only, then start anew."
        )
    names = {arm["arm"]: arm["name"] for arm in numbers["arms"]}
    if code == "winner":
        best = max(
            (each for each in numbers["comparisons"] if each["arm"] in numbers["winners"]),
            key=lambda each: each["profit"]["estimate"],
        )
        return "ok", gettext(
            "%(arm)s earns more: %(value)s of profit a shopper (%(low)s to %(high)s). "
            "It added %(total)s so far. Make its policy live."
        ) % {
            "arm": names[best["arm"]],
            **_ends(best["profit"], currency),
            "total": _with_interval(best["profit_total"], currency),
        }
    if code == "control":
        control = numbers["arms"][0]["name"]
        words = gettext("Every new arm earns less than %(control)s: keep what is live.") % {"control": control}
        return "warn", words
    stopped = experiment.status == ExperimentStatus.STOPPED
    return "plain", (
        gettext("No difference was shown. That is not proof of none: the intervals say how large it may still be.")
        if stopped
        else gettext("No difference is shown yet. Looking at it again and again does no harm.")
    )


def page_of(experiment: Experiment) -> dict[str, Any]:
    """Everything the page needs, for its template."""
    told = ExperimentReading.objects.filter(experiment=experiment).exclude(numbers={})
    reading = told.order_by("-final", "-read_at", "-pk").first()
    tone, words = verdict_in_words(experiment, reading)
    arms = list(experiment.arms.select_related("policy", "model_version").order_by("position"))
    return {
        "experiment": experiment,
        "reading": reading,
        "verdict": words,
        "verdict_tone": tone,
        "arms": [_arm(arm, arms, reading, experiment.channel.currency) for arm in arms],
        "comparisons": _comparisons(reading, experiment.channel.currency),
        "ratio": _ratio(reading),
        "days": _days(experiment),
        "chart": _chart(experiment),
        "margin": f"{100 * reading.numbers['margin']:g}" if reading and "margin" in reading.numbers else "",
    }


def _arm(
    arm: ExperimentArm, arms: Sequence[ExperimentArm], reading: ExperimentReading | None, currency: str
) -> ArmView:
    told = {each["arm"]: each for each in reading.numbers.get("arms", [])} if reading else {}
    seen: Mapping[str, Any] = told.get(arm.pk, {})
    shoppers = seen.get("shoppers", 0)
    gets = [
        str(arm.policy) if arm.policy else gettext("live policy"),
        str(arm.model_version) if arm.model_version else gettext("live model"),
    ]
    return ArmView(
        name=arm.name,
        gets=", ".join(gets),
        share=f"{100 * arm.weight / sum(each.weight for each in arms):.0f} %",
        shoppers=number(shoppers),
        uses=number(seen.get("uses", 0)),
        revenue=money(round(seen["revenue"] / shoppers), currency) if shoppers else "–",
        cost=money(round(seen["cost"] / shoppers), currency) if shoppers else "–",
        profit=money(round(seen["profit"] / shoppers), currency) if shoppers else "–",
    )


def _comparisons(reading: ExperimentReading | None, currency: str) -> list[ComparisonView]:
    if reading is None:
        return []
    rows = [each for each in reading.numbers.get("comparisons", []) if "profit" in each]
    known = [end for each in rows for end in (each["profit"]["low"], each["profit"]["high"]) if end is not None]
    widest = max((abs(end) for end in known), default=1.0) or 1.0
    names = {arm["arm"]: arm["name"] for arm in reading.numbers["arms"]}
    return [_comparison(each, names[each["arm"]], widest, currency) for each in rows]


WINNERS = {
    "treatment": ("ok", "trending_up"),
    "control": ("bad", "trending_down"),
    "neither": ("plain", "remove"),
    "open": ("plain", "hourglass_top"),
}


def _comparison(each: Mapping[str, Any], name: str, widest: float, currency: str) -> ComparisonView:
    words = {
        "treatment": gettext("Earns more"),
        "control": gettext("Earns less"),
        "neither": gettext("No difference"),
        "open": gettext("Open"),
    }
    profit = each["profit"]
    low = -widest if profit["low"] is None else profit["low"]
    high = widest if profit["high"] is None else profit["high"]
    tone, icon = WINNERS[each["winner"]]
    return ComparisonView(
        name=name,
        profit=signed(profit["estimate"] or 0.0, currency),
        interval=gettext("%(low)s to %(high)s") % _ends(profit, currency)
        if _bounded(profit)
        else gettext("Not known yet"),
        total=_with_interval(each["profit_total"], currency),
        revenue=_with_interval(each["revenue"], currency),
        verdict=words[each["winner"]],
        tone=tone,
        icon=icon,
        left=50 + 50 * low / widest,
        width=max(1.0, 50 * (high - low) / widest),
        point=50 + 50 * (profit["estimate"] or 0.0) / widest,
    )


def _bounded(interval: Mapping[str, float | None]) -> bool:
    return interval["low"] is not None and interval["high"] is not None


def _ends(interval: Mapping[str, float | None], currency: str) -> dict[str, str]:
    named = {"value": interval["estimate"], "low": interval["low"], "high": interval["high"]}
    return {name: "–" if end is None else signed(end, currency) for name, end in named.items()}


def _with_interval(interval: Mapping[str, float | None], currency: str) -> str:
    """An estimate with its interval; alone where too few shoppers were seen to have one."""
    ends = _ends(interval, currency)
    return gettext("%(value)s (%(low)s to %(high)s)") % ends if _bounded(interval) else ends["value"]


def _ratio(reading: ExperimentReading | None) -> tuple[str, str, str] | None:
    """(tone, icon, words) of the check of the split."""
    if reading is None or "sample_ratio" not in reading.numbers:
        return None
    ratio = reading.numbers["sample_ratio"]
    if ratio["broken"]:
        return "bad", "error", gettext("The split is not as planned")
    return "ok", "check", gettext("The split is as planned")


def _days(experiment: Experiment) -> str:
    if experiment.started_at is None:
        return ""
    days = ((experiment.stopped_at or timezone.now()) - experiment.started_at).days
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


MOST_POINTS = 60


def _chart(experiment: Experiment) -> list[tuple[str, str, str, str]]:
    """(when, estimate, low, high) of the first comparison over time, for people: thinned to a table's length."""
    readings = list(
        ExperimentReading.objects.filter(experiment=experiment).order_by("read_at").values_list("read_at", "numbers")
    )
    step = max(1, -(-len(readings) // MOST_POINTS))
    currency = experiment.channel.currency
    rows = []
    for at, numbers in readings[::step]:
        first = next(iter(numbers.get("comparisons", [])), None)
        if first and "profit" in first:
            ends = _ends(first["profit"], currency)
            rows.append((f"{at:%Y-%m-%d %H:%M}", ends["value"], ends["low"], ends["high"]))
    return rows
