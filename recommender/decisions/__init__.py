"""From a prediction to a decision: pure typed functions on arrays, without Django, a database or a clock.

- `assignment`    shopper -> arm of an experiment, hold-out or not, by hash; `sample_ratio` tells whether the split held
- `sequential`    sums of two arms -> a difference with an interval that stays valid however often it is looked at
- `allocation`    value and cost of each shopper x offer, budgets -> who gets what, each budget's price, a certified gap
- `pacing`        real spend -> the price of the next hours, and whether one more coupon may be given
- `exploration`   linear Thompson sampling with a floor -> exact shares of a place that is left to chance
- `off_policy`    logged slates -> what another policy would have earned, with intervals and effective sample size
- `uplift`        randomised logs -> what each treatment adds for each shopper; `uplift_curves` judges the order
- `response`      randomised logs -> response and profit by coupon value: calibrated, never falling in the value
- `simulator`     shoppers whose response is known, to check all of this; whatever it makes says that it is simulated

NumPy alone, so both halves may import it; `uplift` and `response` load LightGBM and scikit-learn inside the functions
that only a worker calls. The method in prose, with formulas and sources: docs/decisions-and-money.md.
"""
