"""Policies that learn while they serve: each minute what is new, each night all of it again from the log.

Showings and uses are added to the same sums, each once: a showing when it was logged, its use when that came. The row
of the sums is locked while the window since its last update is read, so that two workers never add the same window.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction

from coupons.enums import RedemptionStatus
from recommender.decisions.exploration import LinearStatistics
from recommender.enums import ExplorationKind, PolicyStatus, VersionStatus
from recommender.models import ModelVersion, Policy, PolicyLearning
from recommender.policies.learning import FEATURES, ShownSums
from recommender.policies.removals import Removal
from recommender.selectors.decision_log import ATTRIBUTION
from recommender.selectors.learned import forget_learned, statistics_of
from recommender.selectors.rules import tried_version_ids

logger = logging.getLogger(__name__)

DAYS = 28
"""A night's sums are those of so many days: what is older is forgotten."""
SETTLED = timedelta(minutes=1)
"""An answer or use is read when it is so old, that nothing with an earlier time is still on its way."""

_SHOWN = f"""
SELECT c.coupon, (c.score > 0)::int, count(*), sum(c.score), sum(c.score * c.score), 0, 0
FROM recommender_slatelog l CROSS JOIN LATERAL unnest(l.candidates, l.scores, l.removed) AS c(coupon, score, removed)
WHERE l.channel_id = %(channel)s AND l.policy_id = %(policy)s AND l.model_version_id = %(version)s
    AND l.shown_at >= %(since)s AND l.shown_at < %(until)s AND NOT l.held_out AND l.shopper_id IS NOT NULL
    AND c.removed = {Removal.SHOWN.value}
GROUP BY 1, 2
"""  # noqa: S608 - names are ours
_GOOD = f"('{RedemptionStatus.REDEEMED}', '{RedemptionStatus.PARTIALLY_ROLLED_BACK}')"
_USED = f"""
SELECT c.coupon, (c.score > 0)::int, 0, 0, 0, count(*), sum(c.score)
FROM coupons_redemption r JOIN recommender_slatelog l ON l.slate_id = r.slate_id AND l.shopper_id = r.shopper_id
CROSS JOIN LATERAL unnest(l.candidates, l.scores, l.removed) AS c(coupon, score, removed)
WHERE r.redeemed_at >= %(since)s AND r.redeemed_at < %(until)s AND r.status IN {_GOOD}
    AND c.coupon = r.coupon_id AND c.removed = {Removal.SHOWN.value}
    AND l.policy_id = %(policy)s AND l.model_version_id = %(version)s AND NOT l.held_out
    AND l.shown_at >= %(from)s AND l.shown_at < %(until)s
    AND r.redeemed_at < l.shown_at + make_interval(days => {ATTRIBUTION})
    AND NOT EXISTS (SELECT FROM coupons_redemption e WHERE e.shopper_id = r.shopper_id AND e.coupon_id = r.coupon_id
        AND e.slate_id = r.slate_id AND e.status IN {_GOOD} AND (e.redeemed_at, e.id) < (r.redeemed_at, r.id))
GROUP BY 1, 2
"""  # noqa: S608 - names are ours


@dataclass(frozen=True)
class _Window:
    """Showings and uses from `since` on and before `until`; uses of showings from `start` on."""

    start: datetime
    since: datetime
    until: datetime


def update_learned(*, now: datetime) -> int:
    """Add what came since the last update, of every policy that explores by what it learned; how many showings.

    Safe to run twice, also at once. Sums that do not exist yet are made from the log.
    """
    return sum(_update(policy, version, now=now, anew=False) for policy, version in _learning())


def rebuild_learned(*, now: datetime) -> int:
    """Make all sums again from the last `DAYS` of the log: late rows, roll-backs and what is to be forgotten."""
    return sum(_update(policy, version, now=now, anew=True) for policy, version in _learning())


def _learning() -> Iterator[tuple[Policy, int]]:
    """Policies that learn, with the model versions that serve under them."""
    live = ModelVersion.objects.filter(status=VersionStatus.LIVE).values_list("pk", flat=True)
    versions = [*live, *tried_version_ids()]
    policies = Policy.objects.filter(
        status__in=[PolicyStatus.LIVE, PolicyStatus.TRIAL],
        exploration_kind=ExplorationKind.THOMPSON,
        exploration_percent__gt=0,
    )
    for policy in policies.order_by("pk"):
        for version in versions:
            yield policy, version


def _update(policy: Policy, version_id: int, *, now: datetime, anew: bool) -> int:
    until = now - SETTLED
    with transaction.atomic():
        PolicyLearning.objects.get_or_create(policy=policy, model_version_id=version_id)
        row = PolicyLearning.objects.select_for_update().get(policy=policy, model_version_id=version_id)
        known = None if anew else statistics_of(row)
        start, since = row.learned_from, row.learned_until
        if known is None or start is None or since is None:
            known, start = LinearStatistics.empty(FEATURES), until - timedelta(days=DAYS)
            since = start
        if since >= until:
            return 0
        new = _read_sums(policy, version_id, _Window(start, since, until))
        _write(row, known + new, start, until)
    forget_learned()
    logger.info("%s learned from %d more showings", policy, new.count)
    return round(new.count)


def _read_sums(policy: Policy, version_id: int, window: _Window) -> LinearStatistics:
    asked: dict[str, Any] = {
        "channel": policy.channel_id,
        "policy": policy.pk,
        "version": version_id,
        "from": window.start,
        "since": window.since,
        "until": window.until,
    }
    with connection.cursor() as cursor:
        rows: list[tuple[float, ...]] = []
        for sql in (_SHOWN, _USED):
            cursor.execute(sql, asked)
            rows += cursor.fetchall()
    if not rows:
        return LinearStatistics.empty(FEATURES)
    columns = np.array(rows, float).T
    return ShownSums(columns[0].astype(np.int64), columns[1].astype(np.int64), *columns[2:]).statistics()


def _write(row: PolicyLearning, sums: LinearStatistics, start: datetime, until: datetime) -> None:
    row.gram, row.moment = sums.gram.ravel().tolist(), sums.moment.tolist()
    row.square, row.count = sums.square, sums.count
    row.learned_from, row.learned_until = start, until
    row.save()
