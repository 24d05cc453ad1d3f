"""Why a version was or was not made live by itself: a code with its facts, said in the reader's language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext, gettext_noop


class VerdictCode(StrEnum):
    """Stored with each version; a code never changes its meaning."""

    FIRST = "first"
    FORCED = "forced"
    UNREADABLE = "unreadable"
    UNCOMPARED = "uncompared"
    BETTER = "better"
    LEVEL = "level"
    WORSE = "worse"
    OVERTAKEN = "overtaken"
    AS_WRITTEN = "as_written"
    """A verdict from before there were codes, in the words of then."""


_SENTENCES: Mapping[str, str] = {
    VerdictCode.FIRST: gettext_noop("Activated: no model was live."),
    VerdictCode.FORCED: gettext_noop("Activated by hand in place of %(live)s."),
    VerdictCode.UNREADABLE: gettext_noop("Activated: %(live)s can't be used any more (%(problem)s)."),
    VerdictCode.UNCOMPARED: gettext_noop("Not compared with %(live)s: no redemption in the test part."),
    VerdictCode.BETTER: gettext_noop("Better."),
    VerdictCode.LEVEL: gettext_noop("Level within noise."),
    VerdictCode.WORSE: gettext_noop("Not activated: worse."),
    VerdictCode.OVERTAKEN: gettext_noop("Not activated: %(now)s went live while it was trained."),
    VerdictCode.AS_WRITTEN: "%(words)s",
}
_MEASURED = {VerdictCode.BETTER, VerdictCode.LEVEL, VerdictCode.WORSE}
_LESSONS: Mapping[str, str] = {
    "purchases": gettext_noop("Learnt from purchases: no redeemed campaigns to learn from yet."),
    "visits": gettext_noop("Learnt from visits: no redeemed campaigns to learn from yet."),
}
"""By what recommender.pipeline.rehearsal says a model has learnt from; redemptions are the rule and not said."""


def verdict_words(verdict: Mapping[str, Any]) -> str:
    """A stored verdict as sentences; empty for an empty one.

    `verdict` is {"code": VerdictCode, ...} with what its sentence names: `live`, and of a measured one NDCG@10 as
    `ours`, `theirs`, `difference` and its 95 % interval `low` to `high`; `learnt_from` where that was no redemption.
    """
    if not verdict:
        return ""
    code = verdict["code"]
    said = [gettext(_SENTENCES[code]) % verdict]
    if code in _MEASURED:
        said.append(_measured(verdict))
    lesson = str(verdict.get("learnt_from", ""))
    if lesson in _LESSONS:
        said.append(gettext(_LESSONS[lesson]))
    return " ".join(said)


def _measured(verdict: Mapping[str, Any]) -> str:
    signed = {name: f"{verdict[name]:+.4f}".replace("-", "−") for name in ("difference", "low", "high")}
    facts = {name: f"{verdict[name]:.4f}" for name in ("ours", "theirs")}
    return gettext(
        "NDCG@10 %(ours)s against %(theirs)s of %(live)s on the same test lists "
        "(difference %(difference)s, 95%% interval %(low)s to %(high)s)."
    ) % {**facts, **signed, "live": verdict["live"]}
