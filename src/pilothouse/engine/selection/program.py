# SPDX-License-Identifier: Apache-2.0
"""Mixed-integer programs, and how they travel to the solver's process and back.

A message is one line of JSON, then the bytes of the arrays that the line names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Arrays = dict[str, npt.NDArray[Any]]


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


@dataclass(frozen=True, slots=True)
class Message:
    """Words and arrays between the two processes."""

    words: dict[str, Any]
    arrays: Arrays = field(default_factory=dict)


def send(stream: IO[bytes], message: Message) -> None:
    """Write one message and flush."""
    told = [
        (name, array.dtype.str, array.shape[0]) for name, array in sorted(message.arrays.items())
    ]
    stream.write(json.dumps([message.words, told]).encode() + b"\n")
    for name, _, _ in told:
        stream.write(np.ascontiguousarray(message.arrays[name]).tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read one message; None at the end of the stream, also where it ends inside one."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    words, told = json.loads(line)
    arrays: Arrays = {}
    for name, kind, length in told:
        size = np.dtype(kind).itemsize * length
        data = stream.read(size)
        if len(data) < size:
            return None
        arrays[name] = np.frombuffer(data, dtype=kind)
    return Message(words, arrays)
