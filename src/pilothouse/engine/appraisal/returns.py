# SPDX-License-Identifier: Apache-2.0
"""The internal rate of return: found where there is exactly one, named where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import factorial, gcd, lcm

from pilothouse.engine.appraisal.flows import PRECISION, CashFlows, Number

LOWEST_RATE, HIGHEST_RATE = Fraction(-99, 100), Fraction(10)
"""Rates are searched above the first and up to the second, which belongs to them."""

_SHOWN_DIGITS = 28
_HALVINGS = 120
_NARROWEST = Fraction(1, 10**12)


class RateState(StrEnum):
    """Whether there is one rate at which the present value is nothing."""

    FOUND = "found"
    NO_IRR = "no_irr"
    MULTIPLE_IRR = "multiple_irr"


@dataclass(frozen=True, slots=True)
class RateOfReturn:
    """The rate as a fraction per period (0.15 is 15 %); None unless ``state`` is found."""

    state: RateState
    rate: Decimal | None
    sign_changes: int


def rate_of_return(flows: Sequence[Number]) -> RateOfReturn:
    """Find the rate r with sum of C_t / (1 + r)^t = 0.

    Parameters
    ----------
    flows : sequence of numbers, shape (n + 1,)
        Net flows at the end of periods 0 to n.

    Returns
    -------
    RateOfReturn
        ``no_irr`` without a change of sign or without a root in (-0.99, 10]; ``multiple_irr``
        where more than one root lies there.

    Raises
    ------
    InvalidInput
        As `CashFlows.of`.

    Examples
    --------
    >>> found = rate_of_return([-1000, 300, 400, 400, 300])
    >>> f"{found.rate:.5f}"
    '0.14895'
    >>> rate_of_return([-100, 230, -132]).state.value
    'multiple_irr'

    Notes
    -----
    In y = 1 + r the condition is a polynomial. Its coefficients in Bernstein's form on an
    interval change sign at least as often as it has roots there, and by an even number more;
    halving intervals until there is none or one change isolates all roots, exactly, in whole
    numbers. An isolated root is halved down with 50 digits and given with 28. Two roots nearer
    than 1e-12 count as one. At most 600 periods; one change of sign costs O(n) for each
    halving, several O(n^2). Deterministic.

    References
    ----------
    R. A. Brealey, S. C. Myers, F. Allen, "Principles of Corporate Finance", chapter on
    pitfalls of the internal rate of return. F. Rouillier, P. Zimmermann, "Efficient isolation
    of polynomial's real roots" (2004).
    """
    net = _trimmed(CashFlows.of_net(flows).net)
    changes = _sign_changes(net)
    if changes == 0:
        return RateOfReturn(RateState.NO_IRR, None, 0)
    whole = _whole(net)
    low, high = 1 + LOWEST_RATE, 1 + HIGHEST_RATE
    if changes == 1:
        places = _only_root(whole, low, high)
    else:
        places = _isolated(_bernstein(whole, low, high), low, high)
        if _value(whole, high) == 0:
            places.append((high, high))
    if not places:
        return RateOfReturn(RateState.NO_IRR, None, changes)
    if len(places) > 1:
        return RateOfReturn(RateState.MULTIPLE_IRR, None, changes)
    return RateOfReturn(RateState.FOUND, _refined(whole, *places[0]), changes)


Place = tuple[Fraction, Fraction]


def _trimmed(net: tuple[Decimal, ...]) -> list[Decimal]:
    """Without the empty periods at either end: they move no root."""
    kept = list(net)
    while kept and kept[-1] == 0:
        kept.pop()
    while kept and kept[0] == 0:
        kept.pop(0)
    return kept


def _sign_changes(numbers: Sequence[Decimal] | Sequence[int]) -> int:
    signs = [number > 0 for number in numbers if number != 0]
    return sum(before != after for before, after in pairwise(signs))


def _whole(net: Sequence[Decimal]) -> list[int]:
    """The flows in a unit that makes all whole; coefficients from the highest power down."""
    fractions = [Fraction(flow) for flow in net]
    unit = lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * unit) for fraction in fractions]


def _value(coefficients: Sequence[int], at: Fraction) -> int:
    """The polynomial at a fraction, times a positive power of its denominator."""
    total, scale = 0, 1
    for coefficient in coefficients:
        total = total * at.numerator + coefficient * scale
        scale *= at.denominator
    return total


def _only_root(whole: list[int], low: Fraction, high: Fraction) -> list[Place]:
    """By Descartes' rule there is one positive root; is it here?"""
    at_low, at_high = _value(whole, low), _value(whole, high)
    if at_high == 0:
        return [(high, high)]
    return [(low, high)] if at_low != 0 and (at_low > 0) != (at_high > 0) else []


