# SPDX-License-Identifier: Apache-2.0
"""Who changes which field of a project: as the matrix says, by every door, and with a reason."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import APPROVED, FieldRights, project_scopes
from pilothouse.delivery.projects.services import (
    PROJECT_FIELDS,
    Revision,
    revise_projects,
    update_project,
)
from pilothouse.foundation.access.matrix import Role, matrix
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.queries import unit_scopes

NEW = {
    "budget": Decimal("1300000"),
    "baseline_start": date(2026, 1, 6),
    "baseline_finish": date(2026, 11, 28),
    "benefits_approved": Decimal("7000000"),
    "forecast_cost": Decimal("1350000"),
    "name": "Harbour renamed",
}
OBJECTS = {
    "budget": ("budget", "A"),
    "baseline_start": ("baseline", "A"),
    "baseline_finish": ("baseline", "A"),
    "benefits_approved": ("benefit_profile", "A"),
    "forecast_cost": ("project", "U"),
    "name": ("project", "U"),
}


def in_role(cast, role, user=None):
    """A stranger with one role on the office."""
    someone = user or cast.otto
    scope = ("org_unit", cast.office.pk)
    appoint(someone, role, scope, cast.office.pk, unit_scopes(cast.office))
    return someone.actor()


def stored(project, name):
    return getattr(Project.objects.get(pk=project.pk), name)


def change(actor, project, name, reason="Board of 3 March", value=None):
    return update_project(
        actor=actor,
        project=project,
        values={name: NEW[name] if value is None else value},
        version=None,
        reason=reason,
    )


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.name)
def test_each_role_changes_the_fields_for_which_the_matrix_gives_it_the_letter(cast, role, name):
    object_type, letter = OBJECTS[name]
    may = any(right.letter == letter for right in matrix()[object_type][role])
    actor = in_role(cast, role)
    before = stored(cast.harbour, name)

    if may:
        change(actor, cast.harbour, name)
    else:
        with pytest.raises(NotAllowed) as refused:
            change(actor, cast.harbour, name)
        # Whoever may change nothing at all is told so, everybody else which field it was.
        assert set(refused.value.fields) in ({name}, {name, "stated_on"}, set())

    assert (stored(cast.harbour, name) != before) is may


def test_every_approved_value_is_in_the_map_and_every_field_of_the_map_is_a_field():
    assert {name for name in OBJECTS if OBJECTS[name] != ("project", "U")} == set(APPROVED)
    assert set(APPROVED) <= set(PROJECT_FIELDS)


@pytest.mark.parametrize("role", [Role.PFM, Role.SCM, Role.FIN])
@pytest.mark.parametrize("name", APPROVED)
def test_the_own_manager_approves_nothing_whatever_other_role_there_is(cast, role, name):
    in_role(cast, role, cast.piet)

    with pytest.raises(NotAllowed, match="never by its own manager"):
        change(cast.piet.actor(), cast.harbour, name)


def test_where_nobody_else_could_decide_the_director_does(cast):
    lonely = make_project(cast.other_portfolio, "RUN2", "Second runway", budget=Decimal(5))

    change(cast.nia.actor(), lonely, "budget")
    assert stored(lonely, "budget") == NEW["budget"]

    appoint(cast.otto, Role.SPO, ("project", lonely.pk), lonely.office_id, project_scopes(lonely))
    with pytest.raises(NotAllowed, match=r"approved budget of project RUN2.*sponsor"):
        change(cast.nia.actor(), lonely, "budget", value=Decimal(7))


def test_a_delegate_changes_the_budget_within_the_limit_only(cast):
    today = timezone.localdate()
    delegate(
        actor=cast.sam.actor(),
        from_person=cast.sam,
        to_person=cast.otto,
        actions="RA",
        amount_limit=Decimal(1_250_000),
        valid_from=today,
        valid_to=today + timedelta(days=9),
        reason="Leave",
    )

    with pytest.raises(NotAllowed) as refused:
        change(cast.otto.actor(), cast.harbour, "budget", value=Decimal(1_250_001))
    said = refused.value.fields["budget"]
    assert "up to EUR 1,250,000.00" in said
    assert "asks for EUR 1,250,001.00" in said
    assert "sponsor, finance" in said
    assert "manager changes" not in said
    change(cast.otto.actor(), cast.harbour, "budget", value=Decimal(1_250_000))

    assert stored(cast.harbour, "budget") == Decimal(1_250_000)


@pytest.mark.parametrize("name", ["budget", "baseline_start", "baseline_finish"])
@pytest.mark.parametrize("reason", ["", "  "])
def test_an_approved_value_changes_with_a_reason_only(cast, name, reason):
    before = stored(cast.harbour, name)

    with pytest.raises(Invalid, match="Say why the approved") as refused:
        change(cast.sam.actor(), cast.harbour, name, reason)

    assert set(refused.value.fields) == {"reason"}
    assert stored(cast.harbour, name) == before


def test_the_first_approved_value_and_a_value_that_stays_need_no_reason(cast):
    change(cast.sam.actor(), cast.harbour, "benefits_approved", reason="")
    change(cast.sam.actor(), cast.harbour, "benefits_approved", reason="")

    assert stored(cast.harbour, "benefits_approved") == NEW["benefits_approved"]


def test_many_are_revised_by_the_same_rules_naming_row_and_field(cast):
    crane = make_project(cast.portfolio, "CRANE", "Crane", budget=Decimal(5))
    revisions = [
        Revision(crane, {"name": "Tall crane"}),
        Revision(cast.harbour, {"budget": Decimal(6), "name": "Port"}),
    ]

    with pytest.raises(NotAllowed, match="approved budget of project HARB") as refused:
        revise_projects(actor=cast.ada.actor(), revisions=revisions, reason="Table")
    assert set(refused.value.fields) == {"1.budget"}
    assert (stored(crane, "name"), stored(cast.harbour, "budget")) == ("Crane", 1_200_000)

    with pytest.raises(Invalid, match="Say why the approved budget of project HARB"):
        revise_projects(actor=SYSTEM, revisions=revisions)


def test_the_sentence_fits_who_asks(cast):
    said = {
        user.full_name: FieldRights(user.actor()).refusals(cast.harbour, {"budget": Decimal(1)})
        for user in (cast.ada, cast.piet, cast.tess, cast.sam)
    }

    assert said["Sam Example"] == {}
    assert "never by its own manager" in said["Piet Example"]["budget"]
    for name in ("Ada Example", "Tess Example"):
        assert (
            "Your roles do not approve the approved budget of project HARB" in said[name]["budget"]
        )
        assert "own manager" not in said[name]["budget"]


# The form


def test_an_amount_beyond_the_limit_comes_back_with_what_was_typed(client, cast):
    today = timezone.localdate()
    delegate(
        actor=cast.sam.actor(),
        from_person=cast.sam,
        to_person=cast.tess,
        actions="RA",
        amount_limit=Decimal(1000),
        valid_from=today,
        valid_to=today,
        reason="Leave",
    )
    client.force_login(cast.tess)
    address = reverse("projects:project-edit", args=[cast.harbour.pk])

    answer = client.post(address, {"version": "1", "budget": "95,000,000", "reason": "Quay wall"})

    text = answer.content.decode()
    assert answer.status_code == 403
    assert 'value="95,000,000"' in text
    assert 'value="Quay wall"' in text
    assert "up to EUR 1,000.00" in text
    assert "asks for EUR 95,000,000.00" in text
    assert stored(cast.harbour, "budget") == 1_200_000


def page_of(client, user, project):
    client.force_login(user)
    return client.get(reverse("projects:project-edit", args=[project.pk]))


@pytest.mark.parametrize(
    ("who", "open_fields", "fixed_fields"),
    [
        ("piet", {"name", "forecast_cost"}, {"budget", "baseline_finish", "benefits_approved"}),
        ("femi", {"budget"}, {"name", "pm", "baseline_finish", "benefits_approved"}),
        ("sam", {"budget", "baseline_finish", "benefits_approved"}, {"name", "forecast_cost"}),
    ],
)
def test_the_form_only_shows_what_one_may_not_change(client, cast, who, open_fields, fixed_fields):
    text = page_of(client, cast.people[who], cast.harbour).content.decode()

    assert {name for name in open_fields | fixed_fields if f'name="{name}"' in text} == open_fields
    assert all(f'id="f-{name}-label"' in text for name in fixed_fields)
    assert ("1200000" if "budget" in open_fields else "1,200,000") in text


def test_who_sends_more_than_the_form_offers_changes_no_more(client, cast):
    client.force_login(cast.femi)
    address = reverse("projects:project-edit", args=[cast.harbour.pk])

    answer = client.post(
        address, {"version": "1", "budget": "1,300,000", "name": "Stolen", "reason": "Board"}
    )

    assert answer.status_code == 302
    assert (stored(cast.harbour, "budget"), stored(cast.harbour, "name")) == (1_300_000, "Harbour")


def test_the_form_asks_for_the_reason_and_keeps_what_was_typed(client, cast):
    client.force_login(cast.femi)
    address = reverse("projects:project-edit", args=[cast.harbour.pk])

    answer = client.post(address, {"version": "1", "budget": "1,300,000", "reason": ""})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Say why the approved budget of project HARB changes." in text
    assert 'value="1,300,000"' in text
    assert "Piet Example" in text, "what is only shown stays shown"


def test_the_record_offers_to_edit_to_whom_something_is_open(client, cast):
    offered = {}
    for name in ("ada", "piet", "femi", "sam", "tess", "rosa"):
        client.force_login(cast.people[name])
        page = client.get(reverse("projects:project", args=[cast.harbour.pk])).content.decode()
        offered[name] = (
            reverse("projects:project-edit", args=[cast.harbour.pk]) in page,
            reverse("projects:project-move", args=[cast.harbour.pk]) in page,
        )

    assert offered == {
        "ada": (True, True),
        "piet": (True, False),
        "femi": (True, False),
        "sam": (True, False),
        "tess": (False, False),
        "rosa": (False, False),
    }


def test_finance_of_the_office_changes_nothing_of_a_confidential_project(cast):
    in_role(cast, Role.FIN)
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")
    harbour = Project.objects.get(pk=cast.harbour.pk)

    assert not FieldRights(cast.otto.actor()).anything(harbour)
