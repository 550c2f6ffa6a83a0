"""Logistic regression by L-BFGS: scikit-learn's objective and stopping rule, on several threads, same on any machine.

The objective is the mean log loss plus the sum of squared weights / (2 C rows); intercepts are not penalised. With more
than two classes the model is multinomial. scikit-learn's `LogisticRegression(solver="lbfgs")` minimises the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

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


def solve(
    parts: Sequence[Any],
    labels: NDArray[np.int8],
    classes: int,
    c: float,
    executor: Executor,
    on_step: Callable[[int], None],
) -> Solution:
    """Fit `labels` (0 ... `classes` - 1, one for each row) to the matrix whose rows are those of all `parts` in order.

    `on_step` is told the number of steps done.
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    objective = _Objective(parts, labels, classes, c, executor)
    steps = count(1)
    # BLAS adds in another order with another number of threads.
    with threadpool_limits(1, "blas"):
        found = minimize(
            objective,
            np.zeros(int(np.prod(objective.shape))),
            method="L-BFGS-B",
            jac=True,
            callback=lambda _: on_step(next(steps)),
            options={"maxiter": MOST_STEPS, "maxls": 50, "gtol": _TOLERANCE, "ftol": 64 * np.finfo(float).eps},
        )
    best = found.x.reshape(objective.shape[0], -1).T
    return Solution(np.ascontiguousarray(best[:, :-1]), best[:, -1].copy(), int(found.nit), bool(found.success))


class _Objective:
    """Value and gradient of the objective, each part of the rows on a thread; sums over parts are in a fixed order."""

    def __init__(
        self, parts: Sequence[Any], labels: NDArray[np.int8], classes: int, c: float, executor: Executor
    ) -> None:
        ends = np.cumsum([part.shape[0] for part in parts])
        columns = parts[0].shape[1]
        self.pieces = list(zip(parts, np.split(labels, ends[:-1]), strict=True))
        self.losses = _binomial if classes == 2 else _multinomial
        self.shape = (columns + 1,) if classes == 2 else (columns + 1, classes)
        self.rows = len(labels)
        self.penalty = 1.0 / (c * self.rows)
        self.executor = executor

    def __call__(self, flat: Floats) -> tuple[float, Floats]:
        parameters = flat.reshape(self.shape)
        weights = parameters[:-1]
        loss, gradient = 0.0, np.zeros(self.shape)
        for in_part in self.executor.map(lambda piece: self._part(piece, parameters), self.pieces):
            loss += in_part[0]
            gradient[:-1] += in_part[1]
            gradient[-1] += in_part[2]
        gradient /= self.rows
        gradient[:-1] += self.penalty * weights
        return loss / self.rows + self.penalty / 2 * float(np.vdot(weights, weights)), gradient.ravel()

    def _part(self, piece: tuple[Any, NDArray[np.int8]], parameters: Floats) -> tuple[float, Floats, Floats]:
        """(loss, its derivatives by the weights, and by the intercepts), summed over the rows of one part."""
        part, labels = piece
        loss, residuals = self.losses(part @ parameters[:-1] + parameters[-1], labels)
        return loss, part.T @ residuals, residuals.sum(axis=0)


def _binomial(scores: Floats, labels: NDArray[np.int8]) -> tuple[float, Floats]:
    """(sum of the log losses, its derivative by each score), for the `scores` of the second class."""
    small = np.exp(-np.abs(scores))
    loss = np.log(1.0 + small) + np.maximum(scores, 0) - labels * scores
    probabilities = np.where(scores >= 0, 1.0, small) / (1.0 + small)
    return float(loss.sum()), probabilities - labels


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
