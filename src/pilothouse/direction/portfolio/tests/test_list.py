# SPDX-License-Identifier: Apache-2.0
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import (
    Placed,
    can_on_project,
    portfolio_scopes,
    projects_with,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.direction.portfolio.filters import Filters, parse_filters
from pilothouse.direction.portfolio.queries import dashboard
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.organisation.models import Currency, CustomField

QUERIES = 14
HOSTILE = (
    "",
    "x",
    "-1",
    "%00",
    "٣",
    "1e9",
    "9" * 40,
    "a" * 5000,
    "%F0%9F",
    "100%25 %(x)s",
    "2026-99-99",
)


def board(person, **asked):
    return dashboard(person.actor(), Filters(**asked), timezone.localdate())


def names(found):
    return [row.name for row in found.rows]


@pytest.fixture
def fleet(cast):
    """Four more projects of every colour beside the harbour."""
    day = date(2026, 1, 5)
    for code, name, late, budget, forecast, stated in (
        ("RED", "Dredger", 200, "1000", "1500", "amber"),
        ("AMB", "Crane", 20, "2000", "2130", "amber"),
        ("GRN", "Bollard", 0, "3000", "2999.99", "green"),
    ):
        make_project(
            cast.portfolio,
            code,
            name,
            state="planning",
            project_type="Works",
            planned_start=day,
            planned_finish=day + timedelta(days=300 + late),
            baseline_start=day,
            baseline_finish=day + timedelta(days=300),
            budget=Decimal(budget),
            forecast_cost=Decimal(forecast),
            benefits_approved=Decimal(10),
            benefits_forecast=Decimal(10),
            stated_colour=stated,
        )
    make_project(cast.portfolio, "BARE", "Bare name")
    return cast


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("ada", ["Harbour"]),
        ("piet", ["Harbour"]),
        ("rosa", ["Harbour"]),
        ("femi", ["Harbour"]),
        ("sam", ["Harbour"]),
        ("tess", ["Harbour"]),
        ("otto", []),
        ("nia", ["Foreign runway"]),
    ],
)
def test_everybody_sees_the_projects_of_their_roles_only(cast, names_for, who, seen):
    assert names_for(cast.people[who]) == seen


@pytest.mark.parametrize("address", ["/", "/timeline/", "/map/", "/export/?format=csv"])
def test_no_layout_tells_anything_of_the_other_office(client, cast, address):
    client.force_login(cast.ada)

    text = client.get(address).content.decode()

    assert "Harbour" in text
    for secret in ("Foreign runway", "SECRET", "Runways", "Airport", "Nia Example"):
        assert secret not in text


def test_a_confidential_project_is_listed_for_its_own_people_and_the_pmo(cast, names_for):
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")

    seen = {who: names_for(someone) for who, someone in cast.people.items()}

    assert {who for who, rows in seen.items() if "Harbour" in rows} == {
        "ada",
        "piet",
        "sam",
        "tess",
    }


def test_a_confidential_project_adds_nothing_to_the_figures_of_others(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")

    cards = board(cast.femi).cards

    assert cards.totals.count == 0
    assert cards.totals.money == []


def test_the_worst_stands_first_computed_before_stated(fleet, names_for):
    assert names_for(fleet.ada) == ["Dredger", "Crane", "Bollard", "Harbour", "Bare name"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=crane", ["Crane"]),
        ("?q=piet+quay", ["Harbour"]),
        ("?q=deep", ["Harbour"]),
        ("?overall=red", ["Dredger"]),
        ("?stated=green", ["Bollard", "Harbour"]),
        ("?stated=grey", ["Bare name"]),
        ("?phase=planning", ["Dredger", "Crane", "Bollard"]),
        ("?type=Works&sort=name", ["Bollard", "Crane", "Dredger"]),
        ("?attention=late", ["Dredger", "Crane", "Harbour"]),
        ("?attention=over&sort=name", ["Crane", "Dredger", "Harbour"]),
        ("?attention=disagree&sort=name", ["Dredger", "Harbour"]),
        ("?sort=name", ["Bare name", "Bollard", "Crane", "Dredger", "Harbour"]),
        ("?sort=-name", ["Harbour", "Dredger", "Crane", "Bollard", "Bare name"]),
        ("?sort=budget", ["Harbour", "Bollard", "Crane", "Dredger", "Bare name"]),
        ("?sort=-budget", ["Dredger", "Crane", "Bollard", "Harbour", "Bare name"]),
        ("?sort=finish", ["Bollard", "Crane", "Harbour", "Dredger", "Bare name"]),
        ("?sort=slip", ["Dredger", "Harbour", "Crane", "Bollard", "Bare name"]),
    ],
)
def test_filters_and_sorting(fleet, names_for, query, expected):
    assert names_for(fleet.ada, query) == expected


