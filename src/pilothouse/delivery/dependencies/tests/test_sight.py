# SPDX-License-Identifier: Apache-2.0
"""Pages and API of dependencies: who sees what of the two ends, and the forms."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import appoint, make_project
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side, Step
from pilothouse.delivery.dependencies.services import drive_plan, take_step
from pilothouse.delivery.dependencies.tests.bonds import DIG, PILES, SURVEY, manager, plan, stretch
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Invalid


@pytest.fixture
def as_(client, world):
    def become(who):
        client.force_login(world.dora if who == "dora" else world.cast.people[who])
        return client

    return become


def at(name, *args):
    return reverse(f"dependencies:{name}", args=args)


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_of_a_project_that_is_not_seen_the_code_alone_is_shown(world, as_):
    row = world.propose()

    for page in (at("project", world.dredge.pk), at("one", row.pk), at("list")):
        text = html(as_("dora").get(page))
        assert "HARB" in text
        assert "a project you do not see" in text
        assert "Harbour" not in text
        assert "Drive piles" not in text


def test_of_a_confidential_project_not_even_the_code_is_shown(world, as_):
    row = world.propose()
    Project.objects.filter(pk=world.quay.pk).update(classification="confidential")

    for page in (at("project", world.dredge.pk), at("one", row.pk), at("list")):
        text = html(as_("dora").get(page))
        assert "HARB" not in text
        assert "Confidential" in text


def test_who_sees_neither_project_sees_no_dependency(world, as_):
    row = world.propose()

    assert as_("otto").get(at("one", row.pk)).status_code == 404
    assert as_("nia").get(at("one", row.pk)).status_code == 404
    assert "Piles up to" not in html(as_("nia").get(at("list")))


def test_a_circle_over_a_project_that_is_not_seen_does_not_name_its_tasks(world, as_):
    """Dora's dredging waits for the piles; the lock, hers too, is what the piles wait for."""
    lock = make_project(world.cast.portfolio, "LOCK", "Lock", state="executing")
    plan(lock, ("Gate", "5d"))
    take_step(actor=world.dora.actor(), dependency=world.propose(), step=Step.AGREE, version=None)
    lena = manager("Lena Example", lock)
    PlanDependency.objects.create(
        giver=lock,
        giver_uid=1,
        receiver=world.quay,
        receiver_uid=SURVEY,
        deliverable="Gate",
        need_date=date(2026, 5, 4),
        promised_date=date(2026, 5, 4),
    )
    from_dredge = {
        "giver": world.dredge,
        "giver_uid": DIG,
        "receiver": lock,
        "receiver_uid": 1,
        "side": Side.RECEIVER,
    }
    world_scopes = project_scopes(world.dredge)
    appoint(lena, Role.TEM, ("project", world.dredge.pk), world.dredge.office_id, world_scopes)

    with pytest.raises(Invalid) as refused:
        world.propose(lena, **from_dredge)

    assert "HARB (a task that you do not see)" in refused.value.message
    assert "Survey" not in refused.value.message
    assert "LOCK ‘Gate’" in refused.value.message


def test_a_project_without_dependencies_says_what_to_do(world, as_):
    page = html(as_("piet").get(at("project", world.quay.pk)))

    assert "Nothing is agreed with another project yet." in page
    assert at("propose", world.quay.pk) in page
    assert "The project manager may propose one." in html(
        as_("tess").get(at("project", world.quay.pk))
    )


def test_a_dependency_is_proposed_by_form_in_two_steps(world, as_):
    new = at("propose", world.quay.pk)
    first = html(as_("piet").get(new))
    assert "DREDGE" in first
    answer = as_("piet").post(new, {"side": "giver", "other": str(world.dredge.pk)})
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{new}?side=giver&other={world.dredge.pk}",
    )
    form = html(as_("piet").get(answer["Location"]))
    assert "Drive piles" in form
    assert "Dig" in form

    done = as_("piet").post(
        answer["Location"],
        {"giver_uid": str(PILES), "receiver_uid": str(DIG), "deliverable": "Piles"},
    )

    row = PlanDependency.objects.get()
    assert (done.status_code, done["Location"]) == (302, at("one", row.pk))
    assert (row.giver, row.receiver, row.need_date) == (world.quay, world.dredge, date(2026, 3, 30))


