"""What experiments and the permanent hold-out say, for the pages that show it."""

from dataclasses import dataclass
from datetime import datetime

from coupons.models import Channel
from recommender.enums import HoldoutSees
from recommender.models import ExperimentReading, SimulatedChannel


@dataclass(frozen=True)
class Incremental:
    """What personal coupons added to a channel's revenue beside its hold-out. Money in minor units."""

    channel: Channel
    read_at: datetime
    since: datetime
    estimate: float
    low: float | None
    high: float | None
    confidence: float
    treated: int
    held_out: int
    sees: HoldoutSees
    enough: bool
    """Whether both groups are large enough for the interval to be believed."""
    simulated: bool


def incremental_revenue(*, channel: Channel | None = None) -> list[Incremental]:
    """The latest reading of each channel's hold-out (or of one channel's), by channel; empty where none was read.

    `estimate`, `low`, `high`: what all treated shoppers together spent more than they would have, since `since`.
    """
    readings = ExperimentReading.objects.filter(experiment=None).select_related("channel")
    if channel is not None:
        readings = readings.filter(channel=channel)
    latest = readings.order_by("channel", "-read_at", "-pk").distinct("channel")
    simulated = set(SimulatedChannel.objects.values_list("channel", flat=True))
    return [
        _incremental(reading, simulated=reading.channel_id in simulated)
        for reading in latest
        if "revenue_total" in reading.numbers
    ]


def _incremental(reading: ExperimentReading, *, simulated: bool) -> Incremental:
    numbers = reading.numbers
    total = numbers["revenue_total"]
    return Incremental(
        channel=reading.channel,
        read_at=reading.read_at,
        since=datetime.fromisoformat(numbers["since"]),
        estimate=total["estimate"] or 0.0,
        low=total["low"],
        high=total["high"],
        confidence=numbers["confidence"],
        treated=numbers["treated"],
        held_out=numbers["held_out"],
        sees=HoldoutSees(numbers["sees"]),
        enough=bool(numbers.get("enough")),
        simulated=simulated,
    )


def is_simulated(channel: Channel) -> bool:
    return SimulatedChannel.objects.filter(channel=channel).exists()
