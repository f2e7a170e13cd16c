# SPDX-License-Identifier: Apache-2.0
"""Rank correlations as a Gaussian copula (R-MCS-02)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.simulate.kernels_numbers import PI, eigen, sine, triangular_factor

LARGEST = 200
"""Most members of a matrix."""
_ROUNDS = 100

Floats = NDArray[np.float64]


def to_normal(rho: float) -> float:
    """Correlation of normal scores that gives the rank correlation ``rho``: 2 sin(πρ/6)."""
    if abs(rho) == 1:
        return rho
    return 2 * sine(PI * rho / 6)


def factor_of(name: str, rows: Sequence[Sequence[float]], members: int) -> tuple[Floats, float]:
    """What mixes independent normal scores into correlated ones.

    Parameters
    ----------
    name : str
        For messages.
    rows : sequence of sequence of float
        Rank correlations (members, members).
    members : int

    Returns
    -------
    factor : array (members, members)
        Lower triangular L; scores L·e have the correlation that was asked for.
    largest_change : float
        Of any normal correlation, where the matrix had to be repaired; 0 where not.

    Raises
    ------
    InvalidInput
        ``simulate.matrix``.

    Notes
    -----
    A matrix that is not positive semidefinite is replaced by the nearest correlation matrix in
    the Frobenius norm: alternating projections with Dykstra's correction. Eigenvalues by Jacobi
    rotations, so that the bits are the same on every machine.

    References
    ----------
    N. J. Higham, "Computing the nearest correlation matrix", IMA Journal of Numerical Analysis
    22 (2002), algorithm 3.3.
    """
    matrix = _checked(name, rows, members)
    for row in range(members):
        for column in range(members):
            matrix[row, column] = to_normal(matrix[row, column])
    factor = np.zeros((members, members))
    if triangular_factor(matrix, factor):
        return factor, 0.0
    nearest = _nearest(matrix)
    factor = np.zeros((members, members))
    if not triangular_factor(nearest, factor):
        raise InvalidInput(
            "simulate.matrix",
            f"The correlations of ‘{name}’ contradict each other; give weaker ones.",
            (name,),
        )
    return factor, float(np.abs(nearest - matrix).max())


def _checked(name: str, rows: Sequence[Sequence[float]], members: int) -> Floats:
    problem = None
    if members > LARGEST:
        problem = f"has more than {LARGEST} members; use groups"
    elif members < 2 or len(rows) != members or any(len(row) != members for row in rows):
        problem = "needs a row and a column for each of at least two members"
    elif not all(math.isfinite(value) and abs(value) <= 1 for row in rows for value in row):
        problem = "has a correlation outside -1 to 1"
    elif any(rows[row][row] != 1 for row in range(members)):
        problem = "needs 1 on the diagonal"
    elif any(rows[i][j] != rows[j][i] for i in range(members) for j in range(i)):
        problem = "is not symmetric"
    if problem:
        raise InvalidInput(
            "simulate.matrix", f"The matrix ‘{name}’ {problem}; correct it.", (name,)
        )
    return np.array(rows, dtype=np.float64)


def _nearest(matrix: Floats) -> Floats:
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(_ROUNDS):
        moved = found - correction
        positive = _semidefinite(moved)
        correction = positive - moved
        before, found = found, positive.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < 1e-9:
            break
    # The last step leaves the diagonal exact and the eigenvalues nearly so; shrink for the rest.
    positive = _semidefinite(found)
    scale = np.sqrt(np.diag(positive))
    return positive / scale[:, None] / scale[None, :]


def _semidefinite(matrix: Floats) -> Floats:
    """The matrix without its negative eigenvalues."""
    size = len(matrix)
    values, vectors = matrix.copy(), np.eye(size)
    eigen(values, vectors)
    found = np.zeros_like(matrix)
    # One outer product after the other: a product of matrices may differ between machines.
    for place in range(size):
        value = values[place, place]
        if value > 0:
            vector = vectors[:, place]
            found += value * (vector[:, None] * vector[None, :])
    return found
