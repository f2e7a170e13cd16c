# SPDX-License-Identifier: Apache-2.0
"""My week typed through on the page, and the page on which its updates are decided."""

from __future__ import annotations

import pytest

from permissions.walking import form_values
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.progress.models import Rhythm, TaskUpdate
from pilothouse.delivery.progress.tests.harbour import lay_plan
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import Job


@pytest.fixture
def uids(cast):
    """The plan around the real today, for pages ask the clock."""
    return lay_plan(cast, clock.today())


@pytest.fixture
def tess(cast, client, uids):
    client.force_login(cast.tess)
    return client


@pytest.fixture
def piet(cast, client, uids):
    client.force_login(cast.piet)
    return client


def form_of(client, url="/my/week/"):
    """What a browser would send from the page as it stands."""
    return form_values(client.get(url).content.decode())


def field(cast, uids, name, part):
    return f"{cast.harbour.pk}.{uids[name]}.{part}"


def waiting(cast, uids, name="Dredge", **said):
    return TaskUpdate.objects.create(
        project=cast.harbour,
        task_uid=uids[name],
        task_name=name,
        person=cast.tess,
        entered_by=cast.tess,
        day=clock.today(),
        door="page",
        seen={"name": name, "percent": "0", "left": "5d"},
        **said,
    )


def test_only_changed_rows_are_sent(cast, uids, tess):
    form = form_of(tess)
    form[field(cast, uids, "Dredge", "percent")] = "40"

    answer = tess.post("/my/week/", form, follow=True)

    assert "1 update is sent. Piet Example confirms" in answer.content.decode()
    row = TaskUpdate.objects.get()
    assert (row.task_name, row.percent, row.remaining_minutes, row.door) == (
        "Dredge",
        40,
        None,
        "page",
    )


def test_a_form_that_was_not_touched_says_so(cast, uids, tess):
    answer = tess.post("/my/week/", form_of(tess))

    assert answer.status_code == 422
    assert "Nothing was changed, so nothing was sent." in answer.content.decode()


def test_a_mistake_comes_back_with_everything_as_typed(cast, uids, tess):
    form = form_of(tess)
    form[field(cast, uids, "Dredge", "percent")] = "most of it"
    form[field(cast, uids, "Pour", "remark")] = "Cement came"
    form[field(cast, uids, "Cure", "finish")] = "2000-01-01"

    answer = tess.post("/my/week/", form)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 rows need your attention; nothing was saved." in page
    assert "‘most of it’ is no percentage" in page
    assert 'value="most of it"' in page
    assert "Cement came</textarea>" in page
    assert TaskUpdate.objects.count() == 0


def test_what_a_plan_does_not_take_stands_at_its_row(cast, uids, tess):
    form = form_of(tess)
    form[field(cast, uids, "Cure", "percent")] = "100"

    page = tess.post("/my/week/", form).content.decode()

    assert "say on which day it really began." in page
    assert TaskUpdate.objects.count() == 0


def test_a_row_sent_twice_over_a_change_of_the_plan_sends_what_was_typed_only(cast, uids, tess):
    form = form_of(tess)
    Task.objects.filter(name="Dredge").update(percent_complete=20)
    form[field(cast, uids, "Pour", "percent")] = "10"

    tess.post("/my/week/", form)

    assert TaskUpdate.objects.get().task_name == "Pour"


def test_rows_of_others_are_refused(cast, uids, tess):
    form = {
        field(cast, uids, "Survey", "seen"): "{}",
        field(cast, uids, "Survey", "percent"): "50",
    }

    answer = tess.post("/my/week/", form)

    assert answer.status_code == 422
    assert "is not yours any more" in answer.content.decode()
    assert TaskUpdate.objects.count() == 0


@pytest.mark.parametrize("seen", ["", "[]", "{", '{"percent": 1}', "x" * 10_000])
def test_nonsense_in_the_hidden_field_is_harmless(cast, uids, tess, seen):
    form = {
        field(cast, uids, "Dredge", "seen"): seen,
        field(cast, uids, "Dredge", "percent"): "50",
    }

    assert tess.post("/my/week/", form).status_code == 302
    assert TaskUpdate.objects.get().percent == 50


def test_my_week_asks_the_database_as_often_for_all_rows(tess, uids, django_assert_num_queries):
    tess.get("/my/week/")

    with django_assert_num_queries(10):
        tess.get("/my/week/")


