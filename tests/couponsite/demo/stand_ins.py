"""`python stand_ins.py [part]`: the demo with made-up stages, so that its own machinery is tested without training.

STAND_IN_SECONDS makes a stage last.
"""

import sys

from couponsite.demo import __main__ as demo
from couponsite.demo import stages

ONCE = """
import os, time
from coupons.models import Channel, Shopper
name = {name!r}
channel, _ = Channel.objects.get_or_create(slug="made-up", defaults=dict(name="Made up", currency="USD"))
if not Shopper.objects.filter(external_id=name).exists():
    time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))
    Shopper.objects.create(channel=channel, external_id=name)
"""


def stand_in(name: str) -> stages.Stage:
    return stages.by_command(name, "shell", "--no-imports", "-c", ONCE.format(name=name))


if __name__ == "__main__":
    stages.DATA, stages.TRAIN, stages.PRECOMPUTE = stand_in("data"), stand_in("train"), stand_in("precompute")
    sys.exit(demo.main())
