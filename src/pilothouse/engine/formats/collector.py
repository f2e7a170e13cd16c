# SPDX-License-Identifier: Apache-2.0
"""Reading without the collector of circular garbage: a plan is many objects and no circles.

Python's collector walks over all objects each time their number has grown by a quarter; while a
large plan is read that is a quarter of the time, for nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Inside, nothing is collected; another thread that reads at the same time is no matter.

    What was made goes to the oldest objects without being walked over, unless the program keeps
    objects of its own away from the collector (``gc.freeze``).
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.enable()
