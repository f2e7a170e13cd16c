# SPDX-License-Identifier: Apache-2.0
"""A roadmap: nothing covers anything, the time is written as fits, one page is one page."""

import itertools
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from random import Random

import pytest

from pilothouse.engine.drawing import (
    Bar,
    Group,
    Heading,
    Lane,
    Look,
    Mark,
    Milestone,
    Rect,
    Scale,
    Style,
    Text,
    Unit,
    Words,
    fitted,
    headed,
    roadmap,
)
from pilothouse.engine.drawing.lanes import GUTTER, WIDTH
from pilothouse.engine.drawing.scale import axis
from pilothouse.engine.drawing.tests.shapes import covered, flat, outside, texts

DAY = date(2026, 3, 2)
A4 = 190 / 277
LOOK = Look("Roadmap of the harbour")
WORDS = [
    "Quay",
    "wall",
    "piles",
    "anchors",
    "dredging",
    "of",
    "the",
    "berth",
    "fenders",
    "permits",
    "crane",
    "rail",
]


def today(day: date, words: str = "Today") -> Mark:
    return Mark(day, words, Style.TODAY, Style.TEXT_TODAY)


def crowded(seed: int, lanes: int, each: int) -> list[Lane]:
    luck = Random(seed)
    made = []
    for number in range(lanes):
        bars, points = [], []
        for _ in range(each):
            start = DAY + timedelta(days=luck.randrange(900))
            name = " ".join(luck.sample(WORDS, luck.randint(1, 7)))
            base = start + timedelta(days=luck.randrange(-40, 40))
            bars.append(
                Bar(
                    start,
                    start + timedelta(days=luck.randrange(300)),
                    name,
                    luck.random(),
                    luck.random() < 0.3,
                    (base, base + timedelta(days=luck.randrange(200))),
                )
            )
            points.append(Milestone(start, name, "Piet Example", baseline=base))
        made.append(Lane(f"Workstream {number} with a long name", "Ada", bars, points))
    return made


@pytest.mark.parametrize("seed", range(25))
def test_no_name_bar_or_milestone_covers_another_one(seed):
    luck = Random(seed)
    marks = [today(DAY + timedelta(days=luck.randrange(900)), word) for word in ("Today", "Status")]

    drawing = roadmap(crowded(seed, 4, 8), Look("", marks, width=1180 + 60 * (seed % 7)))

    assert covered(drawing) == []
    assert outside(drawing) == []


def test_a_bar_lies_from_the_morning_of_its_first_day_to_the_evening_of_its_last():
    drawing = roadmap([Lane("Quay", bars=[Bar(DAY, date(2026, 3, 11), "Piles")])], LOOK)

    (bar,) = [s for s in flat(drawing.shapes) if isinstance(s, Rect) and s.style is Style.BAR]

    scale = Scale(date(2026, 2, 27), date(2026, 3, 14), GUTTER, WIDTH - 16)
    assert (bar.x, bar.x + bar.width) == (scale.at(DAY), scale.at(date(2026, 3, 12)))


def test_a_name_stands_in_its_bar_or_beside_it_where_there_is_room():
    long = Bar(DAY, date(2027, 3, 1), "Quay wall")
    late = Bar(date(2027, 2, 20), date(2027, 3, 1), "Hand-over of the whole northern quay")
    early = Bar(DAY, date(2026, 3, 6), "Hand-over of the whole northern quay")

    drawing = roadmap([Lane("", bars=[long]), Lane("", bars=[late]), Lane("", bars=[early])], LOOK)

    groups = [shape for shape in drawing.shapes if isinstance(shape, Group)]
    inside, before, behind = [
        next(shape for shape in group.shapes if isinstance(shape, Text)) for group in groups
    ]
    assert (inside.anchor, before.anchor, behind.anchor) == ("start", "end", "start")
    rects = [next(s for s in group.shapes if isinstance(s, Rect)) for group in groups]
    assert rects[0].x < inside.x < rects[0].x + rects[0].width
    assert before.x < rects[1].x
    assert behind.x > rects[2].x + rects[2].width


