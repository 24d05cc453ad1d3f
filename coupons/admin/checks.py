"""What stands between a campaign and its start: passed, warning, waiting or failed, each with its fix."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from coupons.admin.display import money, short_date
from coupons.admin.rehearsal import next_open
from coupons.enums import Audience, CampaignStatus, CouponTrigger
from coupons.exposure import exposure
from coupons.models import Campaign, CampaignMember, Coupon

PASSED, WARNING, WAITING, FAILED = "passed", "warning", "waiting", "failed"
ICONS = {PASSED: "check_circle", WARNING: "error", WAITING: "pending", FAILED: "cancel"}


@dataclass(frozen=True, slots=True)
class Check:
    """`fix` is where it is mended: an anchor of the page or a URL; `value` is what was found."""

    state: str
    text: str
    value: str = ""
    fix: str = ""
    fix_text: str = ""

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def word(self) -> str:
        """The state, for those who do not see the icon."""
        words = {
            PASSED: gettext("Passed"), WARNING: gettext("Warning"),
            WAITING: gettext("Waiting"), FAILED: gettext("To be mended"),
        }  # fmt: skip
        return words[self.state]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "icon": self.icon, "word": self.word}


def may_go_live(checks: Sequence[Check]) -> bool:
    return all(check.state != FAILED for check in checks)


def checks_of(campaign: Campaign, coupons: Sequence[Coupon], *, user: Any) -> list[Check]:
    """Of a saved (or rehearsed) campaign whose coupons come from rehearsal.coupons_of. About six queries."""
    return [
        _gives(coupons),
        _runs(campaign),
        *_audience(campaign),
        *_money(campaign, coupons),
        *_codes(coupons),
        *_approval(campaign, user),
    ]


def _gives(coupons: Sequence[Coupon]) -> Check:
    if not coupons:
        return Check(
            FAILED, gettext("There is no coupon yet"), fix="#card-offer", fix_text=gettext("Fill in the offer")
        )
    silent = next((coupon for coupon in coupons if not hasattr(coupon, "benefit")), None)
    if silent is not None:
        text = gettext("%(coupon)s does not say what it gives") % {"coupon": silent.title}
        return Check(FAILED, text, fix="#card-offer", fix_text=gettext("Fill in the offer"))
    text = ngettext("The coupon says what it gives", "All coupons say what they give", len(coupons))
    return Check(PASSED, text, f"{len(coupons):,}")


def _runs(campaign: Campaign) -> Check:
    now = timezone.now()
    if campaign.ends_at <= now:
        day = short_date(localtime(campaign.ends_at))
        return Check(FAILED, gettext("Its end has passed"), day, "#id_ends_at_0", gettext("Move the end"))
    opens = next_open(campaign)
    if opens is None:
        return Check(
            FAILED, gettext("Its hours of the week never come within its dates"), "", "#id_weekly_windows",
            gettext("Change the hours"),
        )  # fmt: skip
    if campaign.starts_at <= now:
        return Check(
            WARNING, gettext("It starts as soon as it is approved"), "", "#id_starts_at_0", gettext("Change the start")
        )
    return Check(PASSED, gettext("It has time to run"), short_date(localtime(opens)))


def _audience(campaign: Campaign) -> Iterator[Check]:
    if campaign.audience != Audience.MEMBERS:
        return
    members = CampaignMember.objects.filter(campaign=campaign).count()
    if members:
        text = ngettext("It is for %(n)s shopper", "It is for %(n)s shoppers", members) % {"n": f"{members:,}"}
        yield Check(PASSED, text)
    else:
        text = gettext("It is only for shoppers it was sent to, and there are none")
        yield Check(FAILED, text, fix="#id_audience", fix_text=gettext("Open it to everyone"))


def _money(campaign: Campaign, coupons: Sequence[Coupon]) -> Iterator[Check]:
    currency = campaign.channel.currency
    found = exposure(campaign, coupons)
    if found.most_minor is None:
        text = gettext("Nothing caps what this can cost")
        yield Check(WARNING, text, fix="#card-limits", fix_text=gettext("Set a budget"))
        return
    if not coupons:
        return
    most = money(found.most_minor, currency)
    if found.budget_minor is None:
        yield Check(PASSED, gettext("Limits cap what this can cost"), most)
    elif found.by_uses_minor is None or found.by_uses_minor > found.budget_minor:
        text = gettext("The budget caps the cost before the uses are all taken")
        yield Check(WARNING, text, most, "#card-limits", gettext("Raise the budget"))
    else:
        value = f"{money(found.by_uses_minor, currency)} / {money(found.budget_minor, currency)}"
        yield Check(PASSED, gettext("The budget covers the most this can cost"), value)


def _codes(coupons: Sequence[Coupon]) -> Iterator[Check]:
    coded = [coupon for coupon in coupons if coupon.trigger == CouponTrigger.CODE]
    if not coded:
        return
    with_codes = set(
        Coupon.objects.filter(pk__in=[coupon.pk for coupon in coded], codes__isnull=False).values_list("pk", flat=True)
        .distinct()
    )  # fmt: skip
    without = next((coupon for coupon in coded if coupon.pk not in with_codes), None)
    if without is None:
        yield Check(PASSED, gettext("Codes are made"))
        return
    text = gettext("%(coupon)s has no codes yet, so it asks for none") % {"coupon": without.title}
    url = reverse("admin:coupons_coupon_generate_codes", args=[without.pk])
    yield Check(WARNING, text, fix=url, fix_text=gettext("Generate codes…"))


def _approval(campaign: Campaign, user: Any) -> Iterator[Check]:
    if campaign.status not in {CampaignStatus.DRAFT, CampaignStatus.IN_REVIEW}:
        return
    sent_by = campaign.submitted_by or f"user:{user.pk}"
    others = approvers(except_actor=sent_by)
    if others:
        names = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        yield Check(WAITING, gettext("Somebody else approves it"), names)
    else:
        yield Check(
            FAILED, gettext("Nobody else may approve it"), "", reverse("admin:auth_user_changelist"),
            gettext("Give somebody the role Approver"),
        )  # fmt: skip


def approvers(*, except_actor: str) -> list[str]:
    """Names of the staff who may approve what this actor sent."""
    allowed = Q(is_superuser=True) | Q(groups__permissions__codename="approve_campaign")
    allowed |= Q(user_permissions__codename="approve_campaign")
    people = get_user_model()._default_manager.filter(allowed, is_active=True, is_staff=True).distinct()
    found = [user for user in people.order_by("pk")[:10] if f"user:{user.pk}" != except_actor]
    return [user.get_full_name() or user.get_username() for user in found]
