# SPDX-License-Identifier: Apache-2.0
"""The pages of a plan: upload, table, reconciliation, reasons, and what is refused."""

import csv
import gzip
import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import escape

from pilothouse.delivery.planning.models import PlanArrival, PlanEvent, ProjectPlan, Task, TaskLink
from pilothouse.delivery.planning.services import edit_plan, explain_dates, seen_of
from pilothouse.delivery.planning.tests.files import (
    OTHER_HOSTILE,
    PEOPLE,
    QUAY,
    TWO_PROJECTS,
    as_json,
    as_xer,
    document,
    link,
    task,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.models import AuditEvent

NAMES = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia")
READERS = "200 200 200 200 200 200 404 404"
MANAGERS = "403 200 403 403 403 403 404 404"


def address(cast, page, *more):
    return reverse(f"planning:{page}", args=[cast.harbour.pk, *more])


def upload(client, cast, text=QUAY, name="quay.xml", version=None):
    if version is None:
        version = ProjectPlan.objects.values_list("version", flat=True).first() or 0
    data = text.encode() if isinstance(text, str) else text
    sent = {"version": version, "file": SimpleUploadedFile(name, data)}
    return client.post(address(cast, "import"), sent)


def upload_and_accept(client, cast, text=QUAY, name="quay.xml"):
    response = upload(client, cast, text, name)
    assert response["Location"] == address(cast, "arrival")
    version = ProjectPlan.objects.values_list("version", flat=True).get()
    return client.post(address(cast, "arrival-accept"), {"version": version, "seen": seen()})


def seen():
    """Which file waits."""
    return seen_of(PlanArrival.objects.get())


def html(response):
    return response.content.decode()


def digest():
    models = (ProjectPlan, Task, TaskLink, PlanEvent, AuditEvent)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@pytest.fixture
def piet(client, cast):
    client.force_login(cast.piet)
    return client


def test_the_register_shows_the_finish_of_the_plan_and_names_the_stated_one(piet, cast):
    register = reverse("projects:project", args=[cast.harbour.pk])
    lists = [
        reverse("projects:portfolio", args=[cast.portfolio.pk]),
        reverse("projects:programme", args=[cast.programme.pk]),
    ]
    before = html(piet.get(register))
    upload(piet, cast)
    end = ProjectPlan.objects.get().finish.date()

    record = html(piet.get(register))
    form = html(piet.get(reverse("projects:project-edit", args=[cast.harbour.pk])))
    piet.force_login(cast.ada)
    tables = [html(piet.get(address)) for address in lists]

    assert "Forecast finish" not in before
    assert "<dt>Planned finish</dt><dd>18 Dec 2026</dd>" in before
    assert end != cast.harbour.planned_finish
    assert f"<dt>Forecast finish</dt><dd>{written(end)} " in record
    assert "computed from the plan, version 1" in record
    assert "<dt>Planned finish</dt><dd>18 Dec 2026 " in record
    assert "as stated; the plan comes first" in record
    assert f"The plan ends on {written(end)} (version 1)" in form
    for table in tables:
        assert f"{written(end)}</td>" in table
        assert "18 Dec 2026</td>" not in table


# Who may what


@pytest.mark.parametrize(
    ("page", "more", "expected"),
    [
        ("plan", (), READERS),
        ("reconciliation", (), READERS),
        ("explain", (3,), READERS),
        ("download", (), READERS),
        ("import", (), MANAGERS),
        ("reschedule", (), MANAGERS),
        ("undo", (), MANAGERS),
        ("delete", (), MANAGERS),
    ],
)
def test_each_page_opens_for_those_whose_roles_allow_it(piet, cast, page, more, expected):
    upload(piet, cast)

    found = []
    for name in NAMES:
        piet.force_login(cast.people[name])
        found.append(str(piet.get(address(cast, page, *more)).status_code))

    assert dict(zip(NAMES, found)) == dict(zip(NAMES, expected.split()))


@pytest.mark.parametrize("page", ["import", "reschedule", "undo", "delete"])
def test_nobody_but_the_manager_changes_the_plan_by_sending_the_form(piet, cast, page):
    upload(piet, cast)
    before = digest()

    for name, status in zip(NAMES, MANAGERS.split()):
        if name == "piet":
            continue
        piet.force_login(cast.people[name])
        sent = {"version": 1, "status_date": "2026-03-16", "reason": "because"}
        sent["file"] = SimpleUploadedFile("quay.xml", QUAY.encode())
        assert str(piet.post(address(cast, page), sent).status_code) == status, name

    assert digest() == before


def test_buttons_show_only_what_the_reader_may_do(piet, cast):
    upload(piet, cast)
    links = [address(cast, page) for page in ("import", "reschedule", "undo", "delete")]

    manager = html(piet.get(address(cast, "plan")))
    piet.force_login(cast.ada)
    director = html(piet.get(address(cast, "plan")))

    assert [f'href="{link}"' in manager for link in links] == [True] * 4
    assert [f'href="{link}"' in director for link in links] == [False] * 4


# The way of a plan


def test_an_upload_leads_to_its_reconciliation(piet, cast):
    response = upload(piet, cast)

    assert (response.status_code, response["Location"]) == (302, address(cast, "reconciliation"))
    text = html(piet.get(response["Location"]))
    assert "The plan has 5 tasks and is scheduled." in text
    assert "3 (75.0 %)" in text
    assert "Start 1 day later: 10 Mar 2026 08:00, file 9 Mar 2026 08:00." in text


def test_a_plan_of_one_task_is_told_in_the_singular(piet, cast):
    response = upload(piet, cast, document(task(1, "Dredge")))

    assert "The plan has 1 task and is scheduled." in html(piet.get(response["Location"]))


def test_a_project_without_plan_says_what_to_do_next(piet, cast):
    text = html(piet.get(address(cast, "plan")))

    assert "This project has no plan yet." in text
    assert f'href="{address(cast, "import")}"' in text
    for page, more in (("reconciliation", ()), ("explain", (1,)), ("download", ())):
        assert piet.get(address(cast, page, *more)).status_code == 404


def test_what_is_downloaded_comes_back_as_the_same_plan(piet, cast):
    upload(piet, cast)
    names = ("uid", "name", "start", "finish", "total_float_minutes", "difference", "stored")
    before = list(Task.objects.order_by("position").values(*names))

    response = piet.get(address(cast, "download"))

    assert response["Content-Disposition"] == 'attachment; filename="HARB-plan-1.xml"'
    assert response["Content-Type"] == "application/xml"
    assert upload_and_accept(piet, cast, response.content).status_code == 302
    assert list(Task.objects.order_by("position").values(*names)) == before


def test_the_reason_of_a_date_leads_back_to_the_beginning(piet, cast):
    upload(piet, cast)

    text = html(piet.get(address(cast, "explain", 5)))

    for uid in (3, 2):
        assert f'href="{address(cast, "explain", uid)}"' in text
    assert piet.get(address(cast, "explain", 99)).status_code == 404


def test_why_a_task_lies_no_later_stands_below_with_its_floats(piet, cast):
    upload(piet, cast)

    text = html(piet.get(address(cast, "explain", 2)))

    later = text[text.index("Why not later") :]
    said, _ = explain_dates(actor=cast.piet.actor(), project=cast.harbour, uid=2)
    for sentence in (said.total_float.sentence, said.free_float.sentence, said.late[0].sentence):
        assert escape(sentence) in later
    assert said.late[0].driving[0] == 3
    assert f'href="{address(cast, "explain", 3)}"' in later


def test_rescheduling_by_the_page_moves_the_open_work(piet, cast):
    upload(piet, cast)

    response = piet.post(
        address(cast, "reschedule"), {"status_date": "2026-03-15", "version": "1"}, follow=True
    )

    assert "5 tasks moved; the plan finishes on 26 Mar 2026." in html(response)
    assert Task.objects.get(uid=2).start == datetime(2026, 3, 16, 8, tzinfo=UTC)


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30", "9999-01-01"])
def test_an_impossible_status_date_is_refused_at_its_field(piet, cast, day):
    upload(piet, cast)
    before = digest()

    response = piet.post(address(cast, "reschedule"), {"status_date": day, "version": "1"})

    assert response.status_code == 422
    assert 'id="f-status_date-note"' in html(response)
    assert digest() == before


def test_a_deletion_needs_a_reason_and_is_undone(piet, cast):
    upload(piet, cast)
    before = digest()
    response = piet.post(address(cast, "delete"), {"reason": " ", "version": "1"})
    assert (response.status_code, "Say why the plan is deleted." in html(response)) == (422, True)
    assert digest() == before

    piet.post(address(cast, "delete"), {"reason": "Wrong file", "version": "1"})
    assert Task.objects.count() == 0
    piet.post(address(cast, "undo"), {"version": "0"})

    assert Task.objects.count() == 5


@pytest.mark.parametrize("page", ["arrival-accept", "delete", "undo"])
def test_a_page_of_an_older_plan_is_refused_and_shown_again_with_the_new_version(piet, cast, page):
    upload(piet, cast)
    upload_and_accept(piet, cast, document(task(9, "Only one")))
    upload(piet, cast)
    before = digest()

    response = piet.post(address(cast, page), {"version": "1", "reason": "because", "seen": seen()})

    assert response.status_code == 409
    assert "was changed by Piet Example in the meantime" in html(response)
    assert '<input type="hidden" name="version" value="2">' in html(response)
    assert digest() == before


def test_the_plan_of_a_closed_project_is_read_but_not_replaced(piet, cast):
    upload(piet, cast)
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")
    before = digest()

    assert piet.get(address(cast, "plan")).status_code == 200
    assert "no longer changes" in html(piet.get(address(cast, "import")))
    assert upload(piet, cast).status_code == 422

    assert digest() == before


# Files that are no plan


def zipped(text):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("plan.xml", text)
    return held.getvalue()


BOMB = (
    '<!DOCTYPE Project [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><Project><Name>&c;</Name></Project>'
)
OUTSIDE = '<!DOCTYPE Project [<!ENTITY a SYSTEM "file:///etc/hostname">]><Project>&a;</Project>'
DEEP = document("<Task>" + "<a>" * 5000 + "</a>" * 5000 + "</Task>")
HOSTILE = {
    "entity bomb": (BOMB, "Line 1: the file declares a document type"),
    "external entity": (OUTSIDE, "Line 1: the file declares a document type"),
    "deep nesting": (DEEP, "Line 1: an element is nested more than 256 deep"),
    "truncated": (QUAY[: len(QUAY) // 2], "Line 1: the file is damaged or ends in the middle"),
    "wrong root": ("<html><body/></html>", "Line 1: this is an XML file, but not a plan"),
    "gzip": (gzip.compress(QUAY.encode(), mtime=0), "XML"),
    "zip": (zipped(QUAY), "This is a ZIP or Excel file, not XML"),
    "empty": (b" ", "plan"),
    "cycle": (document(task(1, "Dig", more=link(2)) + task(2, "Pour", more=link(1))), "Pour"),
    "dangling link": (document(task(1, "Dig", more=link(8))), "names task 8"),
    "missing calendar": (
        document(task(1, "Dig", more="<CalendarUID>5</CalendarUID>")),
        "no such calendar",
    ),
    "date out of range": (
        document(task(1, "Dig", start="2400-01-01T08:00:00")),
        "task 1 ‘Dig’: Start is 2400",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_that_is_no_plan_is_refused_by_name_and_place(piet, cast, kind):
    upload(piet, cast)
    before = digest()
    data, words = HOSTILE[kind]

    response = upload(piet, cast, data)

    assert response.status_code == 422
    assert 'role="alert"' in html(response)
    assert words in html(response)
    assert digest() == before


@pytest.mark.parametrize("kind", OTHER_HOSTILE)
def test_a_hostile_file_of_another_format_is_refused_and_changes_nothing(piet, cast, kind):
    upload(piet, cast)
    before = digest()

    response = upload(piet, cast, OTHER_HOSTILE[kind][0], name="quay.bin")

    assert response.status_code == 422
    assert 'role="alert"' in html(response)
    assert digest() == before


@pytest.mark.parametrize("write", [as_xer, as_json])
def test_another_format_leads_to_its_reconciliation_too(piet, cast, write):
    response = upload(piet, cast, write(), name="quay.bin")

    text = html(piet.get(response["Location"]))
    assert "and is scheduled." in text
    assert "Start 1 day later: 10 Mar 2026 08:00, file 9 Mar 2026 08:00." in text


def test_the_form_asks_for_one_of_several_projects_and_keeps_what_was_typed(piet, cast):
    sent = {"version": 0, "file_project": "Pier"}
    sent["file"] = SimpleUploadedFile("two.xer", TWO_PROJECTS)

    refused = piet.post(address(cast, "import"), sent)
    sent["file_project"] = " Quay 7 "
    sent["file"] = SimpleUploadedFile("two.xer", TWO_PROJECTS)
    taken = piet.post(address(cast, "import"), sent)

    assert refused.status_code == 422
    assert "There is no project ‘Pier’ in the file." in html(refused)
    assert 'value="Pier"' in html(refused)
    assert taken.status_code == 302


def test_a_form_without_file_says_so_at_the_field(piet, cast):
    response = piet.post(address(cast, "import"), {"version": "0"})

    assert response.status_code == 422
    assert "Choose a file of a plan." in html(response)
    assert ProjectPlan.objects.count() == 0


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(piet, cast, settings):
    settings.PILOTHOUSE_UPLOAD_MAX_BYTES = 2**20

    response = upload(piet, cast, b"x" * (2**20 + 1))

    assert response.status_code == 422
    assert "The file is larger than 1 MB." in html(response)
    assert ProjectPlan.objects.count() == 0


def test_names_out_of_a_file_are_text_and_never_markup(piet, cast):
    evil = "&lt;script&gt;alert(1)&lt;/script&gt;"
    upload(piet, cast, document(task(1, evil)), name="<img src=x>.xml")

    for page, more in (("plan", ()), ("reconciliation", ()), ("explain", (1,))):
        text = html(piet.get(address(cast, page, *more)))
        assert "<script>alert" not in text
        assert "<img src=x>" not in text
        assert page == "reconciliation" or evil in text


# Filters and pages


def long_plan(count):
    rest = (task(n, f"Row {n}", 1, 8, link(n - 1)) for n in range(2, count))
    return document(task(1, "Row 1") + "".join(rest), PEOPLE)


def test_filters_show_what_they_say(piet, cast):
    upload(piet, cast)

    def rows(query):
        text = html(piet.get(address(cast, "plan") + query))
        return [uid for uid in range(1, 6) if f'href="{address(cast, "explain", uid)}"' in text]

    assert rows("") == rows("?only=nonsense") == [1, 2, 3, 4, 5]
    assert rows("?only=milestones") == [5]
    assert rows("?only=differs") == [3]
    assert rows("?only=critical") == [1, 2, 3, 5]
    Task.objects.update(finish=datetime(2020, 1, 1, 17, tzinfo=UTC))
    Task.objects.filter(uid=4).update(percent_complete=100)
    assert rows("?only=late") == [2, 3, 5]


def test_a_long_plan_comes_a_hundred_rows_at_a_time(piet, cast):
    upload(piet, cast, long_plan(151))

    def rows(query):
        return html(piet.get(address(cast, "plan") + query)).count("/why/")

    assert (rows(""), rows("?page=2")) == (100, 50)
    assert rows("?page=3") == rows("?page=99999") == 50
    assert rows("?page=0") == rows("?page=-1") == rows("?page=x") == rows("?page=²") == 100


def test_the_plan_asks_the_same_number_of_questions_for_any_length(
    piet, cast, django_assert_num_queries
):
    upload(piet, cast)
    piet.get(address(cast, "plan"))
    with django_assert_num_queries(10):
        assert piet.get(address(cast, "plan")).status_code == 200

    upload(piet, cast, long_plan(151))
    piet.get(address(cast, "plan"))
    with django_assert_num_queries(10):
        assert piet.get(address(cast, "plan")).status_code == 200


@pytest.mark.shared_data
def test_every_real_file_is_shown_on_every_page(piet, cast, shared_data):
    files = sorted((shared_data / "msproject" / "mspdi").glob("*.xml"))

    assert len(files) == 30
    for path in files:
        response = upload(piet, cast, path.read_bytes(), path.name)
        assert response.status_code == 302, path.name
        for page in ("reconciliation", "plan"):
            assert piet.get(address(cast, page)).status_code == 200, (path.name, page)


def test_a_plan_leaves_as_each_kind_of_file(piet, cast):
    upload(piet, cast)

    heads = {
        kind: piet.get(address(cast, "download"), {"as": kind}).content[:4]
        for kind in ("xml", "xer", "json", "xlsx")
    }

    assert heads == {"xml": b"<?xm", "xer": b"ERMH", "json": b'{\n"f', "xlsx": b"PK\x03\x04"}
    answer = piet.get(address(cast, "download"), {"as": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="HARB-plan-1.csv"'
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [row["Task"] for row in rows] == list(
        Task.objects.order_by("position").values_list("name", flat=True)
    )
    linked = TaskLink.objects.order_by("pk").first()
    second = next(row for row in rows if row["UID"] == str(linked.successor_uid))
    before = next(row for row in rows if row["UID"] == str(linked.predecessor_uid))
    assert second["Predecessors"].startswith(before["#"])


def test_what_leaves_as_a_table_comes_back_by_pasting_as_it_is_typed(piet, cast):
    upload(piet, cast)
    text = piet.get(address(cast, "download"), {"as": "csv"}).content.decode("utf-8-sig")

    head, *lines = csv.reader(io.StringIO(text))

    for line in lines:
        row = dict(zip(head, line, strict=True))
        if row["Summary"] == "Yes":
            continue
        uid = int(row["UID"])
        steps = [
            {"do": "set", "uid": uid, "field": "duration", "value": row["Duration"]},
            {"do": "set", "uid": uid, "field": "predecessors", "value": row["Predecessors"]},
        ]
        outcome = edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)
        assert outcome.tasks_moved == 0, row["Task"]


def test_a_kind_of_file_that_is_not_written_is_refused_by_name(piet, cast):
    upload(piet, cast)
    answer = piet.get(address(cast, "download"), {"as": "mpp"})

    assert answer.status_code == 422
    assert "A plan leaves as xml, xer, json, csv, xlsx; ‘mpp’ is none of these." in html(answer)
