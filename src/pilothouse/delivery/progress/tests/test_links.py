# SPDX-License-Identifier: Apache-2.0
"""The link of a mail: one person, some tasks, ten days, no sign-in, and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from cast import SYSTEM
from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.progress import services
from pilothouse.delivery.progress.models import Rhythm, TaskUpdate, UpdateLink
from pilothouse.delivery.progress.services.asking import SALT
from pilothouse.delivery.progress.tasks import ask
from pilothouse.delivery.progress.tests.harbour import lay_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import SignInTries
from pilothouse.foundation.accounts.services import set_active
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.models import AuditEvent, Installation, Job

THURSDAY = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)


@pytest.fixture
def uids(cast):
    return lay_plan(cast, clock.today())


def mailed(cast, who=None, projects=None):
    """Mail somebody their week; the path of the link in it."""
    sent = services.mail_week(
        person_id=(who or cast.tess).pk,
        projects=[cast.harbour.pk] if projects is None else projects,
        site="https://pmo.example.org",
        today=clock.today(),
    )
    assert sent
    return re.search(r"https://pmo\.example\.org(/week/\S+/)", mail.outbox[-1].body)[1]


@pytest.fixture
def path(cast, uids):
    return mailed(cast)


def typed(cast, uids, name="Dredge", **texts):
    key = f"{cast.harbour.pk}.{uids[name]}"
    return {f"{key}.seen": "{}"} | {f"{key}.{part}": text for part, text in texts.items()}


def test_the_mail_lists_the_tasks_and_says_how_long_the_link_works(cast, uids, path):
    (message,) = mail.outbox

    assert message.to == ["tess@example.org"]
    assert "HARB Harbour\n- Dredge (Quay)" in message.body
    assert "- Pour (Quay)" in message.body
    assert "Survey" not in message.body
    assert "Paint" not in message.body
    assert "&" not in message.body


def test_who_has_nothing_due_gets_no_mail(cast, uids):
    for person, projects in ((cast.tess, []), (cast.ada, [cast.harbour.pk])):
        assert not services.mail_week(
            person_id=person.pk, projects=projects, site="https://x", today=clock.today()
        )

    assert (mail.outbox, UpdateLink.objects.count()) == ([], 0)


def test_the_link_opens_the_form_without_sign_in(cast, uids, path):
    answer = Client().get(path)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "You report as Tess Example." in page
    assert "Dredge" in page
    assert (answer["Referrer-Policy"], answer["Cache-Control"], answer["X-Robots-Tag"]) == (
        "no-referrer",
        "no-store",
        "noindex, nofollow",
    )


def test_the_link_reports_in_the_name_of_its_person_by_the_door_of_the_mail(cast, uids, path):
    answer = Client(enforce_csrf_checks=True).post(
        path, typed(cast, uids, percent="40"), headers={"Origin": "null"}
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{path}?sent=1")
    row = TaskUpdate.objects.get()
    assert (row.person, row.percent, row.door, row.state) == (
        cast.tess,
        Decimal(40),
        "link",
        "submitted",
    )
    told = AuditEvent.objects.latest("pk")
    assert (told.action, told.actor, told.channel) == ("progress.report", cast.tess, "mail")


def test_by_a_link_not_even_a_manager_confirms(cast, uids):
    path = mailed(cast, cast.piet)

    Client().post(path, typed(cast, uids, "Survey", percent="40"))

    assert TaskUpdate.objects.get().state == "submitted"


def test_the_link_opens_no_other_page(cast, uids, path):
    client = Client()
    client.get(path)

    for other in ("/my/week/", f"/plans/{cast.harbour.pk}/", "/account/profile/", "/"):
        assert client.get(other).status_code == 302
    assert "_auth_user_id" not in client.session


def test_who_is_signed_in_acts_as_the_person_of_the_link(cast, uids, path):
    client = Client()
    client.force_login(cast.otto)

    page = client.get(path).content.decode()
    client.post(path, typed(cast, uids, percent="40"))

    assert "Otto" not in page
    assert TaskUpdate.objects.get().person == cast.tess


def test_a_mistake_comes_back_as_on_the_page(cast, uids, path):
    answer = Client().post(path, typed(cast, uids, percent="lots"))

    assert answer.status_code == 422
    assert "‘lots’ is no percentage" in answer.content.decode()
    assert TaskUpdate.objects.count() == 0


@pytest.mark.parametrize("name", ["Paint", "Survey"])
def test_a_link_takes_no_task_but_those_of_its_mail(cast, uids, path, name):
    answer = Client().post(path, typed(cast, uids, name, percent="40"))

    assert answer.status_code == 422
    assert TaskUpdate.objects.count() == 0


def altered(path):
    token = path.split("/")[2]
    return {
        "cut": token[:-3],
        "changed": token[:5] + ("A" if token[5] != "A" else "B") + token[6:],
        "of another purpose": signing.dumps(signing.loads(token, salt=SALT), salt="other"),
        "unknown": signing.dumps(signing.loads(token, salt=SALT) | {"nonce": "x"}, salt=SALT),
        "empty": "none",
        "long": "x" * 4000,
    }


@pytest.mark.parametrize(
    "how", ["cut", "changed", "of another purpose", "unknown", "empty", "long"]
)
def test_an_altered_link_opens_nothing(cast, uids, path, how):
    url = f"/week/{altered(path)[how]}/"

    for answer in (Client().get(url), Client().post(url, typed(cast, uids, percent="40"))):
        assert answer.status_code == 410
        assert "This link does not open anything, or no longer." in answer.content.decode()
    assert TaskUpdate.objects.count() == 0


def end_by(cast, way):
    link = UpdateLink.objects.get()
    if way == "expired":
        UpdateLink.objects.update(expires_at=timezone.now())
    elif way == "ended by its person":
        assert services.end_links(actor=cast.tess.actor(), person=cast.tess) == 1
    elif way == "ended by the manager":
        assert (
            services.end_links(actor=cast.piet.actor(), person=cast.tess, project=cast.harbour) == 1
        )
    elif way == "account closed":
        set_active(actor=SYSTEM, user=cast.tess, active=False, reason="Left")
    elif way == "another's":
        UpdateLink.objects.update(person=cast.piet)
    else:
        link.tasks = [[cast.harbour.pk, 7]]
        link.save()


@pytest.mark.parametrize(
    "way",
    [
        "expired",
        "ended by its person",
        "ended by the manager",
        "account closed",
        "another's",
        "other tasks",
    ],
)
def test_a_link_that_ended_answers_like_one_that_never_was(cast, uids, path, way):
    end_by(cast, way)
    never = Client().get("/week/none/")

    answer = Client().get(path)

    assert (answer.status_code, answer.content) == (never.status_code, never.content)
    assert Client().post(path, typed(cast, uids, percent="40")).status_code == 410
    assert TaskUpdate.objects.count() == 0


def test_who_lost_the_project_finds_no_task_behind_the_link(cast, uids, path):
    planning.link_person(
        actor=cast.piet.actor(), project=cast.harbour, uid=1, person=None, version=None
    )

    assert "None of these tasks is yours" in Client().get(path).content.decode()
    assert Client().post(path, typed(cast, uids, percent="40")).status_code == 422
    assert TaskUpdate.objects.count() == 0


def test_a_closed_project_is_behind_no_link(cast, uids, path):
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")

    assert "None of these tasks is yours" in Client().get(path).content.decode()


def test_a_link_is_no_way_around_a_second_factor_that_is_a_must(cast, uids, path):
    installation = Installation.objects.update_or_create(
        pk=1, defaults={"second_factor_from": clock.today()}
    )[0]

    answer = Client().get(path)

    assert answer.status_code == 403
    assert "asks everybody for a second factor" in answer.content.decode()
    assert Client().post(path, typed(cast, uids, percent="40")).status_code == 403
    assert TaskUpdate.objects.count() == 0
    installation.second_factor_from = None
    installation.save()
    assert Client().get(path).status_code == 200


def test_the_secret_of_a_link_is_neither_logged_nor_stored(cast, uids, path, caplog):
    caplog.set_level("INFO")

    Client().get(path)

    token = path.split("/")[2]
    assert token[:40] not in caplog.text
    said = " ".join(str(getattr(record, "fields", "")) for record in caplog.records)
    assert "week/<str:token>/" in said
    assert token[:40] not in said
    assert token not in str(UpdateLink.objects.values().get())


def test_wrong_links_are_slowed(cast, uids, path):
    SignInTries.objects.all().delete()
    client = Client()

    answers = {client.get(f"/week/none-{n}/").status_code for n in range(30)}

    assert answers == {410}
    assert client.get("/week/none/").status_code == 429
    assert client.get(path).status_code == 200


def test_others_cannot_end_the_links_of_a_person(cast, uids, path):
    with pytest.raises(NotFound):
        services.end_links(actor=cast.otto.actor(), person=cast.tess)

    assert Client().get(path).status_code == 200


def test_nobody_is_mailed_twice_a_day_about_a_project(cast, uids, path):
    with pytest.raises(Invalid) as refused:
        services.ask_now(
            actor=cast.piet.actor(),
            project=cast.harbour,
            people=[cast.tess.pk],
            site="https://x",
        )

    assert refused.value.code == "progress.asked_today"


def rhythm(cast, **values):
    usual = {"by_mail": True, "weekday": 3, "hour": 9, "site": "https://x"}
    return Rhythm.objects.create(project=cast.harbour, **usual | values)


def due(now=THURSDAY):
    return services.ask_due(actor=SYSTEM, now=now)


def test_the_job_asks_on_the_day_and_from_the_hour_that_the_project_says(cast, uids):
    rhythm(cast)

    assert due(THURSDAY - timedelta(days=1)) == 0
    assert due(THURSDAY - timedelta(hours=1)) == 0
    assert due() == 2
    assert due(THURSDAY + timedelta(hours=1)) == 0
    assert sorted(
        Job.objects.filter(name="progress.mail_week_of").values_list(
            "payload__person_id", flat=True
        )
    ) == sorted([cast.tess.pk, cast.piet.pk])


def test_a_project_that_says_no_day_or_hour_asks_as_its_office_says(cast, uids):
    rhythm(cast, weekday=None, hour=None)
    services.set_rhythm_of_office(
        actor=cast.ada.actor(), office=cast.office, weekday=1, hour=7, version=None
    )
    tuesday = THURSDAY - timedelta(days=2, hours=2)

    assert due() == 0
    assert due(tuesday - timedelta(hours=1)) == 0
    assert due(tuesday) == 2


def test_where_nobody_says_when_people_are_asked_on_thursdays_from_nine(cast, uids):
    rhythm(cast, weekday=None, hour=None)

    assert due(THURSDAY - timedelta(days=1)) == 0
    assert due(THURSDAY - timedelta(hours=1)) == 0
    assert due() == 2


@pytest.mark.parametrize("values", [{"by_mail": False}, {"weekday": 4}])
def test_the_job_leaves_projects_alone_that_did_not_ask_for_it(cast, uids, values):
    rhythm(cast, **values)

    assert due() == 0


def test_the_job_leaves_closed_projects_alone(cast, uids):
    rhythm(cast)
    Project.objects.update(state="closed")

    assert due() == 0


def test_old_links_are_removed(cast, uids, path):
    UpdateLink.objects.update(expires_at=timezone.now() - timedelta(days=31))

    assert ask(Work(1, {})).endswith("1 old links are removed.")
    assert UpdateLink.objects.count() == 0