def _bernstein(coefficients: Sequence[int], low: Fraction, high: Fraction) -> list[int]:
    """Bernstein coefficients on [low, high], times a positive number."""
    degree = len(coefficients) - 1
    # In z with y = low * z the interval is [1, high / low], whole numbers for the bounds above.
    width = int(high / low) - 1
    row = [
        coefficient * low.numerator ** (degree - place) * low.denominator**place
        for place, coefficient in enumerate(coefficients)
    ]
    # Taylor shift to z = 1 by repeated synthetic division; ascending powers of z - 1 afterwards.
    for stop in range(degree, 0, -1):
        for index in range(1, stop + 1):
            row[index] += row[index - 1]
    row.reverse()
    # b_j = sum over i <= j of C(j, i) / C(degree, i) * a_i * width^i, times degree!
    row = [
        value * width**power * factorial(power) * factorial(degree - power)
        for power, value in enumerate(row)
    ]
    common = gcd(*row) or 1
    row = [value // common for value in row]
    for stop in range(degree):
        for index in range(degree, stop, -1):
            row[index] += row[index - 1]
    return row


def _isolated(row: list[int], low: Fraction, high: Fraction) -> list[Place]:
    """Intervals with one root each; a point where a root is met exactly. Open at both ends."""
    found: list[Place] = []
    waiting = [(row, low, high)]
    while waiting:
        row, low, high = waiting.pop()
        changes = _sign_changes(row)
        if changes == 0:
            continue
        if changes == 1 or high - low < _NARROWEST:
            found.append((low, high))
            continue
        left, right = _halved(row)
        middle = (low + high) / 2
        if right[0] == 0:
            found.append((middle, middle))
        waiting += [(left, low, middle), (right, middle, high)]
    return found


def _halved(row: list[int]) -> tuple[list[int], list[int]]:
    """De Casteljau's halving in whole numbers; both halves times 2 to the degree."""
    degree = len(row) - 1
    current = list(row)
    left, right = [current[0] << degree], [current[-1] << degree]
    for level in range(1, degree + 1):
        current = [first + second for first, second in pairwise(current)]
        left.append(current[0] << (degree - level))
        right.append(current[-1] << (degree - level))
    return left, right[::-1]


def _refined(whole: list[int], low: Fraction, high: Fraction) -> Decimal:
    """The root of an interval as a rate, halved down."""
    with localcontext() as context:
        context.prec = PRECISION
        first = Decimal(low.numerator) / low.denominator
        last = Decimal(high.numerator) / high.denominator
        below = _horner(whole, first) or -_horner(whole, last)
        for _ in range(_HALVINGS if low != high else 0):
            middle = (first + last) / 2
            value = _horner(whole, middle)
            if value == 0:
                first = last = middle
                break
            if (value > 0) == (below > 0):
                first = middle
            else:
                last = middle
        rate = (first + last) / 2 - 1
        context.prec = _SHOWN_DIGITS
        return +rate


def _horner(coefficients: Sequence[int], at: Decimal) -> Decimal:
    total = Decimal(0)
    for coefficient in coefficients:
        total = total * at + coefficient
    return total
