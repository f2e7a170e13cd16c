# SPDX-License-Identifier: Apache-2.0
"""Priorities from comparisons in pairs (the analytic hierarchy process)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, fsum, isfinite, log

from pilothouse.engine.errors import InvalidInput, NotConverged

MOST_CRITERIA = 9
CONSISTENCY_LIMIT = 0.10

_RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45)
_RECIPROCAL_TOLERANCE = 1e-6
_ROUNDS = 10_000
_STILL = 1e-15

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Triple:
    """Three criteria whose comparisons fit least, by place: ``first`` over ``second`` times
    ``second`` over ``third`` gives ``implied``, but ``given`` was said."""

    first: int
    second: int
    third: int
    implied: float
    given: float


@dataclass(frozen=True, slots=True)
class Priorities:
    """Weights that add up to 1, and how consistent the comparisons are.

    ``most_inconsistent`` is None where every triple fits exactly.
    """

    matrix: Matrix
    weights: tuple[float, ...]
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    most_inconsistent: Triple | None

    @property
    def is_consistent(self) -> bool:
        """Whether the ratio is at most 0.10, so that the weights may be used."""
        return self.consistency_ratio <= CONSISTENCY_LIMIT


def priorities(matrix: Sequence[Sequence[float]]) -> Priorities:
    """Weights of criteria that were compared in pairs.

    Parameters
    ----------
    matrix : shape (n, n), n at most 9
        ``matrix[i][j]`` tells how many times i counts as much as j, from 1/9 to 9;
        1 on the diagonal, ``matrix[j][i] = 1 / matrix[i][j]``.

    Returns
    -------
    Priorities
        Also for inconsistent comparisons; `require_consistent` refuses those.

    Raises
    ------
    InvalidInput
        ``scoring.too_many`` for more than 9 criteria: cluster them; ``scoring.matrix`` for a
        matrix that is not square, not reciprocal, or holds a number outside 1/9 to 9.
    NotConverged
        ``scoring.priorities`` if the iteration does not come to rest.

    Examples
    --------
    >>> found = priorities([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]])
    >>> [round(weight, 5) for weight in found.weights], round(found.consistency_ratio, 4)
    ([0.63699, 0.25828, 0.10473], 0.0332)

    Notes
    -----
    The principal eigenvector by power iteration; a positive matrix has exactly one.
    CI = (lambda - n) / (n - 1), CR = CI / RI(n) with the random index 0, 0, 0.58, 0.90, 1.12,
    1.24, 1.32, 1.41, 1.45 for n = 1 to 9; CR = 0 for n <= 2. The most inconsistent triple has
    the largest |log(a_ij a_jk / a_ik)|; the first in order where several have. O(n^3).

    References
    ----------
    T. L. Saaty, "The Analytic Hierarchy Process" (1980), chapters 3 and 7.
    """
    rows = _checked(matrix)
    n = len(rows)
    weights, largest = _principal(rows)
    index = (largest - n) / (n - 1) if n > 2 else 0.0
    ratio = index / _RANDOM_INDEX[n - 1] if n > 2 else 0.0
    return Priorities(rows, weights, largest, index, ratio, _worst_triple(rows))


def require_consistent(found: Priorities, names: Sequence[str]) -> Priorities:
    """Hand on priorities that may be made final.

    Parameters
    ----------
    found : Priorities
    names : sequence of str, length n
        What the criteria are called, in the order of the matrix.

    Raises
    ------
    InvalidInput
        ``scoring.inconsistent`` for a ratio above 0.10, with the most inconsistent triple.
    """
    triple = found.most_inconsistent
    if found.is_consistent or triple is None:
        return found
    first, second, third = (names[place] for place in (triple.first, triple.second, triple.third))
    raise InvalidInput(
        "scoring.inconsistent",
        f"The comparisons contradict each other (ratio {found.consistency_ratio:.3f}, at most "
        f"{CONSISTENCY_LIMIT:.2f}): through {second}, {first} counts {triple.implied:.2f} times "
        f"{third}, but {triple.given:.2f} was said; compare these three again.",
        (first, second, third),
    )


def group_matrix(matrices: Sequence[Sequence[Sequence[float]]]) -> Matrix:
    """One matrix of a group: the geometric mean of each comparison.

    Parameters
    ----------
    matrices : sequence of matrices of one shape, at least one
        As for `priorities`.

    Raises
    ------
    InvalidInput
        ``scoring.matrix`` for none or for different shapes; else as `priorities`.
    """
    checked = [_checked(matrix) for matrix in matrices]
    if len({len(rows) for rows in checked}) != 1:
        raise InvalidInput(
            "scoring.matrix", "The matrices of the group differ in size; compare the same criteria."
        )
    n = len(checked[0])
    return tuple(
        tuple(_geometric_mean([rows[i][j] for rows in checked]) for j in range(n)) for i in range(n)
    )


def _geometric_mean(numbers: Sequence[float]) -> float:
    return exp(fsum(log(number) for number in numbers) / len(numbers))


def _checked(matrix: Sequence[Sequence[float]]) -> Matrix:
    n = len(matrix)
    if n > MOST_CRITERIA:
        raise InvalidInput(
            "scoring.too_many",
            f"{n} criteria are compared in pairs; cluster them into groups of at most "
            f"{MOST_CRITERIA}.",
        )
    if n == 0 or any(len(row) != n for row in matrix):
        raise InvalidInput("scoring.matrix", "The comparisons are no square; give n rows of n.")
    rows = tuple(tuple(float(number) for number in row) for row in matrix)
    for i in range(n):
        for j in range(n):
            _check_pair(rows, i, j)
    return rows


def _check_pair(rows: Matrix, i: int, j: int) -> None:
    number, back = rows[i][j], rows[j][i]
    wrong = ""
    if not isfinite(number) or not 1 / 9 - 1e-6 <= number <= 9 + 1e-6:
        wrong = "is not between 1/9 and 9"
    elif i == j and number != 1:
        wrong = "is not 1 on the diagonal"
    elif abs(number * back - 1) > _RECIPROCAL_TOLERANCE:
        wrong = f"is not the reciprocal of {back:g} on the other side"
    if wrong:
        raise InvalidInput(
            "scoring.matrix",
            f"Comparison {i + 1}, {j + 1} ({number:g}) {wrong}; compare the pair again.",
            (str(i + 1), str(j + 1)),
        )


def _principal(rows: Matrix) -> tuple[tuple[float, ...], float]:
    """The positive eigenvector, adding up to 1, and its eigenvalue."""
    weights = [1 / len(rows)] * len(rows)
    for _ in range(_ROUNDS):
        raised = [fsum(a * weight for a, weight in zip(row, weights)) for row in rows]
        largest = fsum(raised)
        after = [value / largest for value in raised]
        moved = max(abs(new - old) for new, old in zip(after, weights))
        weights = after
        if moved <= _STILL:
            return tuple(weights), largest
    raise NotConverged(
        "scoring.priorities", "The priorities do not come to rest; compare the pairs again."
    )


def _worst_triple(rows: Matrix) -> Triple | None:
    worst, found = 1e-9, None
    for i, j, k in combinations(range(len(rows)), 3):
        implied, given = rows[i][j] * rows[j][k], rows[i][k]
        if abs(log(implied / given)) > worst + 1e-12:
            worst = abs(log(implied / given))
            found = Triple(i, j, k, implied, given)
    return found