def test_the_programme_and_the_office_narrow_the_list(fleet, names_for):
    assert names_for(fleet.ada, f"?programme={fleet.programme.pk}") == ["Harbour"]
    assert len(names_for(fleet.ada, f"?office={fleet.office.pk}")) == 5
    assert names_for(fleet.ada, f"?office={fleet.other_office.pk}") == []


def test_a_portfolio_counts_those_nested_in_it(fleet, names_for):
    below = projects.create_portfolio(
        actor=SYSTEM,
        org_unit=fleet.unit,
        values={
            "code": "BASIN",
            "name": "Basin",
            "parent": fleet.portfolio,
            "currency": Currency.objects.get(code="EUR"),
            "state": "active",
        },
    )
    make_project(below, "LOCK", "Lock gate")

    assert "Lock gate" in names_for(fleet.ada, f"?portfolio={fleet.portfolio.pk}")
    assert names_for(fleet.ada, f"?portfolio={below.pk}") == ["Lock gate"]
    assert names_for(fleet.ada, f"?portfolio={fleet.other_portfolio.pk}") == []


def test_closed_projects_come_back_by_phase_only(fleet, names_for):
    Project.objects.filter(code="GRN").update(state="closed")
    refresh_performance(project_id=Project.objects.get(code="GRN").pk, today=timezone.localdate())

    assert "Bollard" not in names_for(fleet.ada)
    assert names_for(fleet.ada, "?phase=benefits") == ["Bollard"]
    assert len(names_for(fleet.ada, "?phase=all")) == 5


@pytest.fixture
def held(fleet):
    """The crane is on hold, the bollard is cancelled."""
    for code, state in (("AMB", "on_hold"), ("GRN", "cancelled")):
        row = Project.objects.get(code=code)
        Project.objects.filter(pk=row.pk).update(state=state)
        refresh_performance(project_id=row.pk, today=timezone.localdate())
    return fleet


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=on_hold", ["Crane"]),
        ("?state=cancelled", ["Bollard"]),
        ("?state=closing", []),
        ("?phase=execution&state=on_hold", ["Crane"]),
        ("?phase=planning&state=on_hold", []),
        ("?phase=all&sort=state", ["Bare name", "Dredger", "Harbour", "Crane", "Bollard"]),
    ],
)
def test_the_state_filters_and_sorts(held, names_for, query, expected):
    assert names_for(held.ada, query) == expected


def test_the_state_stands_beside_the_phase_where_it_says_more(client, held):
    client.force_login(held.ada)

    crane, dredger, bollard = (
        client.get(f"/?phase=all&q={name}").content.decode()
        for name in ("crane", "dredger", "bollard")
    )

    assert '<span class="ph-tag">Execution</span><span class="ph-meta">On hold</span>' in crane
    assert '<span class="ph-tag">Planning</span></td>' in dredger
    assert '<span class="ph-tag">Cancelled</span></td>' in bollard


def test_the_state_is_a_column_and_a_group_in_page_and_file(client, held):
    client.force_login(held.ada)
    query = "phase=all&columns=state&group=state"

    page = client.get(f"/?{query}").content.decode()
    file = client.get(f"/export/?{query}&format=csv").content.decode("utf-8-sig")
    answer = client.get("/api/v1/projects?state=on_hold&columns=state").json()["items"]

    assert "<td>On hold</td>" in page
    assert '"On hold","AMB","Crane","Quayside","","","On hold"' in file
    labels = [
        totals.label for totals in board(held.ada, phase="all", group="state").groups.values()
    ]
    assert labels == ["Authorised", "Planning", "Executing", "On hold", "Cancelled"]
    assert [(row["code"], row["state"]) for row in answer] == [("AMB", "on_hold")]


