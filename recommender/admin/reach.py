"""How far a campaign or coupon would reach: eligible, recommended, likely uses and cost, from the live model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import BigIntegerField, F, Func, QuerySet
from django.db.models.functions import Abs, Mod
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from coupons.admin.display import money, number
from coupons.admin.extension_points import reach_urls
from coupons.admin.rehearsal import Rehearsal, Rehearsed, rehearse
from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
from coupons.exposure import exposure, largest_discount_minor
from coupons.models import Campaign, Channel, Coupon, Shopper
from coupons.selectors import eligible_shoppers
from recommender.admin.reach_estimate import (
    histogram,
    poisson_binomial_interval,
    poisson_interval,
    sampled_interval,
    spread_of_totals,
)
from recommender.admin.reach_rows import Scores, interest_by_shopper, mean_discount_minor, scores_of
from recommender.enums import VersionStatus
from recommender.models import ModelVersion

VIEW = "recommender.view_recommendation"
MOST_ASKED = 10_000
"""Of a larger shop so many shoppers are asked about: a share of them is told to within about one percent."""
OF: Mapping[str, Rehearsed] = {"campaign": Campaign, "coupon": Coupon}
"""Of what the reach is asked, as its URL says it."""


@dataclass(slots=True)
class Reach:
    """Counts of shoppers; `uses` and `cost_minor` are ranges. None: there is nothing to tell it from."""

    shoppers: int
    eligible: int
    control: int
    recommended: int | None = None
    uses: tuple[int, int] | None = None
    cost_minor: tuple[int, int] | None = None
    most_minor: int | None = None
    method: str = ""
    bins: Sequence[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sample:
    """Who is asked about: everybody, or in a large shop one in `every`; one of them stands for `scale` shoppers."""

    shoppers: int
    asked: int
    every: int

    @property
    def scale(self) -> float:
        return self.shoppers / self.asked if self.asked else 1.0

    def total(self, asked: int) -> int:
        """How many of all shoppers there are where so many of those asked about are such."""
        return round(asked * self.scale)


def sample_of(channel: Channel) -> Sample:
    everyone = Shopper.objects.filter(channel=channel, erased_at=None)
    count = everyone.count()
    every = math.ceil(count / MOST_ASKED) or 1
    return Sample(count, count if every == 1 else _thinned(everyone, every).count(), every)


def _thinned(shoppers: QuerySet[Shopper], every: int) -> QuerySet[Shopper]:
    """One in `every`, the same ones at each question, so that the figures move by the edit alone."""
    if every == 1:
        return shoppers
    by_chance = Mod(Abs(Func(F("pk"), function="hashint8", output_field=BigIntegerField())), every)
    return shoppers.alias(by_chance=by_chance).filter(by_chance=0)


def reach_of(campaign: Campaign, coupons: Sequence[Coupon], now: datetime) -> Reach:
    """Of rehearsed rows, which it changes: the campaign is taken to run now, whatever its dates and hours say."""
    sample = sample_of(campaign.channel)
    everyone = _may_use(campaign, coupons, now, sample.every, holdout=0)
    eligible = (
        _may_use(campaign, coupons, now, sample.every, holdout=campaign.holdout_percent)
        if campaign.holdout_percent
        else everyone
    )
    # what it can cost at most is no estimate: where some were asked about, everybody may use it
    most = len(eligible) if sample.every == 1 else sample.shoppers
    found = Reach(
        shoppers=sample.shoppers,
        eligible=sample.total(len(eligible)),
        control=sample.total(len(everyone) - len(eligible)),
        most_minor=exposure(campaign, coupons, shoppers=most).most_minor,
    )
    version = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
    if version is None:
        found.method = gettext("No model is live yet, so nothing says who would use it.")
    elif len(coupons) == 1:
        _estimate(found, coupons[0], version, eligible, sample)
    else:
        found.method = gettext("Open one coupon to see its likely uses.")
    if sample.every > 1:
        found.method += " " + gettext("From a sample of %(n)s shoppers.") % {"n": number(sample.asked)}
    return found


def _may_use(campaign: Campaign, coupons: Sequence[Coupon], now: datetime, every: int, *, holdout: int) -> set[int]:
    Campaign.objects.filter(pk=campaign.pk).update(
        status=CampaignStatus.APPROVED,
        starts_at=now - timedelta(seconds=1),
        ends_at=now + timedelta(days=1),
        weekly_windows=[],
        holdout_percent=holdout,
    )
    ids = [coupon.pk for coupon in coupons]
    Coupon.objects.filter(pk__in=ids).update(active=True)
    # what only comes from the wallet is in nobody's yet
    Coupon.objects.filter(pk__in=ids, trigger=CouponTrigger.GRANTED).update(trigger=CouponTrigger.AUTOMATIC)
    found = _thinned(eligible_shoppers(channel=campaign.channel, coupons=ids, now=now), every)
    return set(found.values_list("pk", flat=True))


def _estimate(found: Reach, coupon: Coupon, version: ModelVersion, eligible: set[int], sample: Sample) -> None:
    scores = scores_of(coupon, version, eligible)
    reached = {shopper for _, shopper, _ in scores.rows} if scores.own or scores.alike else set()
    found.recommended = sample.total(len(reached)) if scores.own or scores.alike else None
    found.uses = likely_uses(scores, coupon, sample.scale)
    found.method = _method(scores, version)
    interests = interest_by_shopper(coupon, version, eligible)
    if interests:
        found.bins = histogram(list(interests.values()), [shopper in reached for shopper in interests])
    each = _discount_of_a_use(coupon, {row[0] for row in scores.rows})
    if each is not None:
        low, high = found.uses[0] * each[0], found.uses[1] * each[1]
        most = found.most_minor
        found.cost_minor = (
            (round(low), round(high)) if most is None else (round(min(low, most)), round(min(high, most)))
        )


def likely_uses(scores: Scores, coupon: Coupon, scale: float = 1.0) -> tuple[int, int]:
    """A 95 % range, cut at the coupon's own limit; each row stands for `scale` shoppers."""
    if scores.own and scale > 1:
        low, high = sampled_interval([score for _, _, score in scores.rows], scale)
    elif scores.own:
        low, high = poisson_binomial_interval([score for _, _, score in scores.rows])
    else:
        totals: dict[int, float] = {}
        for other, _, score in scores.rows:
            totals[other] = totals.get(other, 0.0) + score * scale
        low, high = poisson_interval(*spread_of_totals(list(totals.values()))) if totals else (0, 0)
    limit = coupon.usage_limit
    return (low, high) if limit is None else (min(low, limit), min(high, limit))


