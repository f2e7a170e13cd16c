# SPDX-License-Identifier: Apache-2.0
"""Functions that give the same bits on every machine, and the tables that draws look up.

Only ``+ - * /``, square roots, ``frexp`` and ``ldexp`` are used: IEEE 754 fixes their results,
which it does not for ``exp``, ``log`` or ``sin`` of a mathematics library.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel

Floats = NDArray[np.float64]

LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
ROOT_2PI = 2.5066282746310002
PI = 3.141592653589793


@kernel
def exponential(x: float) -> float:
    """e to the power of ``x``, relative error below 1e-14; 0 below -745."""
    if x < -745.0:
        return 0.0
    count = math.floor(x / (LN2_HIGH + LN2_LOW) + 0.5)
    rest = (x - count * LN2_HIGH) - count * LN2_LOW
    term = 1.0
    total = 1.0
    for step in range(1, 18):
        term = term * rest / step
        total += term
    return math.ldexp(total, int(count))


@kernel
def logarithm(x: float) -> float:
    """Natural logarithm of a positive number, absolute error below 1e-14."""
    fraction, power = math.frexp(x)
    if fraction < 0.7071067811865476:
        fraction *= 2.0
        power -= 1
    ratio = (fraction - 1.0) / (fraction + 1.0)
    square = ratio * ratio
    term = ratio
    total = 0.0
    for step in range(1, 30, 2):
        total += term / step
        term *= square
    return power * LN2_HIGH + (2.0 * total + power * LN2_LOW)


@kernel
def sine(x: float) -> float:
    """Sine for ``x`` between -1 and 1."""
    term = x
    total = x
    for step in range(1, 12):
        term = -term * x * x / ((2 * step) * (2 * step + 1))
        total += term
    return total


@kernel
def normal_tail(x: float) -> float:
    """P(Z > x) of a standard normal Z, for ``x`` from 0 to 38; relative error below 1e-12."""
    density = exponential(-0.5 * x * x) / ROOT_2PI
    if x < 3.0:
        term = x
        total = x
        step = 1
        while term > 1e-18:
            step += 2
            term = term * x * x / step
            total += term
        return 0.5 - density * total
    rest = 0.0
    for step in range(200, 0, -1):
        rest = step / (x + rest)
    return density / (x + rest)


@kernel
def normal_score(tail: float) -> float:
    """The ``x`` from 0 with P(Z > x) = ``tail``, for ``tail`` above 0 and up to one half."""
    low = 0.0
    high = 38.0
    x = 1.0
    for _ in range(200):
        found = normal_tail(x)
        if found > tail:
            low = x
        else:
            high = x
        density = exponential(-0.5 * x * x) / ROOT_2PI
        moved = x + (found - tail) / density if density > 0.0 else low
        if not low < moved < high:
            moved = 0.5 * (low + high)
        if abs(moved - x) < 1e-14 * (1.0 + x):
            return moved
        x = moved
    return x


@kernel
def _beta_part(x: float, alpha: float) -> float:
    """The integral of the beta density with α + β = 6 from 0 to ``x``, not normalised."""
    if x <= 0.0:
        return 0.0
    beta = 6.0 - alpha
    power = exponential(alpha * logarithm(x))
    if x < 1.0:
        power *= exponential(beta * logarithm(1.0 - x))
    else:
        return 0.0
    term = 1.0
    total = 1.0
    step = 0
    while term > 1e-17 * total and step < 3000:
        term = term * x * (6.0 + step) / (alpha + 1.0 + step)
        total += term
        step += 1
    return power * total / alpha


@kernel
def beta_quantiles(alpha: float, probabilities: Floats, found: Floats) -> None:
    """Quantiles of a beta distribution with α + β = 6, α from 1 to 5, on rising probabilities.

    ``probabilities`` (m,) lie between 0 and one half; ``found`` (m,) is filled.
    """
    whole = _beta_part(0.5, alpha) + _beta_part(0.5, 6.0 - alpha)
    x = 0.0
    for place in range(probabilities.shape[0]):
        wanted = probabilities[place]
        if wanted <= 0.0:
            found[place] = 0.0
            continue
        low = x
        high = 1.0
        guess = exponential(logarithm(wanted * alpha * whole) / alpha)
        x = guess if low < guess < high else 0.5 * (low + high)
        for _ in range(200):
            short = _beta_part(x, alpha) / whole - wanted
            if short < 0.0:
                low = x
            else:
                high = x
            density = (
                exponential((alpha - 1.0) * logarithm(x) + (5.0 - alpha) * logarithm(1.0 - x))
                / whole
            )
            moved = x - short / density
            if not low < moved < high:
                moved = 0.5 * (low + high)
            done = abs(moved - x) < 1e-13
            x = moved
            if done:
                break
        found[place] = x


@kernel
def lognormal_quantiles(sigma: float, scores: Floats, found: Floats) -> None:
    """``exp(sigma · score)`` for each score, (m,) each."""
    for place in range(scores.shape[0]):
        found[place] = exponential(sigma * scores[place])


@kernel
def normal_scores(tails: Floats, found: Floats) -> None:
    """``normal_score`` of each tail, (m,) each; 0 where the tail is 0."""
    for place in range(tails.shape[0]):
        found[place] = normal_score(tails[place]) if tails[place] > 0.0 else 0.0


@kernel
def normal_tails(scores: Floats, found: Floats) -> None:
    """``normal_tail`` of each score, (m,) each."""
    for place in range(scores.shape[0]):
        found[place] = normal_tail(scores[place])


@kernel
def triangular_factor(matrix: Floats, factor: Floats) -> bool:
    """Lower factor L with L·Lᵀ = ``matrix`` (g, g), semidefinite ones too; False if there is none.

    ``factor`` (g, g) must hold zeros and is filled.
    """
    size = matrix.shape[0]
    for row in range(size):
        for column in range(row + 1):
            total = matrix[row, column]
            for inner in range(column):
                total -= factor[row, inner] * factor[column, inner]
            if row == column:
                if total < -1e-9:
                    return False
                factor[row, row] = math.sqrt(total) if total > 1e-12 else 0.0
            elif factor[column, column] > 0.0:
                factor[row, column] = total / factor[column, column]
            elif abs(total) > 1e-6:
                return False
    return True


@kernel
def eigen(matrix: Floats, vectors: Floats) -> int:
    """Eigenvalues on the diagonal of ``matrix`` (g, g), eigenvectors in the columns of ``vectors``.

    Jacobi rotations, both arrays changed in place; ``vectors`` must hold the unit matrix.
    Returns the number of sweeps.
    """
    size = matrix.shape[0]
    for sweep in range(60):
        off = 0.0
        for row in range(size):
            for column in range(row):
                off += matrix[row, column] * matrix[row, column]
        if off < 1e-22:
            return sweep
        for row in range(size):
            for column in range(row):
                value = matrix[row, column]
                if abs(value) < 1e-300:
                    continue
                theta = (matrix[row, row] - matrix[column, column]) / (2.0 * value)
                tangent = 1.0 / (abs(theta) + math.sqrt(theta * theta + 1.0))
                if theta < 0.0:
                    tangent = -tangent
                cosine = 1.0 / math.sqrt(tangent * tangent + 1.0)
                sinus = tangent * cosine
                for inner in range(size):
                    first = matrix[inner, column]
                    second = matrix[inner, row]
                    matrix[inner, column] = cosine * first - sinus * second
                    matrix[inner, row] = sinus * first + cosine * second
                for inner in range(size):
                    first = matrix[column, inner]
                    second = matrix[row, inner]
                    matrix[column, inner] = cosine * first - sinus * second
                    matrix[row, inner] = sinus * first + cosine * second
                for inner in range(size):
                    first = vectors[inner, column]
                    second = vectors[inner, row]
                    vectors[inner, column] = cosine * first - sinus * second
                    vectors[inner, row] = sinus * first + cosine * second
    return 60
