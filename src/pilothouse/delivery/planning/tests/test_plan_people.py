# SPDX-License-Identifier: Apache-2.0
"""Which account a resource of a plan is: by mail address, by a click, never by name alone."""

from __future__ import annotations

import pytest

from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import PlanResource, ProjectPlan
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

NAMED = QUAY.replace("<Name>Dredger</Name>", "<Name>tess example</Name>")
MAILED = QUAY.replace(
    "<Name>Dredger</Name>", "<Name>T. E.</Name><EmailAddress>Tess@Example.org</EmailAddress>"
)


def bring(cast, text=QUAY):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(text), file_name="quay.xml"
    )


def whose():
    return dict(PlanResource.objects.values_list("name", "user__full_name"))


def link(cast, person, by=None, uid=1, version=None):
    return services.link_person(
        actor=(by or cast.piet).actor(),
        project=cast.harbour,
        uid=uid,
        person=person,
        version=version,
    )


def test_the_same_mail_address_links_at_the_import(cast):
    bring(cast, MAILED)

    assert whose() == {"T. E.": "Tess Example"}


def test_a_mail_address_of_another_office_links_nobody(cast):
    bring(cast, MAILED.replace("Tess@", "Nia@"))

    assert whose() == {"T. E.": None}


def test_a_name_is_suggested_and_links_nobody(cast):
    bring(cast, NAMED)

    (row,) = queries.people_page(cast.piet.actor(), cast.harbour.pk).people
    assert (row.name, row.user, row.suggested) == ("tess example", None, cast.tess)


def test_somebody_says_who_it_is(cast):
    bring(cast)

    link(cast, cast.tess)

    (row,) = queries.people_page(cast.piet.actor(), cast.harbour.pk).people
    assert (row.user, row.open_tasks, row.reports) == (cast.tess, 1, True)
    told = AuditEvent.objects.latest("pk")
    assert (told.action, told.before, told.after) == (
        "plan.person",
        {"Dredger": None},
        {"Dredger": "Tess Example"},
    )


def test_who_holds_no_role_on_the_project_is_told_apart(cast):
    bring(cast)

    link(cast, cast.rosa)

    (row,) = queries.people_page(cast.piet.actor(), cast.harbour.pk).people
    assert (row.user, row.reports) == (cast.rosa, False)


def test_a_new_import_keeps_who_was_who(cast):
    bring(cast)
    link(cast, cast.tess)

    bring(cast)

    assert whose() == {"Dredger": "Tess Example"}


def test_another_name_under_the_same_number_is_nobody_yet(cast):
    bring(cast)
    link(cast, cast.tess)

    bring(cast, QUAY.replace("Dredger", "Crane"))

    assert whose() == {"Crane": None}


def test_a_restored_plan_knows_its_people_again(cast):
    bring(cast)
    link(cast, cast.tess)
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong")

    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert whose() == {"Dredger": "Tess Example"}


def test_a_person_of_the_office_joins_the_plan(cast):
    bring(cast)

    made = services.add_person(
        actor=cast.piet.actor(), project=cast.harbour, person=cast.tess, version=1
    )

    assert (made.uid, made.name, made.user) == (2, "Tess Example", cast.tess)
    with pytest.raises(Invalid, match="in this plan already"):
        services.add_person(
            actor=cast.piet.actor(), project=cast.harbour, person=cast.tess, version=None
        )
    assert PlanResource.objects.count() == 2


@pytest.mark.parametrize("name", ["ada", "tess", "rosa"])
def test_only_who_may_change_the_plan_says_who_is_who(cast, name):
    bring(cast)

    with pytest.raises(NotAllowed):
        link(cast, cast.tess, by=getattr(cast, name))

    assert whose() == {"Dredger": None}


def test_somebody_of_another_office_is_refused(cast):
    bring(cast)

    with pytest.raises(Invalid) as refused:
        link(cast, cast.nia)

    assert (refused.value.code, whose()) == ("planning.person", {"Dredger": None})


def test_a_stale_page_links_nobody(cast):
    bring(cast)
    link(cast, cast.tess)

    with pytest.raises(Conflict):
        link(cast, None, version=1)

    assert whose() == {"Dredger": "Tess Example"}


def test_a_resource_that_is_not_there_is_not_found(cast):
    bring(cast)

    with pytest.raises(NotFound):
        link(cast, cast.tess, uid=7)


def test_the_page_links_by_a_click_and_by_choice(cast, client, django_assert_num_queries):
    bring(cast, NAMED)
    client.force_login(cast.piet)
    base = f"/plans/{cast.harbour.pk}/people/"

    shown = client.get(base).content.decode()
    assert "It is Tess Example" in shown
    sent = {"person": cast.tess.pk, "version": ProjectPlan.objects.get().version}
    assert client.post(f"{base}1/confirm/", sent).status_code == 302
    assert whose() == {"tess example": "Tess Example"}

    sent = {"person": "", "version": ProjectPlan.objects.get().version}
    assert client.post(f"{base}1/", sent).status_code == 302
    assert whose() == {"tess example": None}
