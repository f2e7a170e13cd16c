# SPDX-License-Identifier: Apache-2.0
"""Small instances that several tests use, and a strategy for random ones."""

from hypothesis import strategies as st

from pilothouse.engine.levelling import make_instance

NAMES = "ABCDEF"


def oracle():
    """O-LEV-1: one resource of capacity 4."""
    durations = [3, 4, 2, 5, 3, 2]
    before = {"C": "A", "D": "A", "E": "B", "F": "CE"}
    links = [
        (NAMES.index(first), NAMES.index(task), durations[NAMES.index(first)])
        for task, those in before.items()
        for first in those
    ]
    return make_instance(durations, links, [[2], [3], [2], [1], [2], [3]], [4], names=list(NAMES))


@st.composite
def instances(draw, most=9, leads=True):
    """Networks with lags and leads, some release dates, capacities constant or in steps."""
    count = draw(st.integers(1, most))
    durations = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    resources = draw(st.integers(0, 3))
    capacity, most_units = [], []
    for _ in range(resources):
        last = draw(st.integers(1, 6))
        most_units.append(last)
        if draw(st.booleans()):
            capacity.append(last)
        else:
            early = draw(st.integers(0, last))
            capacity.append([(0, early), (draw(st.integers(1, 6)), last)])
    demand = [
        [draw(st.integers(0, most_units[row])) for row in range(resources)] for _ in range(count)
    ]
    # The numbers of tasks are no topological order.
    places = draw(st.permutations(range(count)))
    links = []
    for second in range(1, count):
        for first in draw(st.lists(st.integers(0, second - 1), max_size=2, unique=True)):
            task = places[first]
            lag = durations[task] + draw(st.integers(-3 if leads else 0, 3))
            links.append((task, places[second], lag))
    release = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    return make_instance(durations, links, demand, capacity, release=release)
