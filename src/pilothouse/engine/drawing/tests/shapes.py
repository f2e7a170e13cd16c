# SPDX-License-Identifier: Apache-2.0
"""Reading a drawing back: what lies where, and what covers what."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from pilothouse.engine.drawing import Drawing, Group, Path, Rect, Shape, Shifted, Style, Text

LINES = {Style.GRID, Style.GRID_STRONG, Style.TODAY, Style.STATUS}
BEHIND = {Style.STRIPE, Style.CLOSED, Style.PAPER}


def flat(shapes: Iterable[Shape]) -> Iterator[Shape]:
    for shape in shapes:
        if isinstance(shape, Group | Shifted):
            yield from flat(shape.shapes)
        else:
            yield shape


def texts(drawing: Drawing) -> list[str]:
    return [shape.text for shape in flat(drawing.shapes) if isinstance(shape, Text)]


def box(shape: Shape) -> tuple[float, float, float, float]:
    if isinstance(shape, Path):
        xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
        return min(xs), min(ys), max(xs), max(ys)
    assert isinstance(shape, Rect | Text)
    return shape.box


def solid(shape: Shape) -> bool:
    if isinstance(shape, Path):
        return shape.closed
    return isinstance(shape, Text) or (isinstance(shape, Rect) and shape.style not in BEHIND)


def covered(drawing: Drawing) -> list[tuple[Shape, Shape]]:
    """Pairs of solid shapes of different groups, or alone, that lie over each other."""
    parts: list[tuple[int, Shape]] = []
    for number, shape in enumerate(drawing.shapes):
        inner = flat([shape]) if isinstance(shape, Group) else [shape]
        parts += [(number, one) for one in inner if solid(one)]
    found = []
    for (a, one), (b, other) in combinations(parts, 2):
        if a == b:
            continue
        x, y = box(one), box(other)
        if x[0] < y[2] - 0.5 and y[0] < x[2] - 0.5 and x[1] < y[3] - 0.5 and y[1] < x[3] - 0.5:
            found.append((one, other))
    return found


def outside(drawing: Drawing) -> list[Shape]:
    """Solid shapes that lie beyond the sheet."""
    return [
        shape
        for shape in flat(drawing.shapes)
        if solid(shape)
        and not (
            box(shape)[0] >= -0.5
            and box(shape)[2] <= drawing.width + 0.5
            and box(shape)[1] >= -0.5
            and box(shape)[3] <= drawing.height + 0.5
        )
    ]
