# SPDX-License-Identifier: Apache-2.0
"""Which numbers this room computes with."""

from __future__ import annotations

from numbers import Real

MOST = 1e100
"""Up and down, so that no square and no sum overflows."""


def are_numbers(*values: object) -> bool:
    """Whether all are finite real numbers that can be computed with."""
    return all(isinstance(value, Real) and -MOST <= value <= MOST for value in values)  # type: ignore[operator]  # Real compares with float, which typeshed does not say
