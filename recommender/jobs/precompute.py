"""Everybody's recommendations of one model version, in shards of shoppers that any worker may compute, in any order."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from coupons.models import Channel, Shopper
from coupons.planner_statistics import analyse
from coupons.selectors import eligible_for_each, running_coupons
from recommender.enums import VersionStatus
from recommender.estimators.bundle import Bundle
from recommender.jobs.lakes import fresh_lake
from recommender.jobs.policy_slates import make_candidate_slates, terms_by_shopper
from recommender.models import LiveCandidates, ModelVersion, Recommendation, ShopperInterest
from recommender.pipeline.cleaning import clean
from recommender.pipeline.lake import Lake, day_of
from recommender.pipeline.live import NOBODY
from recommender.pipeline.policy import Place, make_slate
from recommender.pipeline.publish import publish_interests, publish_popular, publish_slates
from recommender.pipeline.publish_live import publish_live_candidates, publish_live_catalog
from recommender.pipeline.scoring import ScoredCandidates, popular_coupons, score
from recommender.policies.terms import PolicyTerms
from recommender.registry import load_bundle
from recommender.selectors import live_version
from recommender.selectors.coupon_facts import read_coupon_facts
from recommender.selectors.rules import read_rules
from recommender.selectors.uplift import ExtraPurchases, extra_purchases

logger = logging.getLogger(__name__)

Say = Callable[[str], None]

SHARD_IDS = 2000
"""Width of a shard in shopper ids. Shards begin at multiples of it, so the same shopper is always in the same one."""
POPULAR_PLACES = 50
POPULAR_SAMPLE = 1000
"""Shoppers whose mean score makes the popular list, where no process has seen all of them."""
PUBLISHED = (Recommendation, ShopperInterest, LiveCandidates)
"""Tables that a shard fills."""
_LOCK_CLASS = 7_316_203


@dataclass(frozen=True)
class Plan:
    """What a precompute consists of."""

    version_id: int
    ranges: list[tuple[int, int]]
    """First and last shopper id of each shard."""


def plan_precompute(*, version_id: int | None = None) -> Plan | None:
    """The shards of a version, the live one where none is named; None where there is no model or nobody to serve."""
    if version_id is None:
        live = live_version()
        version_id = live.pk if live else None
    ranges = shard_ranges()
    return Plan(version_id, ranges) if version_id is not None and ranges else None


def shard_ranges() -> list[tuple[int, int]]:
    """(first, last) shopper ids of every shard in which somebody is."""
    block = RawSQL("id / %s", [SHARD_IDS], output_field=IntegerField())
    blocks = Shopper.objects.order_by().annotate(block=block).values_list("block", flat=True).distinct()
    return [(number * SHARD_IDS, (number + 1) * SHARD_IDS - 1) for number in sorted(blocks)]


def run_precompute_shard(*, version_id: int, first_id: int, last_id: int, now: datetime) -> int:
    """Replace the slates of the shoppers of one range; how many shoppers. Safe to run twice, also at once."""
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        logger.info("Model version %s is gone: nothing to compute", version_id)
        return 0
    bundle = _bundle(version)
    lake = _clean_lake(bundle, now)
    done = sum(
        _publish_range(version, bundle, lake, channel, (first_id, last_id), now=now).shoppers
        for channel in Channel.objects.order_by("pk")
    )
    analyse(*PUBLISHED)
    return done


def run_popular(*, version_id: int, now: datetime) -> int:
    """Replace the popular lists of a version; how many places."""
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        return 0
    bundle = _bundle(version)
    return _publish_popular(version, bundle, _clean_lake(bundle, now), now=now)


def precompute_here(version: ModelVersion, *, now: datetime, say: Say) -> int:
    """All shards one after the other in this process; how many shoppers. Raises ArtefactError."""
    full = ModelVersion.objects.get(pk=version.pk)
    bundle = _bundle(full)
    return publish_version(full, bundle, fresh_lake(bundle.config.features, now=now), now=now, say=say)


def publish_version(version: ModelVersion, bundle: Bundle, lake: Lake, *, now: datetime, say: Say) -> int:
    """Shards, then the popular lists, which mark a version as complete; how many shoppers."""
    lake = clean(lake, bundle.config.cleaning).lake
    ranges, done = shard_ranges(), 0
    tally: Tally = {}
    for number, (first_id, last_id) in enumerate(ranges, start=1):
        for channel in Channel.objects.order_by("pk"):
            scored = _publish_range(version, bundle, lake, channel, (first_id, last_id), now=now)
            done += scored.shoppers
            _count(tally, channel.pk, scored.candidates)
        say(f"recommendations: shard {number} of {len(ranges)}, {done:,} shoppers")
    analyse(*PUBLISHED)
    for channel in Channel.objects.order_by("pk"):
        _publish_live_catalog(version, bundle, lake, channel, now=now)
    for channel_id, sums in tally.items():
        means = [(coupon, total / count) for coupon, (total, count) in sums.items()]
        best = sorted(means, key=lambda pair: (-pair[1], pair[0]))[:POPULAR_PLACES]
        publish_popular(version_id=version.pk, channel_id=channel_id, coupons=best, now=now)
    return done


Tally = dict[int, dict[int, tuple[float, int]]]
"""{channel: {coupon: (sum of scores, shoppers)}}: what the popular lists need of shards that are gone."""


def _count(tally: Tally, channel_id: int, scored: ScoredCandidates) -> None:
    sums = tally.setdefault(channel_id, {})
    coupons, number = np.unique(scored.coupon, return_inverse=True)
    totals, counts = np.bincount(number.reshape(-1), scored.score), np.bincount(number.reshape(-1))
    for coupon, total, count in zip(coupons.tolist(), totals.tolist(), counts.tolist(), strict=False):
        known_total, known_count = sums.get(coupon, (0.0, 0))
        sums[coupon] = (known_total + total, known_count + count)


@lru_cache(maxsize=1)
def _load(path: str) -> Bundle:
    """Artefacts never change, so a worker keeps the last one between shards."""
    return load_bundle(Path(path))


def _bundle(version: ModelVersion) -> Bundle:
    return _load(str(Path(settings.MODEL_DIR) / version.path))


def _clean_lake(bundle: Bundle, now: datetime) -> Lake:
    return clean(fresh_lake(bundle.config.features, now=now), bundle.config.cleaning).lake


@dataclass(frozen=True)
class _Published:
    shoppers: int
    candidates: ScoredCandidates


def _publish_range(
    version: ModelVersion, bundle: Bundle, lake: Lake, channel: Channel, ids: tuple[int, int], *, now: datetime
) -> _Published:
    people = Shopper.objects.filter(channel=channel, pk__range=ids, personalised=True)
    names = dict(people.order_by("pk").values_list("pk", "external_id"))
    shoppers = list(names)
    scored = _score(bundle, lake, channel, shoppers, now)
    eligible = eligible_for_each(channel=channel, shoppers=shoppers, now=now)
    rules = read_rules(channel.pk)
    terms = terms_by_shopper(rules, names, version.pk)
    slates = (
        make_candidate_slates(
            scored, eligible, terms, read_coupon_facts(channel.pk), extra=_extra(terms, channel.pk, shoppers)
        )
        if terms
        else make_slates(scored, eligible, bundle, version)
    )
    tried = version.status != VersionStatus.LIVE and version.pk in rules.model_version_ids
    with transaction.atomic():
        _lock_shard(version.pk, ids[0])
        publish_slates(version_id=version.pk, shoppers=shoppers, slates=slates, now=now)
        # one row a shopper: neither a shadow nor what an arm tries changes what is shown of the live model
        if scored.interest is not None and version.status != VersionStatus.SHADOW and not tried:
            publish_interests(version_id=version.pk, states=scored.interest, as_of=now)
        publish_live_candidates(version_id=version.pk, scored=scored, now=now)
    return _Published(len(shoppers), scored)


def _extra(terms: Mapping[int, PolicyTerms], channel_id: int, shoppers: Sequence[int]) -> Mapping[int, ExtraPurchases]:
    """What coupons add to those shoppers whose policy asks for it."""
    asking = next((each for each in terms.values() if each.maximise_profit), None)
    return {} if asking is None else extra_purchases(asking, channel_id=channel_id, shopper_ids=shoppers)


def _lock_shard(version_id: int, first_id: int) -> None:
    """A shard that was handed out twice is written by one worker after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, f"{version_id}:{first_id}"])


