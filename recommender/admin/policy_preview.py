"""The preview of a policy: for any shopper and instant, each stage's candidates and why each was removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.display import money
from coupons.models import Channel, Coupon, Shopper
from recommender.admin.policy_words import REMOVALS, STAGES
from recommender.enums import HoldoutSees, Objective
from recommender.models import Policy
from recommender.policies.removals import STAGE_OF, Removal, Stage
from recommender.selectors.previews import PolicyPreview, preview_policy

MOST_TOLD = 40


class PreviewForm(forms.Form):
    """For whom and when."""

    shopper = forms.CharField(label=_("shopper"), max_length=64, help_text=_("The id in the shop's own system"))
    at = forms.DateTimeField(
        label=_("time"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    places = forms.IntegerField(label=_("how many coupons"), min_value=1, max_value=50, initial=10)
    ignore_holdout = forms.BooleanField(
        label=_("as if not held out"),
        required=False,
        help_text=_("Shows what the shopper would get outside the hold-out"),
    )

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)

    def clean_shopper(self) -> Shopper:
        name = self.cleaned_data["shopper"].strip()
        shopper = Shopper.objects.filter(channel=self.channel, external_id=name).first()
        if shopper is None:
            raise forms.ValidationError(gettext("%(name)s: no shopper of this channel has that id") % {"name": name})
        return shopper


@dataclass(frozen=True)
class PlaceView:
    coupon: Coupon
    score: str
    value: str
    propensity: str
    source: str
    drawn: bool


@dataclass(frozen=True)
class RemovedView:
    coupon: Coupon | None
    number: int
    score: str
    reason: str
    code: str


@dataclass(frozen=True)
class StageView:
    """A stage: how many came in, who was removed and why."""

    title: str
    before: int
    after: int
    removed: Sequence[RemovedView]
    more: int


@dataclass(frozen=True)
class PreviewView:
    places: Sequence[PlaceView]
    stages: Sequence[StageView]
    notes: Sequence[str]
    candidates: int


def preview_view(*, policy: Policy, shopper: Shopper, at: datetime, places: int, ignore_holdout: bool) -> PreviewView:
    """Decided as the read path decides. Nothing is written."""
    told = preview_policy(policy=policy, shopper=shopper, at=at, places=places, ignore_holdout=ignore_holdout)
    decision = told.live.decision
    coupons = _coupons(told)
    notes = []
    if told.held_out is not None:
        notes.append(
            gettext("This shopper is in the permanent hold-out and sees no coupons.")
            if told.held_out is HoldoutSees.NOTHING
            else gettext("This shopper is in the permanent hold-out and sees popular coupons only.")
        )
    if not told.personal:
        notes.append(gettext("Nothing personal is known of this shopper: popular coupons stand in."))
    if policy.objective == Objective.PROFIT:
        notes.append(_value_note(policy, measured=bool(np.isfinite(decision.candidates.extra).any())))
    currency = policy.channel.currency
    candidates = decision.candidates
    return PreviewView(
        places=[
            PlaceView(
                coupon=coupons[int(candidates.coupon[row])],
                score=_score(candidates.score[row], candidates.tier[row]),
                value=money(round(100 * float(told.values[row])), currency) if candidates.tier[row] == 0 else "–",
                propensity=f"{100 * propensity:.4g} %",
                source=[gettext("Personal"), gettext("Popular"), gettext("Running")][int(candidates.tier[row])],
                drawn=int(candidates.coupon[row]) in told.live.explored,
            )
            for row, propensity in zip(decision.rows, decision.propensity, strict=True)
        ],
        stages=_stages(told, coupons),
        notes=notes,
        candidates=len(candidates),
    )


def _value_note(policy: Policy, *, measured: bool) -> str:
    if measured:
        return gettext(
            "What a coupon adds is measured for this shopper, on the hold-out. Worth = chance of a use × (extra"
            " purchases × margin − discount)."
        )
    return gettext(
        "What a coupon adds is not measured for this shopper: the policy assumes that %(extra)s of 100 uses are extra"
        " purchases. Worth = chance of a use × (that share × margin − discount)."
    ) % {"extra": f"{policy.incremental_percent.normalize():f}"}


def _stages(told: PolicyPreview, coupons: dict[int, Coupon]) -> list[StageView]:
    decision = told.live.decision
    candidates, left, views = decision.candidates, len(decision.candidates), []
    stage_of = np.array([STAGE_OF.get(Removal(number), 0) for number in range(len(Removal))])[decision.removed]
    for stage in Stage:
        rows = np.flatnonzero(stage_of == stage)
        order = rows[np.lexsort((-candidates.score[rows], candidates.tier[rows]))]
        removed = [
            RemovedView(
                coupon=coupons.get(int(candidates.coupon[row])),
                number=int(candidates.coupon[row]),
                score=_score(candidates.score[row], candidates.tier[row]),
                reason=str(REMOVALS[Removal(int(decision.removed[row]))]),
                code=Removal(int(decision.removed[row])).slug,
            )
            for row in order[:MOST_TOLD]
        ]
        views.append(StageView(str(STAGES[stage]), left, left - len(rows), removed, max(0, len(rows) - MOST_TOLD)))
        left -= len(rows)
    return views


def _coupons(told: PolicyPreview) -> dict[int, Coupon]:
    wanted = told.live.decision.candidates.coupon.tolist()
    return Coupon.objects.select_related("campaign").in_bulk(wanted)


def _score(score: float, tier: int) -> str:
    return f"{score:.4f}" if tier == 0 else "–"