@pytest.mark.parametrize(
    ("days", "units"),
    [
        (20, (Unit.DAY, Unit.MONTH)),
        (120, (Unit.WEEK, Unit.MONTH)),
        (700, (Unit.MONTH, Unit.YEAR)),
        (3000, (Unit.QUARTER, Unit.YEAR)),
        (9000, (Unit.YEAR, Unit.DECADE)),
        (90_000, (Unit.DECADE, Unit.DECADE)),
    ],
)
def test_the_unit_of_time_is_the_shortest_that_finds_room(days, units):
    scale = Scale(DAY, DAY + timedelta(days=days), 0, 1000)

    assert scale.units == units
    names = [shape for shape in axis(scale, Words(), 100) if isinstance(shape, Text)]
    assert names
    boxes = sorted((text.y, *text.box[::2]) for text in names)
    assert all(one[0] != two[0] or one[2] <= two[1] for one, two in itertools.pairwise(boxes))


def test_two_marks_near_each_other_are_both_named():
    marks = [today(date(2026, 5, 1), "Status date"), today(date(2026, 5, 3), "Today")]

    drawing = roadmap([Lane("Quay", bars=[Bar(DAY, date(2027, 3, 1), "x")])], Look("", marks))

    assert {"Status date", "Today"} <= set(texts(drawing))
    assert covered(drawing) == []


def test_the_ends_of_the_calendar_are_drawn():
    far = [Bar(date.min, date.min, "first"), Bar(date.max, date.max, "last")]

    drawing = roadmap([Lane("All of time", bars=far)], LOOK)

    assert outside(drawing) == []
    assert {"1900", "2190"} <= set(texts(drawing))


def test_a_sheet_is_filled_and_never_left():
    few, many = crowded(1, 2, 2), crowded(2, 30, 6)

    short = fitted(few, LOOK, ratio=A4, widest=1500)
    full = fitted(many, LOOK, ratio=A4, widest=1500)

    assert (short.width, short.height) == (WIDTH, A4 * WIDTH)
    assert (full.width, full.height) == (1500, A4 * 1500)
    assert outside(full) == []
    assert covered(full) == []


def test_lanes_that_find_no_room_on_the_sheet_are_counted_on_it():
    lanes = crowded(2, 30, 6)

    drawing = fitted(lanes, LOOK, ratio=A4, widest=1500)

    drawn = sum(text.startswith("Workstream") for text in texts(drawing))
    assert 0 < drawn < 30
    assert f"{30 - drawn} more are not drawn" in texts(drawing)
    wider = fitted(lanes, LOOK, ratio=A4, widest=2100)
    assert sum(text.startswith("Workstream") for text in texts(wider)) > drawn


def test_what_people_typed_stays_text_in_the_file():
    name = "<script>alert('&\"')</script>\x00\x0b"
    lane = Lane(name, name, [Bar(DAY, DAY, name, href='"><a', title=name)])

    file = roadmap([lane], Look(name)).svg(file=True)

    tree = ET.fromstring(file)
    assert not any("script" in element.tag for element in tree.iter())
    assert "<script>alert('&\"')</script>\ufffd\ufffd" in [e.text for e in tree.iter()]
    (link,) = [e for e in tree.iter() if e.tag.endswith("}a")]
    assert link.attrib["href"] == '"><a'


def test_the_same_plan_is_drawn_alike():
    assert roadmap(crowded(3, 5, 5), LOOK).svg() == roadmap(crowded(3, 5, 5), LOOK).svg()


def test_a_heading_takes_its_room_from_the_sheet():
    heading = Heading("Harbour", "plan 3", [(Style.BAR, "phase"), (Style.MILESTONE, "milestone")])
    lanes = crowded(2, 30, 6)

    bare = fitted(lanes, LOOK, ratio=A4, widest=1500, above=heading.height)
    sheet = headed(bare, heading)

    assert (sheet.width, round(sheet.height, 6)) == (1500, round(A4 * 1500, 6))
    assert {"Harbour", "plan 3", "phase", "milestone"} <= set(texts(sheet))
