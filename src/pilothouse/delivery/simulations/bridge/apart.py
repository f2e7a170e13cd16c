# SPDX-License-Identifier: Apache-2.0
"""The process that simulates: started for one run, watched, and ended when it is cancelled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilothouse.foundation.core.errors import Invalid, Unavailable

SOURCE_ROOT = Path(__file__).resolve().parents[4]
_KEEP = ("PATH", "HOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "XDG_CACHE_HOME")
_PREFIXES = ("NUMBA_", "PILOTHOUSE_DATA")


@dataclass(frozen=True, slots=True)
class Question:
    """One run: the files of the engine, and how it is simulated."""

    plan: bytes
    risks: bytes
    iterations: int
    seed: int
    milestones: tuple[int, ...]
    dialect: str
    work_after_status_date: bool


class Stopped(Exception):
    """Somebody cancelled the run while it went on."""


def simulate(
    question: Question, progress: Callable[[int], None], stopped: Callable[[], bool]
) -> dict[str, Any]:
    """What the simulation says, as ``simulation_child`` writes it.

    ``progress`` is told percents; ``stopped`` is asked with each and ends the process.
    Raises: Stopped, Invalid with the engine's sentence, Unavailable where the process dies.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "pilothouse.engine.formats.simulation_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    assert child.stdin is not None
    assert child.stdout is not None
    writer = threading.Thread(target=_tell, args=(child, _asked(question)), daemon=True)
    writer.start()
    try:
        for line in child.stdout:
            said = json.loads(line)
            if "progress" in said:
                progress(int(said["progress"]))
                if stopped():
                    raise Stopped
            elif "error" in said:
                code, message = said["error"]
                raise Invalid(code, message)
            else:
                return dict(said)
    finally:
        child.kill()
        child.wait()
        writer.join()
        child.stdout.close()
    raise Unavailable(
        "simulations.died",
        "The process that simulates ended without an answer; it may lack memory. Ask for fewer "
        "iterations, or try again.",
    )


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEEP or name.startswith(_PREFIXES)
    }
    return {**kept, "PYTHONPATH": str(SOURCE_ROOT), "PYTHONUTF8": "1"}


def _asked(question: Question) -> bytes:
    head = {
        "plan_bytes": len(question.plan),
        "risk_bytes": len(question.risks),
        "iterations": question.iterations,
        "seed": question.seed,
        "milestones": list(question.milestones),
        "dialect": question.dialect,
        "work_after_status_date": question.work_after_status_date,
    }
    return json.dumps(head).encode() + b"\n" + question.plan + question.risks


def _tell(child: subprocess.Popen[bytes], text: bytes) -> None:
    """Write what is asked; a process that ended before has closed its ear."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.write(text)
    with suppress(BrokenPipeError):
        child.stdin.close()
