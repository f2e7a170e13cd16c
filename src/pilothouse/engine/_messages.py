# SPDX-License-Identifier: Apache-2.0
"""How words and arrays travel between this process and one of our own.

A message is one line of JSON, then the bytes of the arrays that the line names: nothing in it
can be anything but words, numbers and arrays of numbers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import IO, Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


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
        stream.write(np.ascontiguousarray(message.arrays[name]).data)
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """Read one message; None at the end of the stream, also where it ends inside one.

    ``stream`` is buffered; what was read may be written to.
    """
    assert isinstance(stream, BufferedIOBase)
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    words, told = json.loads(line)
    arrays: Arrays = {}
    for name, kind, length in told:
        array = arrays[name] = np.empty(length, dtype=kind)
        if array.nbytes and stream.readinto(array.data.cast("B")) < array.nbytes:
            return None
    return Message(words, arrays)