def _method(scores: Scores, version: ModelVersion) -> str:
    if scores.own:
        text = gettext("From the calibrated chances of model %(version)s for each shopper it is recommended to.")
        return text % {"version": version}
    if not scores.rows:
        return gettext("Model %(version)s has recommended nothing like it yet.") % {"version": version}
    if scores.alike:
        text = ngettext(
            "It is new: from %(n)s coupon of the same categories in model %(version)s, half to double.",
            "It is new: from %(n)s coupons of the same categories in model %(version)s.",
            scores.like,
        )
    else:
        text = ngettext(
            "It is new and like no other: from the %(n)s coupon of model %(version)s, half to double.",
            "It is new and like no other: from all %(n)s coupons of model %(version)s.",
            scores.like,
        )
    return text % {"n": number(scores.like), "version": version}


def _discount_of_a_use(coupon: Coupon, like: set[int]) -> tuple[float, float] | None:
    """Least and most that a use is likely to take off, in minor units."""
    benefit = getattr(coupon, "benefit", None)
    if benefit is None:
        return None
    largest = largest_discount_minor(benefit)
    if benefit.type == BenefitType.TIERS and largest is not None:
        amounts = [tier.amount_minor for tier in benefit.tiers.all() if tier.amount_minor]
        return float(min(amounts, default=largest)), float(largest)
    if benefit.type in {BenefitType.AMOUNT, BenefitType.GIFT} and largest is not None:
        return float(largest), float(largest)
    mean = mean_discount_minor(coupon, like)
    if mean is None:
        return None
    return (mean, mean) if largest is None else (min(mean, largest), min(mean, largest))


class ReachViews:
    """Part of RecommendationAdmin."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("reach/<str:of>/", wrap(self.reach_view), name="recommender_reach_new"),
            path("reach/<str:of>/<str:object_id>/", wrap(self.reach_view), name="recommender_reach"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def reach_view(self, request: HttpRequest, of: str, object_id: str | None = None) -> HttpResponse:
        """The posted form of a campaign or coupon, as HTML for the aside; no HTML while the form has errors."""
        if not request.user.has_perm(VIEW):
            raise PermissionDenied
        if of not in OF:
            raise Http404
        if request.method != "POST":
            return JsonResponse({}, status=405)
        try:
            with rehearse(request, object_id, OF[of]) as found:
                answer = _answer(found)
        except OperationalError:  # somebody else holds the draft; the page asks again with the next change
            return JsonResponse({}, status=503)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _answer(found: Rehearsal) -> HttpResponse:
    if found.campaign is None or not found.coupons:
        return JsonResponse({})
    campaign = found.campaign
    reach = reach_of(campaign, found.coupons, timezone.now())
    context = told(reach, campaign.channel.currency)
    line = gettext("Reaches %(n)s of %(all)s shoppers.") % {"n": number(reach.eligible), "all": number(reach.shoppers)}
    return JsonResponse({"html": render_to_string("admin/recommender/reach.html", context), "line": line})


def told(reach: Reach, currency: str) -> dict[str, Any]:
    """In words, formatted numbers and heights of bars in percent."""
    rows = [(gettext("Kept as control"), number(reach.control))] if reach.control else []
    if reach.recommended is not None:
        rows.append((gettext("Would be recommended it"), number(reach.recommended)))
    if reach.uses is not None:
        rows.append((gettext("Likely uses"), between(*map(number, reach.uses))))
    if reach.cost_minor is not None:
        rows.append((gettext("Likely cost"), between(*(money(each, currency) for each in reach.cost_minor))))
    most = gettext("No ceiling") if reach.most_minor is None else money(reach.most_minor, currency)
    rows.append((gettext("Most it can cost"), most))
    top = max((all_n for all_n, _ in reach.bins), default=0)
    return {
        "eligible": number(reach.eligible),
        "shoppers": number(reach.shoppers),
        "rows": rows,
        "method": reach.method,
        "bins": [
            {"height": max(3, round(100 * (all_n / top) ** 0.5)), "in": round(100 * on / all_n) if all_n else 0}
            for all_n, on in reach.bins
        ] if top else [],
    }  # fmt: skip


def between(low: str, high: str) -> str:
    return low if low == high else f"{low} – {high}"


def _url(request: HttpRequest, of: Rehearsed, object_id: str) -> str:
    if not request.user.has_perm(VIEW):
        return ""
    name = next(name for name, model in OF.items() if model is of)
    if object_id:
        return reverse("admin:recommender_reach", args=[name, object_id])
    return reverse("admin:recommender_reach_new", args=[name])


reach_urls.append(_url)
