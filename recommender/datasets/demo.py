"""The demo: Complete Journey through the general importers, once, and a draft policy to begin with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from coupons.enums import BudgetPeriod
from coupons.importing.catalog import BRANDS, CATEGORIES, PRODUCTS
from coupons.importing.promotions import CAMPAIGNS, COUPONS, MEMBERS, TARGETS
from coupons.importing.redemptions import REDEMPTIONS
from coupons.importing.runs import Options, check_file, import_file
from coupons.importing.shoppers import SHOPPERS
from coupons.importing.tables import Context
from coupons.models import Channel
from coupons.services.channels import create_channel
from recommender.datasets import complete_journey
from recommender.datasets.complete_journey import CHANNEL_SLUG, CURRENCY, ZONE, Manifest
from recommender.datasets.loaded import loaded_shift
from recommender.enums import ExplorationKind, HoldoutSees, Objective
from recommender.importing import EVENTS
from recommender.models import Policy
from recommender.services.policies import BudgetSpec, create_policy

_TABLES = (CATEGORIES, BRANDS, PRODUCTS, SHOPPERS, CAMPAIGNS, MEMBERS, COUPONS, TARGETS, REDEMPTIONS, EVENTS)


def load_demo(*, source: Path, target: Path, now: datetime, options: Options, say: Callable[[str], None]) -> Manifest:
    """Convert the data set and import every file; what was done before is not done again.

    Raises ImportFileError where a file is broken.
    """
    say(f"Complete Journey: {source}")
    manifest = complete_journey.convert(source, target, now=now, shift_weeks=loaded_shift(source))
    say(f"dates moved by {manifest.shift_weeks} weeks: {manifest.data_from} to {manifest.data_to}")
    for reason, rows in manifest.dropped.items():
        if rows:
            say(f"left out: {rows:,} x {reason}")
    channel, _ = create_channel(slug=CHANNEL_SLUG, name="Grocer", currency=CURRENCY, timezone=ZONE)
    fingerprints = {}
    for table in _TABLES:
        path = target / f"{table.name}.parquet"
        context = Context(channel if table.needs_channel else None, now)
        summary = import_file(check_file(path, table, options.out), table, context, options)
        fingerprints[table.name] = summary.run.fingerprint
        for line in summary.lines():
            say(line)
    draft_policy(channel)
    manifest = replace(manifest, fingerprints=fingerprints)
    manifest.write(target)
    return manifest


def draft_policy(channel: Channel) -> None:
    """A first policy to look at, preview and forecast with; a draft serves nobody. None where there is one already."""
    if Policy.objects.filter(channel=channel).exists():
        return
    values = {
        "name": "Profit first",
        "note": "An example: nothing is served by it until somebody makes it live",
        "objective": Objective.PROFIT,
        "basket_minor": 3_000,
        "margin_percent": 25,
        "max_impressions": 10,
        "exploration_kind": ExplorationKind.THOMPSON,
        "holdout_percent": 10,
        "holdout_sees": HoldoutSees.NOTHING,
    }
    create_policy(
        channel=channel, values=values, budgets=[BudgetSpec("Coupons", BudgetPeriod.WEEK, 30_000)], actor=None
    )