def test_the_page_of_updates_shows_before_after_and_the_finish(cast, uids, piet):
    waiting(cast, uids, remaining_minutes=4800, percent=10, need_help=True, remark="Rock")

    page = piet.get(f"/plans/{cast.harbour.pk}/updates/").content.decode()

    assert "needs help" in page
    assert "Rock" in page
    assert "10d left" in page
    assert "Finish of the plan" in page


def test_the_page_of_updates_asks_the_database_as_often_for_all_rows(
    cast, uids, piet, django_assert_num_queries
):
    url = f"/plans/{cast.harbour.pk}/updates/"
    waiting(cast, uids, remark="One")
    piet.get(url)
    with django_assert_num_queries(12):
        piet.get(url)
    TaskUpdate.objects.update(state="superseded")
    for name in ("Dredge", "Pour", "Cure"):
        waiting(cast, uids, name, remark=name)
    with django_assert_num_queries(12):
        piet.get(url)


def test_one_click_confirms_all(cast, uids, piet):
    row = waiting(cast, uids, percent=40)
    url = f"/plans/{cast.harbour.pk}/updates/"

    answer = piet.post(f"{url}decide/", {"update": [row.pk], "do": "confirm"}, follow=True)

    assert "1 update is confirmed." in answer.content.decode()
    assert Task.objects.get(name="Dredge").percent_complete == 40


def test_not_taking_without_a_reason_asks_for_it(cast, uids, piet):
    row = waiting(cast, uids, percent=40)
    url = f"/plans/{cast.harbour.pk}/updates/decide/"

    answer = piet.post(url, {"update": [row.pk], "do": "reject"})
    assert answer.status_code == 422
    assert "Say why these updates are not taken" in answer.content.decode()
    piet.post(url, {"update": [row.pk], "do": "reject", "reason": "No"})

    row.refresh_from_db()
    assert (row.state, row.reason) == ("rejected", "No")


def test_updates_of_another_project_cannot_be_decided_here(cast, uids, piet):
    row = waiting(cast, uids, percent=40)
    TaskUpdate.objects.update(project=cast.foreign)

    answer = piet.post(
        f"/plans/{cast.harbour.pk}/updates/decide/", {"update": [row.pk], "do": "confirm"}
    )

    assert answer.status_code == 409
    row.refresh_from_db()
    assert row.state == "submitted"


def test_a_project_is_left_to_the_day_of_its_office(cast, uids, piet, client):
    client.force_login(cast.ada)
    at = f"/office/settings/{cast.harbour.office_id}/weekly-updates/"
    form = form_of(client, at) | {"weekday": "1", "hour": "7"}
    assert client.post(at, form).status_code == 302
    assert at in client.get("/office/settings/").content.decode()

    client.force_login(cast.piet)
    url = f"/plans/{cast.harbour.pk}/updates/"
    page = client.get(f"{url}rhythm/").content.decode()
    assert "As the office: Tuesday" in page
    assert "As the office: 07:00" in page
    form = form_of(client, f"{url}rhythm/") | {"by_mail": "on", "weekday": "", "hour": ""}
    told = client.post(f"{url}rhythm/", form, follow=True).content.decode()

    assert "Mails go out each Tuesday from 7:00." in told
    row = Rhythm.objects.get()
    assert (row.weekday, row.hour) == (None, None)
    wrong = client.post(f"{url}rhythm/", form | {"version": "2", "hour": "24"})
    assert wrong.status_code == 422


def test_the_manager_switches_mails_on_and_asks_at_once(cast, uids, piet):
    url = f"/plans/{cast.harbour.pk}/updates/"
    form = form_of(piet, f"{url}rhythm/") | {"by_mail": "on", "weekday": "4", "hour": "8"}
    assert piet.post(f"{url}rhythm/", form).status_code == 302
    row = Rhythm.objects.get()
    assert (row.by_mail, row.weekday, row.hour, row.site) == (True, 4, 8, "http://testserver")

    answer = piet.post(f"{url}ask/", {"person": [cast.tess.pk, cast.otto.pk]}, follow=True)

    assert "1 mail goes out." in answer.content.decode()
    assert Job.objects.get(name="progress.mail_week_of").payload == {
        "person_id": cast.tess.pk,
        "projects": str(cast.harbour.pk),
        "site": "http://testserver",
    }
