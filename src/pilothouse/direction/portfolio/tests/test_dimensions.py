# SPDX-License-Identifier: Apache-2.0
"""The list by the colour of a dimension, and the heat map whose every count leads to its rows."""

import html
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Portfolio
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.columns import COLOURS, DIMENSIONS
from pilothouse.direction.portfolio.filters import Filters, parse_filters
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries import dashboard
from pilothouse.direction.portfolio.tests.test_export import about, as_csv
from pilothouse.foundation.organisation.models import Currency

THEN = date(2026, 3, 31)


def nested(cast, code, name, parent):
    return projects.create_portfolio(
        actor=SYSTEM,
        org_unit=cast.unit,
        values={
            "code": code,
            "name": name,
            "parent": parent,
            "currency": Currency.objects.get(code="EUR"),
            "state": "active",
        },
    )


@pytest.fixture
def basins(cast, publish):
    """Portfolios nested twice, with projects that are red in this and that, now and then."""
    basin = nested(cast, "BASIN", "Basin", cast.portfolio)
    lock = nested(cast, "LOCK", "Lock", basin)
    for number in range(12):
        place = (cast.portfolio, basin, lock)[number // 4]
        project = make_project(place, f"N{number:02d}", f"Number {number:02d}", stated_colour="red")
        publish(project, THEN, stated_colour="amber")
        kept = PerformanceSnapshot.objects.filter(project=project)
        kept.filter(status_date=THEN).update(risk="red", stamp=number + 1)
        for step, dimension in enumerate(DIMENSIONS):
            colours = {dimension: COLOURS[(number + step) % (2 + step % 3)]}
            kept.filter(valid_to=None).update(**colours, stamp=100 + number)
        kept.filter(valid_to=None).update(overall=COLOURS[number % 4])
    return cast


def cells(client, query):
    """(count, where it leads) of every cell of the heat map that is not 0, by its words."""
    text = client.get(f"/map/{query}").content.decode()
    body = text.partition('aria-labelledby="heat-title"')[2].partition("</tbody>")[0]
    found = re.findall(r'<a href="([^"]*)" aria-label="([^"]*)">(\d+)</a>', body)
    return {html.unescape(words): (int(count), html.unescape(link)) for link, words, count in found}


def test_the_list_narrows_to_a_colour_of_a_dimension(basins, names_for):
    everything = dashboard(basins.ada.actor(), Filters(), timezone.localdate()).rows

    for dimension in DIMENSIONS:
        for asked in COLOURS:
            found = names_for(basins.ada, f"?{dimension}={asked}")
            assert found == [row.name for row in everything if getattr(row, dimension) == asked]
            assert len(found) < len(everything)


def test_several_dimensions_narrow_together(basins, names_for):
    both = names_for(basins.ada, "?schedule=red&cost=red")

    assert both == [
        name
        for name in names_for(basins.ada, "?schedule=red")
        if name in names_for(basins.ada, "?cost=red")
    ]


@pytest.mark.parametrize(
    "query",
    [
        "?view=0",
        f"?as_of={THEN}",
        "?risk=red",
        "?cost=amber&group=phase&columns=phase",
        "?overall=red",
        "?stated=red&attention=disagree",
        "?q=number&sort=-name",
        "?portfolio={basin}",
        "?portfolio={basin}&schedule=red",
        f"?portfolio={{lock}}&as_of={THEN}",
    ],
)
def test_every_count_of_the_heat_map_is_that_of_the_rows_it_leads_to(
    client, basins, names_for, query
):
    kept = {row.code.lower(): row.pk for row in Portfolio.objects.all()}
    client.force_login(basins.ada)

    found = cells(client, query.format(**kept))

    assert any(" red in " in words for words in found)
    for words, (count, link) in found.items():
        assert len(names_for(basins.ada, link.removeprefix("/"))) == count, words


def test_a_project_that_was_placed_later_counts_where_the_list_has_it(
    client, basins, publish, names_for
):
    """On that day it had no place yet, so it stands where its portfolio hangs today."""
    lock = Portfolio.objects.get(code="LOCK")
    early = make_project(lock, "EARLY", "Early", placed_from=date(2026, 6, 1))
    publish(early, THEN)
    projects.move_portfolio(
        actor=SYSTEM,
        portfolio=lock,
        org_unit=basins.unit,
        parent=basins.portfolio,
        from_day=date(2026, 5, 1),
        version=None,
        reason="Nearer to the sea.",
    )
    client.force_login(basins.ada)

    found = cells(client, f"?as_of={THEN}")

    assert "Lock: 4 red in risk" in found
    for words, (count, link) in found.items():
        assert len(names_for(basins.ada, link.removeprefix("/"))) == count, words


def test_inside_a_portfolio_the_heat_map_does_not_tell_of_those_above(client, basins):
    lock = Portfolio.objects.get(code="LOCK")
    client.force_login(basins.ada)

    assert {words.partition(":")[0] for words in cells(client, f"?portfolio={lock.pk}")} == {"Lock"}


def test_a_red_cell_names_place_and_dimension_and_keeps_the_other_filters(client, basins):
    client.force_login(basins.ada)

    found = cells(client, "?risk=red&q=number")

    place = f"/?q=number&portfolio={basins.portfolio.pk}"
    assert found["Quayside: 2 red in schedule"] == (2, f"{place}&schedule=red&risk=red")


def test_the_bar_shows_what_is_asked_and_clears_it(client, basins):
    client.force_login(basins.ada)

    text = client.get("/?cost=amber&resources=grey").content.decode()

    bar = text.partition('role="search"')[2].partition("</form>")[0]
    for dimension, chosen in (("cost", "amber"), ("resources", "grey"), ("risk", "")):
        select = bar.partition(f'name="{dimension}"')[2].partition("</select>")[0]
        assert re.findall(r'value="(\w*)" selected', select) == [chosen]
    assert '<span class="ph-tag ph-tag-accent">2</span>' in bar
    cleared = re.search(r'href="([^"]*)">[^<]*<svg[^>]*>.*?</svg>Clear', bar)
    assert cleared and "cost" not in cleared[1] and "resources" not in cleared[1]


def test_the_file_holds_the_same_rows_and_names_the_dimension(client, basins, names_for):
    shown = names_for(basins.ada, "?schedule=red&risk=amber")

    _header, rows = as_csv(client, "&schedule=red&risk=amber")

    assert [row[1] for row in rows] == shown
    assert "Filters: Schedule = Red, Risk = Amber" in about(client, "&schedule=red&risk=amber")


def test_a_view_keeps_the_dimension(client, basins, names_for):
    client.force_login(basins.ada)

    client.post("/views/save/", {"name": "Risky", "query": "?risk=red&cost=amber&page=2"})

    view = SavedView.objects.get()
    assert view.query == "cost=amber&risk=red"
    assert names_for(basins.ada, f"?{view.query}&view={view.pk}") == names_for(
        basins.ada, "?cost=amber&risk=red"
    )


def test_a_past_day_has_the_colours_of_that_day(basins, names_for):
    assert len(names_for(basins.ada, f"?as_of={THEN}&risk=red")) == 12
    assert len(names_for(basins.ada, "?risk=red")) < 12
    assert names_for(basins.ada, f"?as_of={THEN - timedelta(1)}&risk=red") == []


def test_a_colour_that_is_none_is_refused_by_name(client, cast):
    client.force_login(cast.ada)

    for dimension in DIMENSIONS:
        answer = client.get(f"/?{dimension}=purple")
        assert answer.status_code == 422
        assert f"no valid value for {dimension}" in answer.content.decode()


def test_an_address_with_dimensions_reads_back_as_itself():
    data = {"overall": "red", "cost": "amber", "risk": "red", "attention": "late"}

    filters = parse_filters(data, date(2026, 11, 25))

    assert dict(filters.pairs()) == data
    assert filters.narrowing and parse_filters({"risk": "red"}, date(2026, 11, 25)).narrowing
    assert filters.coloured("schedule", "red") == (
        ("schedule", "red"),
        ("cost", "amber"),
        ("risk", "red"),
    )
