"""Stage 9b: what the web half needs for live answers -> LiveCatalog and LiveCandidates rows of one ModelVersion."""

import io
from datetime import datetime

import numpy as np

from recommender.models import LiveCandidates, LiveCatalog
from recommender.pipeline.scoring import ScoredCandidates

BATCH = 500


def publish_live_catalog(*, version_id: int, channel_id: int, nobody: ScoredCandidates, now: datetime) -> None:
    """Replace the channel's coupon table under a version; `nobody` are the running coupons scored for NOBODY."""
    live = nobody.live
    if live is None:
        LiveCatalog.objects.filter(model_version=version_id, channel=channel_id).delete()
        return
    place = np.searchsorted(live.coupons, nobody.coupon)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        coupons=nobody.coupon,
        campaigns=nobody.campaign,
        codes=live.codes[place],
        coverage=live.coverage[place],
        logits=live.logits,
        pair=live.pair,
        interest_columns=live.interest_columns,
    )
    LiveCatalog.objects.update_or_create(
        model_version_id=version_id,
        channel_id=channel_id,
        defaults={"arrays": buffer.getvalue(), "as_of": now},
    )


def publish_live_candidates(*, version_id: int, scored: ScoredCandidates, now: datetime) -> int:
    """Replace the scored candidates and states of the shoppers in `scored` under a version; how many shoppers."""
    live, states = scored.live, scored.interest
    if live is None or states is None or states.base is None or states.base_day is None:
        return 0
    bounds = np.searchsorted(scored.shopper, [states.shopper, states.shopper + 1])
    kept = np.searchsorted(scored.shopper[live.paired], [states.shopper, states.shopper + 1])
    rows = [
        LiveCandidates(
            model_version_id=version_id,
            shopper_id=int(shopper),
            coupons=scored.coupon[slice(*bounds[:, place])].astype("<i8").tobytes(),
            logits=live.logits[slice(*bounds[:, place])].astype("<f8").tobytes(),
            pair=live.pair[slice(*kept[:, place])].astype("<f2").tobytes(),
            state=states.hidden[place].astype("<f4").tobytes(),
            base_state=states.base[place].astype("<f4").tobytes(),
            base_day=int(states.base_day[place]) if states.base_day[place] >= 0 else None,
            intent=states.intents[place].tobytes() if len(states.intents) else b"",
            as_of=now,
        )
        for place, shopper in enumerate(states.shopper)
    ]
    LiveCandidates.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["model_version", "shopper"],
        update_fields=["coupons", "logits", "pair", "state", "base_state", "base_day", "intent", "as_of"],
    )
    return len(rows)
