""" Contains all the data models used in inputs/outputs """

from .account import Account
from .act import Act
from .allocation_enum import AllocationEnum
from .audience_enum import AudienceEnum
from .batch import Batch
from .batch_result import BatchResult
from .below_minimum_policy_enum import BelowMinimumPolicyEnum
from .benefit import Benefit
from .benefit_tier import BenefitTier
from .campaign import Campaign
from .campaign_page import CampaignPage
from .campaign_request import CampaignRequest
from .campaigns_list_status import CampaignsListStatus
from .cart import Cart
from .cart_item import CartItem
from .claim import Claim
from .code_batch import CodeBatch
from .code_batch_request import CodeBatchRequest
from .code_batch_status_enum import CodeBatchStatusEnum
from .code_batches_codes_format import CodeBatchesCodesFormat
from .code_enum import CodeEnum
from .coupon import Coupon
from .coupon_benefit import CouponBenefit
from .coupon_page import CouponPage
from .coupon_request import CouponRequest
from .coupon_target import CouponTarget
from .coupon_target_mode_enum import CouponTargetModeEnum
from .decision import Decision
from .evaluation import Evaluation
from .evaluation_request import EvaluationRequest
from .event import Event
from .event_kind_enum import EventKindEnum
from .event_properties_type_0 import EventPropertiesType0
from .event_result import EventResult
from .event_result_status_enum import EventResultStatusEnum
from .fallback_enum import FallbackEnum
from .fault import Fault
from .feedback import Feedback
from .feedback_item import FeedbackItem
from .feedback_item_kind_enum import FeedbackItemKindEnum
from .freshness_enum import FreshnessEnum
from .full_campaign import FullCampaign
from .full_campaign_status_enum import FullCampaignStatusEnum
from .grant import Grant
from .grant_source_enum import GrantSourceEnum
from .grant_status_enum import GrantStatusEnum
from .group import Group
from .group_mode_enum import GroupModeEnum
from .identify import Identify
from .interest import Interest
from .interests import Interests
from .item import Item
from .item_source_enum import ItemSourceEnum
from .line_discount import LineDiscount
from .location import Location
from .merge import Merge
from .order import Order
from .patched_campaign_changes import PatchedCampaignChanges
from .patched_coupon_changes import PatchedCouponChanges
from .person import Person
from .personalisation import Personalisation
from .personalisation_request import PersonalisationRequest
from .phase_enum import PhaseEnum
from .place import Place
from .popular import Popular
from .problem import Problem
from .reason import Reason
from .redemption import Redemption
from .redemption_line import RedemptionLine
from .redemption_page import RedemptionPage
from .redemption_request import RedemptionRequest
from .redemption_request_mode_enum import RedemptionRequestModeEnum
from .redemption_status_enum import RedemptionStatusEnum
from .redemptions_list_status import RedemptionsListStatus
from .refusal import Refusal
from .refusal_reason import RefusalReason
from .restore_policy_enum import RestorePolicyEnum
from .returned_line import ReturnedLine
from .rollback import Rollback
from .rollback_kind_enum import RollbackKindEnum
from .rollback_request import RollbackRequest
from .shopper_export import ShopperExport
from .shopper_export_held_by import ShopperExportHeldBy
from .shopper_export_held_by_additional_property import ShopperExportHeldByAdditionalProperty
from .shopper_export_identities_item import ShopperExportIdentitiesItem
from .shopper_export_redemptions_item import ShopperExportRedemptionsItem
from .shopper_export_rollbacks_item import ShopperExportRollbacksItem
from .shopper_export_shopper import ShopperExportShopper
from .shopper_export_wallet_item import ShopperExportWalletItem
from .shopper_token import ShopperToken
from .shopper_token_request import ShopperTokenRequest
from .signing_secret import SigningSecret
from .slate import Slate
from .split import Split
from .survey import Survey
from .survey_answer import SurveyAnswer
from .survey_ask import SurveyAsk
from .survey_rating import SurveyRating
from .target_kind_enum import TargetKindEnum
from .trigger_enum import TriggerEnum
from .type_enum import TypeEnum
from .unit_enum import UnitEnum
from .wallet_list_status import WalletListStatus
from .wallet_page import WalletPage
from .window import Window

__all__ = (
    "Account",
    "Act",
    "AllocationEnum",
    "AudienceEnum",
    "Batch",
    "BatchResult",
    "BelowMinimumPolicyEnum",
    "Benefit",
    "BenefitTier",
    "Campaign",
    "CampaignPage",
    "CampaignRequest",
    "CampaignsListStatus",
    "Cart",
    "CartItem",
    "Claim",
    "CodeBatch",
    "CodeBatchesCodesFormat",
    "CodeBatchRequest",
    "CodeBatchStatusEnum",
    "CodeEnum",
    "Coupon",
    "CouponBenefit",
    "CouponPage",
    "CouponRequest",
    "CouponTarget",
    "CouponTargetModeEnum",
    "Decision",
    "Evaluation",
    "EvaluationRequest",
    "Event",
    "EventKindEnum",
    "EventPropertiesType0",
    "EventResult",
    "EventResultStatusEnum",
    "FallbackEnum",
    "Fault",
    "Feedback",
    "FeedbackItem",
    "FeedbackItemKindEnum",
    "FreshnessEnum",
    "FullCampaign",
    "FullCampaignStatusEnum",
    "Grant",
    "GrantSourceEnum",
    "GrantStatusEnum",
    "Group",
    "GroupModeEnum",
    "Identify",
    "Interest",
    "Interests",
    "Item",
    "ItemSourceEnum",
    "LineDiscount",
    "Location",
    "Merge",
    "Order",
    "PatchedCampaignChanges",
    "PatchedCouponChanges",
    "Person",
    "Personalisation",
    "PersonalisationRequest",
    "PhaseEnum",
    "Place",
    "Popular",
    "Problem",
    "Reason",
    "Redemption",
    "RedemptionLine",
    "RedemptionPage",
    "RedemptionRequest",
    "RedemptionRequestModeEnum",
    "RedemptionsListStatus",
    "RedemptionStatusEnum",
    "Refusal",
    "RefusalReason",
    "RestorePolicyEnum",
    "ReturnedLine",
    "Rollback",
    "RollbackKindEnum",
    "RollbackRequest",
    "ShopperExport",
    "ShopperExportHeldBy",
    "ShopperExportHeldByAdditionalProperty",
    "ShopperExportIdentitiesItem",
    "ShopperExportRedemptionsItem",
    "ShopperExportRollbacksItem",
    "ShopperExportShopper",
    "ShopperExportWalletItem",
    "ShopperToken",
    "ShopperTokenRequest",
    "SigningSecret",
    "Slate",
    "Split",
    "Survey",
    "SurveyAnswer",
    "SurveyAsk",
    "SurveyRating",
    "TargetKindEnum",
    "TriggerEnum",
    "TypeEnum",
    "UnitEnum",
    "WalletListStatus",
    "WalletPage",
    "Window",
)
