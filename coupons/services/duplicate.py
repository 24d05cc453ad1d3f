"""A campaign again: the same terms as a new draft, without what was used, claimed, sent or approved."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from coupons.errors import NotFound
from coupons.models import Benefit, BenefitTier, Budget, Campaign, Coupon, CouponTarget
from coupons.services.audit import values_of, write_audit

_CAMPAIGN = (
    "channel_id", "kind", "starts_at", "ends_at", "timezone", "audience", "priority", "weekly_windows",
    "stacking_group_id", "exclusive", "holdout_percent",
)  # fmt: skip
_OF_A_COUPON = ("id", "uid", "campaign_id", "version")


def duplicate_campaign(*, campaign_id: int, name: str, external_id: str, actor: str, request_id: str = "") -> Campaign:
    """A draft with copies of the coupons, what they give and cover, and all budgets; members and codes stay behind.

    Raises NotFound. The external id has to be free in the channel: django.db.IntegrityError otherwise.
    """
    with transaction.atomic():
        old = Campaign.objects.filter(pk=campaign_id).first()
        if old is None:
            raise NotFound(_("There is no such campaign"))
        new = Campaign(name=name, external_id=external_id, **{field: getattr(old, field) for field in _CAMPAIGN})
        new.save(force_insert=True)
        coupons = _copy_coupons(old, new)
        _copy_budgets(old, new, coupons)
        new.refresh_from_db()
        after = {**values_of(new), "copied_from": old.pk}
        write_audit(actor=actor, action="create", subject=new, before={}, after=after, request_id=request_id)
    return new


def _copy_coupons(old: Campaign, new: Campaign) -> dict[int, Coupon]:
    """New coupons by the ids of the old ones."""
    olds = list(Coupon.objects.filter(campaign=old).order_by("pk"))
    news = Coupon.objects.bulk_create(Coupon(campaign=new, **_values(each, _OF_A_COUPON)) for each in olds)
    by_old = {each.pk: copy for each, copy in zip(olds, news, strict=True)}
    benefits = list(Benefit.objects.filter(coupon__in=olds).order_by("pk"))
    copies = Benefit.objects.bulk_create(
        Benefit(coupon=by_old[each.coupon_id], **_values(each, ("id", "coupon_id"))) for each in benefits
    )
    by_benefit = {each.pk: copy for each, copy in zip(benefits, copies, strict=True)}
    tiers = BenefitTier.objects.filter(benefit__in=benefits).order_by("pk")
    BenefitTier.objects.bulk_create(
        BenefitTier(benefit=by_benefit[each.benefit_id], **_values(each, ("id", "benefit_id"))) for each in tiers
    )
    targets = CouponTarget.objects.filter(coupon__in=olds).order_by("pk")
    CouponTarget.objects.bulk_create(
        CouponTarget(coupon=by_old[each.coupon_id], **_values(each, ("id", "coupon_id"))) for each in targets
    )
    return by_old


def _copy_budgets(old: Campaign, new: Campaign, coupons: dict[int, Coupon]) -> None:
    shared = Budget.objects.filter(campaign=old).order_by("pk")
    own = Budget.objects.filter(coupon__in=list(coupons)).order_by("pk")
    skip = ("id", "campaign_id", "coupon_id")
    Budget.objects.bulk_create(
        [
            *(Budget(campaign=new, **_values(each, skip)) for each in shared),
            *(Budget(coupon=coupons[each.coupon_id or 0], **_values(each, skip)) for each in own),
        ]
    )


def _values(row: Any, skip: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values_of(row).items() if name not in skip}
