"""Readings: what an experiment, or the permanent hold-out, says at an instant, kept so that it can be watched."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from coupons.models import Shopper
from recommender.decisions.intervals import Interval
from recommender.decisions.sample_ratio import ALARM, check_sample_ratio
from recommender.decisions.sequential import ArmStatistics, Comparison, Winner, compare_means
from recommender.enums import ExperimentStatus, PolicyStatus
from recommender.models import Experiment, ExperimentArm, ExperimentReading, Policy
from recommender.policies.hashing import is_held_out
from recommender.selectors.outcomes import ArmOutcome, arm_outcomes, channel_outcome

HOLDOUT_WINDOW = timedelta(days=28)
DEFAULT_MARGIN = 0.3
LOOKS = 1000


def read_experiment(*, experiment: Experiment, now: datetime, final: bool = False) -> ExperimentReading:
    """One reading of an experiment. Intervals stay valid however often this is called (see decisions.sequential).

    With k treatments each is compared with the control at a k-th of the allowed false alarms.
    """
    arms = list(experiment.arms.order_by("position"))
    margin = margin_of(experiment, arms)
    outcomes = arm_outcomes(arms=[arm.pk for arm in arms], margin=margin, until=now)
    confidence = 1 - float(experiment.error_percent) / 100 / max(len(arms) - 1, 1)
    control = outcomes.get(arms[0].pk, ArmOutcome()) if arms else ArmOutcome()
    comparisons = [
        _compared(arm, control, outcomes.get(arm.pk, ArmOutcome()), experiment.planned_shoppers, confidence)
        for arm in arms[1:]
    ]
    ratio = _sample_ratio(experiment, arms, [outcomes.get(arm.pk, ArmOutcome()).shoppers for arm in arms])
    winners = [] if ratio["broken"] else [each["arm"] for each in comparisons if each["winner"] == Winner.TREATMENT]
    numbers = {
        "margin": margin,
        "confidence": 1 - float(experiment.error_percent) / 100,
        "arms": [_told(arm, outcomes.get(arm.pk, ArmOutcome()), margin) for arm in arms],
        "comparisons": comparisons,
        "sample_ratio": ratio,
        "winners": winners,
        "code": _code(comparisons, broken=ratio["broken"]),
    }
    return ExperimentReading.objects.create(
        channel_id=experiment.channel_id, experiment=experiment, numbers=numbers, final=final, read_at=now
    )


def read_holdout(*, policy: Policy, now: datetime) -> ExperimentReading | None:
    """What the channel's coupons add beside the permanent hold-out of its live policy; None where there is none.

    Every shopper of the channel counts, whether they asked for coupons or not, over 28 days or since the first policy
    with a hold-out went live. Intervals are planned for the size that was fixed when the hold-out began.
    """
    share = float(policy.holdout_percent) / 100
    began = (
        Policy.objects.filter(channel=policy.channel_id, holdout_percent__gt=0, live_at__isnull=False)
        .order_by("live_at")
        .values_list("live_at", flat=True)
        .first()
    )
    if not share or began is None:
        return None
    since = max(now - HOLDOUT_WINDOW, began)
    seen = channel_outcome(channel_id=policy.channel_id, since=since, until=now)
    held = [is_held_out(policy.channel_id, shopper, share) for shopper in seen.shopper]
    margin = float(policy.margin_percent) / 100
    planned = plan_holdout(policy=policy)
    treated = [not each for each in held]
    profit = margin * seen.revenue - seen.cost
    numbers: dict[str, Any] = {"margin": margin, "confidence": 0.95, "since": since.isoformat(), "share": share}
    numbers["planned"] = planned
    numbers |= {
        "sees": policy.holdout_sees,
        "held_out": sum(held),
        "treated": sum(treated),
        "cost": float(seen.cost[treated].sum()) if treated else 0.0,
    }
    for name, values in (("revenue", seen.revenue), ("profit", profit)):
        if not len(values):
            break
        compared = compare_means(
            ArmStatistics.from_units(values[held]),
            ArmStatistics.from_units(values[treated]),
            planned_units=planned,
        )
        numbers[name] = _interval(compared.difference)
        numbers[f"{name}_total"] = _interval(compared.total(sum(treated)))
        numbers["enough"] = compared.enough
    return ExperimentReading.objects.create(channel_id=policy.channel_id, experiment=None, numbers=numbers, read_at=now)


def plan_holdout(*, policy: Policy) -> int:
    """The size that a channel's hold-out is planned for: its shoppers when first asked, which is when it begins.

    Kept ever after, on the version that asked first: a size that followed the data would void the intervals.
    """
    versions = Policy.objects.filter(channel=policy.channel_id)
    planned = versions.filter(holdout_planned__isnull=False).order_by("pk").values_list("holdout_planned", flat=True)
    known = planned.first()
    if known is None:
        size = Shopper.objects.filter(channel=policy.channel_id, erased_at=None).count()
        versions.filter(pk=policy.pk, holdout_planned=None).update(holdout_planned=max(size, 1))
        known = planned.first()
    return known or 1


def read_everything(*, now: datetime) -> int:
    """A reading of every running experiment and of every live hold-out; how many."""
    running = Experiment.objects.filter(status=ExperimentStatus.RUNNING)
    readings = [read_experiment(experiment=experiment, now=now) for experiment in running]
    live = Policy.objects.filter(status=PolicyStatus.LIVE, holdout_percent__gt=0)
    holdouts = [read_holdout(policy=policy, now=now) for policy in live]
    return len(readings) + sum(1 for each in holdouts if each is not None)


def margin_of(experiment: Experiment, arms: Sequence[ExperimentArm]) -> float:
    """What a unit of revenue earns: the control's policy says, else the channel's live one, else 30 %."""
    own = arms[0].policy if arms and arms[0].policy_id else None
    policy = own or Policy.objects.filter(channel=experiment.channel_id, status=PolicyStatus.LIVE).first()
    return float(policy.margin_percent) / 100 if policy else DEFAULT_MARGIN


def _compared(
    arm: ExperimentArm, control: ArmOutcome, treatment: ArmOutcome, planned: int, confidence: float
) -> dict[str, Any]:
    told: dict[str, Any] = {"arm": arm.pk, "winner": Winner.OPEN, "enough": False, "confidence": confidence}
    if not (control.shoppers and treatment.shoppers):
        return told
    profit = _difference(control.profit, treatment.profit, planned, confidence)
    revenue = _difference(control.revenue, treatment.revenue, planned, confidence)
    return told | {
        "winner": profit.winner(),
        "enough": profit.enough,
        "p_value": profit.p_value,
        "variance_kept": profit.variance_kept,
        "profit": _interval(profit.difference),
        "profit_total": _interval(profit.total(treatment.shoppers)),
        "revenue": _interval(revenue.difference),
        "revenue_total": _interval(revenue.total(treatment.shoppers)),
    }


def _difference(control: ArmStatistics, treatment: ArmStatistics, planned: int, confidence: float) -> Comparison:
    return compare_means(control, treatment, planned_units=planned, confidence=confidence, cuped=True)


def _sample_ratio(experiment: Experiment, arms: Sequence[ExperimentArm], counts: Sequence[int]) -> dict[str, Any]:
    """The least p-value of all looks so far: the sequential test may be looked at as often as one likes.

    That test is made for small shifts of many shoppers; the usual one, paid for with a thousand looks, sees a split
    that is far off among few.
    """
    told = experiment.readings.filter(numbers__sample_ratio__has_key="p_value")
    before = told.order_by("-pk").values_list("numbers__sample_ratio__p_value", flat=True).first()
    least, expected = 1.0 if before is None else float(before), [0.0] * len(arms)
    if len(arms) > 1 and any(counts):
        check = check_sample_ratio(counts, [arm.weight for arm in arms])
        least = min(least, check.sequential_p_value, LOOKS * check.p_value)
        expected = list(check.expected)
    return {"p_value": least, "broken": least < ALARM, "expected": expected}


def _code(comparisons: Sequence[dict[str, Any]], *, broken: bool) -> str:
    """What the reading says as a whole, stable: broken, too_few, winner, control, or open."""
    if broken:
        return "broken"
    if not all(each["enough"] for each in comparisons):
        return "too_few"
    if any(each["winner"] == Winner.TREATMENT for each in comparisons):
        return "winner"
    return "control" if all(each["winner"] == Winner.CONTROL for each in comparisons) else "open"


def _told(arm: ExperimentArm, outcome: ArmOutcome, margin: float) -> dict[str, Any]:
    return {
        "arm": arm.pk,
        "name": arm.name,
        "weight": arm.weight,
        "shoppers": outcome.shoppers,
        "uses": outcome.uses,
        "revenue": outcome.revenue.y,
        "cost": outcome.cost,
        "profit": margin * outcome.revenue.y - outcome.cost,
    }


def _interval(interval: Interval) -> dict[str, float | None]:
    """For JSON, which knows no infinity: an end that is not known is None."""
    return {name: _finite(getattr(interval, name)) for name in ("estimate", "low", "high")}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
