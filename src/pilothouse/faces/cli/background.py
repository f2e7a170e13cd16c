# SPDX-License-Identifier: Apache-2.0
"""Work that is done beside a command, in a process that gives way to all others."""

from __future__ import annotations

import os
import subprocess
import sys

from pilothouse.engine._compile import is_kept

LEAST_PRIORITY = 19


def warm_in_background() -> None:
    """Start the compilation in a process of the least priority, unless it is done already."""
    if is_kept():
        return
    subprocess.Popen(
        [sys.executable, "-m", "pilothouse", "warm"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_give_way if os.name == "posix" else None,
    )


def _give_way() -> None:
    os.nice(LEAST_PRIORITY)
