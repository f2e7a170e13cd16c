# SPDX-License-Identifier: Apache-2.0
"""How a process that serves for weeks gives memory back that it needed for a moment."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""As in ``malloc.h`` of the GNU C library."""
_KEPT_BYTES = 128 * 1024


def give_memory_back() -> bool:
    """Have freed memory go back to the system; whether the C library can.

    The GNU library gives every thread a heap of its own, and raises by itself from which size on
    memory goes back at once: a plan of 5,000 tasks, read once, then holds 40 MB more for good.
    """
    with suppress(OSError, AttributeError, TypeError):
        adjust = ctypes.CDLL(None).mallopt
        return all(
            adjust(name, value) == 1
            for name, value in (
                (_ARENA_MAX, 1),
                (_MMAP_THRESHOLD, _KEPT_BYTES),
                (_TRIM_THRESHOLD, _KEPT_BYTES),
            )
        )
    return False
