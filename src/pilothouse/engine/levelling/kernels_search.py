# SPDX-License-Identifier: Apache-2.0
"""The evolutionary search: schedules are crossed, decoded and justified."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine._compile import kernel
from pilothouse.engine.levelling.kernels import improve, list_by, parallel, serial, sort_by
from pilothouse.engine.levelling.problem import Problem

IntArray = NDArray[np.int64]

DRAWN, MADE, BEST, FILLED, LOW, LEAD, SINCE = 0, 1, 2, 3, 4, 5, 6
"""Counters: numbers drawn, schedules generated, row of the best, rows filled; the first of the rows
that are crossed with one another now, the row of the best of these, and how many schedules were
generated when that best or those rows last changed."""
COUNTERS = 7
MIXED = 30
"""Children in a hundred that take each task from either parent."""
SHORT, LONG = 18, 45
"""A window of time is as long as so many tasks, of 120 at least, have on average, up to so many
hundredths of the makespan; short ones are more frequent."""
SHIFTED = 5
"""Tasks in a thousand that are shifted."""
HOPELESS, SPARE = 1030, 5
"""A child longer than so many thousandths of its worse parent and so many periods more is given up
at once."""
ROUNDS = 2
"""Schedules made from rules for each that is kept."""
NOISE = 20
"""Hundredths of the range of a rule by which a task is shifted at most."""
APART = 42
"""Thousandths of the critical path by which projects follow one another, where they do not begin
together; twice and four times as many as well."""


class Population(NamedTuple):
    """Rows of starts with their makespans, and room to work in."""

    starts: IntArray
    makespan: IntArray
    worth: IntArray
    """What rows are compared by, less is better: the makespans themselves, or what matters more."""
    counters: IntArray
    free: IntArray
    child: IntArray
    keys: IntArray
    order: IntArray
    work: IntArray
    spare: IntArray
    load: IntArray
    """Work of each task: duration times the share of capacity that it takes, in thousandths."""
    profile: IntArray
    project: IntArray
    """Which project each task belongs to, from 0."""
    turn: IntArray
    """The place of each project in the order that was drawn last."""


@kernel
def draw(counters: IntArray, seed: int, below: int) -> int:
    """A number from 0 to ``below`` - 1: a hash of the seed and of how many were drawn."""
    counters[DRAWN] += 1
    number: int = counters[DRAWN] & 0xFFFFFFFF
    number = ((number >> 16) ^ number ^ seed) * 0x45D9F3B & 0xFFFFFFFF
    number = ((number >> 16) ^ number) * 0x45D9F3B & 0xFFFFFFFF
    number = (number >> 16) ^ number ^ (counters[DRAWN] >> 32)
    return (number * below) >> 32


@kernel
def disturb(people: Population, rule: IntArray, seed: int, noise: int, apart: int) -> None:
    """Keys of a rule with some noise; projects in an order that is drawn, each so far apart."""
    counters, keys, turn = people.counters, people.keys, people.turn
    keys[:] = rule
    reach = (keys.max() - keys.min()) * noise // 100
    for place in range(len(turn)):
        other = draw(counters, seed, place + 1)
        turn[place], turn[other] = turn[other], turn[place]
    for task in range(len(keys)):
        keys[task] += draw(counters, seed, reach + 1) + turn[people.project[task]] * apart


@kernel
def populate(
    problem: Problem, people: Population, rules: IntArray, seed: int, size: int, tries: int
) -> None:
    """Make justified schedules of disturbed rules by both schemes, and keep the shortest.

    First each rule as it is; then with noise and, where there are several projects, with these
    together and at three distances, by turns.
    """
    counters = people.counters
    limit = people.free.shape[1]
    path = rules[0].max() - rules[0].min()
    projects = len(people.turn)
    for attempt in range(tries):
        if counters[FILLED] == size and attempt >= size * ROUNDS:
            return
        turn, rule = attempt // len(rules), attempt % len(rules)
        apart, noise = 0, 0
        if turn >= 2:
            noise = draw(counters, seed, NOISE + 1)
            if projects > 1 and turn % 8 >= 2:
                apart = min(path * APART << (turn % 8 // 2 - 1), 2000 * limit // projects) // 1000
        disturb(people, rules[rule], seed, noise, apart)
        if turn % 2 == 0:
            list_by(problem, people.keys, people.order, people.work)
            found = serial(problem, people.order, people.free, people.child, limit)
        else:
            sort_by(people.keys, people.order, people.work)
            found = parallel(problem, people.order, people.free, people.child, limit)
        counters[MADE] += 1
        if found < 0:
            continue
        found, more = improve(
            problem,
            people.child,
            found,
            people.free,
            people.keys,
            people.order,
            people.work,
            people.spare,
        )
        counters[MADE] += more
        admit(people, found, size)


@kernel
def admit(people: Population, found: int, size: int) -> None:
    """Keep a child where there is room, else in place of the longest if that is longer."""
    counters, makespan = people.counters, people.makespan
    row = counters[FILLED]
    if row < size:
        counters[FILLED] += 1
    else:
        row = counters[LOW]
        for other in range(counters[LOW], size):
            if makespan[other] >= makespan[row]:
                row = other
        if found >= makespan[row]:
            return
    people.starts[row] = people.child
    makespan[row] = found
    if found < makespan[counters[BEST]]:
        counters[BEST] = row
    if row == counters[LOW] or found < makespan[counters[LEAD]]:
        counters[LEAD] = row


@kernel
def mix(people: Population, seed: int, first: int, second: int) -> None:
    """Keys of a child: each task as in either parent."""
    for task in range(len(people.keys)):
        row = first if draw(people.counters, seed, 2) == 0 else second
        people.keys[task] = people.starts[row, task]


@kernel
def cross(people: Population, seed: int, first: int, second: int) -> None:
    """Keys of a child: a window of time as in the first parent, all else as in the second."""
    counters, keys = people.counters, people.keys
    mother, father = people.starts[first], people.starts[second]
    makespan = people.makespan[first]
    least = makespan * SHORT // max(120, len(keys))
    more = makespan * LONG // 100 - least
    more = more * draw(counters, seed, 1000) * draw(counters, seed, 1000) // 1_000_000
    length = 1 + least + more
    begin = densest(people, seed, first, length)
    end = begin + length
    apart = 2 * makespan
    for task in range(len(keys)):
        if begin <= mother[task] < end:
            keys[task] = mother[task]
        elif father[task] < begin:
            keys[task] = father[task] - apart
        else:
            keys[task] = father[task] + apart


@kernel
def densest(people: Population, seed: int, row: int, length: int) -> int:
    """Of three windows drawn, the one that holds the most work in a schedule."""
    starts, makespan = people.starts[row], people.makespan[row]
    profile = people.profile
    for period in range(makespan + 2):
        profile[period] = 0
    for task in range(len(starts)):
        profile[starts[task]] += people.load[task]
    chosen, most = 0, -1
    for period in range(makespan):
        profile[period + 1] += profile[period]
    for _ in range(3):
        begin = draw(people.counters, seed, max(1, makespan - length + 1))
        inside = profile[min(begin + length, makespan) - 1]
        if begin > 0:
            inside -= profile[begin - 1]
        if inside > most:
            chosen, most = begin, inside
    return chosen


@kernel
def shift_some(people: Population, seed: int, rate: int, reach: int) -> None:
    """Move the keys of about ``rate`` in a thousand tasks by up to ``reach``."""
    for task in range(len(people.keys)):
        if draw(people.counters, seed, 1000) < rate:
            people.keys[task] += draw(people.counters, seed, 2 * reach + 1) - reach


@kernel
def breed(people: Population, seed: int) -> tuple[int, int]:
    """Keys of a child, and the rows of its parents: the better of two drawn, and another."""
    counters, makespan = people.counters, people.makespan
    low = counters[LOW]
    size = counters[FILLED] - low
    first = low + draw(counters, seed, size)
    other = low + draw(counters, seed, size)
    if people.worth[other] < people.worth[first]:
        first = other
    second = low + draw(counters, seed, size)
    if second == first:
        second = low + (second - low + 1) % size
    if draw(counters, seed, 100) < MIXED:
        mix(people, seed, first, second)
    else:
        cross(people, seed, first, second)
    shift_some(people, seed, SHIFTED, 1 + makespan[first] // 10)
    return first, second


@kernel
def evolve(
    problem: Problem, people: Population, seed: int, until: int, goal: int, patience: int
) -> bool:
    """Cross and select until so many schedules are generated or the goal is met.

    True where it ends before that because so many schedules brought nothing better.
    """
    counters, makespan = people.counters, people.makespan
    while counters[MADE] < until and makespan[counters[BEST]] > goal:
        if counters[MADE] - counters[SINCE] >= patience:
            return True
        first, second = breed(people, seed)
        list_by(problem, people.keys, people.order, people.work)
        counters[MADE] += 1
        longest = HOPELESS * max(makespan[first], makespan[second]) // 1000 + SPARE
        longest = min(longest, people.free.shape[1])
        found = serial(problem, people.order, people.free, people.child, longest)
        if found < 0:
            continue
        found, more = improve(
            problem,
            people.child,
            found,
            people.free,
            people.keys,
            people.order,
            people.work,
            people.spare,
        )
        counters[MADE] += more
        replace(people, found, found, first, second)
    return False


@kernel
def same(first: IntArray, second: IntArray) -> bool:
    """Whether two rows are equal."""
    different = 0
    for task in range(len(first)):
        different += first[task] != second[task]
    return different == 0


@kernel
def replace(people: Population, found: int, worth: int, first: int, second: int) -> None:
    """The child takes the place of its worse parent if it is no worse and new."""
    counters, worths = people.counters, people.worth
    worse = second if worths[second] >= worths[first] else first
    if worth > worths[worse]:
        return
    for row in range(counters[LOW], counters[FILLED]):
        if worths[row] == worth and same(people.starts[row], people.child):
            return
    people.starts[worse] = people.child
    people.makespan[worse] = found
    worths[worse] = worth
    if worth < worths[counters[BEST]]:
        counters[BEST] = worse
    if worth < worths[counters[LEAD]]:
        counters[LEAD] = worse
        counters[SINCE] = counters[MADE]
