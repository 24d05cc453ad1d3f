"""The exact optimum by HiGHS, for small instances."""

from collections.abc import Sequence
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from recommender.decisions.allocation import Budget, Measure


def best_value(
    value: NDArray[np.float64],
    cost: NDArray[np.float64],
    budgets: Sequence[Budget],
    *,
    per_shopper: int = 1,
    whole: bool = True,
) -> float | None:
    """The largest value, (n, m) arrays; `whole=False`: of the relaxation, an upper bound. None: infeasible."""
    shoppers, offers = value.shape
    model: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", 1e-6)
    infinity = highspy.kHighsInf
    program = highspy.HighsLp()
    program.num_col_ = value.size
    program.num_row_ = shoppers + len(budgets)
    program.col_cost_ = -value.ravel()
    program.col_lower_ = np.zeros(value.size)
    program.col_upper_ = np.ones(value.size)
    floors = [-infinity if budget.floor is None else budget.floor for budget in budgets]
    caps = [infinity if budget.cap is None else budget.cap for budget in budgets]
    program.row_lower_ = np.array([*[-infinity] * shoppers, *floors])
    program.row_upper_ = np.array([*[float(per_shopper)] * shoppers, *caps])
    index: list[NDArray[np.int64]] = list(np.arange(value.size).reshape(shoppers, offers))
    weights = [np.ones(offers)] * shoppers
    for budget in budgets:
        columns = np.arange(offers) if budget.offers is None else np.array(budget.offers)
        pairs = (np.arange(shoppers)[:, None] * offers + columns).ravel()
        index.append(pairs)
        weights.append(cost.ravel()[pairs] if budget.measure is Measure.SPEND else np.ones(len(pairs)))
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.cumsum([0, *[len(row) for row in index]])
    program.a_matrix_.index_ = np.concatenate(index)
    program.a_matrix_.value_ = np.concatenate(weights)
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * value.size
    model.passModel(program)
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return -float(model.getInfo().objective_function_value)
