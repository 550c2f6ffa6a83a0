"""Logistic regression by L-BFGS: scikit-learn's objective and stopping rule, on several threads, same on any machine.

The objective is the mean log loss plus the sum of squared weights / (2 C rows); intercepts are not penalised. With more
than two classes the model is multinomial. scikit-learn's `LogisticRegression(solver="lbfgs")` minimises the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sentiment_cli.training.matrix import Matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_STEPS = 1000
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Solution:
    """`weights` (1 x columns for two classes, else classes x columns), as many `intercepts`, and how it was found."""

    weights: Floats
    intercepts: Floats
    steps: int
    converged: bool


def solve(matrix: Matrix, labels: NDArray[np.int8], classes: int, c: float, on_step: Callable[[int], None]) -> Solution:
    """Fit `labels` (0 ... `classes` - 1, one for each row); `on_step` is told the number of steps done."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    losses = _binomial if classes == 2 else _multinomial
    rows, columns = matrix.shape
    shape = (columns + 1,) if classes == 2 else (columns + 1, classes)
    penalty = 1.0 / (c * rows)
    steps = 0

    def objective(flat: Floats) -> tuple[float, Floats]:
        parameters = flat.reshape(shape)
        weights = parameters[:-1]
        scores = matrix.times(weights) + parameters[-1]
        loss, residuals = losses(scores, labels)
        gradient = np.empty_like(parameters)
        gradient[:-1] = matrix.transposed_times(residuals) / rows + penalty * weights
        gradient[-1] = residuals.sum(axis=0) / rows
        return loss / rows + penalty / 2 * float(np.vdot(weights, weights)), gradient.ravel()

    def callback(_: Floats) -> None:
        nonlocal steps
        steps += 1
        on_step(steps)

    # BLAS adds in another order with another number of threads.
    with threadpool_limits(1, "blas"):
        found = minimize(
            objective,
            np.zeros(int(np.prod(shape))),
            method="L-BFGS-B",
            jac=True,
            callback=callback,
            options={"maxiter": MOST_STEPS, "maxls": 50, "gtol": _TOLERANCE, "ftol": 64 * np.finfo(float).eps},
        )
    best = found.x.reshape(columns + 1, -1).T
    return Solution(np.ascontiguousarray(best[:, :-1]), best[:, -1].copy(), int(found.nit), bool(found.success))


def _binomial(scores: Floats, labels: NDArray[np.int8]) -> tuple[float, Floats]:
    """(sum of the log losses, its derivative by each score), for the `scores` of the second class."""
    from scipy.special import expit

    wanted = labels == 1
    loss = np.logaddexp(0, scores).sum() - scores[wanted].sum()
    return float(loss), expit(scores) - wanted


def _multinomial(scores: Floats, labels: NDArray[np.int8]) -> tuple[float, Floats]:
    """The same for `scores` with a column for each class."""
    scores = scores - scores.max(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    chosen = scores[rows, labels]
    residuals = np.exp(scores, out=scores)
    sums = residuals.sum(axis=1)
    loss = np.log(sums).sum() - chosen.sum()
    residuals /= sums[:, None]
    residuals[rows, labels] -= 1
    return float(loss), residuals
