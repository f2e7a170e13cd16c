# SPDX-License-Identifier: Apache-2.0
"""The passes over the arrays in a process apart, for one that must not hold the compiler.

One process for all plans, started when the first large plan is scheduled. It keeps no plan: each
question brings its arrays, only calendars and topology stay as long as they do not change. Where
it is not there yet, busy, slow or dead, nothing is said, and whoever asked calculates by itself:
the same functions over the same arrays, so the same dates (docs/adr/0026).
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import numpy as np

from pilothouse.engine._compile import is_kept
from pilothouse.engine._messages import Arrays, Message, receive, send
from pilothouse.engine.calendars.kernels import FAR, HEADS
from pilothouse.engine.calendars.tables import Book, CalendarTables
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import Outline
from pilothouse.engine.network.plan import Link
from pilothouse.engine.network.topology import Topology, topology_of
from pilothouse.engine.schedule.arrays import (
    Ints,
    ScheduleArrays,
    ScheduleColumns,
    Shown,
    named_in,
)
from pilothouse.engine.schedule.schedule import is_apart

LEAST_ROWS = 500
"""Smaller plans are scheduled sooner than they are told to another process."""
ANSWER_SECONDS = 3.0
"""How long an answer may take; one over 100,000 rows takes a tenth of it."""
WAIT_SECONDS = 0.25
"""How long to wait for the answer to somebody else."""
AGAIN_SECONDS = 60.0
"""How soon it is tried again after it could not be started, or died."""
_Answer = TypeVar("_Answer")
PROGRAM = (
    "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); "
    "from pilothouse.engine.schedule.apart_child import main; main()"
)
_WHOLE = tuple(item.name for item in fields(ScheduleArrays) if item.name not in ("shown", "passes"))
_NUMBERS = ("begin", "end")
PARTS = (*(name for name in _WHOLE if name not in _NUMBERS), *Shown._fields)
"""The arrays of an answer."""


class _Gone(Exception):
    """The process does not answer."""


class Apart:
    """The process seen from here; several threads may ask, one at a time is answered.

    Parameters
    ----------
    least_rows : int
    program : str
        What the process runs; ``sys.path`` of this one is its argument.
    """

    def __init__(self, least_rows: int = LEAST_ROWS, program: str = PROGRAM) -> None:
        self._least_rows = least_rows
        self._program = program
        self._busy = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._questions: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._ready = False
        self._not_before = 0.0
        self._told: list[object] = [None, None]

    def schedule(
        self, shape: Topology, calendars: CalendarTables, columns: ScheduleColumns
    ) -> ScheduleArrays | None:
        """As ``schedule_arrays``; None where it is to be called here."""
        return self._may(len(shape.parent), lambda: self._asked(shape, calendars, columns))

    def topology(
        self, parent: Sequence[int], predecessor: Sequence[int], successor: Sequence[int]
    ) -> Topology | None:
        """As ``build_topology``; None where it is to be called here."""
        arrays: Arrays = {
            "parent": np.array(parent, np.int32),
            "predecessor": np.array(predecessor, np.int32),
            "successor": np.array(successor, np.int32),
        }

        def ask() -> Topology:
            answer = self._answer(Message({"kind": "topology"}, arrays))
            shape = Topology(**{name: answer.arrays[name] for name in Topology._fields})
            self._told[0] = shape
            return shape

        return self._may(len(parent), ask)

    def _may(self, rows: int, ask: Callable[[], _Answer]) -> _Answer | None:
        """Ask if there is somebody to ask and it is worth it; None where nothing is said."""
        if rows < self._least_rows or not self._busy.acquire(timeout=WAIT_SECONDS):
            return None
        try:
            return ask() if self._is_ready() else None
        except InvalidInput:
            # Whoever calculates by itself meets the same, and knows what the task is called.
            return None
        except _Gone:
            self._end()
            return None
        finally:
            self._busy.release()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process; the next large plan starts another."""
        with self._busy:
            self._end()
            self._not_before = 0.0

    def wait(self, seconds: float) -> bool:
        """Start the process and wait until it answers; whether it does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._busy:
                if self._is_ready():
                    return True
                if self._process is None:
                    return False
            time.sleep(0.05)
        return False

    def _is_ready(self) -> bool:
        """Whether it can be asked; starts it where that may be."""
        process = self._process
        if process is not None and process.poll() is not None:
            # After a while without questions it ends by itself.
            self._end(again=0.0 if self._ready else AGAIN_SECONDS)
            process = None
        if process is None:
            self._start()
            return False
        if not self._ready:
            with suppress(queue.Empty):
                self._ready = self._answers.get_nowait() is not None
        return self._ready

    def _start(self) -> None:
        now = time.monotonic()
        if now < self._not_before:
            return
        self._not_before = now + AGAIN_SECONDS
        if not is_kept():
            return
        self._questions, self._answers = queue.SimpleQueue(), queue.SimpleQueue()
        self._told = [None, None]
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter, words of our own
            [sys.executable, "-c", self._program, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(
            target=_converse,
            args=(self._process, self._questions, self._answers),
            name="schedule-apart",
            daemon=True,
        ).start()

    def _end(self, again: float = AGAIN_SECONDS) -> None:
        process, self._process = self._process, None
        self._ready = False
        self._not_before = time.monotonic() + again
        self._questions.put(None)
        if process is not None:
            process.kill()
            process.wait()

    def _asked(
        self, shape: Topology, calendars: CalendarTables, columns: ScheduleColumns
    ) -> ScheduleArrays | None:
        found: list[ScheduleArrays | None] = [None]
        words, arrays = _columns_told(columns)
        words |= {"kind": "dates", "calendars": len(calendars.calendars)}

        def step(book: Book) -> None:
            found[0] = self._ask(shape, book, words, arrays)

        calendars.run(*named_in(columns, _extent), step)
        return found[0]

    def _ask(
        self, shape: Topology, book: Book, words: dict[str, object], arrays: Arrays
    ) -> ScheduleArrays | None:
        """Ask over one book; where it does not hold enough, its head says so."""
        arrays = dict(arrays)
        if self._told[0] is not shape:
            arrays |= {f"shape.{name}": part for name, part in shape._asdict().items()}
        if self._told[1] is not book:
            arrays["book"] = book
        answer = self._answer(Message(words, arrays))
        self._told = [shape, book]
        if answer.words["kind"] == "wider":
            book[:HEADS] = answer.arrays["head"]
            return None
        return _found(answer)

    def _answer(self, question: Message) -> Message:
        self._questions.put(question)
        try:
            answer = self._answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise _Gone from None
        if answer is None:
            raise _Gone
        if answer.words["kind"] == "refused":
            self._told = [None, None]
            raise InvalidInput("schedule.columns", str(answer.words["message"]))
        return answer


def _converse(
    process: subprocess.Popen[bytes],
    questions: queue.SimpleQueue[Message | None],
    answers: queue.SimpleQueue[Message | None],
) -> None:
    """Hand over one question after the other, and their answers; then None."""
    assert process.stdin is not None and process.stdout is not None
    # A process that is gone is noticed by its silence.
    with suppress(OSError, ValueError), process.stdin, process.stdout:
        answers.put(receive(process.stdout))
        while (question := questions.get()) is not None:
            send(process.stdin, question)
            answers.put(receive(process.stdout))
    answers.put(None)


def _columns_told(columns: ScheduleColumns) -> tuple[dict[str, object], Arrays]:
    words: dict[str, object] = {}
    arrays: Arrays = {}
    for item in fields(ScheduleColumns):
        value = getattr(columns, item.name)
        if isinstance(value, np.ndarray):
            arrays[item.name] = value
        elif value is not None:
            words[item.name] = value
    return words, arrays


def _found(answer: Message) -> ScheduleArrays:
    parts: dict[str, Any] = {
        **{name: answer.arrays[name] for name in _WHOLE if name not in _NUMBERS},
        **{name: answer.words[name] for name in _NUMBERS},
    }
    shown = Shown(*(answer.arrays[name] for name in Shown._fields))
    return ScheduleArrays(**parts, shown=shown, passes=None)


def _extent(values: Ints) -> tuple[int, int]:
    """As the kernel of this name, which takes longer where there is no compiler."""
    known = values[values >= 0]
    return (int(known.min()), int(known.max())) if len(known) else (FAR, -FAR)


@cache
def the_process() -> Apart:
    """The one process of this server."""
    return Apart()


def apart(
    shape: Topology, calendars: CalendarTables, columns: ScheduleColumns
) -> ScheduleArrays | None:
    """As ``schedule_arrays`` where somebody wanted it apart and it can be had; else None."""
    return the_process().schedule(shape, calendars, columns) if is_apart() else None


def shape_of(outline: Outline, links: Sequence[Link]) -> Topology:
    """As ``topology_of``, apart where that can be had.

    Raises
    ------
    CycleFound
        ``schedule.cycle``.
    """
    if is_apart():
        index = outline.index
        found = the_process().topology(
            outline.parent,
            [index[link.predecessor] for link in links],
            [index[link.successor] for link in links],
        )
        if found is not None:
            return found
    return topology_of(outline, links)
