# SPDX-License-Identifier: Apache-2.0
"""Proofs, bounds and schedules by CP-SAT, in a child process that is killed when it is late."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from pilothouse.engine.errors import NotConverged
from pilothouse.engine.levelling.instance import NONE, Instance, IntArray
from pilothouse.engine.levelling.lags import Times

CHILD = Path(__file__).with_name("solver_child.py")
START_SECONDS = 120.0
"""How long a solver may take to start on a busy machine."""
GRACE_SECONDS = 10.0
"""How much later than its limit an answer may come."""
BUSY = 60
"""How many seconds of wall clock a second of work may take on a busy machine."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a proof may take; whichever is reached first, 0 for no such limit.

    Parameters
    ----------
    deterministic : float
        CP-SAT's own measure of work, of the order of seconds. With one worker and no other
        limit the answer is the same on every machine.
    seconds : float
        Of wall clock.
    cpu_seconds : float
        Of all threads of the solver together.
    workers : int
        Threads of the solver.
    """

    deterministic: float = 10.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    workers: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the solver found: a better schedule or none, a bound, whether nothing is left open."""

    starts: IntArray | None
    makespan: int | None
    bound: int
    proved: bool


class Prover:
    """A solver kept warm for many problems; use it in a ``with`` block, by one thread at a time.

    Notes
    -----
    The child is started at the first question, which costs about two seconds, and killed when
    the block ends or when an answer does not come in time.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Prover:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the solver if it does not run."""
        if self._child is not None and self._child.poll() is None:
            return
        self._lines = queue.Queue()
        self._child = subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-I", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=_listen, args=(self._child, self._lines), daemon=True).start()
        if self._receive(START_SECONDS) is None:
            raise self._lost()

    def close(self) -> None:
        """Kill the solver."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def ask(
        self,
        instance: Instance,
        times: Times,
        bound: int,
        most: int,
        effort: Effort,
        *,
        hint: IntArray | None = None,
        seed: int = 0,
    ) -> Answer:
        """Look for a schedule of at most ``most`` periods.

        Parameters
        ----------
        instance : Instance
        times : Times
            Its earliest starts and tails.
        bound : int
            No schedule is shorter.
        most : int
            Only schedules up to here are looked for.
        effort : Effort
        hint : int array, n, optional
            Starts of the best schedule known.
        seed : int

        Returns
        -------
        Answer
            ``proved`` without starts: there is no schedule of at most ``most`` periods. Where the
            answer is late the child is killed, and nothing is known that was not known before.

        Raises
        ------
        NotConverged
            ``levelling.solver`` where the solver cannot be started or dies.
        """
        self.start()
        question = _question(instance, times, bound, most, effort, hint, seed)
        assert self._child is not None and self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(question) + "\n")
            self._child.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._lost() from error
        line = self._receive(_patience(effort))
        if line is None:
            return Answer(None, None, bound, False)
        told = json.loads(line)
        if told["starts"] is not None:
            starts = np.array(told["starts"], dtype=np.int64)
            return Answer(starts, told["makespan"], told["bound"], told["proved"])
        better = most + 1 if told["proved"] else max(bound, told["bound"])
        return Answer(None, None, better, told["proved"])

    def _receive(self, seconds: float) -> str | None:
        """The next line; None, and the child is killed, where it does not come in time."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self.close()
            return None
        if not line:
            raise self._lost()
        return line

    def _lost(self) -> NotConverged:
        self.close()
        return NotConverged(
            "levelling.solver",
            "The solver for proofs did not start or died; try again, with less effort or without "
            "proof.",
        )


def _listen(child: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line)
    lines.put("")


def _patience(effort: Effort) -> float:
    """Wall seconds after which the child is given up."""
    limits = [limit for limit in (effort.seconds, BUSY * effort.cpu_seconds) if limit]
    return (min(limits) if limits else BUSY * effort.deterministic) + GRACE_SECONDS


def _question(
    instance: Instance,
    times: Times,
    bound: int,
    most: int,
    effort: Effort,
    hint: IntArray | None,
    seed: int,
) -> dict[str, Any]:
    latest = np.where(instance.due == NONE, most, instance.due) - instance.durations
    latest = np.where(instance.fixed == NONE, latest, instance.fixed)
    return {
        "durations": instance.durations.tolist(),
        "windows": np.stack([times.earliest, latest, times.tail], axis=1).tolist(),
        "links": instance.links.tolist(),
        "resources": [_resource(instance, row, most) for row in range(instance.resources)],
        "least": bound,
        "most": most,
        "hint": None if hint is None else hint.tolist(),
        "workers": effort.workers,
        "effort": effort.deterministic,
        "seconds": effort.seconds,
        "cpu_seconds": effort.cpu_seconds,
        "seed": seed,
    }


def _resource(instance: Instance, row: int, most: int) -> list[Any]:
    """Users, their demands, the greatest capacity, and blocks where there is less of it.

    Fixed tasks are part of the blocks, clipped where they alone use too much.
    """
    users = np.flatnonzero(
        (instance.demand[:, row] > 0) & (instance.durations > 0) & (instance.fixed == NONE)
    )
    steps = instance.capacity[row]
    fixed = np.flatnonzero((instance.fixed != NONE) & (instance.demand[:, row] > 0))
    begins, ends = instance.fixed[fixed], (instance.fixed + instance.durations)[fixed]
    changes = np.unique(np.concatenate([[0], steps[:, 0], begins, ends, [most]]))
    changes = changes[changes <= most]
    greatest = int(steps[:, 1].max())
    blocks = []
    for begin, end in zip(changes[:-1].tolist(), changes[1:].tolist()):
        there_is = int(steps[np.searchsorted(steps[:, 0], begin, side="right") - 1, 1])
        used = int(instance.demand[fixed, row][(begins <= begin) & (ends > begin)].sum())
        if there_is - used < greatest:
            blocks.append([begin, end - begin, min(greatest, greatest - there_is + used)])
    return [users.tolist(), instance.demand[users, row].tolist(), greatest, blocks]
