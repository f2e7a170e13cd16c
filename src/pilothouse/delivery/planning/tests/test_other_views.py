# SPDX-License-Identifier: Apache-2.0
"""Calendar, network and narrowed table of a plan: what they show, count and leave out."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.queries import (
    EntryKind,
    Narrow,
    calendar_page,
    network_page,
    plan_page,
)
from pilothouse.delivery.planning.tests.test_board import DONE, QUAY, TODAY, A, B, C, edit, plan
from pilothouse.foundation.core.errors import Invalid, NotFound

__all__ = ["plan"]


def get(client, cast, page, query="", who=None):
    client.force_login(who or cast.piet)
    return client.get(reverse(f"planning:{page}", args=[cast.harbour.pk]) + query)


# Calendar


def month(cast, text="2026-03", **narrow):
    actor = cast.piet.actor()
    return calendar_page(actor, cast.harbour.pk, TODAY, month=text, narrow=Narrow(**narrow))


def days(page):
    return {
        day.day.isoformat()[5:]: [(one.kind, one.name) for one in day.entries]
        for week in page.weeks
        for day in week
        if day.entries
    }


def test_a_day_shows_what_begins_ends_is_due_and_is_reached(plan):
    edit(plan, {"do": "set", "uid": A, "field": "deadline", "value": "2026-03-05"})
    edit(plan, {"do": "set", "uid": B, "field": "duration", "value": "1d"})

    assert days(month(plan)) == {
        "03-02": [(EntryKind.BEGIN, "A"), (EntryKind.BEGIN, "C")],
        "03-05": [(EntryKind.DEADLINE, "A")],
        "03-06": [(EntryKind.END, "A")],
        "03-09": [(EntryKind.MILESTONE, "Ready"), (EntryKind.WHOLE, "B")],
        "03-13": [(EntryKind.END, "C")],
    }
    (due,) = [
        one for week in month(plan).weeks for day in week for one in day.entries if one.missed
    ]
    assert due.name == "A"


def test_weeks_run_from_monday_and_days_that_are_not_worked_are_told(plan):
    page = month(plan)

    assert page.weeks[0][0].day == date(2026, 2, 23)
    assert page.weeks[-1][-1].day == date(2026, 4, 5)
    assert [day.closed for day in page.weeks[1]] == [False] * 5 + [True] * 2
    assert [day.day for week in page.weeks for day in week if day.today] == [TODAY]


def test_the_calendar_of_one_person_has_their_tasks_alone(plan):
    assert {name for entries in days(month(plan, person=1)).values() for _, name in entries} == {
        "A"
    }


def test_an_empty_month_leads_to_the_nearest_with_something_in_it(client, plan):
    page = month(plan, "2027-01")

    assert (page.count, page.nearest) == (0, date(2026, 3, 1))
    assert "To March 2026" in get(client, plan, "month", "?month=2027-01").content.decode()


def test_a_crowded_day_shows_four_and_the_rest_on_demand(client, plan):
    rows = [{"name": f"Task {number:02}", "duration": "3d", "level": 1} for number in range(9)]
    edit(plan, {"do": "add", "after": None, "tasks": rows})

    shut = get(client, plan, "month", "?month=2026-03").content.decode()
    opened = get(client, plan, "month", "?month=2026-03&day=2026-03-02").content.decode()

    assert "7 more" in shut
    grid = shut[: shut.index("ph-c-weeks")]
    assert grid.count("Task 01</a>") == 2
    assert grid.count("Task 08</a>") == 0
    assert opened[: opened.index("ph-c-weeks")].count("Task 08</a>") == 1


@pytest.mark.parametrize("text", ["2026-13", "March", "1983-12", "2101-01", "2026-3", "٢٠٢٦-٠٣"])
def test_a_month_that_is_none_is_refused(plan, text):
    with pytest.raises(Invalid) as caught:
        month(plan, text)
    assert caught.value.code == "planning.month"


def test_the_ends_of_the_calendar_lead_no_further(plan):
    assert month(plan, "1984-01").before is None
    assert month(plan, "2100-12").after is None


# Network


def network(cast, part="", uid=None, steps=1):
    return network_page(cast.piet.actor(), cast.harbour.pk, part=part, uid=uid, steps=steps)


def names(page):
    return [task.card.name for task in page.tasks]


def test_a_small_plan_is_shown_whole_with_its_links(plan):
    edit(plan, {"do": "link", "predecessor": A, "successor": C, "type": "ss", "lag": "2d"})

    page = network(plan)

    assert (page.part, names(page)) == ("all", ["A", "B", "Ready", "C"])
    found = {(one.source, one.target): one.words for one in page.links}
    assert found == {(A, B): "", (B, DONE): "", (A, C): "SS+2d"}
    assert page.tasks[0].after == ["B", "C (SS+2d)"]


@pytest.mark.parametrize(
    ("part", "uid", "steps", "expected"),
    [
        ("critical", None, 1, ["A", "B", "Ready", "C"]),
        ("summary", 5, 1, ["C"]),
        ("around", A, 1, ["A", "B"]),
        ("around", A, 2, ["A", "B", "Ready"]),
    ],
)
def test_parts_of_a_network(plan, part, uid, steps, expected):
    assert names(network(plan, part, uid, steps)) == expected


def test_a_large_plan_shows_its_critical_path_and_says_what_is_left_out(client, plan):
    rows = [{"name": f"Task {number}", "level": 2} for number in range(160)]
    edit(plan, {"do": "add", "after": C, "tasks": rows})

    first = network(plan)
    whole = network(plan, "all")

    assert first.part == "critical"
    assert (len(whole.tasks), whole.left_out) == (150, 14)
    assert (
        "14 more tasks of this part are not drawn"
        in get(client, plan, "network", "?part=all").content.decode()
    )


def test_a_link_to_a_summary_brings_its_box(plan):
    edit(plan, {"do": "link", "predecessor": QUAY, "successor": C})

    assert "Quay" in names(network(plan))


@pytest.mark.parametrize(
    ("part", "uid", "error"),
    [
        ("x", None, Invalid),
        ("around", 99, NotFound),
        ("around", None, NotFound),
        ("summary", 99, NotFound),
    ],
)
def test_a_part_that_is_none_is_refused(plan, part, uid, error):
    with pytest.raises(error):
        network(plan, part, uid)


def test_the_network_is_a_file_with_early_and_late_dates_and_float(client, plan):
    answer = get(client, plan, "network", "?as=svg")

    told = answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="HARB-network-2.svg"'
    assert "early 2 Mar – 6 Mar 2026" in told
    assert "float 0.0 d · 0 %" in told


# The table


def table(cast, only="all", page=1, group="", **narrow):
    return plan_page(
        cast.piet.actor(),
        cast.harbour.pk,
        TODAY,
        only=only,
        page=page,
        narrow=Narrow(**narrow),
        group=group,
    )


def test_the_narrowed_table_has_tasks_alone_with_their_sums(plan):
    edit(plan, {"do": "set", "uid": A, "field": "percent_complete", "value": "40"})

    page = table(plan, until=date(2026, 3, 6))

    assert [row.name for row in page.rows] == ["A", "C"]
    total = page.listing.total
    assert (total.count, total.critical, total.duration_days) == (2, 2, Decimal("15.0"))
    assert total.percent == Decimal("13.33")  # (40 × 5 + 0 × 10) ÷ 15
    assert (total.start.date(), total.finish.date()) == (date(2026, 3, 2), date(2026, 3, 13))


def test_groups_have_subtotals_above_their_rows(plan):
    edit(plan, {"do": "assign", "uid": A, "resource": 2, "units": "1"})

    page = table(plan, group="person")

    assert [row.name for row in page.rows] == ["A", "A", "B", "Ready", "C"]
    heads = {place: (head.name, head.count) for place, head in page.listing.heads.items()}
    assert heads == {0: ("Tess Example", 1), 1: ("Rosa Example", 1), 2: ("Nobody", 3)}
    assert page.listing.total.count == 4


def test_a_group_that_goes_on_is_named_again_on_the_next_page(plan):
    rows = [{"name": f"Task {number}", "level": 2} for number in range(160)]
    edit(plan, {"do": "add", "after": C, "tasks": rows})

    page = table(plan, group="priority", page=2)

    assert (page.page, page.pages, len(page.rows)) == (2, 2, 64)
    assert page.listing.heads[0].count == 164


def test_the_tabs_and_the_filters_narrow_together(plan):
    assert [row.name for row in table(plan, only="milestones", stream=QUAY).rows] == ["Ready"]
    assert [row.name for row in table(plan, person=0, q="c").rows] == ["C"]
    assert [row.name for row in table(plan, state="late").rows] == []


def test_the_address_keeps_filters_and_groups_over_tabs_and_pages(client, plan):
    page = get(client, plan, "plan", "?group=stream&person=0&filter=yes").content.decode()

    assert "?group=stream&amp;person=0&amp;filter=yes&amp;only=critical" in page
    assert "All shown" in page


def test_without_filters_the_table_stays_as_it_is(client, plan):
    page = get(client, plan, "plan").content.decode()

    assert "Filter and group" in page
    assert "ph-narrow" not in page
    assert "Quay</a>" in page


@pytest.mark.parametrize("query", ["?group=x", "?person=x", "?since=2026-03-05&until=2026-03-01"])
def test_nonsense_in_the_address_of_the_table_is_named(client, plan, query):
    assert get(client, plan, "plan", query).status_code == 422


def test_views_take_a_fixed_number_of_queries(plan, django_assert_num_queries):
    with django_assert_num_queries(8):
        month(plan)
    with django_assert_num_queries(8):
        network(plan)
    with django_assert_num_queries(14):
        table(plan, group="state")


def test_strangers_see_none_of_the_views(client, plan):
    statuses = {
        get(client, plan, page, who=plan.otto).status_code
        for page in ("month", "network", "board", "roadmap")
    }
    assert statuses == {404}


def test_a_plan_without_tasks_says_what_to_do_next(client, cast):
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))

    for page in ("month", "network", "board", "roadmap", "plan"):
        assert "To the schedule" in get(client, cast, page, "?filter=yes").content.decode(), page
