# SPDX-License-Identifier: Apache-2.0
"""The solver seen from the caller's process: started, fed, watched, and killed in time."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from types import TracebackType
from typing import IO

from pilothouse.engine._messages import Message, receive, send
from pilothouse.engine.errors import NotConverged
from pilothouse.engine.selection.program import Answer, Floats, Program

GRACE_SECONDS = 3.0
"""How long after its limit the solver may take to answer before it is killed."""

_START_SECONDS = 120.0
_CHILD = (
    "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); "
    "from pilothouse.engine.selection.solver_child import main; main()"
)

Progress = Callable[[float, float], None]
"""Told bound and value that the solver has proven and found so far."""


class Solver:
    """One solver process; a context manager that leaves no process behind.

    It is started at once and loads its library (about a second) while the caller works; it
    serves any number of programs one after the other. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0
        self._heard = False
        self._start()

    def __enter__(self) -> Solver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the process and wait until it is gone; the next program starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                # What is still to be written has no reader any more.
                with suppress(BrokenPipeError):
                    stream.close()

    def begin(
        self,
        program: Program,
        *,
        seconds: float,
        hint: Floats | None = None,
        relative_gap: float = 0.0,
        absolute_gap: float = 1e-6,
    ) -> None:
        """Hand over a program; its answer comes from `poll`.

        Parameters
        ----------
        program : Program
        seconds : float
            Time limit; the process is killed `GRACE_SECONDS` after it.
        hint : array, shape (c,)
            A first solution.
        relative_gap, absolute_gap : float
            Stop as soon as bound and value are that near.
        """
        if self._process is None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        words = {
            "maximise": program.maximise,
            "seconds": seconds,
            "relative_gap": relative_gap,
            "absolute_gap": absolute_gap,
        }
        names = [part.name for part in fields(Program) if part.name != "maximise"]
        arrays = {name: getattr(program, name) for name in names}
        if hint is not None:
            arrays["hint"] = hint
        start = 0.0 if self._heard else _START_SECONDS
        self._deadline = time.monotonic() + seconds + GRACE_SECONDS + start
        threading.Thread(
            target=_write,
            args=(self._process.stdin, Message(words, arrays)),
            name="solver-input",
            daemon=True,
        ).start()

    def poll(self, wait: float, on_progress: Progress | None = None) -> Answer | None:
        """The answer if it comes within ``wait`` seconds; None if it is still awaited.

        Raises
        ------
        NotConverged
            ``selection.solver`` where the process died without an answer.
        """
        until = time.monotonic() + wait
        while True:
            try:
                left = max(until - time.monotonic(), 0.0)
                message = self._messages.get(timeout=left) if left else self._messages.get_nowait()
            except queue.Empty:
                if time.monotonic() < self._deadline:
                    return None
                self.close()
                return Answer("limit")
            if message is None:
                self.close()
                raise NotConverged(
                    "selection.solver",
                    "The solver's process ended without an answer; try again, or with a "
                    "smaller model if memory is short.",
                )
            self._heard = True
            words = message.words
            if words["kind"] == "progress" and on_progress is not None:
                on_progress(words["bound"], words["value"])
            if words["kind"] == "answer":
                values = message.arrays.get("values")
                return Answer(words["status"], words["value"], words["bound"], values)

    def solve(self, program: Program, *, seconds: float, hint: Floats | None = None) -> Answer:
        """Hand over a program and wait for its answer, or for the limit."""
        self.begin(program, seconds=seconds, hint=hint)
        while (answer := self.poll(0.5)) is None:
            continue
        return answer

    def _start(self) -> None:
        self._heard = False
        self._messages = queue.SimpleQueue()
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter, words of our own
            [sys.executable, "-c", _CHILD, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        reader = threading.Thread(
            target=_read, args=(self._process, self._messages), name="solver", daemon=True
        )
        reader.start()


def _write(stream: IO[bytes], message: Message) -> None:
    """Hand a message over, however long the other side takes to read it."""
    # A process that has gone is noticed by its reader.
    with suppress(BrokenPipeError, ValueError):
        send(stream, message)


def _read(process: subprocess.Popen[bytes], messages: queue.SimpleQueue[Message | None]) -> None:
    """Pass on what the process says, then None."""
    stream = process.stdout
    assert stream is not None
    # It may be closed while it is read.
    with suppress(ValueError):
        while (message := receive(stream)) is not None:
            messages.put(message)
    messages.put(None)
