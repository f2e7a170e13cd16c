# SPDX-License-Identifier: Apache-2.0
"""A file for a plan that is there: what it would change is seen first, then accepted or left."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import (
    PlanArrival,
    PlanAssignment,
    PlanBaseline,
    PlanEvent,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.services import importing
from pilothouse.delivery.planning.tests.files import QUAY, as_xer, document, link, task, upload
from pilothouse.engine.formats.mspdi import read_mspdi
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.formats.xer import read_xer, write_xer
from pilothouse.engine.network.plan import PercentType, TaskStep
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.services import save_custom_field

LATER = QUAY.replace("Drive piles", "Drive the piles").replace("PT40H0M0S", "PT80H0M0S", 1)
"""Dredging takes ten days, and a task has another name."""
ROWS = (ProjectPlan, Task, TaskLink, PlanResource, PlanAssignment, PlanEvent, AuditEvent)


def bring(cast, text=QUAY, by=None, name="quay.xml"):
    return services.import_plan(
        actor=(by or cast.piet).actor(), project=cast.harbour, source=upload(text), file_name=name
    )


def receive(cast, text=LATER, by=None, name="later.xml"):
    return services.receive_plan(
        actor=(by or cast.piet).actor(), project=cast.harbour, source=upload(text), file_name=name
    )


def look(cast, by=None):
    return services.look_at_arrival(actor=(by or cast.piet).actor(), project=cast.harbour)


def accept(cast, version, by=None, seen=None):
    return services.accept_arrival(
        actor=(by or cast.piet).actor(),
        project=cast.harbour,
        version=version,
        seen=look(cast, by).seen if seen is None else seen,
    )


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def digest():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in ROWS}


def changes(found):
    return {
        (line.name, cell.field): (cell.before, cell.after)
        for line in found.differences.tasks
        for cell in line.cells
    }


def test_a_file_is_looked_at_before_anything_is_written(cast):
    bring(cast)
    before = digest()

    assert receive(cast) is None

    found = look(cast)
    assert digest() == before
    assert changes(found) == {
        ("Dredge", "duration_minutes"): ("5d", "10d"),
        ("Drive the piles", "name"): ("Drive piles", "Drive the piles"),
    }
    assert found.recognised == {"uid": 5}
    assert found.differences.counts == {
        "added": 0,
        "removed": 0,
        "changed": 2,
        "links": 0,
        "assignments": 0,
        "people": 0,
        "calendars": 0,
        "dates": 4,
    }
    assert [(line.name, line.minutes) for line in found.differences.dates] == [
        ("Quay wall", 5 * 480),
        ("Dredge", 5 * 480),
        ("Drive the piles", 5 * 480),
        ("Quay ready", 5 * 480),
    ]


def test_where_there_is_no_plan_the_file_is_the_plan(cast):
    outcome = receive(cast, QUAY)

    assert (outcome.counts["tasks"], PlanArrival.objects.count()) == (5, 0)


def test_accepting_writes_what_was_seen_and_one_step_goes_back(cast):
    bring(cast)
    receive(cast)
    version = look(cast).version

    outcome = accept(cast, version)

    assert (outcome.plan_version, PlanArrival.objects.count()) == (2, 0)
    assert Task.objects.get(uid=3).name == "Drive the piles"
    assert AuditEvent.objects.filter(action="plan.imported").count() == 2
    services.undo(actor=cast.piet.actor(), project=cast.harbour)
    assert Task.objects.get(uid=3).name == "Drive piles"


def test_a_plan_that_changed_meanwhile_is_not_replaced_and_the_new_differences_are_told(cast):
    bring(cast)
    receive(cast)
    version = look(cast).version
    edit(cast, {"do": "set", "uid": 4, "field": "name", "value": "Soundings"})
    before = digest()

    with pytest.raises(Conflict):
        accept(cast, version)

    assert digest() == before
    found = look(cast)
    assert changes(found)["Survey", "name"] == ("Soundings", "Survey")
    assert accept(cast, found.version).plan_version == 3


def test_people_notes_and_updates_keep_their_numbers_through_another_numbering(cast):
    bring(cast)
    services.link_person(
        actor=cast.piet.actor(), project=cast.harbour, uid=1, person=cast.tess, version=None
    )
    services.add_person(
        actor=cast.piet.actor(), project=cast.harbour, person=cast.ada, version=None
    )
    moved = document(
        task(10, "Quay wall", hours=64)
        + task(1, "Survey", 2, 8)
        + task(2, "Drive piles", 2, 24, link(3, lag=4800))
        + task(3, "Dredge", 2, 40)
        + task(4, "Quay ready", 1, 0, link(2)),
        "<Resources><Resource><UID>5</UID><ID>1</ID><Name>Dredger</Name><Type>1</Type></Resource>"
        "</Resources><Assignments><Assignment><UID>77</UID><TaskUID>3</TaskUID><ResourceUID>5"
        "</ResourceUID><Units>1</Units><Work>PT40H0M0S</Work></Assignment></Assignments>",
    )
    receive(cast, moved)
    accept(cast, look(cast).version)

    assert dict(Task.objects.values_list("name", "uid")) == {
        "Quay wall": 1,
        "Survey": 4,
        "Drive piles": 3,
        "Dredge": 2,
        "Quay ready": 5,
    }
    assert sorted(TaskLink.objects.values_list("predecessor_uid", "successor_uid")) == [
        (2, 3),
        (3, 5),
    ]
    assert dict(PlanResource.objects.values_list("name", "user_id")) == {
        "Dredger": cast.tess.pk,
        "Ada Example": cast.ada.pk,
    }
    assert list(PlanAssignment.objects.values_list("uid", "task_uid", "resource_uid")) == [
        (1, 2, 1)
    ]


def test_what_the_format_cannot_say_stays_and_is_told(cast):
    plan = read_mspdi(upload())
    physical = replace(plan.tasks[1], percent_type=PercentType.PHYSICAL)
    bring(cast, write_plan_json(replace(plan, tasks=(plan.tasks[0], physical, *plan.tasks[2:]))))
    receive(cast)

    found = look(cast)
    accept(cast, found.version)

    assert found.stays == {"percent_type": 1}
    assert Task.objects.get(uid=2).percent_type == "physical"


def with_parts(crew, done):
    plan = read_mspdi(upload())
    steps = (TaskStep("Survey"), TaskStep("Dig", Decimal(3), done))
    task = replace(plan.tasks[1], custom=(("crew", crew),), steps=steps)
    return replace(plan, tasks=(plan.tasks[0], task, *plan.tasks[2:]))


def own_field(cast, label, kind="text"):
    return save_custom_field(
        actor=cast.ada.actor(),
        office=cast.office,
        field=None,
        label=label,
        kind=kind,
        choices=[],
        of=CustomField.Of.TASK,
    )


def test_steps_and_own_fields_are_told_in_words(cast):
    own_field(cast, "Crew")
    bring(cast, write_plan_json(with_parts("Day", False)))
    receive(cast, write_plan_json(with_parts("Night", True)))

    assert changes(look(cast)) == {
        ("Dredge", "custom"): ("crew: Day", "crew: Night"),
        ("Dredge", "steps"): ("Survey; Dig (3)", "Survey; Dig (3), done"),
    }


def test_own_fields_that_the_office_does_not_have_are_left_out_and_told(cast):
    bring(cast, write_plan_json(with_parts("Day", False)))

    assert Task.objects.get(uid=2).custom == {}
    told = [item["message"] for item in ProjectPlan.objects.get().notices]
    assert "The office has no field ‘crew’ of tasks; left out, 1 in all." in told


def test_an_own_field_of_another_kind_is_refused_with_its_task(cast):
    own_field(cast, "Crew", "number")
    bring(cast)
    before = digest()

    with pytest.raises(Invalid, match=r"Task 2 ‘Dredge’ .* ‘crew’. Crew: ‘Day’ is no") as caught:
        receive(cast, write_plan_json(with_parts("Day", False)))

    assert (caught.value.code, digest()) == ("planning.own_field", before)
    receive(cast, write_plan_json(with_parts("1,250.50", False)))
    assert changes(look(cast))["Dredge", "custom"] == ("", "crew: 1250.5")


def test_what_a_field_out_of_use_held_stays_where_the_file_says_the_same(cast):
    field = own_field(cast, "Crew")
    bring(cast, write_plan_json(with_parts("Day", False)))
    CustomField.objects.filter(pk=field.pk).update(is_active=False)

    bring(cast, write_plan_json(with_parts("Day", True)))
    assert Task.objects.get(uid=2).custom == {"crew": "Day"}
    bring(cast, write_plan_json(with_parts("Night", True)))
    assert Task.objects.get(uid=2).custom == {}


def test_a_task_that_may_have_been_renamed_is_told_where_the_file_has_no_guid(cast):
    bring(cast)
    edit(cast, {"do": "add", "after": 5, "tasks": [{"name": "Fence", "duration": "1d"}]})
    plan = services.plan_file(actor=cast.piet.actor(), project=cast.harbour, kind="xml")[1]
    plan = re.sub("<GUID>[^<]+</GUID>", "", plan.decode())
    receive(cast, plan.replace("Fence", "Order the crane"))

    found = look(cast)

    (told,) = [item for item in found.notices if item.place == "task 6"]
    assert "‘Fence’ in the plan, ‘Order the crane’ in the file: taken as two tasks" in told.message
    edit(cast, {"do": "set", "uid": 6, "field": "name", "value": "Order the crane"})
    assert changes(look(cast)) == {}
    assert look(cast).recognised == {"uid": 6}


def test_a_plan_that_goes_out_and_comes_back_changes_nothing(cast):
    bring(cast)
    for kind in ("xml", "json"):
        _name, body = services.plan_file(actor=cast.piet.actor(), project=cast.harbour, kind=kind)
        found = services.look_at_file(
            actor=cast.piet.actor(),
            project=cast.harbour,
            source=BytesIO(body),
            file_name=f"p.{kind}",
        )
        assert not found.differences, found.differences


def test_a_primavera_file_of_the_plan_finds_its_summaries_by_name(cast):
    bring(cast)

    receive(cast, as_xer(), name="quay.xer")

    found = look(cast)
    assert sum(found.recognised.values()) == 5
    assert found.differences.counts["removed"] == 0
    assert [cell.field for cell in found.differences.plan][-1] == "source"


def test_a_baseline_of_a_file_that_comes_and_goes_is_told(cast):
    bring(cast)
    receive(cast, QUAY.replace("<Number>0</Number>", "<Number>2</Number>"))

    assert dict(look(cast).differences.baselines) == {"removed 0": 1, "added 2": 1}
    assert PlanBaseline.objects.get().number == 0


def test_who_may_not_see_money_is_not_told_of_it(cast, monkeypatch):
    bring(cast)
    receive(cast, QUAY.replace("<UID>4</UID>", "<UID>4</UID><Cost>90000</Cost>"))

    assert changes(look(cast))["Survey", "cost"] == ("", "900")
    monkeypatch.setattr(
        "pilothouse.delivery.planning.services.importing.sees_budget", lambda *_: False
    )
    assert changes(look(cast)) == {}


def test_each_sees_only_the_own_file_and_a_new_one_takes_its_place(cast):
    bring(cast)
    receive(cast)
    receive(cast, QUAY, name="same.xml")

    assert look(cast).file_name == "same.xml"
    with pytest.raises(NotFound):
        services.arrival_of(cast.ada.actor(), cast.harbour)
    with pytest.raises(NotAllowed):
        receive(cast, by=cast.tess)
    assert PlanArrival.objects.count() == 1


def test_a_file_that_nobody_accepts_goes_after_a_week(cast):
    bring(cast)
    receive(cast)
    then = PlanArrival.objects.get().at

    assert services.tidy(then + timedelta(days=7)) == 0
    assert services.tidy(then + timedelta(days=7, seconds=1)) == 1
    with pytest.raises(NotFound):
        look(cast)


def test_a_damaged_file_leaves_the_one_that_waits(cast):
    bring(cast)
    receive(cast)

    with pytest.raises(Exception, match="empty"):
        receive(cast, b"", name="empty.xml")

    assert look(cast).file_name == "later.xml"


# Pages


def at(cast, page):
    return reverse(f"planning:{page}", args=[cast.harbour.pk])


@pytest.fixture
def piet(client, cast):
    client.force_login(cast.piet)
    bring(cast)
    return client


def send(client, cast, text=LATER):
    file = SimpleUploadedFile("later.xml", text.encode())
    return client.post(at(cast, "import"), {"version": "1", "file": file})


def test_the_page_tells_field_by_field(piet, cast):
    assert send(piet, cast)["Location"] == at(cast, "arrival")

    page = piet.get(at(cast, "arrival")).content.decode()

    assert "<del>5d</del>" in page
    assert "<ins>10d</ins>" in page
    assert "5 by their number" in page
    dates = piet.get(at(cast, "arrival") + "?part=dates").content.decode()
    assert "+40" in dates
    for part in ("people", "calendars", "plan", "stays", "unread", "nonsense"):
        assert piet.get(at(cast, "arrival") + f"?part={part}").status_code == 200


def test_a_second_window_is_told_and_may_accept_what_it_sees_now(piet, cast):
    send(piet, cast)
    seen = look(cast).seen
    edit(cast, {"do": "set", "uid": 4, "field": "name", "value": "Soundings"})
    before = digest()

    refused = piet.post(at(cast, "arrival-accept"), {"version": "1", "seen": seen})

    assert refused.status_code == 409
    assert digest() == before
    assert "<del>Soundings</del>" in refused.content.decode()
    assert '<input type="hidden" name="version" value="2">' in refused.content.decode()
    again = {"version": "2", "seen": seen}
    assert piet.post(at(cast, "arrival-accept"), again).status_code == 302
    assert Task.objects.get(uid=4).name == "Survey"


def test_a_file_that_took_the_place_of_the_one_looked_at_is_not_accepted_unseen(piet, cast):
    send(piet, cast)
    seen = look(cast).seen
    send(piet, cast, QUAY.replace("Survey", "Soundings"))
    before = digest()

    refused = piet.post(at(cast, "arrival-accept"), {"version": "1", "seen": seen})

    assert (refused.status_code, digest()) == (409, before)
    page = refused.content.decode()
    assert "Another file of yours waits by now" in page
    assert "<ins>Soundings</ins>" in page
    assert f'name="seen" value="{look(cast).seen}"' in page
    accept(cast, 1)
    assert Task.objects.get(uid=4).name == "Soundings"


def test_a_file_that_comes_while_another_is_accepted_stays(cast, monkeypatch):
    bring(cast)
    receive(cast)
    seen, before = look(cast).seen, digest()
    made = importing.replace_plan

    def meanwhile(*args, **more):
        receive(cast, QUAY, name="other.xml")
        return made(*args, **more)

    monkeypatch.setattr(importing, "replace_plan", meanwhile)
    with pytest.raises(Conflict, match="Another file of yours waits by now"):
        accept(cast, 1, seen=seen)

    assert digest() == before


def test_a_file_is_left(piet, cast):
    send(piet, cast)
    before = digest()

    assert piet.post(at(cast, "arrival-leave"))["Location"] == at(cast, "plan")

    assert digest() == before
    assert piet.get(at(cast, "arrival")).status_code == 404


def test_the_import_page_leads_back_to_the_file_that_waits(piet, cast):
    send(piet, cast)

    page = piet.get(at(cast, "import")).content.decode()

    assert "later.xml" in page
    assert at(cast, "arrival") in page


def test_markup_in_a_file_stays_text(piet, cast):
    send(piet, cast, LATER.replace("Drive the piles", "&lt;script&gt;alert(1)&lt;/script&gt;"))

    page = piet.get(at(cast, "arrival")).content.decode()

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_it_takes_as_many_queries_for_a_long_file_as_for_a_short_one(
    piet, cast, django_assert_max_num_queries
):
    rows = "".join(task(uid, f"Task {uid}") for uid in range(1, 301))
    send(piet, cast, document(rows))
    piet.get(at(cast, "arrival"))

    with django_assert_max_num_queries(34):
        piet.get(at(cast, "arrival"))


def test_a_date_of_a_bad_year_is_refused_before_the_look(piet, cast):
    response = send(
        piet,
        cast,
        LATER.replace("2026-03-02T08:00:00</StartDate>", "12026-03-02T08:00:00</StartDate>"),
    )

    assert response.status_code == 422
    assert PlanArrival.objects.count() == 0


OTHER = document(task(21, "Paint the tower") + task(22, "Hang the bell"))


def test_a_file_of_another_plan_waits_until_no_sandbox_is_open(cast, client):
    bring(cast)
    sandbox = services.make_sandbox(
        actor=cast.piet.actor(), project=cast.harbour, name="Second crew"
    )
    receive(cast, OTHER, name="tower.xml")
    found = look(cast)
    assert (found.sandboxes, found.recognised) == (("Second crew",), {})
    before = digest()

    with pytest.raises(Conflict, match="‘Second crew’ would be cut off") as refused:
        accept(cast, found.version)
    assert refused.value.code == "planning.sandboxes_open"
    client.force_login(cast.piet)
    page = client.get(reverse("planning:arrival", args=[cast.harbour.pk])).content.decode()
    assert "these sandboxes are open: Second crew" in page
    assert digest() == before
    assert Task.objects.filter(plan__sandbox=sandbox).count() == 5

    here = {"actor": cast.piet.actor(), "project": cast.harbour}
    services.discard_sandbox(**here, sandbox=sandbox, reason="Another plan", version=None)
    accept(cast, found.version)
    names = Task.objects.filter(plan__project=cast.harbour).values_list("name", flat=True)
    assert set(names) == {"Paint the tower", "Hang the bell"}


def test_an_updated_file_of_the_same_plan_leaves_sandboxes_alone(cast):
    bring(cast)
    services.make_sandbox(actor=cast.piet.actor(), project=cast.harbour, name="Second crew")
    receive(cast)

    assert look(cast).sandboxes == ()
    accept(cast, look(cast).version)


def left(cast, kind="xml"):
    """The plan as a file that left here."""
    return services.plan_file(actor=cast.piet.actor(), project=cast.harbour, kind=kind)[1]


def test_a_file_that_left_here_is_known_when_it_comes_back_under_other_names_and_numbers(cast):
    bring(cast)
    file = left(cast).replace(b"<UID>4</UID>", b"<UID>44</UID>")
    file = file.replace(b"<PredecessorUID>4<", b"<PredecessorUID>44<")
    file = file.replace(b"<TaskUID>4<", b"<TaskUID>44<").replace(b"Survey", b"Soundings at night")

    receive(cast, file)

    found = look(cast)
    assert found.recognised == {"guid": 5}
    assert changes(found) == {("Soundings at night", "name"): ("Survey", "Soundings at night")}
    accept(cast, found.version)
    assert Task.objects.get(plan__project=cast.harbour, uid=4).name == "Soundings at night"
    assert left(cast) == left(cast)


def test_a_file_of_primavera_that_left_here_is_known_by_its_guids(cast):
    bring(cast)
    plan = read_xer(BytesIO(left(cast, "xer")))
    tasks = tuple(
        replace(task, uid=44, name="Soundings at night", wbs="S9") if task.uid == 4 else task
        for task in plan.tasks
    )
    links = tuple(
        replace(
            link,
            predecessor=44 if link.predecessor == 4 else link.predecessor,
            successor=44 if link.successor == 4 else link.successor,
        )
        for link in plan.links
    )

    file = write_xer(replace(plan, tasks=tasks, links=links))
    receive(cast, file, name="quay.xer")

    found = look(cast)
    assert found.recognised == {"guid": 5}
    accept(cast, found.version)
    assert Task.objects.get(plan__project=cast.harbour, uid=4).name == "Soundings at night"


def test_the_guid_of_another_tool_is_kept_through_edits_and_undo_and_leaves_as_it_came(cast):
    guid = "5F1C8A52-9D1E-4C0B-8A3B-0D6E2F4A7B19"
    bring(cast, QUAY.replace("<UID>3</UID>", f"<UID>3</UID><GUID>{guid.lower()}</GUID>"))
    edit(cast, {"do": "delete", "uids": [3]})
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)

    assert Task.objects.get(uid=3).guid == guid
    assert f"<UID>3</UID><GUID>{guid}</GUID>".encode() in left(cast)
    bring(cast)
    assert Task.objects.get(uid=3).guid == guid
    nonsense = "<UID>3</UID><GUID>{none}</GUID>"
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Anew", version=None)
    bring(cast, QUAY.replace("<UID>3</UID>", nonsense))
    assert Task.objects.get(uid=3).guid == ""


def test_plans_made_of_one_file_have_marks_of_their_own(cast):
    bring(cast)
    first = left(cast)
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Anew", version=None)
    bring(cast)

    assert set(re.findall(b"<GUID>[^<]+", first)).isdisjoint(re.findall(b"<GUID>[^<]+", left(cast)))