def test_a_form_that_is_refused_keeps_what_was_typed(world, as_):
    page = f"{at('propose', world.quay.pk)}?side=giver&other={world.dredge.pk}"

    answer = as_("piet").post(page, {"giver_uid": str(PILES), "deliverable": "Piles <1>"})

    text = html(answer, 422)
    assert "Piles &lt;1&gt;" in text
    assert "Say when it is needed" in text
    assert not PlanDependency.objects.exists()


def test_a_foreign_project_in_the_address_is_none(world, as_):
    page = f"{at('propose', world.quay.pk)}?side=giver&other={world.cast.foreign.pk}"

    assert as_("piet").get(page).status_code == 404
    assert as_("dora").get(at("project", world.quay.pk)).status_code == 404


def test_the_other_manager_agrees_by_form_and_the_history_is_told(world, as_):
    row = world.propose()
    assert "Agree" in html(as_("dora").get(at("list") + "?only=waiting"))
    page = at("step", row.pk, "agree")
    assert "for your side" in html(as_("dora").get(page))

    as_("dora").post(page, {"version": "1"})
    as_("piet").post(
        at("dates", row.pk),
        {
            "version": "2",
            "need_date": "2026-03-30",
            "promised_date": "2026-03-26",
            "reason": "Steel is late",
        },
    )

    text = html(as_("dora").get(at("one", row.pk)))
    assert "Promised for 20 Mar 2026" in text
    assert "Moved to 26 Mar 2026" in text
    assert "Steel is late" in text
    assert "DREDGE has not agreed" in text


def test_an_unknown_step_is_no_page(world, as_):
    row = world.propose()

    assert as_("piet").get(at("step", row.pk, "dates")).status_code == 404
    assert as_("piet").get(at("step", row.pk, "explode")).status_code == 404


def test_the_list_is_narrowed_and_the_least_slack_stands_first(world, as_):
    world.propose(deliverable="Far off", need_date=date(2026, 6, 1))
    world.propose(deliverable="Close by", need_date=date(2026, 3, 24))
    world.propose(deliverable="Too late", need_date=date(2026, 3, 16))

    page = html(as_("piet").get(at("list")))
    assert page.index("Too late") < page.index("Close by") < page.index("Far off")
    red = html(as_("piet").get(at("list") + "?only=red"))
    assert "Too late" in red
    assert "Close by" not in red
    assert "Close by" in html(as_("piet").get(at("list") + "?only=amber"))
    assert "Nothing is disputed." in html(as_("piet").get(at("list") + "?only=disputed"))
    assert "Nobody waits for you." in html(as_("piet").get(at("list") + "?only=waiting"))


def test_more_dependencies_cost_no_more_queries(world, as_):
    def queries(page):
        as_("piet").get(page)
        with CaptureQueriesContext(connection) as found:
            as_("piet").get(page)
        return len(found)

    world.propose()
    before = [queries(at("list")), queries(at("project", world.quay.pk))]
    for number in range(5):
        world.propose(deliverable=f"Piles {number}")

    assert [queries(at("list")), queries(at("project", world.quay.pk))] == before


def test_what_drives_the_task_that_waits_is_chosen_by_who_plans_it(world, as_):
    row = world.propose(promised_date=date(2026, 4, 9))
    take_step(actor=world.dora.actor(), dependency=row, step=Step.AGREE, version=None)
    drive = at("drive", row.pk)
    assert drive not in html(as_("piet").get(at("one", row.pk)))
    assert drive in html(as_("dora").get(at("one", row.pk)))
    assert as_("piet").get(drive).status_code == 403

    answer = as_("dora").post(drive, {"drive": "promise", "version": "2"})

    assert answer["Location"] == at("one", row.pk)
    drive_plan(project_id=world.dredge.pk)
    page = html(as_("piet").get(at("one", row.pk)))
    assert "The promised date (frozen)" in page
    assert "Its plan lets it start no earlier than on 9 Apr 2026." in page


def test_a_slip_is_red_in_the_list_at_once(world, as_):
    world.propose()

    stretch(world.quay, PILES, "20d")

    page = html(as_("piet").get(at("list") + "?only=red"))
    assert "−4" in page
    assert 'aria-label="Slack: Red"' in page
