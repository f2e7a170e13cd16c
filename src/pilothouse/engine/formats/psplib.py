# SPDX-License-Identifier: Apache-2.0
"""Reader of PSPLIB's single-mode format (``.sm``): sections with headings and tables."""

from __future__ import annotations

import re
from typing import BinaryIO

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.rcpsp import (
    MOST_RESOURCES,
    MOST_TASKS,
    Numbers,
    numbered,
    only_renewable,
    read_text,
    single_mode,
)
from pilothouse.engine.levelling.instance import Instance, make_instance

_FIELD = re.compile(r"^[\s-]*(jobs|renewable|nonrenewable|doubly constrained)\b[^:]*:\s*(\S+)")
_HEADS = {"PRECEDENCE RELATIONS": 1, "REQUESTS/DURATIONS": 2, "RESOURCEAVAILABILITIES": 1}
"""Sections, and how many lines of each are headings of its columns."""


def read_psplib(source: BinaryIO) -> Instance:
    """Read a single-mode problem of PSPLIB.

    Parameters
    ----------
    source : binary file

    Returns
    -------
    Instance
        Tasks named by their numbers in the file, from 1, the dummies at both ends included.

    Raises
    ------
    FormatError
        ``rcpsp.*`` with line and reason.
    InvalidInput
        ``levelling.*`` where the numbers make no problem.

    References
    ----------
    R. Kolisch, A. Sprecher, PSPLIB - A project scheduling library, European Journal of
    Operational Research 96 (1996).
    """
    fields, sections = _split(read_text(source))
    count = _field(fields, "jobs", 1, MOST_TASKS)
    resources = _field(fields, "renewable", 0, MOST_RESOURCES)
    for kind in ("nonrenewable", "doubly constrained"):
        if kind in fields and _field(fields, kind, 0, MOST_RESOURCES):
            raise only_renewable(fields[kind][0])
    after = _successors(_section(sections, "PRECEDENCE RELATIONS"), count)
    durations, demand = _requests(_section(sections, "REQUESTS/DURATIONS"), count, resources)
    numbers = _section(sections, "RESOURCEAVAILABILITIES")
    capacity = numbers.many(resources, "a capacity")
    numbers.end()
    links = [(task, other, durations[task]) for task in range(count) for other in after[task]]
    names = [str(number + 1) for number in range(count)]
    return make_instance(durations, links, demand, capacity, names=names)


Lines = list[tuple[int, str]]


def _split(text: str) -> tuple[dict[str, tuple[int, str]], dict[str, Lines]]:
    """The fields of the head, and the lines of each section without lines and headings."""
    fields: dict[str, tuple[int, str]] = {}
    sections: dict[str, Lines] = {}
    current: Lines | None = None
    skip = 0
    for line, row in numbered(text):
        head = next((name for name in _HEADS if row.startswith(name)), None)
        if head is not None:
            current, skip = sections.setdefault(head, []), _HEADS[head]
        elif row.startswith("****"):
            continue
        elif current is None:
            if found := _FIELD.match(row):
                fields[found[1]] = (line, found[2])
        elif skip:
            skip -= 1
        else:
            current.append((line, row))
    return fields, sections


def _field(fields: dict[str, tuple[int, str]], name: str, least: int, most: int) -> int:
    if name not in fields:
        raise FormatError(
            "rcpsp.section", f"The file has no line ‘{name}’; it is no problem of PSPLIB.", (name,)
        )
    line, word = fields[name]
    numbers = Numbers(iter([(line, word)]))
    return numbers.next(f"the number of {name}", least, most)


def _section(sections: dict[str, Lines], name: str) -> Numbers:
    if name not in sections:
        raise FormatError(
            "rcpsp.section",
            f"The file has no section ‘{name}’; it is no problem of PSPLIB.",
            (name,),
        )
    return Numbers(iter(sections[name]))


def _successors(numbers: Numbers, count: int) -> list[list[int]]:
    found = []
    for task in range(1, count + 1):
        numbers.next("the number of the task", task, task)
        single_mode(numbers, "the number of modes")
        after = numbers.next("the number of successors", 0, count)
        found.append([other - 1 for other in numbers.many(after, "a successor", 1, count)])
    numbers.end()
    return found


def _requests(numbers: Numbers, count: int, resources: int) -> tuple[list[int], list[list[int]]]:
    durations, demand = [], []
    for task in range(1, count + 1):
        numbers.next("the number of the task", task, task)
        single_mode(numbers, "the mode")
        durations.append(numbers.next("a duration"))
        demand.append(numbers.many(resources, "a demand"))
    numbers.end()
    return durations, demand
