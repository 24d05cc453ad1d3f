"""What the boosted trees look at most, as bars: mean |SHAP| on the test part, and gain in training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from recommender.admin.shopper_page import FACTS

MOST = 15


@dataclass(frozen=True)
class Importance:
    """One feature: its bar as a share of the strongest, and both figures."""

    name: str
    says: str
    width: str
    shap: str
    gain: str


def importances(report: Mapping[str, Any]) -> list[Importance]:
    """The strongest features, the strongest first; empty where the report has none."""
    rows = report.get("importance")
    if not isinstance(rows, list) or not rows:
        return []
    top = max(float(row["shap"]) for row in rows) or 1.0
    gain = sum(float(row["gain"]) for row in rows) or 1.0
    return [
        Importance(
            name=str(row["feature"]),
            says=gettext(FACTS[row["says"]]) if row.get("says") in FACTS else "",
            width=f"{100 * float(row['shap']) / top:.1f}",
            shap=f"{float(row['shap']):.3f}",
            gain=f"{100 * float(row['gain']) / gain:.1f}%",
        )
        for row in rows[:MOST]
    ]
