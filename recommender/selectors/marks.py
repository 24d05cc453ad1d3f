"""Short marks of all that an answer has of the shopper's own and of its coupons' own: equal marks, the same answer.

Postgres writes every change of a row as a new tuple: its place and its transaction together say whether it is still the
one that was read. So what was read once is not read again, only compared: half the time, and next to nothing to send.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from coupons.models import Coupon
from coupons.standing import STANDING
from coupons.statements import Statement, Texts, as_text
from recommender.enums import VersionStatus
from recommender.selectors.activity import ContextRow, accounts_of_row, as_of_row, shopper_id_of, version_of

_NOBODY = -1


def _sum(row: str) -> str:
    return f"sum(hash_record_extended(({row}.xmin, {row}.ctid), 0))::text"


_SQL = f"""
SELECT {STANDING},
    (SELECT {_sum("k")} FROM coupons_campaign k WHERE k.id = ANY(%(campaigns)s)),
    (SELECT who.id::text || ' ' || who.xmin::text || who.ctid::text FROM coupons_shopper who
        WHERE who.channel_id = %(channel)s AND who.external_id = %(shopper)s),
    (SELECT {_sum("a")} FROM coupons_shopper a WHERE a.id = %(owner)s),
    (SELECT {_sum("a")} FROM coupons_shopper a WHERE a.same_person_as_id = %(owner)s),
    (SELECT v.id::text || ' ' || v.xmin::text || v.ctid::text FROM recommender_modelversion v
        WHERE CASE WHEN %(version)s::bigint IS NULL THEN v.status = '{VersionStatus.LIVE}' ELSE v.id = %(version)s END
        LIMIT 1),
    (SELECT {_sum("c")} FROM recommender_livecandidates c
        WHERE c.shopper_id = %(account)s AND c.model_version_id = %(model)s),
    (SELECT {_sum("r")} FROM recommender_recommendation r
        WHERE r.shopper_id = %(account)s AND r.model_version_id = %(model)s),
    (SELECT {_sum("d")} FROM recommender_dismissal d WHERE d.shopper_id = ANY(%(accounts)s)),
    (SELECT sum(hashtextextended(concat(e.id, ' ', p.category_id), 0))::text
        FROM recommender_behaviorevent e LEFT JOIN coupons_product p ON p.id = e.product_id
        WHERE e.shopper_id = ANY(%(consenting)s) AND e.occurred_at >= %(since)s AND e.occurred_at < %(tomorrow)s),
    (SELECT {_sum("u")} FROM coupons_redemption u WHERE u.shopper_id = ANY(%(accounts)s)),
    (SELECT {_sum("g")} FROM coupons_coupongrant g WHERE g.shopper_id = %(account)s),
    (SELECT {_sum("m")} FROM coupons_campaignmember m WHERE m.shopper_id = %(account)s)
"""  # noqa: S608 - names are ours

MARKS = Statement(
    "recommender_marks",
    _SQL,
    {
        "channel": "bigint",
        "shopper": "varchar",
        "owner": "bigint",
        "version": "bigint",
        "account": "bigint",
        "model": "bigint",
        "accounts": "bigint[]",
        "consenting": "bigint[]",
        "since": "timestamptz",
        "tomorrow": "timestamptz",
        "coupons": "bigint[]",
        "campaigns": "bigint[]",
        "now": "timestamptz",
    },
)

Marks = Texts
"""All are texts. The first is None where one of the coupons is not open."""


def mark_values(row: ContextRow, coupons: Sequence[Coupon]) -> dict[str, bytes | None]:
    """The parameters of MARKS that stay as they are, for a row that was read and the coupons shown for it.

    Events are never changed, so their ids stand for them, with the category of what they are about.
    """
    version, as_of = version_of(row), as_of_row(row)
    owner, accounts, consenting = accounts_of_row(row)
    values = {
        "account": shopper_id_of(row) or _NOBODY,
        "owner": owner or _NOBODY,
        "accounts": accounts,
        "consenting": consenting,
        "model": version.pk if version is not None else _NOBODY,
        "coupons": [coupon.pk for coupon in coupons],
        "campaigns": sorted({coupon.campaign_id for coupon in coupons}),
        **({"since": _day(as_of)} if as_of is not None else {}),
    }
    return {name: as_text(value) for name, value in values.items()}


def read_marks(values: Mapping[str, Any], kept: Mapping[str, bytes | None], now: datetime) -> Marks:
    """In one round trip; `values` are CONTEXT's, `kept` those of `mark_values`."""
    [marks] = MARKS.texts({"since": values["earliest"], **values, **kept, "now": now})
    return marks


def are_open(marks: Marks, coupons: Sequence[int]) -> bool:
    """Whether all the coupons shown were open when the marks were read."""
    return marks[0] is not None or not coupons


def _day(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
