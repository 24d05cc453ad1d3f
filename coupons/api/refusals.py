"""A refusal of the domain as `application/problem+json`: its stable code, its reasons and how far away each is."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse

from coupons.api.schema import PROBLEM_MEDIA_TYPE
from coupons.api.wallet_body import grant_body
from coupons.errors import Contention, CouponError
from coupons.evaluation import Reason
from coupons.models import Coupon, CouponGrant


def refusal_body(error: CouponError) -> dict[str, Any]:
    """The problem document of a refusal."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    if error.reasons:
        body["reasons"] = reason_bodies(error.reasons)
    for name, value in error.extra.items():
        body[name] = grant_body(value) if isinstance(value, CouponGrant) else value
    return body


def refusal_response(error: CouponError) -> HttpResponse:
    """The answer to a request that is refused and not kept; contention says when to come again."""
    headers = {"Retry-After": str(Contention.retry_after_s)} if isinstance(error, Contention) else None
    return problem_document(refusal_body(error), error.status, headers)


def problem_document(body: Any, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    """A ready problem document; members in a fixed order, so that a replay is the same to the byte."""
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z, default=str)
    return HttpResponse(content, status=status, content_type=PROBLEM_MEDIA_TYPE, headers=headers)


def reason_bodies(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Reasons as the API says them; `by` names coupons by their public ids."""
    uids = uids_of({coupon_id for reason in reasons for coupon_id in reason.by})
    return [reason_body(reason, uids) for reason in reasons]


def reason_body(reason: Reason, uids: Mapping[int, str | UUID | None]) -> dict[str, Any]:
    return {
        "code": reason.code.value,
        "text": reason.text,
        "distance": reason.distance,
        "unit": reason.unit.value if reason.unit else None,
        "by": [uids[coupon_id] for coupon_id in reason.by if coupon_id in uids],
    }


def uids_of(coupon_ids: set[int]) -> dict[int, str]:
    """Public ids by id; no query for none."""
    if not coupon_ids:
        return {}
    return {pk: str(uid) for pk, uid in Coupon.objects.filter(pk__in=coupon_ids).values_list("pk", "uid")}
