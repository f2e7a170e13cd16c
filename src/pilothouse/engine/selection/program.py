# SPDX-License-Identifier: Apache-2.0
"""Mixed-integer programs, and what a solver says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Program:
    """Optimise ``objective`` x, lower <= x <= upper, row_lower <= A x <= row_upper.

    c columns, r rows; A compressed by row. ``whole`` marks columns that take whole numbers.
    """

    objective: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    row_first: Ints
    row_column: Ints
    row_coefficient: Floats
    row_lower: Floats
    row_upper: Floats
    maximise: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What the solver found.

    ``status`` is ``optimal``, ``feasible``, ``infeasible`` or ``limit`` (nothing found in time);
    ``values`` (c) and ``value`` are None without a solution; ``bound`` is proven, and infinite
    where none is.
    """

    status: str
    value: float | None = None
    bound: float = float("inf")
    values: Floats | None = None
