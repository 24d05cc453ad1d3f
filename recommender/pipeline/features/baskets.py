"""How often each shopper bought each product before a day, as sparse rows for collaborative filtering."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommender.columns import Columns as C
from recommender.pipeline.lake import Lake, day_number

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Baskets:
    """Purchases of known products, sorted by shopper and day."""

    shoppers: Ints
    """(s,) ascending ids."""
    first: Ints
    """(s + 1,) where each shopper's rows begin."""
    day: NDArray[np.int32]
    """(r,)."""
    product: NDArray[np.int32]
    """(r,) number of the product in `products`."""
    products: Ints
    """(m,) ascending ids."""

    def rows(self, shoppers: Ints, before: Ints) -> csr_matrix:
        """(n, m) float32: 1 + the number of days on which each shopper bought each product before a day."""
        place = np.minimum(np.searchsorted(self.shoppers, shoppers), max(len(self.shoppers) - 1, 0))
        known = self.shoppers[place] == shoppers if len(self.shoppers) else np.zeros(len(shoppers), bool)
        counts = np.zeros(len(shoppers), np.int64)
        chosen: list[NDArray[np.int32]] = []
        for row in np.flatnonzero(known):
            start, stop = self.first[place[row]], self.first[place[row] + 1]
            stop = start + np.searchsorted(self.day[start:stop], before[row])
            chosen.append(self.product[start:stop])
            counts[row] = stop - start
        columns = np.concatenate(chosen) if chosen else np.zeros(0, np.int32)
        matrix = csr_matrix(
            (np.ones(len(columns), np.float32), columns, np.append(0, np.cumsum(counts))),
            shape=(len(shoppers), len(self.products)),
        )
        matrix.sum_duplicates()
        matrix.data += 1
        return matrix


def load_baskets(lake: Lake, products: tuple[int, ...]) -> Baskets:
    """Purchases of `products` (ascending ids), one row a shopper, product and day."""
    sold = lake.events.filter(lake.events[C.KIND] == "purchase")
    days = sold.select(C.SHOPPER, C.PRODUCT, day=day_number(sold[C.OCCURRED_AT])).distinct().to_pyarrow()
    shopper, product = days[C.SHOPPER].to_numpy(), days[C.PRODUCT].to_numpy()
    day = days["day"].to_numpy()
    ids = np.array(products, np.int64)
    place = np.searchsorted(ids, product)
    found = np.append(ids, -1)[np.minimum(place, len(ids))] == product
    known = np.flatnonzero(found)
    shopper, day, place = shopper[known], day[known], place[known]
    order = np.lexsort((place, day, shopper))
    shoppers, first = np.unique(shopper[order], return_index=True)
    return Baskets(
        shoppers=shoppers,
        first=np.append(first, len(order)),
        day=day[order].astype(np.int32),
        product=place[order].astype(np.int32),
        products=ids,
    )
