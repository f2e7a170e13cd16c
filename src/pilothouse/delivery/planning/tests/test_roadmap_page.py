# SPDX-License-Identifier: Apache-2.0
"""The roadmap of a plan: its lanes, its files, and what it leaves out."""

import xml.etree.ElementTree as ET
from datetime import date

import pytest
from django.urls import reverse

from pilothouse.delivery.planning.queries import roadmap, roadmap_page
from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.planning.tests.files import (
    BASELINE,
    PEOPLE,
    QUAY,
    document,
    link,
    task,
    upload,
)
from pilothouse.delivery.projects.models import Project

STREAMS = document(
    task(1, "Harbour", 1)
    + task(2, "Quay wall", 2)
    + task(3, "Piles", 3)
    + task(4, "Drive piles", 4, 40)
    + task(5, "Anchors", 3)
    + task(6, "Set anchors", 4, 24, link(4))
    + task(7, "Wall stands", 3, 0, link(6))
    + task(8, "Dredging", 2, more=BASELINE)
    + task(9, "Dredge the berth", 3, 80)
    + task(10, "Hand over", 2, 8, link(9)),
    PEOPLE.replace("<TaskUID>2</TaskUID>", "<TaskUID>7</TaskUID>"),
)


def laid(cast, text=STREAMS):
    import_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        source=upload(text),
        file_name="quay.xml",
    )


def lanes(cast, group="stream"):
    page = roadmap_page(cast.piet.actor(), cast.harbour.pk, group)
    return {lane.name: lane for lane in page.lanes}


def get(client, cast, query="", who="piet"):
    client.force_login(cast.people[who])
    return client.get(reverse("planning:roadmap", args=[cast.harbour.pk]) + query)


def test_workstreams_are_the_first_level_with_more_than_one_row(cast):
    laid(cast)

    found = lanes(cast)

    assert list(found) == ["Quay wall", "Dredging", "Outside the workstreams"]
    assert [bar.name for bar in found["Quay wall"].bars] == ["Piles", "Anchors"]
    assert [bar.name for bar in found["Dredging"].bars] == ["Dredging"]
    assert [bar.name for bar in found["Outside the workstreams"].bars] == ["Hand over"]


def test_a_milestone_stands_in_its_workstream_with_its_people(cast):
    laid(cast)

    (point,) = lanes(cast)["Quay wall"].milestones

    assert (point.name, point.owner, point.done) == ("Wall stands", "Dredger", False)
    assert point.href == reverse("planning:explain", args=[cast.harbour.pk, 7])


def test_people_have_a_bar_for_each_workstream_that_they_work_in(cast):
    laid(cast, QUAY)

    found = lanes(cast, "person")

    assert [bar.name for bar in found["Dredger"].bars] == ["Quay wall"]
    assert [bar.name for bar in found["Nobody named"].bars] == ["Quay wall"]
    assert found["Dredger"].bars[0].start < found["Nobody named"].bars[0].finish


def test_where_bars_are_left_out_no_person_goes_without(client, cast, monkeypatch):
    laid(cast, STREAMS.replace("<TaskUID>7</TaskUID>", "<TaskUID>10</TaskUID>"))
    monkeypatch.setattr(roadmap, "MOST_BARS", 2)

    page = roadmap_page(cast.piet.actor(), cast.harbour.pk, "person")

    assert [(lane.name, len(lane.bars)) for lane in page.lanes if lane.bars] == [
        ("Dredger", 1),
        ("Nobody named", 1),
    ]
    assert page.bars_left == 1
    assert "1 bars" in get(client, cast, "?group=person").content.decode()


def test_a_code_is_no_part_of_the_header_of_a_file(client, cast):
    laid(cast)
    Project.objects.filter(pk=cast.harbour.pk).update(code='A"; x="é')

    answer = get(client, cast, "?as=svg")

    told = answer["Content-Disposition"]
    assert told == "attachment; filename*=utf-8''A%22%3B%20x%3D%22%C3%A9-roadmap-1.svg"


def test_approved_dates_are_those_of_the_baseline_that_counts(cast):
    laid(cast)

    found = lanes(cast)

    assert found["Dredging"].bars[0].baseline == (date(2026, 3, 9), date(2026, 3, 11))
    assert "approved 9 Mar 2026 – 11 Mar 2026" in found["Dredging"].bars[0].title
    assert [bar.baseline for bar in found["Quay wall"].bars] == [None, None]


def test_the_file_is_svg_with_title_and_key_and_needs_no_style_sheet(client, cast):
    laid(cast)

    answer = get(client, cast, "?as=svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == 'attachment; filename="HARB-roadmap-1.svg"'
    tree = ET.fromstring(answer.content)
    told = ["".join(element.itertext()) for element in tree.iter() if element.tag.endswith("text")]
    assert {"Quay wall", "Piles", "Wall stands · Dredger", "approved dates"} <= set(told)
    assert any(words.startswith("Roadmap: HARB") for words in told)
    drawn = [e for e in tree.iter() if e.tag.rpartition("}")[2] in {"rect", "path", "text"}]
    assert all("fill" in element.attrib for element in drawn)


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_a_sheet_has_the_shape_of_paper(client, cast, paper):
    laid(cast)

    tree = ET.fromstring(get(client, cast, f"?as=svg&paper={paper}").content)

    _, _, wide, high = map(float, tree.attrib["viewBox"].split())
    assert high / wide == pytest.approx(190 / 277, abs=0.001)


def test_the_table_says_what_the_drawing_says(client, cast):
    laid(cast)

    page = get(client, cast).content.decode()
    table = page[page.index("<table") :]

    assert all(word in table for word in ("Quay wall", "Piles", "Wall stands", "Dredger"))


def test_a_plan_without_tasks_says_what_to_do_next(client, cast):
    laid(cast, document(""))

    page = get(client, cast).content.decode()

    assert "the plan has no tasks with dates" in page
    assert reverse("planning:schedule", args=[cast.harbour.pk]) in page
    assert '<svg class="ph-d ph-d-wide"' not in page


def test_names_are_never_markup(client, cast):
    laid(cast, document(task(1, "&lt;b&gt;Quay&lt;/b&gt;", 1) + task(2, "&lt;i&gt;", 2, 8)))

    page = get(client, cast).content.decode()

    assert page.count("&lt;i&gt;") >= 2
    assert "<i>" not in page


def test_the_page_takes_a_fixed_number_of_queries(cast, django_assert_num_queries):
    laid(cast)
    actor = cast.piet.actor()
    roadmap_page(actor, cast.harbour.pk, "stream")

    with django_assert_num_queries(7):
        roadmap_page(actor, cast.harbour.pk, "stream")
