# SPDX-License-Identifier: Apache-2.0
"""The process that schedules arrays for one without the compiler: ``apart`` starts and asks it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pilothouse.engine._messages import Arrays, Message, receive, send
from pilothouse.engine.calendars.kernels import HEADS
from pilothouse.engine.calendars.tables import Book
from pilothouse.engine.errors import EngineError
from pilothouse.engine.network.plan import CriticalKind, FloatKind, LagOrigin, ProgressMode
from pilothouse.engine.network.topology import Topology, build_topology
from pilothouse.engine.schedule.apart import PARTS
from pilothouse.engine.schedule.arrays import ScheduleColumns, attempt
from pilothouse.engine.schedule.options import Dialect
from pilothouse.engine.schedule.schedule import warm

IDLE_SECONDS = 900.0
"""It ends after so long without a question: it holds 150 MB."""
_WORDS: dict[str, Callable[[Any], Any]] = {
    "dialect": Dialect,
    "progress_mode": ProgressMode,
    "start_lag_from": LagOrigin,
    "total_float": FloatKind,
    "critical_by": CriticalKind,
}


def main() -> None:
    """Answer questions until the other side closes the pipe, or asks nothing for long."""
    # Native code prints to standard output; messages keep it for themselves.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    warm()
    send(out, Message({"kind": "ready"}))
    last = [time.monotonic()]
    threading.Thread(target=_watch, args=(last,), daemon=True).start()
    answerer = Answerer()
    while (question := receive(sys.stdin.buffer)) is not None:
        last[0] = time.monotonic()
        send(out, answerer.answer(question))


def _watch(last: list[float]) -> None:
    while time.monotonic() < last[0] + IDLE_SECONDS:
        time.sleep(IDLE_SECONDS / 30)
    os._exit(0)


class Answerer:
    """Schedules what it is sent; topology and calendars stay until others come."""

    def __init__(self) -> None:
        self._shape: Topology | None = None
        self._book: Book | None = None

    def answer(self, question: Message) -> Message:
        """A topology, or dates, or where the calendars must reach further, or a refusal."""
        words, arrays = dict(question.words), dict(question.arrays)
        try:
            if words.pop("kind") == "topology":
                return self._topology(arrays)
            return self._dates(words, arrays)
        except EngineError as error:
            self._shape = self._book = None
            return Message({"kind": "refused", "message": error.message})

    def _topology(self, arrays: Arrays) -> Message:
        self._shape = build_topology(arrays["parent"], arrays["predecessor"], arrays["successor"])
        return Message({"kind": "topology"}, dict(self._shape._asdict()))

    def _dates(self, words: dict[str, Any], arrays: dict[str, Any]) -> Message:
        parts = {name: arrays.pop(f"shape.{name}", None) for name in Topology._fields}
        if parts["parent"] is not None:
            self._shape = Topology(**parts)
        self._book = arrays.pop("book", self._book)
        assert self._shape is not None and self._book is not None
        calendars = words.pop("calendars")
        self._book[:HEADS] = 0
        found = attempt(self._shape, _columns(words, arrays), calendars, self._book)
        if found is None:
            return Message({"kind": "wider"}, {"head": self._book[:HEADS].copy()})
        told: Arrays = {
            name: np.asarray(getattr(found, name, getattr(found.shown, name, None)))
            for name in PARTS
        }
        return Message({"kind": "dates", "begin": int(found.begin), "end": int(found.end)}, told)


def _columns(words: dict[str, Any], arrays: dict[str, Any]) -> ScheduleColumns:
    chosen = {name: _WORDS.get(name, _same)(value) for name, value in words.items()}
    return ScheduleColumns(**chosen, **arrays)


def _same(value: Any) -> Any:
    return value
