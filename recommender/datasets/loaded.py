"""What of the demo is in the database already. Imports nothing heavy, because most starts end here."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from coupons.enums import ImportStatus
from coupons.models import Campaign, ImportRun
from recommender.datasets.complete_journey import CHANNEL_SLUG, VERSION, ZONE, Manifest, read_manifest, source_signature


def already_loaded(source: Path, target: Path) -> Manifest | None:
    """The manifest, where all that it names is in the database and the source is the one it was made from."""
    manifest = read_manifest(target)
    if manifest is None or manifest.version != VERSION or not manifest.fingerprints:
        return None
    if manifest.source_signature != source_signature(source):
        return None
    finished = ImportRun.objects.filter(status=ImportStatus.FINISHED, fingerprint__in=manifest.fingerprints.values())
    loaded = set(finished.values_list("table", "fingerprint"))
    return manifest if loaded >= set(manifest.fingerprints.items()) else None


def loaded_shift(source: Path) -> int | None:
    """By how many weeks the campaigns in the database were moved; None where none of the source's is there.

    Data that was loaded keeps its dates for good: another shift would be another data set.
    """
    import pyarrow.parquet as pq

    known = dict(Campaign.objects.filter(channel__slug=CHANNEL_SLUG).values_list("external_id", "starts_at"))
    if not known:
        return None
    descriptions = pq.read_table(source / "campaign_descriptions.parquet", columns=["campaign_id", "start_date"])
    for row in descriptions.to_pylist():
        starts_at = known.get(str(row["campaign_id"]))
        if starts_at is not None:
            moved: timedelta = starts_at.astimezone(ZoneInfo(ZONE)).date() - row["start_date"].date()
            return moved.days // 7
    return None
