"""The recommender: from behaviour events to the coupons a shopper sees, and back.

events    -> pipeline.events      Postgres rows to an immutable monthly Parquet snapshot (the lake)
cleaning  -> pipeline.cleaning    duplicates, impossible and missing values out, each counted by reason
splits    -> pipeline.splits      candidates (shopper x coupon of a campaign it was sent), labels, split by time
features  -> pipeline.features    vocabularies fit on train only; sequences, item matrix, pair features (Ibis)
training  -> pipeline.training    interest RNN + item autoencoder + fusion ranker + classical models -> Bundle
evaluation-> pipeline.evaluation  Bundle + test candidates -> report, popularity always beside it
scoring   -> pipeline.scoring     Bundle + shoppers + coupons -> calibrated probabilities, in batch
policy    -> pipeline.policy      probabilities + eligible coupons -> slate with reason and propensity
publish   -> pipeline.publish     slate -> Recommendation rows of one ModelVersion
          -> selectors, api       published rows, re-checked live -> answer + impressions -> events
"""
