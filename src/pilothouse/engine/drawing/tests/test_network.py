# SPDX-License-Identifier: Apache-2.0
"""The network diagram: layers, few crossings, nothing over anything else."""

from itertools import combinations, pairwise
from random import Random

import pytest

from pilothouse.engine.drawing import Group, Link, Node, Rect, Text, network
from pilothouse.engine.drawing.layers import layered
from pilothouse.engine.drawing.tests.shapes import flat, outside, texts


def random_network(seed, nodes, degree):
    luck = Random(seed)
    edges = set()
    for second in range(2, nodes + 1):
        for _ in range(luck.randint(0, degree)):
            edges.add((luck.randrange(max(1, second - 12), second), second))
    return list(range(1, nodes + 1)), sorted(edges)


def drawn(nodes, edges):
    boxes = [Node(key, f"Task {key}", ("2 Mar – 6 Mar", "Float 0 d")) for key in nodes]
    return network(boxes, [Link(a, b, "SS+2d") for a, b in edges], "Network")


def test_a_layer_is_the_longest_path_that_leads_there():
    places = layered([1, 2, 3, 4, 5], [(1, 2), (2, 4), (1, 3), (3, 4), (1, 4), (4, 5)])

    assert places.layer == {1: 0, 2: 1, 3: 1, 4: 2, 5: 3}
    assert len(places.ways[1, 4]) == 1
    assert places.ways[1, 2] == []


def test_two_chains_that_stand_crossed_are_put_in_order():
    places = layered([1, 2, 3, 4], [(1, 4), (2, 3)])

    assert places.crossings == 0
    assert (places.height[1] < places.height[2]) == (places.height[4] < places.height[3])


def crossings_of(places, edges):
    """Crossings counted pair by pair."""
    count = 0
    steps = []
    for a, b in edges:
        heights = [places.height[a], *places.ways[a, b], places.height[b]]
        for number, (one, other) in enumerate(pairwise(heights)):
            steps.append((places.layer[a] + number, one, other))
    for (l1, a1, b1), (l2, a2, b2) in combinations(steps, 2):
        count += l1 == l2 and (a1 - a2) * (b1 - b2) < 0
    return count


@pytest.mark.parametrize("seed", range(12))
def test_the_crossings_told_are_those_drawn(seed):
    nodes, edges = random_network(seed, 40, 2)

    places = layered(nodes, edges)

    assert crossings_of(places, edges) == places.crossings
    for first, second in edges:
        assert places.layer[first] < places.layer[second]


@pytest.mark.parametrize("seed", range(12))
def test_medians_cross_no_more_than_the_order_of_the_plan(seed, monkeypatch):
    nodes, edges = random_network(seed, 60, 2)
    swept = layered(nodes, edges).crossings

    monkeypatch.setattr("pilothouse.engine.drawing.layers.SWEEPS", 0)
    unswept = layered(nodes, edges).crossings

    assert swept <= unswept
    assert swept < unswept or unswept == 0


@pytest.mark.parametrize("seed", range(8))
def test_no_box_covers_another_one(seed):
    drawing = drawn(*random_network(seed, 80, 2))

    boxes = [shape.box for shape in flat(drawing.shapes) if isinstance(shape, Rect)]
    assert len(boxes) == 80
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart
    assert outside(drawing) == []


def test_a_line_begins_at_the_right_of_its_task_and_ends_at_the_left_of_the_next():
    drawing = drawn([1, 2], [(1, 2)])

    first, second = [s.shapes[0] for s in drawing.shapes if isinstance(s, Group)]
    line = drawing.shapes[0]
    assert line.points[0] == (first.x + first.width, first.y + first.height / 2)
    assert line.points[-1][1] == second.y + second.height / 2
    assert "SS+2d" in texts(drawing)


def test_a_ring_is_drawn_without_the_link_that_closes_it():
    places = layered([1, 2, 3], [(1, 2), (2, 3), (3, 1)])

    assert places.layer == {1: 0, 2: 1, 3: 2}
    assert (3, 1) not in places.ways


def test_names_stay_inside_their_boxes():
    drawing = network([Node(1, "M" * 200, ["W" * 100])], [], "")

    (box,) = [shape for shape in flat(drawing.shapes) if isinstance(shape, Rect)]
    for text in [shape for shape in flat(drawing.shapes) if isinstance(shape, Text)]:
        assert box.box[0] < text.box[0]
        assert text.box[2] < box.box[2]


def test_nothing_at_all_is_an_empty_sheet():
    assert network([], [], "").shapes == []


def test_the_same_network_is_drawn_alike():
    assert drawn(*random_network(5, 50, 3)).svg() == drawn(*random_network(5, 50, 3)).svg()
