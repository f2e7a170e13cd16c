# SPDX-License-Identifier: Apache-2.0
"""Pages, files and API of a backlog."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from cast import make_project
from pilothouse.delivery.agile.models import BacklogItem, Release, Sprint
from pilothouse.delivery.agile.services import forecast_of_release
from pilothouse.delivery.agile.tests.team import MONDAY, lay_plan
from pilothouse.delivery.planning.models import Task
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import AuditEvent


def at(name, *args):
    return reverse(f"agile:{name}", args=args)


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def api(client, method, path, body=None, version=None):
    headers = {"If-Match": f'"v{version}"'} if version else {}
    return client.generic(
        method,
        f"/api/v1{path}",
        json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


def test_a_project_without_a_backlog_says_what_to_do_next(cast, as_):
    row = make_project(cast.portfolio, "LIGHT", "Lights", pm=cast.piet)

    assert "may begin one" in html(as_("ada").get(at("backlog", row.pk)))
    text = html(as_("piet").get(at("backlog", cast.harbour.pk)))
    assert at("begin", cast.harbour.pk) in text
    assert as_("piet").get(at("board", cast.harbour.pk)).status_code == 404


def test_the_pages_make_as_many_queries_for_many_items_as_for_few(team, as_):
    client = as_("piet")
    release = team.release()
    team.run(3, 4, 5)
    first = team.write("epic: Lights\nA (1)\nB (1)", release=release)
    running = team.start(team.sprint(4, *first[1:]))
    pages = {
        "backlog": at("backlog", team.project.pk),
        "board": at("board", team.project.pk),
        "sprints": at("sprints", team.project.pk),
        "sprint": at("sprint", running.pk),
        "releases": at("releases", team.project.pk) + "?by=2026-12-01",
        "release": at("release", release.pk),
    }
    few = {name: queries_of(client, page) for name, page in pages.items()}

    more = team.write("\n".join(f"Item {n} (2)" for n in range(40)), epic=first[0], release=release)
    team.plan(more[:30], sprint=running, owner=team.cast.tess)
    many = {name: queries_of(client, page) for name, page in pages.items()}

    assert many == few
    assert few == {
        "backlog": 14,
        "board": 9,
        "sprints": 10,
        "sprint": 15,
        "releases": 13,
        "release": 27,
    }


def test_a_line_typed_into_the_backlog_becomes_an_item(team, as_):
    client = as_("piet")

    answer = client.post(at("add", team.project.pk), {"lines": "bug: It flickers (3)"})

    assert answer.status_code == 302
    item = BacklogItem.objects.get()
    assert (item.kind, item.title, item.points) == ("bug", "It flickers", 3)
    text = html(client.post(at("add", team.project.pk), {"lines": "Good\n(3)"}), 422)
    assert "Line 2: It has no title." in text
    assert "Good\n(3)" in text
    assert BacklogItem.objects.count() == 1


def test_ticked_items_are_changed_at_once(team, as_):
    client = as_("piet")
    a, b = team.write("A\nB")
    sprint = team.sprint(0)

    client.post(
        at("change-many", team.project.pk),
        {"items": [a.pk, b.pk], "sprint": sprint.pk, "points": "5"},
    )

    assert set(sprint.items.values_list("points", flat=True)) == {5}
    client.post(at("change-many", team.project.pk), {"items": [a.pk], "sprint": "none"})
    assert list(sprint.items.all()) == [b]
    text = html(client.post(at("change-many", team.project.pk), {"items": [a.pk]}), 422)
    assert "Choose what to change of them." in text


def test_a_refused_move_shows_the_board_with_the_reason(team, as_):
    client = as_("piet")
    (item,) = team.write("A (1)")
    team.start(team.sprint(0, item))
    item.refresh_from_db()

    text = html(client.post(at("state", item.pk), {"state": "done", "version": "1"}), 409)

    assert "was changed by Piet Example" in text
    assert "ph-ag-board" in text
    item.refresh_from_db()
    assert item.state == "todo"


def test_a_team_member_sees_arrows_on_own_cards_alone(team, as_):
    mine, others = team.write("Mine (1)\nOthers (1)")
    team.plan([mine], owner=team.cast.tess)
    team.plan([others], owner=team.cast.piet)
    team.start(team.sprint(0, mine, others))

    text = html(as_("tess").get(at("board", team.project.pk)))

    assert at("state", mine.pk) in text
    assert at("state", others.pk) not in text
    assert (
        as_("tess").post(at("state", others.pk), {"state": "done", "version": "3"}).status_code
        == 403
    )


def test_texts_of_items_are_never_markup(team, as_):
    (item,) = team.write("<script>alert(1)</script> (1)")
    team.start(team.sprint(0, item))

    for page in ("backlog", "board"):
        text = html(as_("piet").get(at(page, team.project.pk)))
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def upload(client, project, name, data):
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("exchange:backlog-read", args=[project.pk]), {"file": file})


def table_at(project):
    return reverse("exchange:backlog-table", args=[project.pk])


def take(client, project):
    return client.post(table_at(project), {"do": "accept"})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_backlog_that_leaves_comes_back_without_a_change(team, as_, kind):
    client = as_("piet")
    epic, story = team.write("epic: Lights\n=1+1 (5)")
    sprint = team.sprint(0)
    team.plan([story], epic=epic, sprint=sprint, release=team.release(), owner=team.cast.tess)
    before = list(BacklogItem.objects.order_by("pk").values())

    body = client.get(at("export", team.project.pk, kind)).content
    answer = upload(client, team.project, f"backlog.{kind}", body)

    assert answer.status_code == 302
    assert html(client.get(table_at(team.project))).count("as it is") == 2
    assert take(client, team.project).status_code == 302
    assert list(BacklogItem.objects.order_by("pk").values()) == before
    if kind == "xlsx":
        rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
        assert rows[2][:4] == ["HARB-2", "Story", "=1+1", 5.0]


def test_a_table_is_looked_at_row_by_row_before_it_is_taken(team, as_):
    client = as_("piet")
    (known,) = team.write("Sign in (5)")
    text = f"Issue key,Summary,Story Points\n{known.key},Sign in,8\n,Sign out,0.5\n"

    assert upload(client, team.project, "jira.csv", text.encode()).status_code == 302
    page = html(client.get(table_at(team.project)))

    assert "Points: 5 → 8" in page
    assert "Points: 0.5" in page
    known.refresh_from_db()
    assert (known.points, BacklogItem.objects.count()) == (5, 1)
    assert not AuditEvent.objects.filter(action="backlogitem.update").exists()
    told = html(client.post(table_at(team.project), {"do": "accept"}, follow=True))
    assert "1 items added, 1 changed, 0 as they were." in told
    known.refresh_from_db()
    assert known.points == 8
    assert client.get(table_at(team.project)).status_code == 404


def test_what_a_column_means_is_chosen_and_looked_at_again(team, as_):
    client = as_("piet")
    upload(client, team.project, "list.csv", b"What,Size\nSign in,3\n")
    assert "Say which column is the title" in html(client.get(table_at(team.project)))

    wrong = client.post(table_at(team.project), {"column-0": "title", "column-1": "title"})
    assert "Another column means this already." in html(wrong, 422)
    sent = client.post(table_at(team.project), {"column-0": "title", "column-1": "points"})
    assert sent.status_code == 302
    assert "Points: 3" in html(client.get(table_at(team.project)))
    take(client, team.project)

    assert BacklogItem.objects.get().points == 3


def test_a_row_that_cannot_be_taken_is_named_and_nothing_is_taken(team, as_):
    client = as_("piet")
    text = b"Title,Points,Status\nSign in,many,To do\nSign out,2,later\nSign up,1,\n"
    upload(client, team.project, "bad.csv", text)

    page = html(client.get(table_at(team.project)))
    assert "‘many’ as its points is no number" in page
    assert "‘later’ is no state" in page
    assert "Take the table" not in page
    assert take(client, team.project).status_code == 422
    assert BacklogItem.objects.count() == 0
    left = client.post(reverse("exchange:backlog-leave", args=[team.project.pk]))
    assert left.status_code == 302
    assert client.get(table_at(team.project)).status_code == 404


def test_what_an_item_cannot_become_is_told_before_it_is_taken(team, as_):
    client = as_("piet")
    (done,) = team.write("Show (5)")
    sprint = team.start(team.sprint(0, done))
    team.done(done, sprint.finish)
    team.close(sprint)
    text = f"Key,Title,Type,Points\n,All of it,Epic,5\n{done.key},Show,Story,8\n"
    upload(client, team.project, "epic.csv", text.encode())

    page = html(client.get(table_at(team.project)))

    assert "an epic has no points; its items have" in page
    assert "so its points stays" in page
    assert take(client, team.project).status_code == 422


def test_a_table_that_waits_is_of_whoever_read_it(team, as_):
    upload(as_("piet"), team.project, "list.csv", b"Title\nSign in\n")

    assert as_("tess").get(table_at(team.project)).status_code == 403
    assert as_("sam").get(table_at(team.project)).status_code == 403


def test_a_table_that_holds_nothing_is_told(team, as_):
    client = as_("piet")

    assert "The file is empty" in html(upload(client, team.project, "bad.csv", b""), 422)
    upload(client, team.project, "bad.csv", b"Title\n\n")
    assert "no row below its head" in html(client.get(table_at(team.project)))


def test_the_api_runs_a_sprint_and_asks_for_versions(team, as_):
    client = as_("piet")
    project = f"/projects/{team.project.pk}"

    made = api(client, "POST", f"{project}/backlog/items", {"items": [{"title": "A", "points": 5}]})
    assert made.status_code == 201
    item = made.json()["items"][0]
    sprint = api(
        client, "POST", f"{project}/sprints", {"start": "2026-03-02", "finish": "2026-03-13"}
    ).json()
    path = f"/sprints/{sprint['id']}"
    item = api(
        client,
        "PATCH",
        f"/backlog-items/{item['id']}",
        {"sprint_id": sprint["id"]},
        item["version"],
    ).json()
    started = api(client, "POST", f"{path}/start", version=1).json()
    assert (started["state"], started["committed"]) == ("active", 5)
    assert api(client, "POST", f"{path}/close", {}).status_code == 428
    assert api(client, "POST", f"{path}/close", {}, version=1).status_code == 412
    assert api(client, "POST", f"{path}/close", {"forward_id": 999}, version=2).status_code == 422
    moved = api(
        client, "POST", f"/backlog-items/{item['id']}/state", {"state": "done"}, item["version"]
    )
    assert moved.json()["done_on"] == clock.today().isoformat()
    closed = api(client, "POST", f"{path}/close", {}, version=2).json()
    assert (closed["state"], closed["completed"]) == ("closed", 5)
    full = api(client, "GET", path).json()
    assert full["results"] == [
        {"item_id": item["id"], "key": "HARB-1", "points": 5, "committed": True, "result": "done"}
    ]
    assert api(client, "GET", f"{project}/backlog").json()["velocity"]["mean"] == 5


def test_the_api_puts_the_forecast_that_was_read_into_the_plan(team, as_):
    client = as_("piet")
    lay_plan(team.project)
    team.run(10, 10, 10)
    release = team.release(milestone_uid=2)
    team.write("A (10)", release=release)
    path = f"/releases/{release.pk}"

    read = api(client, "GET", path)
    day = read.json()["forecast"]["day"]

    assert day == forecast_of_release(release, clock.today()).day.isoformat()
    assert api(client, "POST", f"{path}/accept-forecast", {"day": day}).status_code == 428
    stale = api(client, "POST", f"{path}/accept-forecast", {"day": day}, version=9)
    assert stale.status_code == 412
    other = api(client, "POST", f"{path}/accept-forecast", {"day": "2030-01-07"}, version=1)
    assert other.json()["code"] == "agile.other_forecast"
    done = api(client, "POST", f"{path}/accept-forecast", {"day": day}, version=1)
    assert done.json()["tasks_moved"] == 2
    finish = Task.objects.get(uid=2).finish.date()
    assert timedelta(0) <= finish - clock.today().fromisoformat(day) <= timedelta(days=3)


def test_the_api_names_what_is_not_of_this_project(team, cast, as_):
    client = as_("piet")
    (item,) = team.write("A")
    other = Release.objects.create(project=cast.foreign, name="Theirs", start=MONDAY)
    sprint = Sprint.objects.create(
        project=cast.foreign, number=1, name="S", start=MONDAY, finish=MONDAY
    )

    for values in ({"release_id": other.pk}, {"sprint_id": sprint.pk}, {"epic_id": item.pk}):
        answer = api(client, "PATCH", f"/backlog-items/{item.pk}", values, 1)
        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == list(values)
    assert api(client, "GET", f"/releases/{other.pk}").status_code == 404
    assert api(client, "GET", f"/sprints/{sprint.pk}").status_code == 404


def test_the_page_and_the_api_tell_when_a_growing_release_is_done(team, as_):
    release = team.grow(4)
    piet = as_("piet")

    page = piet.get(reverse("agile:release", args=[release.pk])).content.decode()
    assert "If the scope goes on growing" in page
    assert "Points that came in by sprint: +4, +4, +4." in page
    assert 'class="ph-ag-growth"' in page
    told = api(piet, "GET", f"/releases/{release.pk}").json()["forecast"]

    assert told["growing_points"] == {"50": 24, "80": 24, "95": 24}
    assert told["growing_days"]["80"] > told["days"]["80"]
