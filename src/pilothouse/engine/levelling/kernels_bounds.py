# SPDX-License-Identifier: Apache-2.0
"""Energy in windows of time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel

IntArray = NDArray[np.int64]


@kernel
def overfull(
    earliest: IntArray,
    latest_finish: IntArray,
    durations: IntArray,
    units: IntArray,
    begins: IntArray,
    ends: IntArray,
    energy: IntArray,
) -> bool:
    """Whether in some window the tasks must do more than the capacity allows.

    ``energy[t]`` is the capacity summed over the periods before ``t``. What a task must do in
    a window is what is left of it after it is pushed to the left, or to the right.
    """
    for begin in begins:
        for end in ends:
            if end <= begin:
                continue
            room = energy[end] - energy[begin]
            for task in range(len(durations)):
                span = durations[task]
                left = earliest[task] + span - begin
                right = end - latest_finish[task] + span
                part = min(min(span, end - begin), min(left, right))
                if part > 0:
                    room -= part * units[task]
            if room < 0:
                return True
    return False
