# SPDX-License-Identifier: Apache-2.0
"""Entries typed in one line."""

from datetime import date

import pytest

from pilothouse.delivery.raid.quick import parse

TODAY = date(2026, 11, 2)


def test_a_line_holds_title_rating_owner_tags_and_day():
    found = parse("Crane late !4x5 @piet #supplier #steel due 2026-12-01", TODAY)

    assert found.problems == []
    assert (found.title, found.probability, found.impact) == ("Crane late", 4, 5)
    assert (found.owner, found.tags, found.due) == ("piet", "supplier, steel", date(2026, 12, 1))
    assert (found.severity, found.dimension) == (None, "time")


def test_a_line_may_be_its_title_alone():
    found = parse("  Crane   late ", TODAY)

    assert (found.title, found.problems) == ("Crane late", [])
    assert (found.probability, found.owner, found.tags, found.due) == (None, "", "", None)


def test_marks_stand_anywhere_and_are_no_part_of_the_title():
    found = parse("!S2 Pump @femi.example broken", TODAY)

    assert (found.title, found.severity, found.owner) == ("Pump broken", 2, "femi.example")


@pytest.mark.parametrize(
    ("mark", "dimension"),
    [
        ("!2x3", "time"),
        ("!2×3c", "cost"),
        ("!2*3S", "scope"),
        ("!2x3b", "benefit"),
        ("!2X3r", "reputation"),
    ],
)
def test_a_letter_says_on_what_the_impact_is(mark, dimension):
    found = parse(f"Storm {mark}", TODAY)

    assert (found.probability, found.impact, found.dimension) == (2, 3, dimension)


@pytest.mark.parametrize(("text", "day"), [("+10d", date(2026, 11, 12)), ("+0", TODAY)])
def test_a_day_may_be_counted_from_today(text, day):
    assert parse(f"Call the port due {text}", TODAY).due == day


def test_due_to_is_a_part_of_the_title():
    found = parse("Delay due to rain", TODAY)

    assert (found.title, found.due, found.problems) == ("Delay due to rain", None, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Say in a few words what it is."),
        ("@piet #tag", "Say in a few words what it is."),
        ("Storm !6x1", "‘!6x1’ is neither a rating"),
        ("Storm !urgent", "‘!urgent’ is neither a rating"),
        ("Storm !S5", "‘!S5’ is neither a rating"),
        ("Storm due 2026-13-01", "‘due 2026-13-01’ is no day"),
        ("Storm due 31.12.2026", "‘due 31.12.2026’ is no day"),
        ("Storm due +9999d", "more than ten years ahead"),
        ("Storm @piet @tess", "‘@tess’ says again"),
        ("Storm !1x1 !2x2", "‘!2x2’ says again"),
    ],
)
def test_what_is_not_understood_is_told(line, said):
    (problem,) = parse(line, TODAY).problems

    assert said in problem


def test_lone_signs_are_words():
    assert parse("Depth # 12 @ quay !", TODAY).title == "Depth # 12 @ quay !"
