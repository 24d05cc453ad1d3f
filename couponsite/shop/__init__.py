"""The demo shop: a storefront on the real catalog, wired to the platform as any shop would be, by keys and HTTP.

Served only with DEMO_SHOP=1. It is what a shop's own developers would write, so it reads and writes nothing of coupons
behind the API's back; the panel "What the recommender learns" alone looks inside, which no shop could.
"""
