"""Making campaigns and coupons, and setting what a coupon gives and covers. All of it happens in draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from coupons.enums import Allocation, BenefitType, CampaignStatus, TargetKind, TargetMode
from coupons.errors import AlreadyExists, Malformed, NotFound, StateConflict, VersionConflict
from coupons.evaluation import Tier
from coupons.models import Benefit, BenefitTier, Brand, Campaign, Category, Channel, Coupon, CouponTarget, Product
from coupons.schedule import check_weekly_windows
from coupons.services.audit import values_of, write_audit
from coupons.services.campaigns import update_coupon


@dataclass(frozen=True, slots=True)
class BenefitSpec:
    """What a coupon takes off; `gift` is a product's external id. Which values go with which type: see Benefit."""

    type: BenefitType
    percent_bp: int | None = None
    amount_minor: int | None = None
    max_discount_minor: int | None = None
    allocation: Allocation = Allocation.ACROSS
    buy_quantity: int | None = None
    get_quantity: int | None = None
    gift: str | None = None
    tiers: tuple[Tier, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A product, category or brand by its external id."""

    kind: TargetKind
    mode: TargetMode
    external_id: str


def create_campaign(*, channel: Channel, fields: Mapping[str, Any], actor: str, request_id: str = "") -> Campaign:
    """A draft. Raises AlreadyExists for an external id of the channel, Malformed."""
    problem = check_weekly_windows(fields.get("weekly_windows", []))
    if problem:
        raise Malformed(f"weekly_windows: {problem}")
    if fields["ends_at"] <= fields["starts_at"]:
        raise Malformed("ends_at: is not after starts_at")
    campaign = Campaign(channel=channel, **fields)
    try:
        with transaction.atomic():
            campaign.save(force_insert=True)
            campaign.refresh_from_db()
            write_audit(
                actor=actor,
                action="create",
                subject=campaign,
                before={},
                after=values_of(campaign),
                request_id=request_id,
            )
    except IntegrityError as error:
        if "campaign_external_id_per_channel" in str(error):
            raise AlreadyExists(_("There is a campaign %(id)s already") % {"id": fields["external_id"]}) from error
        raise
    return campaign


def create_coupon(
    *,
    campaign: Campaign,
    fields: Mapping[str, Any],
    benefit: BenefitSpec | None,
    targets: Sequence[TargetSpec] = (),
    actor: str,
    request_id: str = "",
) -> Coupon:
    """A coupon of a draft campaign; without a benefit it has yet to say what it gives, and cannot be submitted.

    Raises StateConflict, AlreadyExists, Malformed.
    """
    try:
        with transaction.atomic():
            _require_draft(campaign.pk)
            coupon = Coupon.objects.create(campaign=campaign, **fields)
            coupon.refresh_from_db()
            if benefit is not None:
                _write_benefit(coupon, benefit)
            _write_targets(coupon, targets)
            after = {**values_of(coupon), **_terms_of(coupon)}
            write_audit(actor=actor, action="create", subject=coupon, before={}, after=after, request_id=request_id)
    except IntegrityError as error:
        if "coupon_external_id_per_campaign" in str(error):
            raise AlreadyExists(
                _("The campaign has a coupon %(id)s already") % {"id": fields["external_id"]}
            ) from error
        raise
    return coupon


def update_coupon_terms(
    *,
    coupon: Coupon,
    changes: Mapping[str, Any],
    benefit: BenefitSpec | None,
    targets: Sequence[TargetSpec] | None,
    actor: str,
    expected_version: int | None,
    request_id: str = "",
) -> Coupon:
    """update_coupon, and in the same transaction what it gives and covers; None leaves that as it is.

    Raises as update_coupon does.
    """
    with transaction.atomic():
        if benefit is not None or targets is not None:
            _require_draft(coupon.campaign_id)
        before = _terms_of(coupon)
        updated = update_coupon(
            coupon_id=coupon.pk,
            changes=changes,
            actor=actor,
            expected_version=expected_version,
            request_id=request_id,
        )
        if benefit is not None:
            Benefit.objects.filter(coupon=updated).delete()
            _write_benefit(updated, benefit)
        if targets is not None:
            CouponTarget.objects.filter(coupon=updated).delete()
            _write_targets(updated, targets)
        after = _terms_of(updated)
        if after != before:
            write_audit(
                actor=actor, action="edit_terms", subject=updated, before=before, after=after, request_id=request_id
            )
    return updated


def delete_draft_campaign(
    *, campaign: Campaign, actor: str, expected_version: int | None, request_id: str = ""
) -> None:
    """A draft without coupons goes for good; anything else is archived. Raises StateConflict, VersionConflict."""
    with transaction.atomic():
        locked = _require_draft(campaign.pk)
        _require_version(locked.version, expected_version)
        if locked.coupons.exists():
            raise StateConflict(_("The campaign has coupons: archive it, or delete them first"))
        write_audit(
            actor=actor, action="delete", subject=locked, before=values_of(locked), after={}, request_id=request_id
        )
        locked.members.all().delete()
        locked.delete()


def delete_draft_coupon(*, coupon: Coupon, actor: str, expected_version: int | None, request_id: str = "") -> None:
    """A coupon of a draft that nobody has a use, a code or a grant of. Raises StateConflict, VersionConflict."""
    with transaction.atomic():
        _require_draft(coupon.campaign_id)
        locked = Coupon.objects.select_for_update().get(pk=coupon.pk)
        _require_version(locked.version, expected_version)
        for others in (locked.redemptions, locked.codes, locked.batches, locked.grants):
            if others.exists():
                raise StateConflict(_("The coupon has been used, claimed or given codes: deactivate it"))
        before = {**values_of(locked), **_terms_of(locked)}
        write_audit(actor=actor, action="delete", subject=locked, before=before, after={}, request_id=request_id)
        locked.delete()


def _require_version(version: int, expected: int | None) -> None:
    if expected is not None and expected != version:
        raise VersionConflict(version=version)


def _require_draft(campaign_id: int) -> Campaign:
    """Locked: the campaign cannot be submitted while its coupons change."""
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(_("There is no such campaign"))
    if campaign.status != CampaignStatus.DRAFT:
        status = campaign.get_status_display()
        raise StateConflict(_("The campaign is “%(status)s”: terms change in a draft only.") % {"status": status})
    return campaign


def _write_benefit(coupon: Coupon, spec: BenefitSpec) -> None:
    gift = None
    if spec.gift is not None:
        gift = Product.objects.filter(external_id=spec.gift).first()
        if gift is None:
            raise Malformed(f"benefit.gift: product {spec.gift} is not in the catalog")
    benefit = Benefit.objects.create(
        coupon=coupon,
        type=spec.type,
        percent_bp=spec.percent_bp,
        amount_minor=spec.amount_minor,
        max_discount_minor=spec.max_discount_minor,
        allocation=spec.allocation,
        buy_quantity=spec.buy_quantity,
        get_quantity=spec.get_quantity,
        gift_product=gift,
    )
    BenefitTier.objects.bulk_create(
        BenefitTier(
            benefit=benefit,
            threshold_minor=tier.threshold_minor,
            amount_minor=tier.amount_minor,
            percent_bp=tier.percent_bp,
        )
        for tier in spec.tiers
    )


def _write_targets(coupon: Coupon, targets: Sequence[TargetSpec]) -> None:
    rows = []
    for kind, model in ((TargetKind.PRODUCT, Product), (TargetKind.CATEGORY, Category), (TargetKind.BRAND, Brand)):
        named = [target for target in targets if target.kind == kind]
        wanted = {target.external_id for target in named}
        table: Any = model
        ids = dict(table.objects.filter(external_id__in=wanted).values_list("external_id", "pk")) if wanted else {}
        missing = sorted(wanted - ids.keys())
        if missing:
            raise Malformed(f"targets: {kind} {missing[0]} is not in the catalog")
        rows += [
            CouponTarget(coupon=coupon, kind=kind, mode=target.mode, **{f"{kind}_id": ids[target.external_id]})
            for target in named
        ]
    CouponTarget.objects.bulk_create(rows)


def _terms_of(coupon: Coupon) -> dict[str, Any]:
    """What it gives and covers, as the audit log keeps it."""
    benefit = Benefit.objects.filter(coupon=coupon).first()
    tiers = BenefitTier.objects.filter(benefit=benefit).values("threshold_minor", "amount_minor", "percent_bp")
    names = ("kind", "mode", "product_id", "category_id", "brand_id")
    shown = {} if benefit is None else values_of(benefit)
    shown.pop("id", None)
    return {
        "benefit": {**shown, "tiers": list(tiers)},
        "targets": list(CouponTarget.objects.filter(coupon=coupon).order_by("pk").values(*names)),
    }