def _publish_popular(version: ModelVersion, bundle: Bundle, lake: Lake, *, now: datetime) -> int:
    places = 0
    for channel in Channel.objects.order_by("pk"):
        _publish_live_catalog(version, bundle, lake, channel, now=now)
        sample = Shopper.objects.filter(channel=channel, personalised=True).order_by("pk")
        shoppers = _spread(list(sample.values_list("pk", flat=True)), POPULAR_SAMPLE)
        coupons = popular_coupons(_score(bundle, lake, channel, shoppers, now), POPULAR_PLACES)
        publish_popular(version_id=version.pk, channel_id=channel.pk, coupons=coupons, now=now)
        places += len(coupons)
    return places


def _publish_live_catalog(
    version: ModelVersion, bundle: Bundle, lake: Lake, channel: Channel, *, now: datetime
) -> None:
    nobody = _score(bundle, lake, channel, [NOBODY], now)
    publish_live_catalog(version_id=version.pk, channel_id=channel.pk, nobody=nobody, now=now)


def _spread(ids: Sequence[int], most: int) -> list[int]:
    """At most `most` of the ids, at even steps."""
    step = -(-len(ids) // most) or 1
    return list(ids[::step])


def _score(bundle: Bundle, lake: Lake, channel: Channel, shoppers: Sequence[int], now: datetime) -> ScoredCandidates:
    """Each of the shoppers x each coupon that runs now, from everything that is known up to today."""
    coupons = running_coupons(channel=channel, now=now).order_by("pk").values_list("pk", flat=True)
    return score(
        bundle,
        lake,
        shoppers=np.array(shoppers, np.int64),
        coupons=np.array(list(coupons), np.int64),
        as_of=day_of(now) + 1,
    )


def make_slates(
    scored: ScoredCandidates, eligible: dict[int, set[int]], bundle: Bundle, version: ModelVersion
) -> dict[int, list[Place]]:
    """A slate for each shopper, drawn from a generator of the shopper's own: the same in whichever shard it is made."""
    starts = np.flatnonzero(np.append(True, np.diff(scored.shopper) != 0)) if len(scored.shopper) else np.array([], int)
    ends = np.append(starts[1:], len(scored.shopper))
    slates = {}
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        shopper, rows = int(scored.shopper[start]), slice(start, end)
        coupons = scored.coupon[rows]
        slates[shopper] = make_slate(
            coupons=coupons,
            campaigns=scored.campaign[rows],
            scores=scored.score[rows],
            reasons={
                int(coupon): reason
                for coupon, reason in zip(coupons, scored.reasons[rows], strict=True)
                if reason is not None
            },
            eligible=eligible.get(shopper, set()),
            config=bundle.config.policy,
            generator=np.random.default_rng([bundle.config.seed, version.number, shopper]),
        )
    return slates
