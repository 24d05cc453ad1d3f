"""Stage 4: what the estimators read.

history    purchases and coupon use of each shopper strictly before a day (Ibis)
pairs      features of a candidate: shopper x coupon, as of its campaign's start (Ibis)
feedback   what came back to coupons that were shown before (Ibis)
matrix     the pair features as one float32 array, and scaled for the networks
sequences  padded baskets + mask and next-window targets for the interest model
items      product attributes for the item encoder, and codes pooled for each coupon
interest   interest scores turned into features of a candidate
"""