@pytest.fixture
def marked(fleet):
    """A custom field of every kind, with values on two projects."""
    for key, kind in (
        ("note", "text"),
        ("rank", "number"),
        ("due", "date"),
        ("fit", "yes_no"),
        ("area", "choice"),
    ):
        CustomField.objects.create(
            office=fleet.office, key=key, label=key.title(), kind=kind, choices=["North", "South"]
        )
    for code, values in (
        ("RED", {"note": "Deep mud", "rank": 2, "due": "2026-05-01", "fit": "no", "area": "North"}),
        ("AMB", {"note": "High", "rank": 10, "due": "2026-09-01", "fit": "yes", "area": "South"}),
    ):
        projects.update_project(
            actor=SYSTEM,
            project=Project.objects.get(code=code),
            values={"custom": values},
            version=None,
        )
    return fleet


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?custom.note=MUD", ["Dredger"]),
        ("?custom.rank=10", ["Crane"]),
        ("?custom.rank.min=3", ["Crane"]),
        ("?custom.rank.max=3", ["Dredger"]),
        ("?custom.due.min=2026-06-01", ["Crane"]),
        ("?custom.due.max=2026-06-01", ["Dredger"]),
        ("?custom.fit=yes", ["Crane"]),
        ("?custom.fit=no", ["Dredger"]),
        ("?custom.area=North", ["Dredger"]),
        ("?sort=custom.rank&q=r&type=Works", ["Dredger", "Crane", "Bollard"]),
        ("?sort=-custom.rank&q=r&type=Works", ["Crane", "Dredger", "Bollard"]),
    ],
)
def test_custom_fields_filter_and_sort_by_their_kind(marked, names_for, query, expected):
    assert names_for(marked.ada, query) == expected


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("custom.nope=1", "custom.nope", "There is no field ‘nope’ in your sight."),
        ("sort=custom.nope", "sort", "There is no field ‘nope’"),
        ("custom.rank.min=many", "custom.rank.min", "‘many’ is no value for Rank: it is no number"),
        ("custom.rank=nan", "custom.rank", "no number"),
        ("custom.due.min=zz", "custom.due.min", "no date; write it as 2026-09-30"),
        ("custom.fit=perhaps", "custom.fit", "neither yes nor no"),
    ],
)
def test_a_condition_that_no_custom_field_can_meet_is_refused(client, marked, query, name, words):
    client.force_login(marked.ada)

    page = client.get(f"/?{query}")
    answer = client.get(f"/api/v1/projects?{query}")

    assert (page.status_code, answer.status_code) == (422, 422)
    assert words in page.content.decode()
    assert list(answer.json()["fields"]) == [name]


def test_a_custom_field_is_a_column(client, marked):
    client.force_login(marked.ada)

    text = client.get("/?columns=custom.area,custom.fit,custom.rank,custom.gone").content.decode()

    assert "<td>South</td>" in text
    assert "<td>Yes</td>" in text
    assert '<td class="ph-end">10</td>' in text


def test_figures_are_exact_and_link_to_their_projects(fleet):
    cards = board(fleet.ada).cards

    assert cards.totals.count == 5
    assert cards.totals.overall == {"red": 1, "amber": 3, "green": 0, "grey": 1}
    assert (cards.late, cards.over, cards.disagree, cards.stale) == (3, 3, 2, 4)
    assert cards.known == {"late": 4, "over": 4, "stale": 5}
    [euro] = cards.totals.money
    assert (euro.budget, euro.forecast) == (Decimal("1206000.00"), Decimal("1266629.99"))
    assert (euro.difference, euro.budgets, euro.both) == (Decimal("60629.99"), 4, 4)


def test_currencies_are_never_added_together(fleet):
    Currency.objects.create(code="GBP", name="Pound")
    make_project(
        fleet.portfolio,
        "GBP1",
        "Sterling",
        currency=Currency.objects.get(code="GBP"),
        budget=Decimal("0.01"),
    )

    [totals] = board(fleet.ada, group="portfolio").groups.values()

    assert totals.count == 6
    assert [(sums.currency, sums.budget) for sums in totals.money] == [
        ("EUR", Decimal("1206000.00")),
        ("GBP", Decimal("0.01")),
    ]
    assert totals.money[1].both == 0


