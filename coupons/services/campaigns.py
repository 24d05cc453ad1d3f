"""The workflow of a campaign, and edits that lose nothing: every step is compare-and-set and leaves an audit entry.

draft -> in_review -> approved (by somebody else) <-> paused -> archived; in_review or paused -> draft to edit again.
An approved campaign's terms cannot change under the approval: it is paused and reopened first.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from coupons.enums import CampaignStatus
from coupons.errors import LimitBelowUse, Malformed, NotFound, SelfApproval, StateConflict, VersionConflict
from coupons.models import Benefit, Campaign, Coupon
from coupons.schedule import check_weekly_windows
from coupons.services.audit import values_of, write_audit

_ALWAYS_EDITABLE = {"name", "title", "active"}
_NOT_NOW = {
    "submit": gettext_noop("The campaign is “%(status)s”: only a draft is sent for approval."),
    "approve": gettext_noop("The campaign is “%(status)s”: only one in review is approved."),
    "pause": gettext_noop("The campaign is “%(status)s”: only an approved one is paused."),
    "resume": gettext_noop("The campaign is “%(status)s”: only a paused one is resumed."),
    "reopen": gettext_noop("The campaign is “%(status)s”: only one in review or paused is reopened."),
    "archive": gettext_noop("The campaign is “%(status)s” already."),
}
"""Why a step of the workflow is refused, by its name in the audit log."""


def submit_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """draft -> in_review. Raises StateConflict; Malformed where a coupon does not say what it gives."""

    def check(campaign: Campaign) -> None:
        coupons = Coupon.objects.filter(campaign=campaign)
        if not coupons.exists():
            raise Malformed(_("The campaign has no coupon"))
        missing = coupons.exclude(pk__in=Benefit.objects.values("coupon"))
        if missing.exists():
            raise Malformed(_("%(coupon)s does not say what it gives") % {"coupon": missing.first()})

    return _step(
        campaign_id,
        {CampaignStatus.DRAFT},
        CampaignStatus.IN_REVIEW,
        actor=actor,
        action="submit",
        request_id=request_id,
        check=check,
        submitted_by=actor,
        approved_by="",
    )


def approve_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """in_review -> approved. Raises SelfApproval for who submitted it, StateConflict."""

    def check(campaign: Campaign) -> None:
        if campaign.submitted_by == actor:
            raise SelfApproval

    return _step(
        campaign_id,
        {CampaignStatus.IN_REVIEW},
        CampaignStatus.APPROVED,
        actor=actor,
        action="approve",
        request_id=request_id,
        check=check,
        approved_by=actor,
    )


def pause_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """approved -> paused, at once for every new use; what is held may still be redeemed."""
    return _step(
        campaign_id,
        {CampaignStatus.APPROVED},
        CampaignStatus.PAUSED,
        actor=actor,
        action="pause",
        request_id=request_id,
    )


def resume_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """paused -> approved: nothing could be edited meanwhile, so the approval stands."""
    return _step(
        campaign_id,
        {CampaignStatus.PAUSED},
        CampaignStatus.APPROVED,
        actor=actor,
        action="resume",
        request_id=request_id,
    )


def reopen_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """in_review or paused -> draft, to be edited and approved anew."""
    return _step(
        campaign_id,
        {CampaignStatus.IN_REVIEW, CampaignStatus.PAUSED},
        CampaignStatus.DRAFT,
        actor=actor,
        action="reopen",
        request_id=request_id,
        submitted_by="",
        approved_by="",
    )


def archive_campaign(*, campaign_id: int, actor: str, request_id: str = "") -> Campaign:
    """Any other state -> archived, for good."""
    others = set(CampaignStatus) - {CampaignStatus.ARCHIVED}
    return _step(campaign_id, others, CampaignStatus.ARCHIVED, actor=actor, action="archive", request_id=request_id)


def _step(
    campaign_id: int,
    allowed: set[CampaignStatus],
    becomes: CampaignStatus,
    *,
    actor: str,
    action: str,
    request_id: str,
    check: Callable[[Campaign], None] | None = None,
    **fields: Any,
) -> Campaign:
    with transaction.atomic():
        campaign = Campaign.objects.filter(pk=campaign_id).first()
        if campaign is None:
            raise NotFound(_("There is no such campaign"))
        if campaign.status not in allowed:
            raise StateConflict(_(_NOT_NOW[action]) % {"status": campaign.get_status_display()})
        if check is not None:
            check(campaign)
        before = values_of(campaign)
        changed = Campaign.objects.filter(pk=campaign_id, status=campaign.status, version=campaign.version).update(
            status=becomes, version=F("version") + 1, **fields
        )
        if changed != 1:
            raise StateConflict(_("The campaign changed meanwhile"))
        campaign.refresh_from_db()
        write_audit(
            actor=actor,
            action=action,
            subject=campaign,
            before=before,
            after=values_of(campaign),
            request_id=request_id,
        )
        return campaign


def update_campaign(
    *,
    campaign_id: int,
    changes: Mapping[str, Any],
    actor: str,
    expected_version: int | None = None,
    request_id: str = "",
) -> Campaign:
    """Change the named fields and no other. Raises NotFound, VersionConflict, StateConflict, Malformed."""
    problem = check_weekly_windows(changes["weekly_windows"]) if "weekly_windows" in changes else None
    if problem:
        raise Malformed(f"weekly_windows: {problem}")
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(_("There is no such campaign"))
    _update(campaign, campaign.status, changes, actor=actor, expected=expected_version, request_id=request_id)
    return campaign


def update_coupon(
    *,
    coupon_id: int,
    changes: Mapping[str, Any],
    actor: str,
    expected_version: int | None = None,
    request_id: str = "",
) -> Coupon:
    """Change the named fields and no other. Raises as update_campaign, and LimitBelowUse."""
    coupon = Coupon.objects.select_related("campaign").filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound(_("There is no such coupon"))
    _update(coupon, coupon.campaign.status, changes, actor=actor, expected=expected_version, request_id=request_id)
    return coupon


def _update(
    row: Campaign | Coupon,
    status: str,
    changes: Mapping[str, Any],
    *,
    actor: str,
    expected: int | None,
    request_id: str,
) -> None:
    _check_changes(row, status, changes)
    if expected is not None and expected != row.version:
        raise VersionConflict(version=row.version)
    before = values_of(row)
    for name, value in changes.items():
        setattr(row, name, value)
    try:
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(changes))
    except ValidationError as error:
        raise Malformed(
            "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        ) from error
    table = type(row)._default_manager.filter(pk=row.pk, version=row.version)
    try:
        with transaction.atomic():
            # only the named columns are written: what a request leaves out stays as it was, to the byte
            if table.update(**changes, version=F("version") + 1) != 1:
                raise VersionConflict
            row.refresh_from_db()
            write_audit(
                actor=actor, action="edit", subject=row, before=before, after=values_of(row), request_id=request_id
            )
    except IntegrityError as error:
        if "usage_counter_within_limit" in str(error) or "below the uses" in str(error):
            raise LimitBelowUse from error
        raise Malformed(str(error).splitlines()[0]) from error


def _check_changes(row: Campaign | Coupon, status: str, changes: Mapping[str, Any]) -> None:
    names = {field.name for field in row._meta.fields} | {field.attname for field in row._meta.fields}
    protected = {"id", "uid", "status", "version", "submitted_by", "approved_by", "created_at", "channel", "campaign"}
    wrong = sorted(name for name in changes if name not in names or name in protected)
    if wrong:
        raise Malformed(f"{', '.join(wrong)} cannot be changed so")
    if status == CampaignStatus.ARCHIVED:
        raise StateConflict(_("An archived campaign is not edited"))
    if status != CampaignStatus.DRAFT and set(changes) - _ALWAYS_EDITABLE:
        raise StateConflict(_("Pause and reopen the campaign to change its terms: they are approved as they are"))
