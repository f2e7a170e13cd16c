# SPDX-License-Identifier: Apache-2.0
"""What the engine refuses, and why.

Every error has a stable ``code``, a sentence that says what is wrong, where and
what to do, and the uids concerned. The product maps codes, never texts.
"""

from __future__ import annotations

from collections.abc import Sequence


class EngineError(Exception):
    """A calculation that cannot be done on the input given.

    Parameters
    ----------
    code : str
        Stable dotted code such as ``schedule.cycle``.
    message : str
        One or two sentences for a person: what, where, what to do.
    places : sequence of str
        Names or numbers of the tasks, rows or elements concerned, in order.
    """

    def __init__(self, code: str, message: str, places: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.places = tuple(places)


class InvalidInput(EngineError):
    """A value is missing, malformed or out of its domain."""


class CycleFound(EngineError):
    """Tasks wait for each other in a circle."""


class Infeasible(EngineError):
    """No result satisfies all the conditions given."""


class NotConverged(EngineError):
    """An iteration ended at its limit without an answer."""


class FormatError(EngineError):
    """A file is not what it should be: wrong kind, damaged, hostile or out of limits."""
