"""`python small_training.py [part]`: the demo as it is, but with a training of few epochs. Data: DEMO_SOURCE."""

import sys

from couponsite.demo import __main__ as demo
from couponsite.demo import stages

SETTINGS = (
    *("interest.epochs=1", "encoder.epochs=1", "fusion.epochs=1", "fusion.bags=1"),
    *("classic.boosting_rounds=30", "classic.boosting_bags=1", "split.refit=false"),
)

if __name__ == "__main__":
    assignments = [word for setting in SETTINGS for word in ("--set", setting)]
    stages.TRAIN = stages.by_training("--if-missing", *assignments)
    sys.exit(demo.main())