@pytest.mark.parametrize("group", ["portfolio", "programme", "owner"])
def test_two_of_one_name_are_two_groups(client, fleet, group):
    namesake = person("Petra Example")
    User.objects.filter(pk=namesake.pk).update(full_name=fleet.piet.full_name)
    namesake.refresh_from_db()
    values = {"code": "QUAY2", "name": "Quayside", "currency": fleet.portfolio.currency}
    twin = projects.create_portfolio(actor=SYSTEM, org_unit=fleet.unit, values=values)
    deep = projects.create_programme(
        actor=SYSTEM, portfolio=twin, values={"code": "DEEP2", "name": "Deep water"}
    )
    make_project(twin, "TWIN", "Twin", programme=deep, pm=namesake)

    found = board(fleet.ada, group=group)

    named = {"portfolio": "Quayside", "programme": "Deep water", "owner": "Piet Example"}[group]
    counts = [totals.count for totals in found.groups.values() if totals.label == named]
    assert (len(counts), min(counts)) == (2, 1)
    client.force_login(fleet.ada)
    page = client.get(f"/?group={group}").content.decode()
    assert page.count(f'<span class="ph-pf-group-name">{named}</span>') == 2


@pytest.mark.parametrize(
    ("group", "labels"),
    [
        ("overall", ["Red", "Amber", "Not rated"]),
        ("stated", ["Amber", "Not rated", "Green"]),
        ("phase", ["Initiation", "Planning", "Execution"]),
        ("type", ["Works", "None"]),
        ("programme", ["Deep water", "None"]),
        ("owner", ["Piet Example", "None"]),
        ("portfolio", ["Quayside"]),
    ],
)
def test_groups_come_in_order_and_add_up(fleet, group, labels):
    found = board(fleet.ada, group=group)

    assert [totals.label for totals in found.groups.values()] == labels
    assert sum(totals.count for totals in found.groups.values()) == 5
    assert sum(
        (sums.budget for totals in found.groups.values() for sums in totals.money), Decimal(0)
    ) == Decimal("1206000.00")


def test_the_age_of_data_is_written_with_its_thousands(client, fleet):
    PerformanceSnapshot.objects.filter(project__code="RED", valid_to=None).update(
        data_as_of=timezone.localdate() - timedelta(days=1336)
    )
    client.force_login(fleet.ada)

    assert "1,336 days old" in client.get("/?q=dredger").content.decode()


def test_a_disagreement_is_said_in_words(client, fleet):
    client.force_login(fleet.ada)

    text = client.get("/?q=dredger").content.decode()

    assert 'better<span class="ph-hidden"> than computed</span>' in text


def test_fifty_rows_to_a_page_and_the_last_page_for_a_number_too_high(client, cast, names_for):
    for number in range(55):
        make_project(cast.portfolio, f"N{number:02d}", f"Number {number:02d}")

    assert len(names_for(cast.ada)) == 50
    assert len(names_for(cast.ada, "?page=2")) == 6
    assert names_for(cast.ada, "?page=999999") == names_for(cast.ada, "?page=2")


@pytest.mark.parametrize("extra", [0, 40])
def test_the_list_needs_the_same_queries_whatever_its_size(
    client, cast, publish, django_assert_num_queries, extra
):
    for number in range(extra):
        make_project(cast.portfolio, f"N{number:02d}", f"Number {number:02d}")
    publish(cast.harbour, date(2026, 3, 31), stated="green")
    gone = make_project(cast.portfolio, "GONE", "Gone")
    publish(gone, date(2026, 3, 31))
    PerformanceSnapshot.objects.filter(project=gone, valid_to=None).update(state="cancelled")
    client.force_login(cast.rosa)
    client.get("/")  # the first page of a session writes the session

    with django_assert_num_queries(QUERIES):
        assert client.get("/?group=portfolio").status_code == 200


def test_roles_on_a_unit_and_a_portfolio_need_no_more_queries(
    client, cast, publish, django_assert_max_num_queries
):
    publish(cast.harbour, date(2026, 3, 31), stated="green")
    within = portfolio_scopes(cast.portfolio)
    appoint(cast.rosa, Role.PFM, ("portfolio", cast.portfolio.pk), cast.office.pk, within)
    client.force_login(cast.rosa)
    client.get("/")

    with django_assert_max_num_queries(QUERIES):
        assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "as_of",
        "q",
        "office",
        "portfolio",
        "programme",
        "phase",
        "type",
        "overall",
        "stated",
        "schedule",
        "resources",
        "attention",
        "group",
        "sort",
        "page",
        "columns",
        "view",
        "custom.note",
        "custom.note.min",
        "custom.",
        "format",
        "nonsense",
    ],
)
def test_no_query_string_breaks_a_page(client, cast, name):
    client.force_login(cast.ada)

    for address in ("/", "/timeline/", "/map/", "/export/"):
        for value in HOSTILE:
            assert client.get(f"{address}?{name}={value}").status_code in {200, 422}, value


