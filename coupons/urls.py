"""Addresses of the coupon engine below /api/v1/."""

from django.urls import path

from coupons.api.campaigns import STEPS, CampaignsView, CampaignView
from coupons.api.code_batches import CodeBatchesView, CodeBatchView, CodesView
from coupons.api.coupons import CouponsView, CouponView
from coupons.api.evaluations import EvaluationsView
from coupons.api.people import IdentifyView, MergeView, PersonView, SplitView
from coupons.api.personalisation import PersonalisationView
from coupons.api.redemption_moves import ConfirmView, RedemptionView, ReleaseView, RollbacksView
from coupons.api.redemptions import RedemptionsView
from coupons.api.shopper_data import ShopperExportView, ShopperView
from coupons.api.shopper_tokens import ShopperTokensView, SigningSecretView
from coupons.api.wallet import WalletView

urlpatterns = [
    path("evaluations", EvaluationsView.as_view(), name="evaluations"),
    path("shoppers/<str:external_id>/coupons", WalletView.as_view(), name="wallet"),
    path("shoppers/<str:external_id>", ShopperView.as_view(), name="shopper"),
    path("shoppers/<str:external_id>/export", ShopperExportView.as_view(), name="shopper-export"),
    path("shopper-tokens", ShopperTokensView.as_view(), name="shopper-tokens"),
    path("shopper-tokens/signing-secret", SigningSecretView.as_view(), name="signing-secret"),
    path("shoppers/<str:external_id>/personalisation", PersonalisationView.as_view(), name="personalisation"),
    path("shoppers/<str:external_id>/accounts", PersonView.as_view(), name="person"),
    path("shoppers/<str:external_id>/identify", IdentifyView.as_view(), name="identify"),
    path("shoppers/<str:external_id>/merge", MergeView.as_view(), name="merge"),
    path("shoppers/<str:external_id>/split", SplitView.as_view(), name="split"),
    path("redemptions", RedemptionsView.as_view(), name="redemptions"),
    path("redemptions/<uuid:uid>", RedemptionView.as_view(), name="redemption"),
    path("redemptions/<uuid:uid>/confirm", ConfirmView.as_view(), name="redemption-confirm"),
    path("redemptions/<uuid:uid>/release", ReleaseView.as_view(), name="redemption-release"),
    path("redemptions/<uuid:uid>/rollbacks", RollbacksView.as_view(), name="redemption-rollbacks"),
    path("campaigns", CampaignsView.as_view(), name="campaigns"),
    path("campaigns/<str:external_id>", CampaignView.as_view(), name="campaign"),
    *(
        path(f"campaigns/<str:external_id>/{action}", view.as_view(), name=f"campaign-{action}")
        for action, view in STEPS.items()
    ),
    path("coupons", CouponsView.as_view(), name="coupons"),
    path("coupons/<uuid:uid>", CouponView.as_view(), name="coupon"),
    path("coupons/<uuid:uid>/code-batches", CodeBatchesView.as_view(), name="code-batches"),
    path("code-batches/<uuid:uid>", CodeBatchView.as_view(), name="code-batch"),
    path("code-batches/<uuid:uid>/codes.csv", CodesView.as_view(), name="codes-csv"),
]
