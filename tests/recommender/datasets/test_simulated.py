"""The simulated shop: isolated, marked, and its intervals hold the truth that it was made with."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from coupons.models import Channel, Shopper
from recommender.datasets.simulated import SLUG, AlreadySimulatedError, simulate_shop
from recommender.models import Experiment, ExperimentReading
from recommender.selectors.experiments import incremental_revenue, is_simulated
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_channel, make_shopper

pytestmark = pytest.mark.django_db


def test_the_verdict_holds_the_truth_and_everything_is_marked() -> None:
    """The new policy adds 5.00 of revenue a shopper, coupons 3.00; at 30 % margin 1.50 of profit."""
    other = make_channel("real")
    make_shopper(other)
    made = simulate_shop(shoppers=1_500, seed=7, actor=make_superuser(), now=timezone.now())
    assert (is_simulated(made.channel), is_simulated(other)) == (True, False)
    assert Shopper.objects.filter(channel=other).count() == 1
    verdict = ExperimentReading.objects.get(experiment=made.experiment, final=True).numbers
    assert (verdict["code"], verdict["sample_ratio"]["broken"]) == ("winner", False)
    (told,) = verdict["comparisons"]
    assert told["profit"]["low"] < 150 < told["profit"]["high"]
    assert told["revenue"]["low"] < 500 < told["revenue"]["high"]
    (holdout,) = incremental_revenue(channel=made.channel)
    assert holdout.simulated is True
    assert holdout.low is not None
    assert holdout.high is not None
    assert holdout.low < 550 * holdout.treated < holdout.high  # 3.00, and half the 5.00


def test_it_is_made_once_and_wrong_options_are_named() -> None:
    with pytest.raises(CommandError, match="--shoppers: 5 is less than 300"):
        call_command("simulate_shop", shoppers=5)
    with pytest.raises(CommandError, match="--user: no superuser is not known"):
        call_command("simulate_shop", shoppers=300)
    make_superuser()
    call_command("simulate_shop", shoppers=300)
    with pytest.raises(CommandError, match="exists already"):
        call_command("simulate_shop", shoppers=300)
    with pytest.raises(AlreadySimulatedError):
        simulate_shop(shoppers=300, seed=1, actor=make_superuser("other"), now=timezone.now())
    assert Channel.objects.filter(slug=SLUG).count() == Experiment.objects.count() == 1
