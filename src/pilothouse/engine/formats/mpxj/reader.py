# SPDX-License-Identifier: Apache-2.0
"""A file of another tool as a plan, by way of Microsoft Project XML."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.mpxj.converting import SECONDS, Converter, find_converter
from pilothouse.engine.formats.mspdi import Limits, read_mspdi
from pilothouse.engine.network.plan import Plan, PlanTask

MAX_BYTES = 50 * 1024 * 1024
_DEFAULT_LIMITS = Limits(bytes=4 * MAX_BYTES)
_DAY = 480
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def read_by_mpxj(
    source: BinaryIO,
    suffix: str,
    *,
    converter: Converter | None = None,
    seconds: float = SECONDS,
    limits: Limits = _DEFAULT_LIMITS,
) -> Plan:
    """Read a file that only MPXJ knows.

    Parameters
    ----------
    source : binary file
        Copied to a folder of its own, 50 MB at most.
    suffix : str
        Such as ``.mpp``; a hint for MPXJ, which looks at the content first.
    converter : Converter, optional
        Else what ``find_converter`` finds.
    seconds : float
        Of the clock for the conversion.
    limits : Limits
        Of the Microsoft Project XML in between.

    Returns
    -------
    Plan

    Raises
    ------
    FormatError
        Codes ``mpxj.*``, and ``mspdi.*`` where what MPXJ made of the file is no whole plan.

    Notes
    -----
    Starts a process, about a second for a small file. Deterministic.
    """
    converter = find_converter() if converter is None else converter
    with TemporaryDirectory(prefix="pilothouse-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        ending = suffix.lower() if _SUFFIX.fullmatch(suffix.lower()) else ""
        given, made = folder / f"given{ending}", folder / "made.xml"
        _copy(source, given)
        converter.convert(given, made, seconds=seconds)
        with made.open("rb") as file:
            plan = read_mspdi(file, limits=limits)
    said = ending.lstrip(".").upper() or "Other file"
    return replace(plan, tasks=_with_floats(plan), source=f"{said} by MPXJ")


def _with_floats(plan: Plan) -> tuple[PlanTask, ...]:
    """Stored floats in minutes: MPXJ writes them as days of eight hours, however long a day is."""
    if plan.minutes_per_day == _DAY:
        return plan.tasks

    def minutes(written: int | None) -> int | None:
        return None if written is None else round(written * plan.minutes_per_day / _DAY)

    return tuple(
        replace(
            task,
            stored=replace(
                task.stored,
                total_float_minutes=minutes(task.stored.total_float_minutes),
                free_float_minutes=minutes(task.stored.free_float_minutes),
            ),
        )
        for task in plan.tasks
    )


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(_Bounded(source), file)


class _Bounded:
    """A file that refuses to give more than may be read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._seen = source, 0

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._seen += len(block)
        if self._seen > MAX_BYTES:
            raise FormatError(
                "mpxj.too_large",
                f"The file is larger than {MAX_BYTES // 1024 // 1024} MB, the most that is read.",
            )
        return block
