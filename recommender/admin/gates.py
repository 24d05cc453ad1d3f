"""What is checked before a model goes live, in words. A gate that fails keeps it from going live by hand as well."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from coupons.admin.display import number
from coupons.models import Shopper
from recommender.admin.measures import STACK, system_estimates, written
from recommender.artefacts import MANIFEST_FILE
from recommender.models import ModelVersion, Recommendation

QUALITY = "ndcg_10"


@dataclass(frozen=True)
class Gate:
    """One check. `state` is ok, warn (not known; does not keep back) or bad (keeps back)."""

    name: str
    state: str
    text: str

    @property
    def icon(self) -> str:
        return {"ok": "check", "warn": "help", "bad": "close"}[self.state]


def gates(version: ModelVersion, live: ModelVersion | None) -> list[Gate]:
    """Every gate, in the order in which they matter."""
    return [_better_than_popular(version), _not_worse(version, live), _artefact(version), _computed(version)]


def blocked(found: list[Gate]) -> str:
    """Why the version may not go live; empty where it may."""
    return next((f"{gate.name}: {gate.text}" for gate in found if gate.state == "bad"), "")


def _better_than_popular(version: ModelVersion) -> Gate:
    name = gettext("Better than showing what is popular")
    systems = system_estimates(version.metrics)
    ours, theirs = systems.get(STACK, {}).get(QUALITY), systems.get("popularity", {}).get(QUALITY)
    if ours is None or theirs is None:
        return Gate(name, "warn", gettext("Not measured."))
    text = gettext("NDCG@10 %(ours)s against %(theirs)s.") % {
        "ours": written(QUALITY, ours.value),
        "theirs": written(QUALITY, theirs.value),
    }
    return Gate(name, "ok" if ours.value > theirs.value else "bad", text)


def _not_worse(version: ModelVersion, live: ModelVersion | None) -> Gate:
    name = gettext("Not worse than the live model on the same test")
    if live is None:
        return Gate(name, "ok", gettext("No model is live."))
    report = version.run.report if version.run else {}
    judged = report.get("comparison") or {}
    measure = (judged.get("measures") or {}).get(QUALITY)
    if judged.get("live") != str(live) or not measure or measure.get("low") is None:
        return Gate(name, "warn", gettext("%(version)s was not judged beside %(live)s.") % _names(version, live))
    text = gettext("NDCG@10 differs by %(low)s to %(high)s (95%%) from %(live)s.") % {
        "low": f"{measure['low']:+.4f}".replace("-", "−"),
        "high": f"{measure['high']:+.4f}".replace("-", "−"),
        "live": live,
    }
    return Gate(name, "bad" if measure["high"] < 0 else "ok", text)


def _artefact(version: ModelVersion) -> Gate:
    name = gettext("Its files are there")
    if (Path(settings.MODEL_DIR) / version.path / MANIFEST_FILE).is_file():
        return Gate(name, "ok", version.path)
    return Gate(name, "warn", gettext("%(path)s is not on this machine; the worker needs it.") % {"path": version.path})


def _computed(version: ModelVersion) -> Gate:
    name = gettext("Recommendations are computed")
    everybody = Shopper.objects.filter(personalised=True).count()
    covered = Recommendation.objects.filter(model_version=version).values("shopper").distinct().count()
    text = gettext("%(covered)s of %(all)s shoppers.") % {"covered": number(covered), "all": number(everybody)}
    if covered < everybody:
        text += " " + gettext("The rest is computed as soon as it is live; popular coupons stand in until then.")
    return Gate(name, "ok" if covered >= everybody else "warn", text)


def _names(version: ModelVersion, live: ModelVersion) -> dict[str, ModelVersion]:
    return {"version": version, "live": live}
