"""Every write of the promotion domain."""

from coupons.services.api_keys import create_api_key, revoke_api_key
from coupons.services.audit import write_audit
from coupons.services.budgets import BudgetSpec, set_budgets
from coupons.services.campaigns import (
    approve_campaign,
    archive_campaign,
    pause_campaign,
    reopen_campaign,
    resume_campaign,
    submit_campaign,
    update_campaign,
    update_coupon,
)
from coupons.services.checkout import (
    Checkout,
    evaluate_cart,
    evaluate_everything,
    find_codes,
    hide_code_state,
    use_on_cart,
)
from coupons.services.codes import (
    BadLine,
    ImportedCodes,
    create_code_batch,
    export_codes,
    finish_code_batches,
    generate_codes,
    import_codes,
)
from coupons.services.erasure import erase_shopper, export_shopper
from coupons.services.idempotency import Answer, as_body, fingerprint_of, forget_old_keys, run_idempotent
from coupons.services.ledger_checks import check_ledger
from coupons.services.orders import Taken, Use, UseLine
from coupons.services.outbox import deliver_due, fan_out_events, new_webhook_secret, prune_outbox, redeliver
from coupons.services.people import identify_shopper, merge_shoppers, split_shopper
from coupons.services.preview import Preview, preview_coupon
from coupons.services.redemptions import (
    confirm_redemption,
    expire_holds,
    hold_coupons,
    redeem_coupons,
    release_redemption,
)
from coupons.services.rollbacks import ReturnedLine, roll_back_redemption
from coupons.services.shoppers import resolve_shopper
from coupons.services.wallet import claim_coupon, expire_grants, revoke_grant

__all__ = [
    "Answer",
    "BadLine",
    "BudgetSpec",
    "Checkout",
    "ImportedCodes",
    "Preview",
    "ReturnedLine",
    "Taken",
    "Use",
    "UseLine",
    "approve_campaign",
    "archive_campaign",
    "as_body",
    "check_ledger",
    "claim_coupon",
    "confirm_redemption",
    "create_api_key",
    "create_code_batch",
    "deliver_due",
    "erase_shopper",
    "evaluate_cart",
    "evaluate_everything",
    "expire_grants",
    "expire_holds",
    "export_codes",
    "export_shopper",
    "fan_out_events",
    "find_codes",
    "fingerprint_of",
    "finish_code_batches",
    "forget_old_keys",
    "generate_codes",
    "hide_code_state",
    "hold_coupons",
    "identify_shopper",
    "import_codes",
    "merge_shoppers",
    "new_webhook_secret",
    "pause_campaign",
    "preview_coupon",
    "prune_outbox",
    "redeem_coupons",
    "redeliver",
    "release_redemption",
    "reopen_campaign",
    "resolve_shopper",
    "resume_campaign",
    "revoke_api_key",
    "revoke_grant",
    "roll_back_redemption",
    "run_idempotent",
    "set_budgets",
    "split_shopper",
    "submit_campaign",
    "update_campaign",
    "update_coupon",
    "use_on_cart",
    "write_audit",
]
