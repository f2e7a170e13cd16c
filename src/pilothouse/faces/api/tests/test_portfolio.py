# SPDX-License-Identifier: Apache-2.0
"""The list through the API is the list of the page: rows, order, filters, days, views, files."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.direction.portfolio.columns import COLUMNS, DIMENSIONS
from pilothouse.direction.portfolio.filters import parse_query
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.direction.portfolio.queries import dashboard
from pilothouse.faces.api.api import schema
from pilothouse.faces.api.schemas_portfolio import ALWAYS, FIELDS, ProjectRow
from pilothouse.foundation.organisation.services import save_custom_field

QUERIES = 10


@pytest.fixture
def fleet(cast):
    """Projects of every colour, some late, some over their budget, one with an own field."""
    save_custom_field(
        actor=SYSTEM, office=cast.office, field=None, label="Berth", kind="text", choices=[]
    )
    for number, (name, colour, budget) in enumerate(
        (("Dredger", "red", 900), ("Crane", "amber", 500), ("Bollard", "green", None)), start=1
    ):
        make_project(
            cast.portfolio,
            f"F{number}",
            name,
            state="planning",
            stated_colour=colour,
            budget=None if budget is None else Decimal(budget),
            forecast_cost=Decimal(700),
            planned_start=date(2026, 1, 5),
            planned_finish=date(2026, 12, 20 - number),
            baseline_start=date(2026, 1, 5),
            baseline_finish=date(2026, 11, 20),
            custom={"berth": "North"} if number == 1 else {},
        )
    return cast


def rows(caller, query=""):
    answer = caller("get", f"/projects{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=cra",
        "?stated=amber",
        "?state=planning&group=state&sort=-state",
        "?cost=red",
        "?schedule=red&resources=grey",
        "?attention=late",
        "?attention=over&sort=-name",
        "?sort=budget",
        "?sort=-finish",
        "?group=stated",
        "?group=phase&sort=code",
        "?phase=planning",
        "?phase=all",
        "?as_of=2026-01-01",
        "?type=Works",
    ],
)
@pytest.mark.parametrize("who", ["ada", "piet", "tess", "otto"])
def test_the_rows_are_those_of_the_page_in_its_order(fleet, call, who, query):
    person = fleet.people[who]
    today = timezone.localdate()
    board = dashboard(person.actor(), parse_query(query.removeprefix("?"), today), today)

    assert [row["id"] for row in rows(call(person), query)] == [
        row.project_id for row in board.rows
    ]


@pytest.mark.parametrize("query", ["?custom.berth=north", "?sort=custom.berth"])
def test_a_field_of_an_office_is_asked_for_by_its_people_only(fleet, call, query):
    today = timezone.localdate()
    for who in ("ada", "piet", "tess"):
        person = fleet.people[who]
        board = dashboard(person.actor(), parse_query(query.removeprefix("?"), today), today)
        assert [row["id"] for row in rows(call(person), query)] == [
            row.project_id for row in board.rows
        ]

    answer = call(fleet.otto)("get", f"/projects{query}")

    assert answer.status_code == 422
    assert "There is no field ‘berth’ in your sight" in answer.json()["detail"]


def test_a_row_says_what_the_page_says(fleet, call):
    row = rows(call(fleet.ada), "?q=dredger&group=stated")[0]

    assert row == row | {
        "code": "F1",
        "name": "Dredger",
        "portfolio": {"id": fleet.portfolio.pk, "name": "Quayside"},
        "phase": "Planning",
        "stated": "red",
        "planned_start": "2026-01-05",
        "forecast_finish": "2026-12-19",
        "baseline_finish": "2026-11-20",
        "slip_days": 29,
        "slip_pct": "9.0909",
        "currency": "EUR",
        "budget": "900.00",
        "forecast_cost": "700.00",
        "over_budget": "-200.00",
        "over_budget_pct": "-22.2222",
        "group": "Red",
        "custom": {"berth": "North"},
    }


def test_who_may_not_read_the_budget_gets_none_and_cannot_sort_by_it(fleet, call):
    found = rows(call(fleet.rosa), "?sort=budget")

    assert {row["budget"] for row in found} == {None}
    assert [row["id"] for row in found] == [row["id"] for row in rows(call(fleet.rosa))]
    figures = call(fleet.rosa)("get", "/projects/figures").json()
    assert (figures["scope"]["money"], figures["over_budget"]) == ([], 0)
    assert figures["known"]["over"] == 0


def test_only_the_columns_asked_for_are_sent(fleet, call):
    row = rows(call(fleet.ada), "?columns=phase,slip,custom.berth&q=dredger")[0]

    assert set(row) == ALWAYS | {
        "phase",
        "state",
        "in_portfolio",
        "slip_days",
        "slip_pct",
        "custom",
    }


def test_every_column_and_every_field_has_its_other_side():
    assert set(FIELDS) == {column.key for column in COLUMNS}
    assert ALWAYS.union(*FIELDS.values()) | {"custom"} == set(ProjectRow.model_fields)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("phase=flying", "phase"),
        ("state=flying", "state"),
        ("overall=purple", "overall"),
        ("benefits=purple", "benefits"),
        ("sort=colour", "sort"),
        ("group=colour", "group"),
        ("attention=me", "attention"),
        ("office=x", "office"),
        ("as_of=2026-02-30", "as_of"),
        ("as_of=0001-01-01", "as_of"),
        ("custom.berth.most=1", "custom.berth.most"),
        ("colour=red", "colour"),
        ("portfolio=" + "9" * 15, "portfolio"),
    ],
)
def test_a_filter_that_cannot_be_is_refused_by_name(fleet, call, query, field):
    for path in ("/projects", "/projects/figures", "/projects/export"):
        answer = call(fleet.ada)("get", f"{path}?{query}")

        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert list(answer.json()["fields"]) == [field]


def test_projects_of_one_name_stand_on_one_page_each(cast, call):
    for number in range(9):
        make_project(cast.portfolio, f"S{9 - number}", "Same name")
    ada, found, address = call(cast.ada), [], "/projects?limit=2&sort=name"
    while address:
        answer = ada("get", address).json()
        found += [row["code"] for row in answer["items"]]
        address = (answer["next"] or "").removeprefix("/api/v1")

    assert found == ["HARB", *(f"S{number}" for number in range(1, 10))]


@pytest.mark.parametrize("extra", [19, 199])
def test_the_list_needs_the_same_queries_whatever_its_size(
    cast, call, django_assert_num_queries, extra
):
    for number in range(extra):
        make_project(cast.portfolio, f"N{number:03d}", f"Number {number:03d}")
    ada = call(cast.ada)
    ada("get", "/me")

    with django_assert_num_queries(QUERIES):
        answer = ada("get", "/projects?limit=200&group=portfolio")

    assert answer.json()["total"] == extra + 1


def test_the_figures_are_those_above_the_list(fleet, call):
    figures = call(fleet.ada)("get", "/projects/figures?group=stated&stated=red").json()

    assert (figures["scope"]["count"], figures["shown"]["count"]) == (4, 1)
    assert figures["scope"]["stated"] == {"red": 1, "amber": 1, "green": 2, "grey": 0}
    assert [(group["label"], group["count"]) for group in figures["groups"]] == [("Red", 1)]
    assert figures["shown"]["money"] == [
        {
            "currency": "EUR",
            "budget": "900.00",
            "forecast": "700.00",
            "difference": "-200.00",
            "budgets": 1,
            "forecasts": 1,
            "both": 1,
        }
    ]
    assert figures["heat"][0]["portfolio"]["name"] == "Quayside"


def test_every_count_of_red_is_that_of_the_rows_it_stands_for(fleet, call):
    ada = call(fleet.ada)

    heat = ada("get", "/projects/figures?phase=planning").json()["heat"]

    assert [line["portfolio"]["name"] for line in heat] == ["Quayside"]
    assert heat[0]["red"]["cost"] > 0
    for dimension, count in heat[0]["red"].items():
        place = heat[0]["portfolio"]["id"]
        assert len(rows(ada, f"?phase=planning&portfolio={place}&{dimension}=red")) == count


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_file_is_the_one_of_the_page(fleet, call, client, kind):
    client.force_login(fleet.ada)
    query = f"format={kind}&stated=red&columns=phase,budget"

    page = client.get(f"/export/?{query}")
    answer = call(fleet.ada)("get", f"/projects/export?{query}")

    assert answer["Content-Disposition"] == page["Content-Disposition"]
    assert answer["Content-Type"] == page["Content-Type"]
    if kind == "csv":
        assert answer.content == page.content
        assert b"Dredger" in answer.content


def test_the_file_shows_the_columns_that_its_person_chose(fleet, call, client):
    client.force_login(fleet.ada)
    client.post("/columns/", {"columns": ["phase"]})

    answer = call(fleet.ada)("get", "/projects/export?format=csv")

    head = answer.content.decode("utf-8-sig").splitlines()[0]
    assert (
        head == '"Code","Project","Portfolio","Manager","Manager until","Phase","Standing","Source"'
    )


def test_every_filter_of_the_list_is_described():
    described = {
        parameter["name"]: parameter
        for parameter in schema()["paths"]["/api/v1/projects"]["get"]["parameters"]
    }

    assert {"as_of", "q", "sort", "group", "columns", "view", "custom", "page"} <= set(described)
    for colour in ("overall", "stated", *DIMENSIONS):
        assert described[colour]["schema"]["enum"] == ["", "red", "amber", "green", "grey"]


# Saved views


def keep(caller, **values):
    answer = caller("post", "/views", {"name": "Red ones", "query": "?stated=red", **values})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_view_is_kept_applied_changed_and_removed(fleet, call):
    ada = call(fleet.ada)

    made = keep(ada)
    assert (made["query"], made["may_change"], made["shared_office_id"]) == (
        "stated=red",
        True,
        None,
    )
    assert [row["name"] for row in rows(ada, f"?view={made['id']}")] == ["Dredger"]
    assert [row["name"] for row in rows(ada, f"?view={made['id']}&stated=amber")] == ["Crane"]

    path = f"/views/{made['id']}"
    changed = ada("patch", path, {"name": "Mine", "query": "stated=green&sort=name"})
    assert (changed.status_code, changed.json()["query"]) == (200, "stated=green&sort=name")
    assert [row["name"] for row in rows(ada, f"?view={made['id']}")] == ["Bollard", "Harbour"]
    assert [view["name"] for view in ada("get", "/views").json()["items"]] == ["Mine"]

    assert ada("delete", path).status_code == 204
    assert ada("get", path).status_code == 404
    assert ada("get", f"/projects?view={made['id']}").status_code == 404


def test_a_view_is_seen_and_changed_as_on_the_page(fleet, call):
    piet, tess, otto = call(fleet.piet), call(fleet.tess), call(fleet.otto)
    own = keep(piet)
    shared = keep(piet, name="Shared", shared_office_id=fleet.office.pk)

    assert [view["name"] for view in tess("get", "/views").json()["items"]] == ["Shared"]
    for caller in (tess, otto):
        assert caller("get", f"/views/{own['id']}").status_code == 404
        assert caller("get", f"/projects?view={own['id']}").status_code == 404
    assert tess("get", f"/views/{shared['id']}").json()["may_change"] is False
    assert tess("patch", f"/views/{shared['id']}", {"name": "X"}).status_code == 403
    assert tess("delete", f"/views/{shared['id']}").status_code == 403
    assert call(fleet.ada)("patch", f"/views/{shared['id']}", {"name": "Ours"}).status_code == 200
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["Ours", "Red ones"]


def test_a_view_is_shared_only_where_its_owner_holds_a_role(fleet, call):
    made = keep(call(fleet.piet))

    for body in ({"shared_office_id": fleet.other_office.pk},):
        answer = call(fleet.piet)("patch", f"/views/{made['id']}", body)
        assert (answer.status_code, answer.json()["code"]) == (403, "portfolio.share")

    assert SavedView.objects.get().shared_office_id is None


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "X", "query": "overall=purple"},
        {"name": "X", "query": 5},
        {"name": "X", "owner_id": 1},
    ],
)
def test_a_view_that_cannot_be_is_not_kept(fleet, call, body):
    answer = call(fleet.ada)("post", "/views", body)

    assert answer.status_code == 422
    assert not SavedView.objects.exists()


def test_a_name_in_use_is_not_given_twice(fleet, call):
    ada = call(fleet.ada)
    keep(ada)
    other = keep(ada, name="Other")

    answer = ada("patch", f"/views/{other['id']}", {"name": "Red ones"})

    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["name"])


# Cockpit


def test_the_cockpit_is_that_of_the_page(fleet, call, client):
    ada = call(fleet.ada)
    client.force_login(fleet.ada)

    figures = ada("get", "/cockpit").json()
    lines = ada("get", "/cockpit/breaches?limit=200").json()

    assert (figures["projects"], figures["lines"]) == (4, lines["total"])
    assert lines["total"] == len(lines["items"]) > 0
    assert [line["severity"] for line in lines["items"]] == sorted(
        (line["severity"] for line in lines["items"]), reverse=True
    )
    page = client.get("/cockpit/").content.decode()
    assert all(line["code"] in page for line in lines["items"][:5] if line["code"])
    late = ada("get", "/cockpit/breaches?kind=slip").json()["items"]
    assert {line["kind"] for line in late} == {"slip"}


@pytest.mark.parametrize("path", ["/cockpit?since=2999-01-01", "/cockpit/breaches?kind=odd"])
def test_a_question_to_the_cockpit_that_cannot_be_is_refused(fleet, call, path):
    answer = call(fleet.ada)("get", path)

    assert (answer.status_code, list(answer.json()["fields"])) == (
        422,
        ["since" if "since" in path else "kind"],
    )
