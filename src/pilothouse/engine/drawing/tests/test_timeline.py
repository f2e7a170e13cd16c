# SPDX-License-Identifier: Apache-2.0
"""Many projects over time: what is drawn, what is left out, and what covers what."""

from datetime import date, timedelta
from random import Random

import pytest

from pilothouse.engine.drawing import (
    Band,
    Group,
    Milestone,
    Path,
    Rect,
    Row,
    Span,
    Style,
    Text,
    Tie,
    rows_only,
    timeline,
)
from pilothouse.engine.drawing.tests.shapes import covered, flat, outside, texts

DAY = date(2026, 1, 5)
YEAR = Span(date(2026, 1, 1), date(2026, 12, 31), "Projects")


def row(key, start=0, days=100, **values):
    bar = (DAY + timedelta(days=start), DAY + timedelta(days=start + days))
    known = {"note": "HARB · Quays", "colour": "green", "bar": bar, "approved": bar}
    return Row(key, f"Project {key}", **{**known, **values})


def drawn(shapes, style):
    return [s for s in flat(shapes) if getattr(s, "style", None) is style]


@pytest.mark.parametrize("seed", range(15))
def test_no_name_of_a_milestone_covers_another_one(seed):
    luck = Random(seed)
    points = [
        Milestone(
            DAY + timedelta(days=luck.randrange(360)), "Depth confirmed " * luck.randint(1, 3)
        )
        for _ in range(14)
    ]

    drawing = timeline([Band("", [row(1, milestones=points, slip="+12 d")])], [], YEAR)

    names = [s for s in flat(drawing.shapes) if isinstance(s, Text)]
    boxes = [text.box for text in names]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0]
            assert apart or one[3] <= other[1] or other[3] <= one[1]
    assert outside(drawing) == []
    assert len(drawn(drawing.shapes, Style.MILESTONE)) == 14


def test_what_lies_outside_of_the_days_is_left_out_or_ends_at_the_edge():
    before = row(1, start=-400, days=50)
    across = row(2, start=-400, days=900)

    drawing = timeline([Band("", [before, across])], [], YEAR)

    (bar,) = drawn(drawing.shapes, Style.BAR_GREEN)
    assert (bar.x, bar.x + bar.width) == (250, 1180 - 64)


@pytest.mark.parametrize("colour", ["green", "amber", "red", ""])
def test_a_tie_leads_from_the_day_given_to_the_day_needed_in_its_colour(colour):
    tie = Tie(1, date(2026, 3, 2), 2, date(2026, 6, 1), colour)

    drawing = timeline([Band("", [row(1), row(2)])], [tie], YEAR)

    style = Style(f"link-{colour or 'grey'}")
    lines = [s for s in drawn(drawing.shapes, style) if isinstance(s, Path)]
    assert lines[0].points[0][0] < lines[0].points[-1][0]
    assert lines[0].points[0][1] < lines[0].points[-1][1]


def test_a_tie_to_a_row_that_is_not_drawn_is_left_out():
    tie = Tie(1, DAY, 9, DAY, "red")

    drawing = timeline([Band("", [row(1)])], [tie], YEAR)

    assert drawn(drawing.shapes, Style.LINK_RED) == []


def test_bands_have_their_name_above_their_rows():
    drawing = timeline([Band("Quays", [row(1)]), Band("Locks", [row(2)])], [], YEAR)

    told = {s.text: s.y for s in flat(drawing.shapes) if isinstance(s, Text)}
    assert told["Quays"] < told["Project 1"] < told["Locks"] < told["Project 2"]
    assert [
        len(b.rows) for b in rows_only([Band("a", [row(1), row(2)]), Band("b", [row(3)])], 1)
    ] == [1]


@pytest.mark.parametrize("colour", ["green", "amber", "red", "grey"])
def test_every_status_is_told_by_shape_and_letter(colour):
    drawing = timeline([Band("", [row(1, colour=colour)])], [], YEAR)

    letter = {"green": "G", "amber": "A", "red": "R", "grey": ""}[colour]
    assert (letter in texts(drawing)) == bool(letter)
    assert drawn(drawing.shapes, Style(f"mark-{colour}"))


def test_a_project_without_dates_has_its_name_alone():
    drawing = timeline([Band("", [row(1, bar=None, approved=None, slip="+3 d")])], [], YEAR)

    assert "Project 1" in texts(drawing)
    assert "+3 d" not in texts(drawing)
    assert [s for s in flat(drawing.shapes) if isinstance(s, Rect) and s.style is Style.BASE] == []
    assert any(isinstance(shape, Group) for shape in drawing.shapes)
    assert covered(drawing) == []
