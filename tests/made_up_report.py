"""A made-up report of a training with everything that pages draw. No figure in it is a result."""

from typing import Any

_ROC = [[0.0, 0.0], [0.05, 0.4], [0.2, 0.75], [0.5, 0.93], [1.0, 1.0]]
_PR = [[0.0, 0.9], [0.3, 0.5], [0.7, 0.2], [1.0, 0.02]]
_RELIABILITY = [[0.001, 0.0012], [0.01, 0.011], [0.1, 0.08], [0.4, 0.42]]
_CUT_OFFS = [[0.4, 20, 5], [0.2, 60, 60], [0.1, 120, 300], [0.05, 160, 900], [0.01, 190, 3000], [0.001, 200, 9800]]


def _system(shift: float) -> dict[str, Any]:
    return {
        "auc": 0.9 + shift,
        "pr_auc": 0.3 + shift,
        "ndcg": 0.5 + shift,
        "map": 0.4 + shift,
        "recall": 0.6 + shift,
        "hit": 0.7 + shift,
        "mrr": 0.45 + shift,
        "log_loss": 0.08 - shift,
        "ece": 0.004 - shift / 100,
        "coverage": 0.7 + shift,
        "f1": 0.3 + shift,
        "precision": 0.4,
        "recall_at_threshold": 0.3,
        "accuracy": 0.97,
        "threshold": 0.2,
        "confusion": {"true_positive": 60, "false_positive": 60, "false_negative": 140, "true_negative": 9740},
        "intervals": {"auc": [0.88 + shift, 0.92 + shift], "ndcg": [0.47 + shift, 0.53 + shift]},
    }


def made_up_report() -> dict[str, Any]:
    """As recommender.jobs.training keeps it in a run."""
    systems = {"stack": _system(0.0), "boosting": _system(-0.02), "popularity": _system(-0.2)}
    curves = {"roc": _ROC, "precision_recall": _PR, "reliability": _RELIABILITY, "cut_offs": _CUT_OFFS}
    return {
        "test": {"candidates": 10000, "positives": 200, "shoppers": 150, "systems": systems, "curves": curves},
        "metrics": {
            "stack": {
                "auc": {"value": 0.9, "low": 0.88, "high": 0.92},
                "ndcg_10": {"value": 0.5, "low": 0.47, "high": 0.53},
                "ece": 0.004,
            },
            "popularity": {"auc": 0.7, "ndcg_10": 0.3},
        },
        "curves": curves,
        "importance": [
            {"feature": "product_trips", "gain": 900.0, "shap": 0.8},
            {"feature": "interest_score", "gain": 400.0, "shap": 0.5},
            {"feature": "campaign_uses", "gain": 100.0, "shap": 0.1},
        ],
        "comparison": {
            "live": "v1",
            "pairs": 10000,
            "positives": 200,
            "shoppers": 150,
            "measures": {
                "auc": {"live": 0.88, "candidate": 0.9, "low": 0.01, "high": 0.03},
                "ndcg_10": {"live": 0.49, "candidate": 0.5, "low": -0.01, "high": 0.03},
                "log_loss": {"live": 0.07, "candidate": 0.08, "low": 0.005, "high": 0.015},
                "coverage": {"live": 0.6, "candidate": 0.7},
            },
            "live_curves": {"roc": [[0.0, 0.0], [0.1, 0.4], [1.0, 1.0]], "reliability": [[0.01, 0.009], [0.2, 0.25]]},
        },
        "split": {"train": [1, 4], "validation": [13], "test": [16, 18]},
        "seconds": {"cleaning": 2.0, "interest": 40.0},
        "cleaning": {"rows_in": 1000, "rows_out": 990, "dropped": {"duplicate": 10}},
        "peak_memory_mb": 900,
    }
