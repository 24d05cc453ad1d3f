"""Everything that is known of candidates before any model: the lake, read once for training or scoring."""

from dataclasses import dataclass
from zlib import crc32

import ibis.expr.types as ir
import numpy as np
from numpy.typing import NDArray

from recommender.columns import Columns as C
from recommender.pipeline.features.baskets import Baskets, load_baskets
from recommender.pipeline.features.interest import INTEREST_FEATURES
from recommender.pipeline.features.items import Items, load_items
from recommender.pipeline.features.matrix import FeatureFrame, build_matrix
from recommender.pipeline.features.sequences import Visits, load_visits
from recommender.pipeline.lake import Lake
from recommender.pipeline.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

MODEL_FEATURES = (*INTEREST_FEATURES, "content_match")
"""Columns of the frame that models write."""


@dataclass(frozen=True)
class Inputs:
    """n candidates in l lists (a shopper on a day) over c coupons."""

    frame: FeatureFrame
    lists: Ints
    """(n,) the list of each candidate."""
    list_shopper: Ints
    """(l,)."""
    list_as_of: Ints
    """(l,) day numbers."""
    coupons: Ints
    """(n,) the row of each candidate's coupon in `items`."""
    items: Items
    coverage: Floats
    """(c, K) share of each coupon's products in each interest category."""
    popularity_keys: Ints
    """(n, 3) campaign kind, main category, the shop's own name of the offer: from coarse to fine."""
    visits: Visits
    baskets: Baskets
    als: Floats
    """(n,) scores of the collaborative filter, NaN before it is asked. A part of the stack and no feature of the rest:
    each generation has factors of its own, so its scores mean another thing than those of the one before."""


def load_inputs(lake: Lake, offers: ir.Table, vocabulary: Vocabulary) -> Inputs:
    """Read the lake for the lists `offers` (campaign_id, shopper_id, as_of)."""
    frame = build_matrix(lake, offers, MODEL_FEATURES, feedback=vocabulary.feedback, terms=vocabulary.terms)
    lists, shopper, as_of = frame.list_index()
    items = load_items(lake, vocabulary)
    coupons = np.searchsorted(items.coupons, frame.coupon)
    coverage = items.coverage(len(vocabulary.categories))
    return Inputs(
        frame=frame,
        lists=lists,
        list_shopper=shopper,
        list_as_of=as_of,
        coupons=coupons,
        items=items,
        coverage=coverage,
        popularity_keys=_popularity_keys(lake, items, coverage)[coupons],
        visits=load_visits(lake, vocabulary),
        baskets=load_baskets(lake, vocabulary.products),
        als=np.full(len(frame), np.nan, np.float32),
    )


def _popularity_keys(lake: Lake, items: Items, coverage: Floats) -> Ints:
    """(c, 3) keys of each coupon for `PopularityModel`."""
    rows = lake.campaigns.select(C.CAMPAIGN, C.CAMPAIGN_KIND).to_pyarrow().to_pylist()
    kinds = {row[C.CAMPAIGN]: crc32((row[C.CAMPAIGN_KIND] or "").encode()) for row in rows}
    kind = np.array([kinds.get(campaign, -1) for campaign in items.campaign.tolist()], np.int64)
    main = np.where(coverage.any(axis=1), coverage.argmax(axis=1), -1)
    offer = np.array([crc32(name.encode()) if name else -1 for name in items.external], np.int64)
    return np.stack([kind, main, offer], axis=1).reshape(-1, 3)
