"""Setting budgets: a budget that was charged can't be dropped from the list."""

import pytest

from coupons.enums import BudgetKind, BudgetPeriod, CampaignStatus
from coupons.errors import StateConflict
from coupons.models import AuditEntry, Budget, Campaign
from coupons.services.budgets import BudgetSpec, set_budgets
from tests.coupons.factories import make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, redeem, use

pytestmark = pytest.mark.django_db


def test_a_charged_budget_can_be_raised_and_not_removed() -> None:
    coupon = make_coupon()
    campaign = coupon.campaign
    budget = Budget.objects.create(campaign=campaign, kind=BudgetKind.MONEY, period=BudgetPeriod.TOTAL, limit_n=1_000)
    redeem(make_shopper(campaign.channel), "order-1", use(coupon))
    Campaign.objects.filter(pk=campaign.pk).update(status=CampaignStatus.DRAFT)

    with pytest.raises(StateConflict, match="has been used"):
        set_budgets(of=campaign, budgets=[], actor="made up")

    assert list(Budget.objects.values_list("pk", "limit_n")) == [(budget.pk, 1_000)]
    assert not AuditEntry.objects.filter(action="edit_budgets").exists()
    set_budgets(of=campaign, budgets=[BudgetSpec(BudgetKind.MONEY, BudgetPeriod.TOTAL, 2_000)], actor="made up")
    assert list(Budget.objects.values_list("pk", "limit_n")) == [(budget.pk, 2_000)]
    assert_balanced()