def test_a_wrong_value_is_named(client, cast):
    client.force_login(cast.ada)

    for query, word in (("overall=purple", "purple"), ("as_of=31.3.2026", "31.3.2026")):
        response = client.get(f"/?{query}")
        assert response.status_code == 422
        assert word in response.content.decode()


def test_names_with_signs_of_markup_and_formats_are_shown_as_they_are(client, cast):
    make_project(cast.portfolio, "ODD", "100% <b>Done</b> %(name)s")
    client.force_login(cast.ada)

    for address in ("/?group=portfolio", "/timeline/", "/map/", "/?group=owner"):
        text = client.get(address).content.decode()
        assert "100% &lt;b&gt;Done" in text
        assert "<b>Done" not in text


def test_the_address_of_a_list_reads_back_as_itself():
    today = date(2026, 11, 25)
    data = {
        "as_of": "2026-03-31",
        "q": "crane",
        "portfolio": "3",
        "phase": "all",
        "state": "on_hold",
        "overall": "red",
        "attention": "late",
        "group": "type",
        "sort": "-budget",
        "columns": "phase,custom.note",
        "page": "3",
        "custom.note.min": "4",
    }

    filters = parse_filters(data, today)

    assert dict(filters.pairs()) == data
    assert filters.address(as_of=None).startswith("?q=crane&")
    assert "page" not in filters.address()


def test_an_empty_list_says_what_to_do_next(client, cast, db):
    nobody = person("Zoe")

    for someone, sentence in (
        (nobody, "You hold no role yet"),
        (cast.otto, "You hold no role yet"),
    ):
        client.force_login(someone)
        assert sentence in client.get("/").content.decode()

    Project.objects.all().update(state="cancelled")
    PerformanceSnapshot.objects.all().update(state="cancelled")
    client.force_login(cast.ada)
    assert "Begin with a portfolio" in client.get("/").content.decode()
    client.force_login(cast.tess)
    assert "No open project is in your sight yet" in client.get("/").content.decode()
    client.force_login(cast.ada)
    assert "No match" in client.get("/?q=zzz").content.decode()


@pytest.mark.parametrize("kind", ["public_internal", "restricted", "confidential"])
def test_rights_on_many_projects_are_those_on_each(cast, kind):
    Project.objects.filter(pk=cast.harbour.pk).update(classification=kind)
    project = Project.objects.select_related("portfolio__org_unit").get(pk=cast.harbour.pk)
    placed = Placed(
        project.pk,
        project.office_id,
        project.portfolio.org_unit.path,
        project.portfolio.path,
        project.programme_id,
        project.classification,
    )

    for someone in cast.people.values():
        for letter in "CRUSALV":
            each = can_on_project(someone.actor(), project, letter)
            many = projects_with(grants_of(someone.actor()), letter, [placed])
            assert (project.pk in many) is each


def test_a_sum_that_no_project_gives_is_a_dash_with_its_reason(client, cast):
    Project.objects.update(budget=Decimal(1000), forecast_cost=None)
    for project in Project.objects.all():
        refresh_performance(project_id=project.pk, today=timezone.localdate())
    client.force_login(cast.ada)

    page = client.get("/").content.decode()

    assert "No forecast cost is given for any project" in page
    assert "forecast</small>" not in page
    assert "forecast –</small>" in page


def test_how_many_are_over_is_not_known_where_no_figure_tells(client, cast):
    Project.objects.update(budget=Decimal(1000), forecast_cost=None)
    for project in Project.objects.all():
        refresh_performance(project_id=project.pk, today=timezone.localdate())
    client.force_login(cast.ada)

    page = client.get("/").content.decode()

    assert "attention=over" not in page
    assert "budget, by however little" in page
    assert re.search(r'ph-figure-value">–</div><p class="ph-figure-note">not known for \d', page)


def test_a_colour_that_no_figure_speaks_against_is_no_disagreement(client, fleet):
    client.force_login(fleet.ada)

    text = client.get("/?q=bollard").content.decode()

    assert "than computed" not in text.partition("<tbody")[2]
