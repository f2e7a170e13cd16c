# SPDX-License-Identifier: Apache-2.0
"""Plans over the API: upload, download, the reason of a date, late tasks."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.tests.files import (
    OTHER_HOSTILE,
    QUAY,
    TWO_PROJECTS,
    as_json,
    as_xer,
    document,
    link,
    task,
)
from pilothouse.foundation.core.models import AuditEvent

BASE = "/api/v1"


@pytest.fixture
def plan(cast):
    return f"/projects/{cast.harbour.pk}/plan"


def send(caller, path, text=QUAY, **headers):
    data = text.encode() if isinstance(text, str) else text
    return caller.client.post(
        BASE + path,
        {"file": SimpleUploadedFile("quay.xml", data)},
        headers={"Authorization": f"Bearer {caller.secret}", **headers},
    )


def test_an_upload_becomes_the_plan_and_tells_what_came_over(cast, call, plan):
    piet = call(cast.piet)

    answer = send(piet, plan)

    assert (answer.status_code, answer["ETag"]) == (201, '"v1"')
    assert answer.json()["plan_version"] == 1
    assert answer.json()["finish_after"] == "2026-03-12"
    assert answer.json()["counts"]["tasks"] == 5
    assert answer.json()["counts"]["differing"] == 1
    assert AuditEvent.objects.get(action="plan.imported").channel == "api"
    assert piet("get", plan)["ETag"] == '"v1"'


def test_a_plan_is_replaced_only_by_who_names_its_version(cast, call, plan):
    piet = call(cast.piet)
    send(piet, plan)
    other = document(task(9, "Only one"))

    assert send(piet, plan, other).status_code == 428
    assert send(piet, plan, other, **{"If-Match": '"v2"'}).status_code == 412
    assert Task.objects.count() == 5
    answer = send(piet, plan, other, **{"If-Match": '"v1"'})

    assert (answer.status_code, answer["ETag"]) == (201, '"v2"')
    assert list(Task.objects.values_list("uid", flat=True)) == [9]


def test_a_version_of_a_plan_that_is_not_there_is_stale(cast, call, plan):
    answer = send(call(cast.piet), plan, **{"If-Match": '"v3"'})

    assert (answer.status_code, answer.json()["code"]) == (412, "core.stale")
    assert ProjectPlan.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "status"),
    [("ada", 403), ("rosa", 403), ("femi", 403), ("sam", 403), ("tess", 403), ("nia", 404)],
)
def test_only_the_project_manager_uploads(cast, call, plan, name, status):
    assert send(call(cast.people[name]), plan).status_code == status
    assert ProjectPlan.objects.count() == 0


def test_a_token_that_only_reads_uploads_nothing(cast, call, plan):
    assert send(call(cast.piet, may_write=False), plan).status_code == 403
    assert ProjectPlan.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><Project/>', "mspdi.doctype"),
        (QUAY[: len(QUAY) // 2], "mspdi.truncated"),
        (document(task(1, "Dig", more=link(8))), "mspdi.dangling_link"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_reason(cast, call, plan, text, code):
    answer = send(call(cast.piet), plan, text)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert list(answer.json()["fields"]) == ["file"]
    assert ProjectPlan.objects.count() == 0


@pytest.mark.parametrize("kind", OTHER_HOSTILE)
def test_hostile_files_of_other_formats_are_refused_with_their_code(cast, call, plan, kind):
    data, code = OTHER_HOSTILE[kind]

    answer = send(call(cast.piet), plan, data)

    assert answer.status_code == 422
    assert answer.json()["code"].startswith(code)
    assert ProjectPlan.objects.count() == 0


@pytest.mark.parametrize("write", [as_xer, as_json])
def test_other_formats_become_the_plan_too(cast, call, plan, write):
    answer = send(call(cast.piet), plan, write())

    assert (answer.status_code, answer.json()["finish_after"]) == (201, "2026-03-12")


def test_one_of_several_projects_of_a_file_is_named(cast, call, plan):
    piet = call(cast.piet)
    headers = {"Authorization": f"Bearer {piet.secret}"}
    sent = {"file": SimpleUploadedFile("two.xer", TWO_PROJECTS), "file_project": "Quay 7"}

    answer = piet.client.post(BASE + plan, sent, headers=headers)

    assert answer.status_code == 201
    assert answer.json()["counts"]["links"] == 3


def test_an_upload_without_file_is_refused(cast, call, plan):
    piet = call(cast.piet)
    headers = {"Authorization": f"Bearer {piet.secret}"}

    answer = piet.client.post(BASE + plan, {"name": "x"}, headers=headers)

    assert answer.status_code == 422
    assert ProjectPlan.objects.count() == 0


def test_a_file_beyond_the_limit_is_refused(cast, call, plan, settings):
    settings.PILOTHOUSE_UPLOAD_MAX_BYTES = 2**20

    answer = send(call(cast.piet), plan, b"x" * (2**20 + 1))

    assert (answer.status_code, answer.json()["code"]) == (422, "planning.file")
    assert ProjectPlan.objects.count() == 0


def test_what_is_downloaded_can_be_uploaded_again(cast, call, plan):
    piet = call(cast.piet)
    send(piet, plan)
    before = list(Task.objects.order_by("position").values("uid", "name", "start", "finish"))

    answer = piet("get", f"{plan}/file")

    assert answer["Content-Type"] == "application/xml"
    assert answer["Content-Disposition"] == 'attachment; filename="HARB-plan-1.xml"'
    assert send(piet, plan, answer.content, **{"If-Match": '"v1"'}).status_code == 201
    after = list(Task.objects.order_by("position").values("uid", "name", "start", "finish"))
    assert after == before


def test_the_reason_of_a_date_is_a_chain_back_to_the_beginning(cast, call, plan):
    piet = call(cast.piet)
    send(piet, plan)

    told = piet("get", f"{plan}/tasks/5/why").json()

    assert [step["uid"] for step in told["steps"]] == [5, 3, 2]
    assert told["steps"][0]["sentence"] in told["text"]
    assert told["late"][0]["bounds"][0]["sentence"] in told["text"]
    assert told["total_float"]["uid"] == told["late"][-1]["bounds"][0]["uid"]
    assert told["free_float"]["sentence"] in told["text"]
    assert piet("get", f"{plan}/tasks/99/why").status_code == 404
    for page in ("/file", "/tasks/5/why"):
        assert call(cast.nia)("get", plan + page).status_code == 404


def test_without_a_plan_there_is_nothing_to_read(cast, call, plan):
    piet = call(cast.piet)

    for page in ("", "/file", "/tasks/1/why"):
        assert piet("get", plan + page).status_code == 404


def test_late_tasks_are_those_unfinished_before_today(cast, call, plan):
    piet = call(cast.piet)
    send(piet, plan)
    Task.objects.update(finish="2020-01-01T17:00Z")
    Task.objects.filter(uid=4).update(percent_complete=100)
    Task.objects.filter(uid=5).update(finish="2190-01-01T17:00Z")

    found = piet("get", f"{plan}/tasks?only=late").json()

    assert [row["uid"] for row in found["items"]] == [2, 3]


def test_work_weeks_of_a_calendar_are_told_and_kept_when_they_are_left_out(cast, call, plan):
    piet, at = call(cast.piet), f"{plan}/calendars"
    send(piet, plan)
    short = {"first": "2026-03-02", "last": "2026-03-06", "week": [[[480, 720]], *[None] * 6]}
    body = {"name": "Standard", "week": [*[[[480, 720], [780, 1020]]] * 5, [], []]}

    piet("put", f"{at}/1", {**body, "work_weeks": [{**short, "name": "Short"}]}, version=1)
    piet("put", f"{at}/1", {**body, "name": "Usual"}, version=2)

    [told] = piet("get", at).json()["items"]
    assert (told["name"], told["work_weeks"]) == ("Usual", [{**short, "name": "Short"}])
    none = piet("put", f"{at}/1", {**body, "work_weeks": []}, version=3)
    assert none.status_code == 200
    assert piet("get", at).json()["items"][0]["work_weeks"] == []
